"""Understanding of one message in its talk: from words to a :class:`bot.intent.plan.Plan`.

In this order: the message is cleaned and bounded; another language is read by word lists; slips
are put right; times and places are found; a rule of the closed sets, else the classifier, tells the
move; and what is left without words of asking, when, where and exclusions is the content.

Two requests in one message become one plan: their contents are joined, and the move is REQUEST.
Orders to the bot ("ignore previous instructions") are words like others.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from bot.intent.about_photos import Ranked, asks_whether, means_everything, split_extreme
from bot.intent.any_photo import asks_for_any
from bot.intent.asking import bounded, take_apart
from bot.intent.asking_patterns import BREAK, GOES_ON
from bot.intent.comments import split_comment
from bot.intent.cues import uses_plain_words
from bot.intent.emoji import depicted, without_emoji
from bot.intent.exclusion import split_exclusion
from bot.intent.favourites import Marked, split_favourites
from bot.intent.features import (
    SentenceBase,
    is_description,
    is_noun_phrase,
    meanings,
    row,
    shape_of,
)
from bot.intent.languages import Foreign, read_foreign
from bot.intent.like_this import Alike, split_alike
from bot.intent.move_model import MoveModel, decide
from bot.intent.moves import Known, core_of, known_move, may_hand_over, wants_unseen
from bot.intent.numbers import numbers_in
from bot.intent.plain_asking import (
    NEGATED,
    announces_plainly,
    asks_plainly,
    is_caption,
    is_refusal,
    names_own_scene,
)
from bot.intent.plan import Aspect, Move, Plan, TalkState
from bot.intent.spelling import Speller
from bot.intent.when import WhenMention, find_when, time_alone
from bot.intent.words import split_words
from bot.intent.written import is_asked_for, written_abroad
from bot.vocabulary import kind_of
from retrieval.encoders.batching import InferenceThread, batched
from retrieval.encoders.cached import KeptVectors
from retrieval.encoders.starter.layout import STATE_DIM

if TYPE_CHECKING:
    from retrieval.search.filters import DateRange, Place

RULE_SURE = 0.97
"""Probability of a move that a rule recognised."""

MAX_ORDER_WORDS = 12
"""Of a message that asks for the oldest or newest photos and names nothing else."""

PICK_SURE = 0.5
"""From which probability on the classifier may say that a photo is to be handed over …"""

REJECT_SURE = 0.4
"""… or that all that is shown is turned down."""

DESCRIPTION_THRESHOLD = 0.3
REFUSAL_THRESHOLD = 0.9
"""From which probability on a photo is wanted: after a bare description ("girl blowing bubbles"),
and where photos are turned down in words ("no pictures now")."""

_GLUE = frozenset(
    split_words(
        "the a an of from in on at to by for with and or some any only just it its them they "
        "those these that this one ones photo photos picture pictures pic pics image images shot "
        "shots now what about how me us all please there taken was were is are i we you my our "
        "your have has had also too ok okay so then but again few more any? ones? mean taken show "
        "see let's lets instead other others he she him her be when where here did do does took "
        "take got get out up maybe think"
    )
)
_THE_SAME = (
    r"(?:exactly )?(?:(?:the|that|this) )?(?:exact )?same(?: (?:ones?|things?|photos?|"
    r"pictures?|pics?|again|search))*"
)
_SAME_WITH = re.compile(
    rf"{_THE_SAME},? (?:(?:but|only|just|again|this time),? )*"
    r"(?:with|without|in|at|on|from|by|near|of|where|no|not)\b",
    re.IGNORECASE,
)
"""What was looked for, taken up again: "the same, but at night"."""
_REFINING = re.compile(
    r"(?:(?:ok(?:ay)?|and|but|yes|no|hm+|oh|well|so|great|nice|please|sorry)[\s,]+)*"
    r"(?:(?:only|just)\b(?! (?:kidding|joking|saying|wondering|asking|looking|curious|now|because|"
    r"got|been|a (?:second|minute|moment|sec)))"
    r"|(?:the |those |these |any |some |just )?ones?\b(?! (?:of|more|second|moment|sec|minute|day|"
    r"time|thing))"
    r"|(?:those|these|them)\b (?:in|from|with|at|on|where|of|when)|(?:is|are) there (?:one|any|"
    r"some|ones)(?: of (?:them|those|these))? (?:where|with|in|at|on|when|from)\b"
    r"|(?:with|where (?:he|she|it|they|there|we|i|you|\w+ (?:is|are|was|were))|in|on|at|near|by|"
    rf"without|from|{_THE_SAME},? (?:but )?)\b"
    r"|any (?:of (?:them|those|these)|with|where|in|at|from|on)\b|(?:which|how many) of (?:them|"
    r"those|these)\b"
    r"|the (?:\w+ )?ones?\b|filter|narrow|limit)",
    re.IGNORECASE,
)
_REFERS = re.compile(
    r"\b(?:(?:some|any|all|few|more|most|one|two|three|both|each|which) of (?:them|those|these)|"
    r"(?:show|open|see|bring up|pull up|view|get|find)(?: me)?(?: (?:a few|some|all))? (?:them|"
    r"those|these))\b",
    re.IGNORECASE,
)
_MOST_NAMING_WORDS = 4
"""Of the name of a person, an animal or a thing: "my little black dog"."""

_NOT_NOW = re.compile(
    r"\b(?:now|today|tonight|photos?|pictures?|pics?|images?|more photos|anything|interested|yet|"
    r"sure|bad|funny|really|"
    r"worry|need|want|bother|bothered|kidding|happy|well|good|great|nice|true|mind|rush|hurry|"
    r"feeling)\b",
    re.IGNORECASE,
)
_BEFORE_MENTION = (
    r"(?:(?:but|and|only|just|taken|back|somewhere|that was|it was|all|the ones?|those|that|"
    r"ones?)\s+)*?"
    r"(?:(?:in|from|at|on|during|of|since|until|till|around|to|near|over|for|by|about|between|"
    r"before|after|back in|taken in)\s+)?"
    r"(?:the\s+)?"
)
_PREPOSITIONS = re.compile(
    r"^(?:(?:back|over|down|up|in|from|at|on|during|of|since|until|around|to|near|for|by|the|our|"
    r"my)\s+)+",
    re.IGNORECASE,
)
_ASKS_MORE = re.compile(
    r"(?:(?:are there|is there|do you have|have you got|got|show me|give me|can i see|i want|any|"
    r"some|a few|even)\s+)*"
    r"more(?! than)\b",
    re.IGNORECASE,
)
_LEADING_MORE = re.compile(
    r"^(?:some |any |a few |few )?(?:more(?! than)|other|others|further|"
    r"similar)\s+(?:of\s+)?",
    re.IGNORECASE,
)
_LEADING_ONLY = re.compile(
    r"^(?:(?:ok(?:ay)?|and|but|so|then|now|also|no|nah|nope|hm+|oh|ah|or|rather|please|only|"
    rf"just|actually|instead|maybe|try|more|{_THE_SAME}|"
    rf"of course|or rather|better)\b(?!-\w)[\s,.:;!–—-]+"
    rf"|(?:yes|well|sorry|wait|next)\b(?:{BREAK}|\s+(?={GOES_ON})))+",
    re.IGNORECASE,
)
_NEXT_TOPIC = re.compile(
    r"(?:(?:ok(?:ay)?|and|great|thanks|lovely|good|nice|so|right)[\s,.!]+)*(?:now|next|then)\b[\s,:]+",
    re.IGNORECASE,
)
_TURNS_DOWN = re.compile(r"\b(?:no|nah|nope|not|wrong|none|never)\b|n't\b", re.IGNORECASE)
_NEXT_THING = re.compile(
    r"(?:(?:ok(?:ay)?|and|so|great|thanks|thank you|lovely|good|nice|right|cool|fine)[\s,.!]+)*"
    r"(?:what about|how about|now|(?<=[\s,.!])and)\b[\s,]+(?:(?:an?|the|some|any|my|our|two|three) "
    r"(?!(?:rest|same|other|way|moment|minute|bit|time)\b)|[a-z]+s\b(?= \w))"
    r"(?!.*\b(?:is|are|was|were|you|we|i)\b)",
    re.IGNORECASE,
)
"""Another thing is named: "what about people at a table", "thanks, and a boat?"."""

_ONE_IS = re.compile(
    r"^(?:the|that) (?:one|photo|picture|pic) (?:that |which |who )?(?:i (?:mean|meant|want|"
    r"wanted)(?: (?:is|was|has|had))?|is|was|has|had)\s+",
    re.IGNORECASE,
)
_TRAILING_THEN = re.compile(
    r"[\s,]+(?:then|instead|too|as well|now|still|though|i mean|rather|again)\W*$", re.IGNORECASE
)


_X_ONE = re.compile(r"(?:the |that |those |these |a |an )?(?P<x>(?:[\w'-]+ )?[\w'-]+) ones?$", re.I)
"""A whole content: "the skateboard one", "the hot dog ones"."""


class KnownPlaces(Protocol):
    """The places that the library has photos of, found in texts (:mod:`bot.intent.where`)."""

    @property
    def any_known(self) -> bool:
        """Whether the place of any photo is known."""

    def find(self, text: str) -> Sequence[Any]:
        """Mentions with ``start``, ``end``, ``places``, ``known`` and ``folders``."""

    def latitude(self, places: "Collection[Place]") -> float | None:
        """About where places lie; None for none."""


@dataclass(frozen=True)
class _Mentions:
    """When and where, and the words that said so."""

    when: "tuple[DateRange, ...]" = ()
    where: "tuple[Place, ...]" = ()
    folders: tuple[str, ...] = ()
    problem: str = ""
    words: tuple[str, ...] = ()
    every_year: "tuple[DateRange, ...]" = ()

    def cut(self, text: str) -> str:
        """A text without these words and the prepositions before them."""
        for words in self.words:
            text = re.sub(
                rf"(?:^|(?<=[\s,;.(–—-])){_BEFORE_MENTION}{re.escape(words)}(?:['’]s)?(?!\w)",
                " ",
                text,
                flags=re.IGNORECASE,
            )
        return re.sub(r"\s+([,.?!])", r"\1", " ".join(text.split())) if self.words else text


_NOT_THERE = re.compile(
    r"(?:no[,.]? |sorry,? )?not (?:in |from |at |on )?(?P<out>[^,;.]+)[,;.]\s*(?:but )?"
    r"(?P<instead>\S.*)",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:not|no|but|without|except(?: for)?|leave out|skip|from|in|the ones?|those|any)\b",
    re.IGNORECASE,
)


def _complement(mentions: _Mentions) -> "tuple[DateRange, ...]":
    """All time but the one that is mentioned; empty where there is not exactly one."""
    from retrieval.filters import DateRange

    if len(mentions.when) != 1 or mentions.where or mentions.folders:
        return ()
    (out,) = mentions.when
    day = timedelta(days=1)
    before = [DateRange(None, out.first - day)] if out.first else []
    after = [DateRange(out.last + day, None)] if out.last else []
    return (*before, *after)


def _shipped_sentences() -> SentenceBase:
    from retrieval.encoders.starter import StarterEncoder

    return StarterEncoder.load(compiled=True).serving


class Understanding:
    """Reads messages. Loaded once and used by all talks; thread-safe."""

    def __init__(
        self, text_base: SentenceBase | None = None, thread: InferenceThread | None = None
    ) -> None:
        """What is needed is loaded at the first use, unless it is there.

        Args:
            text_base: the text network, if it is loaded already.
            thread: embeds messages together with what others ask of it; None: the caller's does.
        """
        self._given = text_base
        self._thread = thread
        self._lock = Lock()

    @cached_property
    def _parts(self) -> tuple[KeptVectors, Speller, MoveModel]:
        with self._lock:
            base = self._given or _shipped_sentences()
            embed = partial(meanings, base)
            kept = KeptVectors(batched(embed, self._thread) if self._thread else embed, STATE_DIM)
            return kept, Speller(base.vocabulary()), MoveModel.load()

    def plan(self, message: str, state: TalkState, *, now: date, places: KnownPlaces) -> Plan:
        """What a message asks for.

        Args:
            message: of any length and content.
            state: what is known of the talk.
            now: today.
            places: the library's places.
        """
        marked = split_favourites(clean(message))
        plan = self._read(marked.text, state, now=now, places=places)
        return _of_favourites(plan, marked, state) if marked.wanted else plan

    def _read(self, text: str, state: TalkState, *, now: date, places: KnownPlaces) -> Plan:
        """The plan of a clean message, favourites or not."""
        if not text:
            return Plan(Move.SMALL_TALK)
        bare = without_emoji(text)
        foreign = read_foreign(bare, _named_places(bare, places))
        if foreign and foreign.move in (Move.THANKS, Move.GOODBYE, Move.SMALL_TALK, Move.HELP):
            return Plan(foreign.move, sure=RULE_SURE, language=foreign.language)
        said = foreign.english if foreign else self._spoken(text, places)
        alike = split_alike(core_of(said), shown=state.shown)
        if alike:
            return self._of_alike(alike, state, now=now, places=places)
        ranked = split_extreme(said)
        mentions = _mentions_in(ranked.text, now=now, places=places)
        other = _NOT_THERE.fullmatch(ranked.text.strip()) if state.asked else None
        if other and mentions.words:
            # "not Lisbon, London": what is named instead is all that is wanted.
            out, instead = (
                _mentions_in(other[part], now=now, places=places) for part in ("out", "instead")
            )
            if out.words and instead.words:
                ranked, mentions = replace(ranked, text=other["instead"]), instead
        if foreign:
            read = written_abroad(text, asks=foreign.asks or foreign.names_things)
            if read:
                plan = Plan(Move.REQUEST, f'"{read}"', sure=0.8, language=foreign.language)
                return _filled(plan, mentions)
        plan = self._plan(ranked.text, text, mentions, state, foreign)
        if ranked.extreme:
            plan = _in_order(plan, ranked, said)
        if foreign and plan.language != foreign.language:
            plan = replace(plan, language=foreign.language)
        return plan

    def _of_alike(self, alike: Alike, state: TalkState, *, now: date, places: KnownPlaces) -> Plan:
        """The plan of a message that asks for photos like those shown."""
        mentions = _mentions_in(alike.besides, now=now, places=places)
        content, exclude = _content(mentions.cut(alike.besides), state)
        plan = Plan(
            Move.REQUEST,
            content if _own_words(content) else "",
            exclude=exclude,
            like=alike.like,
            number=alike.numbers[0] if alike.numbers else None,
            numbers=alike.numbers,
            sure=RULE_SURE,
        )
        return _filled(plan, mentions)

    def _spoken(self, text: str, places: KnownPlaces) -> str:
        """A message with slips put right, its pictographs said in words where nothing else is."""
        bare = without_emoji(text)
        pictured = depicted(text)
        if pictured and not _own_words(take_apart(bare).content) and (bare or "?" in text):
            bare = f"{pictured} {bare}"
        return self._parts[1].correct(bare, keep=_named_places(bare, places))

    def _plan(
        self, said: str, text: str, mentions: _Mentions, state: TalkState, foreign: Foreign | None
    ) -> Plan:
        excluded = split_exclusion(said, begun=state.asked).exclude
        if excluded and any(words in excluded for words in mentions.words):
            other_times = _complement(mentions)
            if other_times and not _own_words(_NOT.sub(" ", mentions.cut(said))):
                move = Move.REFINE if state.asked else Move.REQUEST
                return Plan(move, when=other_times, sure=0.9)
            # "leave out Munich": a place or time that is excluded is none to look in.
            mentions = _Mentions()
        rest = mentions.cut(said)
        if not said and not (foreign and foreign.move):
            return Plan(Move.SMALL_TALK, sure=RULE_SURE)
        if asks_for_any(rest, shown=state.shown):
            return _filled(Plan(Move.REQUEST, any_photo=True, sure=RULE_SURE), mentions)
        known = None
        if foreign and foreign.move:
            known = Known(foreign.move, rest, foreign.numbers)
        known = (
            known
            or known_move(said, state)
            or (self._known_beside(rest, state) if mentions.words else None)
        )
        if known:
            return self._known(known, said, mentions, state)
        content, exclude = _content(rest, state)
        if mentions.words and state.shown and asks_whether(said) and not _own_words(content):
            aspect: Aspect = "when" if mentions.when else "where"
            return Plan(Move.QUESTION, aspect=aspect, sure=RULE_SURE)
        if mentions.words and not _own_words(content) and not exclude and _is_about(said, mentions):
            move = Move.REFINE if state.asked else Move.REQUEST
            return _filled(Plan(move, sure=0.95), mentions)
        if exclude and state.asked and not _own_words(content) and not _NOT_NOW.search(exclude):
            return _filled(Plan(Move.EXCLUDE, exclude=exclude, sure=0.9), mentions)
        move, sure = self._classified(said, state, foreign)
        if not move.wants_photo and mentions.words and _names_somebody(content):
            # "surfers in Porto" tells nothing but what a photo shows, and where.
            move, sure = Move.REQUEST, 0.7
        if move is Move.ANNOUNCE:
            content = _content(_before_showing(rest), state)[0]
        return self._settled(Plan(move, content, exclude=exclude, sure=sure), said, mentions, state)

    def _known_beside(self, rest: str, state: TalkState) -> Known | None:
        """What a rule recognises beside a time or a place.

        "from 2019 maybe" leaves words that ask for nothing, but the time does.
        """
        known = known_move(rest, state)
        return None if known and known.move is Move.SMALL_TALK and state.asked else known

    def _known(self, known: Known, said: str, mentions: _Mentions, state: TalkState) -> Plan:
        """The plan of a move that a rule recognised."""
        move, content, exclude = known.move, "", ""
        numbers = known.numbers
        if known.rest:
            content, exclude = _content(mentions.cut(known.rest), state, begun=False)
            content = content if _own_words(content) else ""
        if move is Move.CORRECT and not content and not exclude and mentions.words:
            move = Move.REFINE
        if known.wider:
            return Plan(Move.REFINE, wider=True, sure=RULE_SURE)
        if known.aspect:
            number = numbers[0] if numbers else None
            aspect = known.aspect
            if aspect == "which" and mentions.words:
                # "is the third one from London?"
                aspect = "where" if mentions.where else "when"
            return Plan(move, number=number, numbers=numbers, aspect=aspect, sure=RULE_SURE)
        plan = Plan(
            move,
            content,
            exclude=exclude,
            number=numbers[0] if numbers else None,
            numbers=numbers,
            unseen=move is Move.BACK and wants_unseen(said),
            sure=RULE_SURE,
        )
        return _filled(plan, mentions)

    def _classified(
        self, said: str, state: TalkState, foreign: Foreign | None
    ) -> tuple[Move, float]:
        kept, _, model = self._parts
        beside = split_comment(said)
        shape = shape_of(said)
        caption = bool(beside.comment) and is_caption(beside.content)
        if caption:
            # "fog over the harbour, I told Ann all day": the comment asks for nothing.
            said, shape = beside.content, shape_of(beside.content)
        found = model.probabilities(row(kept.of([said])[0], said, state))
        threshold = model.threshold
        if caption:
            threshold = min(threshold, DESCRIPTION_THRESHOLD / 2)
        elif is_description(shape):
            counted = shape[0] in ("a", "an", "two", "three", "some", "0")
            threshold = min(threshold, DESCRIPTION_THRESHOLD / (2 if counted else 1))
        elif is_refusal(said):
            threshold = max(threshold, REFUSAL_THRESHOLD)
        move, sure = decide(found, threshold)
        if not foreign and (asks_plainly(said) or is_asked_for(said)):
            return Move.REQUEST, 0.9
        if not foreign and announces_plainly(said):
            return Move.ANNOUNCE, 0.9
        if not foreign and (names_own_scene(said) or (state.asked and _NEXT_THING.match(said))):
            return Move.REQUEST, 0.8
        if not move.wants_photo and len(shape) == 1 and kind_of(said.lower()) == "subjects":
            # "baby", "dog": the name of what a photo may show and nothing else.
            return Move.REQUEST, 0.6
        if not foreign and state.asked and _SAME_WITH.match(core_of(said)):
            return Move.REFINE, 0.9
        if not foreign and state.asked and _names_next(said):
            return Move.REQUEST, 0.8
        if foreign:
            # The classifier reads English: here the word lists decide.
            wanted = foreign.asks or foreign.names_things
            return (Move.REQUEST, 0.8) if wanted else (Move.SMALL_TALK, 0.6)
        if move is Move.SMALL_TALK and uses_plain_words(said) and not NEGATED.search(said):
            # A story that ends in so many words: "we were at the lake, you should see this".
            return Move.ANNOUNCE, 0.8
        return move, sure

    def _settled(self, plan: Plan, said: str, mentions: _Mentions, state: TalkState) -> Plan:
        """A classified move made to fit what the message holds and the state of the talk."""
        move, content = plan.move, plan.content
        if not move.wants_photo:
            keep = content if move is Move.QUESTION and _own_words(content) else ""
            return _filled(replace(plan, content=keep, exclude=""), mentions)
        has_words = _own_words(content)
        if _REFERS.search(said) and not state.asked:
            move = Move.REFINE
        elif state.asked and _ASKS_MORE.match(core_of(said)) and _overlaps(content, state.topic):
            move = Move.MORE
        elif state.asked and move in (
            Move.REQUEST,
            Move.INSTEAD,
            Move.ANNOUNCE,
            Move.MORE,
            Move.ANOTHER,
        ):
            if move is not Move.ANNOUNCE and (_REFINING.match(said) or _REFERS.search(said)):
                move = Move.REFINE
            elif (
                move in (Move.MORE, Move.ANOTHER)
                and has_words
                and not _overlaps(content, state.topic)
            ):
                move = Move.REQUEST
        elif not state.asked and has_words and move not in (Move.REQUEST, Move.ANNOUNCE):
            move = Move.REQUEST
        if move is Move.EXCLUDE and not plan.exclude:
            move = Move.REFINE if state.asked else Move.REQUEST
        numbers = plan.numbers
        if move in (Move.SHARE, Move.ORDINAL):
            numbers, _ = numbers_in(core_of(said), shown=state.shown)
            if plan.sure < PICK_SURE or not may_hand_over(said, numbers):
                # What is handed over cannot be taken back: a guess is not enough for that.
                return Plan(Move.SMALL_TALK, sure=plan.sure)
        if move is Move.REJECT and plan.sure < REJECT_SURE and not _TURNS_DOWN.search(said):
            # All that is shown would be turned down for good.
            return Plan(Move.SMALL_TALK, sure=plan.sure)
        if move in (
            Move.OLDER,
            Move.NEWER,
            Move.MORE,
            Move.ANOTHER,
            Move.REJECT,
            Move.SHARE,
            Move.ORDINAL,
        ):
            content = content if has_words and _overlaps(content, state.topic) else ""
        content = content if has_words else ""
        return _filled(replace(plan, move=move, content=content, numbers=numbers), mentions)


def _before_showing(text: str) -> str:
    """What an announcement tells before it shows: "we saw the launch, you should see this".

    A last clause that asks for something of its own is what is wanted: "…, show me the rocket".
    """
    *told, last = re.split(r"(?<=[,.!?;:])\s+|\s+[–—-]\s+", text.strip())
    if not uses_plain_words(last) or not _own_words(" ".join(told)):
        return text
    asked = take_apart(last)
    return last if asked.asks and _own_words(asked.content) else " ".join(told).strip(" ,;:")


def clean(message: str) -> str:
    """A message as it is read: bounded, without lone surrogates and control characters."""
    text = bounded(message).encode("utf-8", "replace").decode("utf-8")
    text = unicodedata.normalize("NFC", text).replace("’", "'").replace("‘", "'").replace("`", "'")
    kept = (c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") else " " for c in text)
    return "".join(kept).strip()


def _mentions_in(text: str, *, now: date, places: KnownPlaces) -> _Mentions:
    found_where = [m for m in places.find(text) if places.any_known or m.folders]
    latitude = places.latitude([place for m in found_where for place in m.places])
    found_when = find_when(text, now=now, latitude=latitude)
    if not found_when:
        found_when = _time_alone(text, now, latitude)
    words = [text[m.start : m.end].strip(" ,.?!") for m in (*found_where, *found_when)]
    # A rule may have taken the preposition along: "back to Kyoto" leaves "Kyoto".
    words += [_PREPOSITIONS.sub("", said) for said in words]
    problems = [m.problem for m in found_when if m.problem]
    return _Mentions(
        when=tuple(r for m in found_when for r in m.ranges),
        where=tuple(p for m in found_where for p in m.places),
        folders=tuple(name for m in found_where for name in getattr(m, "folders", ())),
        problem=problems[0] if problems else "",
        every_year=found_when[0].every_year if len(found_when) == 1 else (),
        words=tuple(sorted({w for w in words if w}, key=len, reverse=True)),
    )


def _time_alone(text: str, now: date, latitude: float | None) -> list[WhenMention]:
    """The time without a year that a whole message asks for: "pictures taken in winter"."""
    content = take_apart(text).content
    at = text.find(content)
    found = time_alone(content, now=now, latitude=latitude) if at >= 0 else []
    return [replace(one, start=at + one.start, end=at + one.end) for one in found]


def _content(text: str, state: TalkState, *, begun: bool | None = None) -> tuple[str, str]:
    """Content and exclusion of a message without its mentions of when and where."""
    text = _without_comment(text)
    excluded = split_exclusion(text, begun=state.asked if begun is None else begun)
    content = take_apart(excluded.content).content if excluded.content else ""
    shorter = _LEADING_ONLY.sub("", content)
    if shorter != content:
        content = take_apart(shorter).content if shorter.strip() else ""
    for pattern in (_LEADING_MORE, _ONE_IS, _TRAILING_THEN):
        content = pattern.sub("", content)
    content = content.strip(" ,;:–—-")
    one = _X_ONE.fullmatch(content)
    if one and kind_of(one["x"].split()[-1]) in ("subjects", "scenes", "events"):
        content = one["x"]
    if means_everything(content):
        content = ""
    return content, excluded.exclude


def _named_places(text: str, places: KnownPlaces) -> set[str]:
    """The words of a text that name places, in small letters."""
    return {word.lower() for m in places.find(text) for word in text[m.start : m.end].split()}


def _names_somebody(content: str) -> bool:
    """Whether a content is the name of a person, an animal or a thing, and nothing else."""
    words = content.split()
    plain = shape_of(content)
    return (
        1 <= len(words) <= _MOST_NAMING_WORDS
        and kind_of(words[-1].lower()) == "subjects"
        and is_noun_phrase(["the", *plain])
    )


def _without_comment(text: str) -> str:
    """A message without what is said beside the photo; whole where too little would be left."""
    shorter = split_comment(text).content
    return shorter if _own_words(take_apart(shorter).content) else text


def _names_next(text: str) -> bool:
    """Whether a message only names another thing: "and now a cup of coffee"."""
    begins = _NEXT_TOPIC.match(text)
    return begins is not None and is_noun_phrase(shape_of(text[begins.end() :]))


def _own_words(text: str) -> bool:
    """Whether a text says anything that a photo could show."""
    return any(word not in _GLUE for word in re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower()))


def _is_about(said: str, mentions: _Mentions) -> bool:
    """Whether a message without content of its own is about its time or place, and no story."""
    left = re.findall(r"[^\W_]+(?:['’][^\W_]+)*", mentions.cut(core_of(said)).lower())
    return all(word in _GLUE for word in left) or bool(take_apart(mentions.cut(said)).asks)


def _overlaps(content: str, topic: str) -> bool:
    """Whether a content speaks of what was looked for."""
    words = set(re.findall(r"\w{3,}", content.lower())) - _GLUE
    known = set(re.findall(r"\w{3,}", topic.lower())) - _GLUE
    return any(_like(a, b) for a in words for b in known)


def _like(a: str, b: str) -> bool:
    """Whether two words may be forms of one: "climbing" and "climbers", "dog" and "dogs"."""
    return a.rstrip("s") == b.rstrip("s") or (min(len(a), len(b)) >= 5 and a[:5] == b[:5])


def _filled(plan: Plan, mentions: _Mentions) -> Plan:
    return replace(
        plan,
        when=mentions.when,
        where=mentions.where,
        folders=mentions.folders,
        problem=mentions.problem,
        every_year=mentions.every_year,
    )


def _of_favourites(plan: Plan, marked: Marked, state: TalkState) -> Plan:
    """The plan of a message that names favourites."""
    if plan.aspect == "change" or (plan.move is Move.QUESTION and not plan.aspect):
        return replace(plan, any_photo=False, favourite=not plan.aspect)
    named = plan.content or plan.when or plan.where or plan.folders or plan.exclude
    if plan.extreme or plan.move in (Move.BACK, Move.SHARE, Move.ORDINAL):
        return replace(plan, any_photo=False, favourite=True)
    move = Move.REQUEST if named and plan.move.wants_photo else plan.move
    if marked.narrows and state.asked:
        move = Move.REFINE
    elif not named or not move.wants_photo:
        move = Move.REQUEST
    return replace(plan, move=move, aspect="", any_photo=False, favourite=True, sure=RULE_SURE)


def _in_order(plan: Plan, ranked: Ranked, said: str) -> Plan:
    """The plan of a message that asks for the oldest or newest photos."""
    ordered = replace(plan, extreme=ranked.extreme, several=ranked.several)
    if plan.move in (Move.REQUEST, Move.REFINE) and (plan.content or plan.when or plan.where):
        return ordered
    if plan.move is Move.QUESTION:
        return replace(ordered, aspect="", numbers=(), number=None)
    left = take_apart(core_of(ranked.text)).content
    if len(said.split()) > MAX_ORDER_WORDS or (_own_words(left) and not plan.move.wants_photo):
        return plan
    move = Move.OLDER if ranked.extreme == "oldest" else Move.NEWER
    return replace(
        ordered, move=move, content="", numbers=(), number=None, aspect="", sure=RULE_SURE
    )
