"""Turns and conversations, as every part of the bot sees them."""

from dataclasses import dataclass
from datetime import date

from retrieval.text import clean_text

MAX_SPEAKER_CHARS = 200


@dataclass(frozen=True)
class Turn:
    """One message. ``speaker`` is any label; ``shares_photo`` marks the turn that shares one.

    The text is cleaned here (:func:`retrieval.text.clean_text`), so that no part of the bot has to
    look for characters that cannot be encoded.
    """

    speaker: str
    text: str
    shares_photo: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "speaker", clean_text(self.speaker, MAX_SPEAKER_CHARS))
        object.__setattr__(self, "text", clean_text(self.text))


@dataclass(frozen=True)
class Conversation:
    """Turns in order, and who owns the photos.

    Attributes:
        turns: oldest first; the photo would be shared right after the last one.
        owner: the speaker whose photos are searched and who is about to share.
        today: the day of the newest turn, from which "last summer" is counted; None for the day
            on which it is read.
    """

    turns: tuple[Turn, ...] = ()
    owner: str = "user"
    today: date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "owner", clean_text(self.owner, MAX_SPEAKER_CHARS))

    def __bool__(self) -> bool:
        return any(turn.text.strip() for turn in self.turns)

    def is_owners(self, turn: Turn) -> bool:
        """Whether the owner of the photos said it."""
        return turn.speaker == self.owner

    @property
    def owners_turns(self) -> tuple[Turn, ...]:
        """What the owner said, oldest first."""
        return tuple(turn for turn in self.turns if self.is_owners(turn))

    def as_lines(self) -> str:
        """For people and ``--json``: a turn a line, ``me:`` before the owner's, ``them:`` else."""
        return "\n".join(
            f"{'me' if self.is_owners(turn) else 'them'}: {' '.join(turn.text.split())}"
            for turn in self.turns
        )
