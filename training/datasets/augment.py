"""The texts of an example, varied: another caption, window or choice of fields each time.

Whatever is drawn comes from the :class:`random.Random` that is handed in, and from nothing else.
"""

from dataclasses import dataclass
from random import Random

from bot.conversation import Conversation
from bot.describe.noun_phrases import phrases_of
from bot.describe.query import CORE_FIELDS
from bot.descriptors import FIELDS, Descriptors

CORE_SHARE, SINGLE_SHARE = 0.35, 0.40
"""Of the descriptors' texts: the first three fields; one field. What is left is a random subset."""

WINDOW_SHARES = {
    "whole": 0.25,
    "owner": 0.20,
    "last 5-7": 0.15,
    "last 3-5": 0.15,
    "owner's last 2-4": 0.15,
    "one turn": 0.10,
}
"""Of the windows of a dialogue; a search is made of the same ones (:mod:`bot.describe.query`)."""


@dataclass(frozen=True)
class Augmentation:
    """What is varied.

    Attributes:
        caption_choice: any of the captions; otherwise the first.
        field_dropout: descriptors: chance of each field to be left out of a random subset; 0 keeps
            every field in every text.
        field_order: descriptors: a subset comes in any order.
        window_jitter: dialogues: a random window; otherwise the whole.
    """

    caption_choice: bool = True
    field_dropout: float = 0.3
    field_order: bool = True
    window_jitter: bool = True

    @classmethod
    def none(cls) -> "Augmentation":
        """The same text each time."""
        return cls(caption_choice=False, field_dropout=0.0, field_order=False, window_jitter=False)


def caption_text(captions: tuple[str, ...], augmentation: Augmentation, chance: Random) -> str:
    """One of the captions."""
    return chance.choice(captions) if augmentation.caption_choice else captions[0]


def dialogue_text(conversation: Conversation, augmentation: Augmentation, chance: Random) -> str:
    """Turns of a dialogue, joined by a space."""
    every = [" ".join(turn.text.split()) for turn in conversation.turns if turn.text.strip()]
    if not augmentation.window_jitter:
        return " ".join(every)
    own = [
        " ".join(turn.text.split())
        for turn in conversation.turns
        if turn.speaker == conversation.owner and turn.text.strip()
    ]
    window = _window(every, own, chance)
    # An owner who says nothing before the share has no window.
    return " ".join(window or every)


def descriptors_text(descriptors: Descriptors, augmentation: Augmentation, chance: Random) -> str:
    """Fields of descriptors, joined by a comma."""
    filled = {name: getattr(descriptors, name).strip() for name in FIELDS}
    filled = {name: text for name, text in filled.items() if text}
    names = list(filled)
    if augmentation.field_dropout > 0:
        names = _some_fields(names, augmentation, chance)
    elif augmentation.field_order:
        chance.shuffle(names)
    return ", ".join(filled[name] for name in names)


def _some_fields(names: list[str], augmentation: Augmentation, chance: Random) -> list[str]:
    drawn = chance.random()
    if drawn < CORE_SHARE:
        core = [name for name in names if name in CORE_FIELDS]
        return core or names
    if drawn < CORE_SHARE + SINGLE_SHARE:
        return [chance.choice(names)]
    kept = [name for name in names if chance.random() >= augmentation.field_dropout]
    kept = kept or [chance.choice(names)]
    if augmentation.field_order:
        chance.shuffle(kept)
    return kept


def _window(every: list[str], own: list[str], chance: Random) -> list[str]:
    (drawn,) = chance.choices(list(WINDOW_SHARES), weights=list(WINDOW_SHARES.values()))
    if drawn == "owner":
        return own
    if drawn == "last 5-7":
        return every[-chance.randint(5, 7) :]
    if drawn == "last 3-5":
        return every[-chance.randint(3, 5) :]
    if drawn == "owner's last 2-4":
        return own[-chance.randint(2, 4) :]
    if drawn == "one turn":
        # "haha same" belongs to every photo: a turn alone must say something.
        return [chance.choice([text for text in every if phrases_of(text)] or every)]
    return every
