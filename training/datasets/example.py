"""Examples (a photo and texts about it), and counts of what was odd in their files."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bot.conversation import Conversation
from bot.descriptors import Descriptors
from bot.dialogues.reading import MAX_EXAMPLES

EMPTY_CAPTION = "empty caption (left out)"
NO_CAPTIONS = "no caption in the list"
NO_PHOTO = "no photo named (left out)"
NOT_EXAMPLES = "JSON without captions or dialogues in the folder (file left out)"
NO_DESCRIPTION = "could not be described"

Kind = Literal["caption", "dialogue", "descriptors"]
KINDS: tuple[Kind, ...] = ("caption", "dialogue", "descriptors")
"""The kinds of text that an example can hold."""


@dataclass(frozen=True)
class Example:
    """A photo and what is said of it.

    Attributes:
        photo: its file's path within the folder of photos, with ``/``; as the file of examples
            names it where there is no such photo.
        path: the photo's file, which may be missing.
        captions: what people wrote who saw it; none is blank.
        conversation: what precedes the moment in which the photo is shared; never blank.
        descriptors: what it would show; never empty.
        source: ``file:line`` or ``file: dialogue id``, for messages.
        descriptors_by: who wrote the descriptors.
        turned_down: photos that are known not to be what the captions mean.
    """

    photo: str
    path: Path
    captions: tuple[str, ...] = ()
    conversation: Conversation | None = None
    descriptors: Descriptors | None = None
    source: str = ""
    descriptors_by: Literal["recorded", "llm", "offline"] = "recorded"
    turned_down: tuple[Path, ...] = ()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of text that there are."""
        there = (bool(self.captions), self.conversation is not None, self.descriptors is not None)
        return tuple(kind for kind, is_there in zip(KINDS, there, strict=True) if is_there)


@dataclass(frozen=True)
class ExampleSet:
    """Examples, and what was odd about the files.

    Attributes:
        examples: in the order of the files; each has a text at least.
        problems: how many texts, dialogues or files there are of each oddity.
        examples_of_problems: where the first few of each are.
    """

    examples: tuple[Example, ...]
    problems: Mapping[str, int] = field(default_factory=dict)
    examples_of_problems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Example]:
        return iter(self.examples)

    def __len__(self) -> int:
        return len(self.examples)


class Problems:
    """Counts what is odd by its reason, with the first few places of each."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}

    def count(self, reason: str, where: str) -> None:
        """One more, found there."""
        self.counts[reason] += 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < MAX_EXAMPLES:
            examples.append(where)

    def add(self, counts: Mapping[str, int], examples: Mapping[str, tuple[str, ...]]) -> None:
        """Those that another reader counted."""
        self.counts.update(counts)
        for reason, places in examples.items():
            kept = self.examples.setdefault(reason, [])
            kept.extend(places[: MAX_EXAMPLES - len(kept)])
