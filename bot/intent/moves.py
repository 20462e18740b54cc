"""The closed sets: moves that are made in so few words that rules know them all.

"more", "the second one", "share it with Ben", "thanks", "older ones": each rule reads the whole
message (its chatter taken off both ends), so that a story with the same words in it is not taken
for one. What no rule knows is left to the classifier.
"""

import re
from dataclasses import dataclass, replace

from bot.intent import move_patterns as patterns
from bot.intent.about_photos import about_shown, asks_to_change, asks_what_there_is
from bot.intent.asking import take_apart
from bot.intent.asking_patterns import PURPOSE
from bot.intent.leaving_out import (
    all_except,
    dropped_kind,
    dropped_words,
    left_out,
    without_words,
)
from bot.intent.numbers import numbers_in
from bot.intent.plan import Aspect, Dropped, Move, TalkState, Unit
from bot.intent.telling_words import overlaps, says_something


@dataclass(frozen=True)
class Known:
    """A move that a rule recognised, and what the rule could tell.

    Attributes:
        move: the move.
        rest: what is left to be read as content; empty when the rule consumed the message.
        numbers: photos named by their places.
        aspect: what is asked of a photo that is shown.
        unit: by how much others are to be older or newer.
        unclear: photos are to be handed over, and it is not said which.
        wider: which of the time and the place that were named no longer counts.
        forget: words of what was looked for that no longer count.
    """

    move: Move
    rest: str = ""
    numbers: tuple[int, ...] = ()
    aspect: Aspect = ""
    wider: Dropped = ""
    forget: str = ""
    unclear: bool = False
    unit: Unit = ""


DESCRIBED_AND_SENT = 2
"""Parts of "the one with the cap, send that"."""
_UNITS: dict[str, Unit] = {"day": "day", "week": "week", "month": "month", "year": "year"}
"""Others come once a year: "the summer before"."""
BOTH = (1, 2)
MOST_UNDOING_WORDS = 6
"""Of "wait, don't send it"."""
_BY_ITSELF = frozenset(
    {
        *(Move.SMALL_TALK, Move.THANKS, Move.GOODBYE, Move.HELP, Move.SHARE, Move.ORDINAL),
        *(Move.MORE, Move.BACK, Move.OLDER, Move.NEWER),
    }
)


def core_of(text: str) -> str:
    """A message without chatter at its ends: "ooh nice, more please!" is "more"."""
    text = text.strip()
    for _ in range(3):
        before = text
        match = patterns.LEAD.match(text)
        if match and match.end() < len(text):
            text = text[match.end() :]
        match = patterns.TAIL.search(text)
        if match and match.start() > 0:
            text = text[: match.start()]
        text = text.strip(" \t\n,.!?;:…–—-*")
        if text == before:
            break
    return text


