"""What an examination found."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOST_EXAMPLES = 5


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        kind: its name for programs, such as ``vectors-damaged``.
        text: one line for a person.
        count: of the things that are concerned.
        examples: some of them.
        repaired: it is as it should be now.
        advice: what to do about it; "" once it is repaired.
    """

    kind: str
    text: str
    count: int = 1
    examples: tuple[str, ...] = ()
    repaired: bool = False
    advice: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The JSON of ``photopal doctor --json``."""
        return {
            "kind": self.kind,
            "text": self.text,
            "count": self.count,
            "examples": list(self.examples),
            "repaired": self.repaired,
            "advice": self.advice,
        }


REPAIR = "photopal doctor --repair"
"""The advice for whatever can be repaired without a loss."""


def examples_of(things: Iterable[object]) -> tuple[str, ...]:
    """The first of them, as text."""
    return tuple(str(one) for one, _ in zip(things, range(MOST_EXAMPLES), strict=False))
