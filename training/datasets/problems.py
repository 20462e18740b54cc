"""What was odd about files of examples: counted, with the first places of each."""

from collections import Counter
from collections.abc import Mapping

from bot.dialogues.reading import MAX_EXAMPLES, NOTHING_BEFORE
from training.evaluation.reasons import EMPTY_DESCRIPTORS, NO_DESCRIPTORS

EMPTY_CAPTION = "empty caption (left out)"
NO_CAPTIONS = "no caption in the list"
NO_PHOTO = "no photo named (left out)"
NOT_EXAMPLES = "JSON without captions or dialogues in the folder (file left out)"
NO_DESCRIPTION = "could not be described"

__all__ = [
    "EMPTY_CAPTION",
    "EMPTY_DESCRIPTORS",
    "NOTHING_BEFORE",
    "NOT_EXAMPLES",
    "NO_CAPTIONS",
    "NO_DESCRIPTION",
    "NO_DESCRIPTORS",
    "NO_PHOTO",
    "Problems",
]


class Problems:
    """Counts oddities by their reason."""

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
