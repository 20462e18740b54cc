"""What a fine-tuning is asked to do."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

from retrieval.encoders.folder import fingerprint_of
from training.errors import TrainingError

Tune = Literal["text", "both", "head"]
Negatives = Literal["auto", "batch", "mined", "gallery"]
Describe = Literal["auto", "offline", "llm", "recorded"]
Precision = Literal["auto", "fp32", "bf16"]

NOT_OF_THE_WEIGHTS = ("out", "workers", "fresh", "save_every", "save_minutes", "keep_checkpoints")
"""Settings that may change between a run and its continuation."""


@dataclass(frozen=True)
class TrainConfig:
    """The choices of ``photopal train``.

    Attributes:
        sources: files of captions or dialogues to train on.
        photos: folder of their photos.
        out: folder that becomes the encoder; checkpoints lie in it meanwhile.
        dev: files to choose by; without them a tenth of the photos is held out.
        dev_photos: folder of their photos, all of which are ranked.
        test: files that are only measured on, at the end.
        test_photos: folder of their photos, all of which are ranked.
        encoder: the one to start from, whatever ``load_encoder`` takes.
        describe: who writes the descriptors of dialogues that have none; ``auto`` takes recorded
            ones where a file of them is named, else the offline describer's; ``recorded`` adds
            none to those in ``descriptors`` and in the files themselves.
        descriptors: file of recorded descriptors of the dialogues to train on.
        dev_descriptors: of those to choose by.
        test_descriptors: of those to measure on.
        objective: a name of :data:`training.losses.LOSSES`.
        temperature: at the start; None for the loss's own.
        learned: whether the temperature is learned; None for the loss's own.
        tune: ``text`` (the image side is locked: indexed libraries stay valid), ``both``, or
            ``head`` (only the last layers of the text side).
        lora: rank of low-rank adapters instead of all weights; 0 for all weights.
        negatives: what each text is told apart from: the photos of its ``batch``, these and
            ``mined`` hard ones, or the whole ``gallery`` of training photos.
        masking: whether near-duplicates of a text's photo are left out of its negatives.
        epochs: at most; it stops earlier when dev no longer gains.
        batch_size: texts a step and process.
        accumulate: steps whose gradients are added up.
        learning_rate: at its highest.
        weight_decay: of matrices.
        warmup: share of the steps until the learning rate is at its highest; a cosine down follows.
        label_smoothing: of the loss.
        patience: epochs without gain on dev until it stops; 0 never stops.
        precision: ``bf16`` computes the towers in reduced precision, ``auto`` where that pays.
        seed: of everything drawn.
        views: of each photo (itself, its mirror image, crops) that are cached and drawn from.
        wise: whether tuned and original weights are averaged as dev likes best (WiSE-FT).
        augment: whether texts are varied from epoch to epoch.
        workers: processes that prepare batches.
        save_every: steps between checkpoints, besides one at each epoch's end; 0 for none.
        save_minutes: minutes between checkpoints, besides those.
        keep_checkpoints: whether checkpoints stay when the run is done.
        fresh: whether to begin anew instead of going on where a run stopped.
    """

    sources: tuple[Path, ...]
    photos: Path
    out: Path
    dev: tuple[Path, ...] = ()
    dev_photos: Path | None = None
    test: tuple[Path, ...] = ()
    test_photos: Path | None = None
    encoder: str = "starter"
    describe: Describe = "auto"
    descriptors: Path | None = None
    dev_descriptors: Path | None = None
    test_descriptors: Path | None = None
    objective: str = "symmetric"
    temperature: float | None = None
    learned: bool | None = None
    tune: Tune = "text"
    lora: int = 0
    negatives: Negatives = "auto"
    masking: bool = True
    epochs: int = 6
    batch_size: int = 256
    accumulate: int = 1
    learning_rate: float = 1e-4
    weight_decay: float = 0.05
    warmup: float = 0.06
    label_smoothing: float = 0.05
    patience: int = 3
    precision: Precision = "auto"
    seed: int = 0
    views: int = 1
    wise: bool = True
    augment: bool = True
    workers: int = 0
    save_every: int = 0
    save_minutes: float = 10.0
    keep_checkpoints: bool = False
    fresh: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        lowest: Mapping[str, float] = {
            "epochs": 1,
            "batch_size": 1,
            "accumulate": 1,
            "views": 1,
            "lora": 0,
            "patience": 0,
            "workers": 0,
            "weight_decay": 0,
            "label_smoothing": 0,
        }
        for name, least in lowest.items():
            if getattr(self, name) < least:
                raise TrainingError(f"{_option(name)} must be at least {least:g}")
        if not 0 < self.learning_rate <= 1:
            raise TrainingError("--learning-rate must be greater than 0, and at most 1")
        for name in ("dev", "test"):
            for more in ("photos", "descriptors"):
                if getattr(self, f"{name}_{more}") is not None and not getattr(self, name):
                    raise TrainingError(f"--{name}-{more} goes with --{name}, which is not given")
        if self.temperature is not None and not self.temperature > 0:
            raise TrainingError("--temperature must be greater than 0")
        if not 0 <= self.warmup < 1 or not 0 <= self.label_smoothing < 1:
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
        """All settings, JSON-able."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    def digest(self) -> str:
        """Of all that the final weights depend on: equal for a run and its continuation."""
        settings = self.as_dict()
        return fingerprint_of({k: v for k, v in settings.items() if k not in NOT_OF_THE_WEIGHTS})


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value.expanduser().absolute())
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
