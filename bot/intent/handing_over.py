"""Whether photos are to be handed over, and which: a copy that is out cannot be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.intent import move_patterns as patterns
from bot.intent.asking import take_apart
from bot.intent.moves import asks_about_one, core_of, is_about_one
from bot.intent.numbers import numbers_in


@dataclass(frozen=True)
class ToShare:
    """A message without its wish to share what it asks for, and whether there was one."""

    text: str
    to_share: bool = False


def without_sharing(text: str) -> ToShare:
    """Take the end off "find a horse and send it to my sister": first it has to be found."""
    match = patterns.THEN_SHARED.search(text)
    if match is None:
        return ToShare(text)
    asked = text[: match.start()].strip()
    named = take_apart(asked)
    numbers, without = numbers_in(core_of(asked))
    if not named.asks or not named.content.strip() or (numbers and is_about_one(without)):
        return ToShare(text)
    return ToShare(asked, to_share=True)


def without_conditions(text: str) -> str:
    """A wish to share without "with no location": no copy carries one."""
    return patterns.NO_LOCATION.sub("", text) if patterns.SHARE_WORD.search(text) else text


def without_keeping(text: str) -> str:
    """A message without "don't share anything yet", where the rest asks for photos."""
    if not patterns.KEEPS.search(text):
        return text
    clauses = patterns.CLAUSES.split(text)
    kept = " ".join(clause for clause in clauses if not patterns.KEEPS.search(clause)).strip()
    kept = patterns.AGAINST_IT.sub("", kept)
    asked = take_apart(kept)
    return kept if kept and asked.asks and asked.content.strip() else text


def may_hand_over(text: str, numbers: Sequence[int]) -> bool:
    """Whether a message may ask for a photo to be handed over, as far as its words tell.

    What is handed over cannot be taken back, so a guess is not enough: a word of sharing or the
    place of a photo must be there, and no "don't", nothing past ("I already sent it"), no remark
    ("the third one is fire").

    Args:
        text: the message.
        numbers: the places of photos that it names.
    """
    core = core_of(text)
    if patterns.KEEPS.search(core) or patterns.SHARED_BEFORE.search(core):
        return False
    if patterns.SHARE_WORD.search(core):
        return True
    _, without = numbers_in(core)
    remark = asks_about_one(text, without) or patterns.ABOUT_LOOKS_OF_ONE.search(without)
    return bool(numbers) and not remark