def known_move(text: str, state: TalkState) -> Known | None:
    """The move that a rule recognises in a message, or None.

    Args:
        text: a message of any length, already cleaned.
        state: what is known of the talk.
    """
    whole = re.sub(r"\s+", " ", text).strip()
    if not whole or len(whole) > 300:
        return None
    core = core_of(whole)
    bare = whole.strip(" \t\n,.!?;:…–—-")
    if patterns.RESTART.fullmatch(core):
        return Known(Move.SMALL_TALK, aspect="restart")
    said = re.sub(r"\s*(?:[^\w\s,.!?'’&#:;/()-])+\s*", " ", bare).strip()
    for text_ in (said, core):
        later = patterns.A_TIME_LATER.search(text_) or patterns.AND_LATER.search(text_)
        farewell = patterns.GOODBYE.fullmatch(text_) and not later
        if farewell and not _other_words(text_):
            return Known(Move.GOODBYE)
    if bare.lower() in ("no", "nope", "nah", "no no", "no no no"):
        return Known(Move.REJECT if state.shown else Move.SMALL_TALK)
    if is_complaint(core):
        return Known(Move.SMALL_TALK)
    if re.fullmatch(r"both|the two|both of (?:them|those|these)", core, re.IGNORECASE):
        both = state.shown == len(BOTH)
        return Known(Move.ORDINAL, numbers=BOTH) if both else Known(Move.SMALL_TALK)
    if patterns.THANKS.fullmatch(said) and patterns.THANKFUL.search(said):
        return Known(Move.THANKS)
    if patterns.ACKNOWLEDGEMENT.fullmatch(said):
        return Known(Move.SMALL_TALK)
    remarks = (
        patterns.PRAISE,
        patterns.RECOGNISED,
        patterns.EXCLAIMS,
        patterns.LOOKS_LIKE,
        patterns.MAY_BE_IT,
    )
    if state.shown and any(one.fullmatch(said) for one in remarks):
        return Known(Move.SMALL_TALK)
    if patterns.COMPLIMENT.fullmatch(core) and not _other_words(core):
        return Known(Move.THANKS)
    if patterns.HELP.fullmatch(core) or patterns.HOW_TO.fullmatch(core):
        return Known(Move.HELP)
    if asks_to_change(core):
        return Known(Move.HELP, aspect="change")
    *told, last = patterns.SENTENCES.split(whole)
    helps = (patterns.HELP, patterns.HOW_TO)
    if (
        told
        and any(one.fullmatch(core_of(last)) for one in helps)
        and not any(take_apart(sentence).asks for sentence in told)
    ):
        return Known(Move.HELP)
    if patterns.OF_THE_BOT.fullmatch(core):
        return Known(Move.SMALL_TALK)
    core_asked = PURPOSE.sub("", re.sub(r"\b(?:when|where)\s?/\s?(?:where|when)\b", "when", core))
    asked = (
        about_shown(core_asked, shown=state.shown) if "who are you" not in core.lower() else None
    )
    if asked:
        return Known(Move.QUESTION, numbers=asked.numbers, aspect=asked.aspect)
    seen = (patterns.ASKS_WHAT_IS_SEEN, patterns.SEEN_IN_THEM)
    if state.shown and whole.endswith("?") and any(one.fullmatch(core) for one in seen):
        return Known(Move.QUESTION, aspect="which")
    if asks_what_there_is(core):
        return Known(Move.QUESTION)
    if patterns.QUESTION.fullmatch(core):
        return Known(Move.QUESTION, patterns.QUESTION_WORDS.sub(" ", core).strip(" ,.?!"))
    return _follow_up(whole, core, state)


def is_complaint(text: str) -> bool:
    """Whether a message is displeased with the assistant itself: "you're useless"."""
    return bool(patterns.COMPLAINT.fullmatch(core_of(text)))


def _other_words(text: str) -> bool:
    """Whether a farewell stands in a message about something else."""
    return len(text.split()) > 12 or bool(
        re.search(r"\b(?:show|find|picture|photo|pic)s?\b", text, re.IGNORECASE)
    )


