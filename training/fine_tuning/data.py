"""What a run is trained, chosen and measured on: read, checked, and kept apart."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.encoders.folder import fingerprint_of
from training.datasets.example import Problems
from training.datasets.feedback import feedback_examples, is_feedback, require_enough
from training.datasets.photos import usable
from training.datasets.read import read_examples
from training.datasets.splits import hold_out, require_apart
from training.errors import TrainingError

if TYPE_CHECKING:
    from bot.settings import Settings
    from training.datasets.example import Example, ExampleSet
    from training.fine_tuning.config import TrainConfig
    from training.fine_tuning.environment import Reporter


@dataclass(frozen=True)
class Split:
    """Examples, and the photos among which each example's own is looked for.

    Attributes:
        examples: whose photos can all be read.
        photos: every photo once; those of the examples first.
    """

    examples: tuple["Example", ...]
    photos: tuple[Path, ...]


@dataclass(frozen=True)
class Data:
    """Train, dev and test.

    Attributes:
        held_out: whether dev was taken from the training files.
        problems: texts and dialogues that were left out, by reason.
        skipped: photos that were left out, by reason.
    """

    train: Split
    dev: Split
    test: Split | None
    held_out: bool
    problems: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)

    @property
    def items(self) -> int:
        """Texts that an epoch draws."""
        return sum(len(example.kinds) for example in self.train.examples)

    def digest(self) -> str:
        """Hash of all texts and of the photos' names and sizes."""
        splits = {"train": self.train, "dev": self.dev, "test": self.test}
        return fingerprint_of(
            {name: _describe(split) for name, split in splits.items() if split is not None}
        )

    def as_dict(self) -> dict[str, Any]:
        """Counts, JSON-able."""
        found: dict[str, Any] = {
            "train_examples": len(self.train.examples),
            "train_photos": len(self.train.photos),
            "train_texts": self.items,
            "dev_examples": len(self.dev.examples),
            "dev_gallery": len(self.dev.photos),
            "dev_held_out": self.held_out,
        }
        if self.test is not None:
            found |= {
                "test_examples": len(self.test.examples),
                "test_gallery": len(self.test.photos),
            }
        return {**found, "problems": dict(self.problems), "skipped_photos": dict(self.skipped)}


def gather(config: "TrainConfig", settings: "Settings", reporter: "Reporter") -> Data:
    """Read and check everything that a config names.

    Raises:
        DatasetInvalid, PhotosUnusable, SplitsOverlap: as :mod:`training.datasets` says.
        TrainingError: there is too little to learn from.
    """
    from training.datasets.describing import open_describer

    problems: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    kind = config.chosen_describe
    describe = open_describer(kind, settings)
    # The offline describer's fields are part of every dialogue's query as it is.
    describe_queries = describe if kind == "llm" else None

    def read(
        sources: Sequence[Path],
        photos: Path | None,
        descriptors: Path | None,
        describer: Any,
    ) -> list["Example"]:
        if photos is None:
            raise TrainingError("--photos DIR is needed: the folder of the photos that FILES name")
        found: ExampleSet = read_examples(
            sources, photos, descriptors=descriptors, describe=describer
        )
        problems.update(found.problems)
        examples, failed = usable(found.examples, folder=photos)
        skipped.update(one.reason for one in failed)
        return examples

    if not config.sources and not config.feedback:
        raise TrainingError("there is nothing to train on: name FILES, or say --feedback")
    learned = [one for one in config.sources if config.feedback and is_feedback(one)]
    sources = [one for one in config.sources if one not in learned]
    train = read(sources, config.photos, config.descriptors, describe) if sources else []
    if config.feedback:
        told = Problems()
        given = feedback_examples(learned, settings, told)
        problems.update(told.counts)
        if not sources:
            require_enough(given)
        good, failed = usable(given) if given else ([], [])
        skipped.update(one.reason for one in failed)
        pairs = f"{len(good):,} pair{'s' * (len(good) != 1)}"
        reporter.note(f"feedback: {pairs} of words and a photo that was shared or liked")
        train += good
    _require_two(train)
    held_out = not config.dev
    if held_out:
        train, dev = hold_out(train, seed=config.seed)
        dev_photos = None
        count = _photos_of(dev)
        photos = "1 photo" if count == 1 else f"{count:,} photos"
        reporter.note(f"no --dev: {photos} of the training files held out to choose by")
        _require_two(train)
    else:
        dev_photos = config.dev_photos
        dev = read(
            config.dev, dev_photos or config.photos, config.dev_descriptors, describe_queries
        )
    splits = {"train": train, "dev": dev}
    test = None
    if config.test:
        test = read(
            config.test,
            config.test_photos or config.photos,
            config.test_descriptors,
            describe_queries,
        )
        splits["test"] = test
    require_apart(**splits)
    return Data(
        train=_split(train, None, _turned_down(train, splits)),
        dev=_split(dev, dev_photos),
        test=_split(test, config.test_photos) if test is not None else None,
        held_out=held_out,
        problems=dict(problems),
        skipped=dict(skipped),
    )


def _require_two(examples: Sequence["Example"]) -> None:
    photos = _photos_of(examples)
    if photos < 2:
        raise TrainingError(
            f"only {photos} photo to train on: there is nothing to tell it apart from; "
            "give pairs of two photos at least, and others for --dev"
        )


def _photos_of(examples: Sequence["Example"]) -> int:
    return len({example.path.resolve() for example in examples})


def _turned_down(
    examples: Sequence["Example"], splits: Mapping[str, Sequence["Example"]]
) -> list[Path]:
    """What was turned down, can be read and is in no other split: to be told apart from."""
    from retrieval.photos.reading import UnreadableImage, open_image

    others = {one.path.resolve() for name in splits if name != "train" for one in splits[name]}
    wanted = dict.fromkeys(path.resolve() for one in examples for path in one.turned_down)
    found = []
    for path in wanted:
        try:
            if path not in others:
                open_image(path, 64)
                found.append(path)
        except UnreadableImage:
            continue
    return found


def _split(examples: Sequence["Example"], folder: Path | None, more: Sequence[Path] = ()) -> Split:
    """The examples' photos, further ones, and with a folder all that is in it and can be read."""
    photos = dict.fromkeys([*(example.path.resolve() for example in examples), *more])
    if folder is not None:
        from retrieval.photos.reading import UnreadableImage, open_image
        from retrieval.photos.scan import scan_folder

        for file in scan_folder(folder):
            path = file.path.resolve()
            if file.is_folder or file.problem or path in photos:
                continue
            try:
                open_image(path, 64)
            except UnreadableImage:
                continue
            photos[path] = None
    return Split(tuple(examples), tuple(photos))


def _describe(split: Split) -> dict[str, Any]:
    return {
        "examples": [
            [
                example.photo,
                list(example.captions),
                [[turn.speaker, turn.text] for turn in example.conversation.turns]
                if example.conversation
                else None,
                example.descriptors.model_dump() if example.descriptors else None,
            ]
            for example in split.examples
        ],
        "photos": [[path.name, path.stat().st_size] for path in split.photos],
    }
