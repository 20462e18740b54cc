"""Turns and conversations, as every part of the bot sees them."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Turn:
    """One message. ``speaker`` is any label; ``shares_photo`` marks the turn that shares one."""

    speaker: str
    text: str
    shares_photo: bool = False


@dataclass(frozen=True)
class Conversation:
    """Turns in order, and who owns the photos.

    Attributes:
        turns: oldest first; the photo would be shared right after the last one.
        owner: the speaker whose photos are searched and who is about to share.
    """

    turns: tuple[Turn, ...] = field(default=())
    owner: str = "user"

    def __bool__(self) -> bool:
        return any(turn.text.strip() for turn in self.turns)
