"""The settings of a fine-tuning, each in one place: its name, default, option and limits.

The command line is made from this class (:mod:`training.cli.train`), as are the checks of its
values, the digest by which a continuation is told from another run, and the model card's table:
a new setting is a new field, and nothing else.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, Self

from training.errors import TrainingError

Tune = Literal["text", "both", "head"]
Negatives = Literal["auto", "batch", "mined", "gallery"]
Describe = Literal["auto", "recorded", "offline", "llm"]
Precision = Literal["auto", "fp32", "bf16"]


@dataclass(frozen=True)
class Option:
    """How the command line shows a setting, and what values make sense.

    Attributes:
        help: one line.
        metavar: what stands for the value in the help; None for the type's own.
        names: of the option; none for ``--name-of-the-field``.
        min: least value.
        max: greatest value that the command line takes.
    """

    help: str
    metavar: str | None = None
    names: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None


def _option(
    help: str,
    metavar: str | None = None,
    *,
    names: tuple[str, ...] = (),
    min: float | None = None,
    max: float | None = None,
    of_weights: bool = True,
) -> dict[str, Any]:
    """Metadata of a setting; ``of_weights`` says whether the final weights depend on it."""
    return {"option": Option(help, metavar, names, min, max), "of_weights": of_weights}


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The settings of ``photopal train``."""

    sources: tuple[Path, ...]
    """Files of captions or dialogues to train on, and of exported feedback."""

    photos: Path | None = field(
        default=None, metadata=_option("The photos that the files name.", "DIR")
    )
    """None where there is nothing but feedback, whose photos are the library's."""

    out: Path = field(
        metadata=_option("Becomes the encoder; new or empty.", "DIR", of_weights=False)
    )
    """Checkpoints lie in it meanwhile."""

    feedback: bool = field(
        default=False,
        metadata=_option(
            "Learn from what you shared, liked and turned down in the page.", of_weights=False
        ),
    )
    """From exported files among the sources, or from the history where there is none. What it
    brings is told apart by the data's own digest."""

    dev: tuple[Path, ...] = field(
        default=(),
        metadata=_option("To choose by; else a tenth of the photos is held out.", "FILE"),
    )
    dev_photos: Path | None = field(
        default=None, metadata=_option("Their photos; all in there are ranked.", "DIR")
    )
    test: tuple[Path, ...] = field(
        default=(), metadata=_option("Only measured on, at the end.", "FILE")
    )
    test_photos: Path | None = field(
        default=None, metadata=_option("Their photos; all are ranked.", "DIR")
    )
    describe: Describe = field(
        default="auto", metadata=_option("Who writes descriptors of dialogues without any.")
    )
    """``auto`` takes recorded ones where a file of them is named, else the offline describer's;
    ``recorded`` adds none to those in ``descriptors`` and in the files themselves."""

    descriptors: Path | None = field(
        default=None, metadata=_option("Recorded descriptors of FILES.", "FILE")
    )
    dev_descriptors: Path | None = field(
        default=None, metadata=_option("Recorded ones of --dev.", "FILE")
    )
    test_descriptors: Path | None = field(
        default=None, metadata=_option("Recorded ones of --test.", "FILE")
    )
    tune: Tune = field(
        default="text",
        metadata=_option(
            "text: libraries stay valid (default). both: needs a re-index. head: fast."
        ),
    )
    """``text`` locks the image side; ``head`` moves only the last layers of the text side."""

    lora: int = field(
        default=0, metadata=_option("Rank of adapters instead of all weights.", "R", min=0)
    )
    objective: str = field(
        default="symmetric",
        metadata=_option("symmetric (default), one-directional or sigmoid.", "NAME"),
    )
    """A name of :data:`training.losses.LOSSES`."""

    temperature: float | None = field(default=None, metadata=_option("At the start.", "T"))
    """None for the loss's own, as for ``learned``."""

    learned: bool | None = field(
        default=None,
        metadata=_option("Whether the temperature is learned.", names=("--learned/--fixed",)),
    )
    negatives: Negatives = field(
        default="auto", metadata=_option("What each text is told apart from.")
    )
    """The photos of its ``batch``, these and ``mined`` hard ones, or the whole ``gallery`` of
    training photos."""

    masking: bool = field(
        default=True,
        metadata=_option("Near-duplicates are no negatives.", names=("--masking/--no-masking",)),
    )
    epochs: int = field(default=6, metadata=_option("At most.", "N", min=1))
    patience: int = field(
        default=3, metadata=_option("Epochs without gain; 0: never stop.", "N", min=0)
    )
    batch_size: int = field(default=256, metadata=_option("Texts a step.", "N", min=1))
    """Texts a step and process."""

    accumulate: int = field(
        default=1, metadata=_option("Add up the gradients of N steps.", "N", min=1)
    )
    learning_rate: float = field(default=1e-4, metadata=_option("At its highest.", "R"))
    weight_decay: float = field(default=0.05, metadata=_option("Of matrices.", "W", min=0))
    warmup: float = field(
        default=0.06, metadata=_option("Share of the steps.", "S", min=0, max=0.99)
    )
    """Until the learning rate is at its highest; a cosine down follows."""

    label_smoothing: float = field(
        default=0.05, metadata=_option("Of the objective.", "E", min=0, max=0.99)
    )
    views: int = field(default=1, metadata=_option("Of a photo: mirrored, cropped.", "N", min=1))
    """Each photo's augmented views that are embedded once and drawn from."""

    augment: bool = field(
        default=True,
        metadata=_option("Vary the texts from epoch to epoch.", names=("--augment/--no-augment",)),
    )
    wise: bool = field(
        default=True,
        metadata=_option(
            "Average tuned and original weights (WiSE-FT).", names=("--wise/--no-wise",)
        ),
    )
    precision: Precision = field(default="auto", metadata=_option("Of the towers' arithmetic."))
    """``bf16`` computes the encoder in reduced precision, ``auto`` where that pays."""

    seed: int = field(default=0, metadata=_option("Of everything drawn.", "N", min=0))
    workers: int = field(
        default=0, metadata=_option("Processes that prepare batches.", "N", min=0, of_weights=False)
    )
    save_every: int = field(
        default=0, metadata=_option("Steps between checkpoints.", "N", min=0, of_weights=False)
    )
    """Besides one at each epoch's end; 0 for none."""

    keep_checkpoints: bool = field(
        default=False, metadata=_option("Leave them when the run is done.", of_weights=False)
    )
    fresh: bool = field(
        default=False, metadata=_option("Begin anew instead of going on.", of_weights=False)
    )
    encoder: str = "starter"
    """The one to start from, whatever ``load_encoder`` takes."""

    save_minutes: float = field(default=10.0, metadata={"of_weights": False})
    """Minutes between checkpoints, besides those of ``save_every``."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            TrainingError: a value, or two that do not go together.
        """
        for name, option in options().items():
            value = getattr(self, name)
            if option.min is not None and value is not None and value < option.min:
                raise TrainingError(f"{option_name(name)} must be at least {option.min:g}")
        if not 0 < self.learning_rate <= 1:
            raise TrainingError("--learning-rate must be greater than 0, and at most 1")
        for name in ("dev", "test"):
            for more in ("photos", "descriptors"):
                if getattr(self, f"{name}_{more}") is not None and not getattr(self, name):
                    raise TrainingError(f"--{name}-{more} goes with --{name}, which is not given")
        if self.temperature is not None and not self.temperature > 0:
            raise TrainingError("--temperature must be greater than 0")
        if not self.warmup < 1 or not self.label_smoothing < 1:
            raise TrainingError("--warmup and --label-smoothing are shares, from 0 to below 1")
        if self.tune == "both" and self.negatives == "gallery":
            raise TrainingError(
                "--negatives gallery needs photo vectors that stay: use --tune text, "
                "or --negatives mined"
            )

    def baseline(self) -> Self:
        """The published baseline's settings, to be compared with.

        One-directional InfoNCE with a fixed temperature, both towers, batches of 128, a learning
        rate of 5e-5, 15 epochs, no masking, no averaging of weights.
        """
        return replace(
            self,
            objective="one-directional",
            temperature=0.07,
            learned=False,
            tune="both",
            negatives="batch",
            masking=False,
            epochs=15,
            batch_size=128,
            learning_rate=5e-5,
            label_smoothing=0.0,
            patience=0,
            wise=False,
            augment=False,
        )

    @property
    def chosen_describe(self) -> Literal["offline", "llm", "recorded"]:
        """What ``auto`` stands for."""
        if self.describe != "auto":
            return self.describe
        return "recorded" if self.descriptors is not None else "offline"

    @property
    def chosen_negatives(self) -> Literal["batch", "mined", "gallery"]:
        """What ``auto`` stands for: the whole gallery where photo vectors are constants."""
        if self.negatives != "auto":
            return self.negatives
        return "batch" if self.tune == "both" else "gallery"

    def as_dict(self) -> dict[str, Any]:
        """All settings, JSON-able; paths are absolute."""
        found = {name: _plain(value) for name, value in asdict(self).items()}
        # "tuned/" and "./tuned" are the folder "tuned".
        found["encoder"] = Path(self.encoder).as_posix()
        return found

    def digest(self) -> str:
        """Of all that the final weights depend on: equal for a run and its continuation."""
        from retrieval.encoders.folder import fingerprint_of

        return fingerprint_of(settings_of_weights(self.as_dict()))


def options() -> dict[str, Option]:
    """The options of the settings that have one, by the setting's name, in order."""
    return {
        one.name: one.metadata["option"] for one in fields(TrainConfig) if "option" in one.metadata
    }


def option_name(name: str) -> str:
    """``--batch-size`` of ``batch_size``."""
    return "--" + name.replace("_", "-")


def settings_of_weights(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a run's settings that its final weights depend on; others may change meanwhile."""
    free = {one.name for one in fields(TrainConfig) if not one.metadata.get("of_weights", True)}
    return {name: value for name, value in settings.items() if name not in free}


def settings_of_recipe(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those that say how a run was trained; the paths of its files are not among them."""
    paths = {one.name for one in fields(TrainConfig) if "Path" in str(one.type)}
    return {
        name: value for name, value in settings_of_weights(settings).items() if name not in paths
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value.expanduser().absolute())
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value