def _follow_up(whole: str, core: str, state: TalkState) -> Known | None:
    match = patterns.BACK.fullmatch(core) or patterns.BACK.fullmatch(whole.strip(" .!?"))
    if match:
        return _back(next((part for part in match.groups() if part), ""), core)
    picked = _picked(whole, core, state)
    if picked:
        return picked
    apart = patterns.A_TIME_LATER.fullmatch(core.strip(" ?")) if state.asked else None
    if apart:
        later = (apart["way"] or apart["next"]).lower() in ("later", "after", "following", "next")
        unit = _UNITS.get((apart["unit"] or apart["unit2"]).lower(), "year")
        return Known(Move.NEWER if later else Move.OLDER, unit=unit)
    if patterns.OLDER.fullmatch(core):
        return Known(Move.OLDER)
    if patterns.NEWER.fullmatch(core):
        return Known(Move.NEWER)
    if re.fullmatch(patterns.REJECT, core) and not (
        core.lower().startswith("next") and " " not in whole.strip(" .!?")
    ):
        return Known(Move.REJECT)
    no_such = patterns.IS_NO.fullmatch(core) if state.shown else None
    if no_such and overlaps(no_such["what"], state.topic):
        return Known(Move.REJECT)
    if patterns.ANOTHER.fullmatch(core):
        return Known(Move.ANOTHER)
    if patterns.MORE.fullmatch(core):
        return Known(Move.MORE)
    if not state.asked:
        return None
    if patterns.SO_MANY.fullmatch(core):
        return Known(Move.MORE)
    if patterns.WIDER.fullmatch(core):
        return Known(Move.REFINE, wider="both")
    if kind := dropped_kind(core):
        return Known(Move.REFINE, wider=kind)
    if words := dropped_words(core, state.topic):
        if says_something(without_words(state.topic, words)):
            return Known(Move.REFINE, forget=words)
        return Known(Move.SMALL_TALK, aspect="restart")
    only = patterns.NO_ONLY.fullmatch(core)
    if only:
        return Known(Move.REFINE, only["rest"])
    for pattern in (patterns.CORRECT, patterns.MEANT_AFTER):
        match = pattern.fullmatch(whole.rstrip(" .!?"))
        if match:
            rest = next(part for part in match.groups() if part)
            rest = patterns.ARE_NOT.sub("", rest) or rest
            narrowed = patterns.ONE_WITH.match(rest)
            if narrowed:
                # "no, the one with the ball": one of those, with more said of it.
                return Known(Move.REFINE, rest[narrowed.end() :])
            return _move_of_rest(rest, state) or Known(Move.CORRECT, rest)
    sentences = patterns.SENTENCES.split(whole)
    if len(sentences) > 1 and patterns.REJECT.fullmatch(core_of(sentences[0])):
        rest = " ".join(sentences[1:])
        return _move_of_rest(rest, state) or Known(Move.CORRECT, rest)
    match = patterns.INSTEAD_AFTER.fullmatch(whole.rstrip(" .!?"))
    if match is None and patterns.INSTEAD_WORD.search(whole):
        match = patterns.INSTEAD.fullmatch(whole)
    if match is None:
        return None
    narrowed = patterns.ONE_WITH.match(match["rest"])
    if narrowed:
        return Known(Move.REFINE, match["rest"][narrowed.end() :])
    return _move_of_rest(match["rest"], state) or Known(Move.INSTEAD, match["rest"])


def _move_of_rest(rest: str, state: TalkState) -> Known | None:
    """What stands behind "no," where it is a move of its own: "no thanks, never mind"."""
    known = known_move(rest, state)
    if known is not None and known.move in _BY_ITSELF:
        return known
    parts = [part for part in re.split(r"[,.!;]\s*", rest) if part]
    chatter = (patterns.ACKNOWLEDGEMENT, patterns.THANKS)
    if all(any(one.fullmatch(part) for one in chatter) for part in parts):
        return Known(Move.SMALL_TALK)
    return None


def _picked(whole: str, core: str, state: TalkState) -> Known | None:
    """A photo picked by its place, or handed over."""
    if patterns.KEEPS.search(core) or patterns.UNSHARE.fullmatch(core):
        undone = len(core.split()) <= MOST_UNDOING_WORDS
        return Known(Move.SMALL_TALK, aspect="unshare" if undone else "")
    if state.asked and patterns.SO_MANY.fullmatch(core):
        return None
    numbers, without = numbers_in(core, shown=state.shown)
    shares = len(without.split()) <= 14 and bool(patterns.SHARE.fullmatch(without))
    if numbers:
        out = left_out(patterns.HANDS_OVER.sub("", core), state.shown)
        if out and patterns.HANDS_OVER.search(core):
            return Known(Move.SHARE, numbers=all_except(out, state.shown))
        if out:
            return Known(Move.REJECT, numbers=out)
        if shares:
            return Known(Move.SHARE, numbers=numbers)
        if state.shown and asks_about_one(whole, without):
            return Known(Move.QUESTION, numbers=numbers, aspect="which")
        if state.shown and patterns.ABOUT_LOOKS_OF_ONE.search(without):
            return Known(Move.SMALL_TALK)
        if is_about_one(without):
            look = state.shown and wants_a_look(whole)
            return Known(Move.ORDINAL, numbers=numbers, aspect="look" if look else "")
        return None
    if state.shown and patterns.LOOK_ALONE.fullmatch(core):
        return Known(Move.ORDINAL, aspect="look")
    if state.shown and patterns.GIVE_IT.fullmatch(PURPOSE.sub("", core)):
        return Known(Move.SHARE)
    sends = core.lower() in ("share", "send", "forward")
    if patterns.SHARE_ALONE.fullmatch(core) and (
        state.shown or state.asked or " " in core or sends
    ):
        return shared_without_place(core, state)
    parts = re.split(r"[,.;!]\s*|\s+and\s+", core)
    if (
        len(parts) > 1
        and state.shown
        and patterns.SHARE_ALONE.fullmatch(core_of(parts[-1]))
        and len(core.split()) <= 10
    ):
        described = " ".join(parts[:-1]) if len(parts) == DESCRIBED_AND_SENT else ""
        one = bool(patterns.THE_ONE.search(described))
        return replace(shared_without_place(parts[-1], state), unclear=one and state.shown > 1)
    return None


def shared_without_place(text: str, state: TalkState) -> Known:
    """A wish to hand over without the place of any photo: one, all, or so many of those shown."""
    some = patterns.SO_MANY_OF_THEM.search(text)
    counted = patterns.COUNTS.get(some[1].lower()) if some else None
    if counted and counted != state.shown:
        return Known(Move.SHARE, unclear=state.shown > 1)
    everyone = tuple(range(1, state.shown + 1))
    return Known(Move.SHARE, numbers=everyone if patterns.ALL_SHOWN.search(text) else ())


def asks_about_one(whole: str, without: str) -> bool:
    """Whether something is asked of a photo that is named by its place: "is the third from Rome?"

    "can I have the second one?" and "the second one, please?" pick it.

    Args:
        whole: the message.
        without: its core without the words for the place.
    """
    if patterns.ASKS_A_FACT.match(core_of(whole)):
        return True
    return whole.rstrip().endswith("?") and bool(patterns.AND_THAT_ONE.fullmatch(without.strip()))


def wants_a_look(text: str) -> bool:
    """Whether one that is named by its place is to be seen, or is admired, not handed over.

    In rows, "the right one" may be any of several: it is shown as well.
    """
    ways = (patterns.SHOWS_ONE, patterns.PLACED, patterns.ADMIRES)
    return any(one.search(text) for one in ways)


def is_about_one(without: str) -> bool:
    """Whether a text without the place of a photo says nothing but that this one is meant."""
    bare = re.sub(r"[!?.,;:]+", " ", without).strip()
    return len(bare.split()) <= 12 and bool(patterns.ABOUT_ONE.fullmatch(bare))


def _back(target: str, core: str) -> Known:
    if not target:
        first = bool(re.search(r"\b(?:first|start|beginning)\b", core, re.IGNORECASE))
        return Known(Move.BACK, numbers=(1,) if first else ())
    kept = patterns.UNSEEN.sub("", target).strip(" ,.")
    if re.search(
        r"\b(?:first|start|beginning)\b", kept, re.IGNORECASE
    ) and patterns.FIRST_TOPIC.match(kept):
        return Known(Move.BACK, numbers=(1,))
    if patterns.BEFORE_TOPIC.match(kept):
        return Known(Move.BACK)
    return Known(Move.BACK, kept)


def wants_unseen(text: str) -> bool:
    """Whether only photos that were not shown yet are wanted."""
    return bool(patterns.UNSEEN.search(text))
