"""Understanding of one message in its talk: from words to a :class:`bot.intent.plan.Plan`.

In this order: the message is cleaned and bounded; another language is read by word lists; slips
are put right; times and places are found; a rule of the closed sets, else the classifier, tells the
move; and what is left without words of asking, when, where and exclusions is the content.

Of two requests in one message the plan is that of the first, with a note of the second.
Orders to the bot ("ignore previous instructions") are words like others.
"""

import re
import unicodedata
from dataclasses import replace
from datetime import date
from functools import cached_property, partial
from threading import Lock
from typing import TYPE_CHECKING

from bot.intent.about_photos import Ranked, about_shown, asks_whether, split_extreme
from bot.intent.any_photo import asks_for_any
from bot.intent.asking import bounded, take_apart
from bot.intent.comments import split_comment
from bot.intent.contents import says_nothing, what_is_seen
from bot.intent.cues import uses_plain_words
from bot.intent.doubting import tells_of_nothing, without_doubt
from bot.intent.emoji import depicted, without_emoji
from bot.intent.exclusion import split_exclusion
from bot.intent.favourites import Marked, split_favourites
from bot.intent.features import (
    SentenceBase,
    is_description,
    meanings,
    row,
    shape_of,
)
from bot.intent.few_words import (
    ADDS_ABROAD,
    ANY_FROM,
    DOING,
    NEXT_THING,
    REFERS,
    REFINING,
    SAME_BUT_ANOTHER,
    SAME_WITH,
    SOMEBODY,
    WOULD_BE,
    has_subject,
    names_a_thing,
    names_next,
    names_somebody,
    only_names,
    only_narrows,
)
from bot.intent.handing_over import (
    may_hand_over,
    without_conditions,
    without_keeping,
    without_sharing,
)
from bot.intent.languages import Foreign, read_foreign
from bot.intent.like_this import Alike, split_alike
from bot.intent.mentions import (
    ASKS_OF_TRAVEL,
    TELLS_OF_A_TRIP,
    THE_ONE_THERE,
    THERE_INSTEAD,
    TRIP_ALONE,
    WHERE_WAS_I,
    KnownPlaces,
    Mentions,
    filled,
    mentions_in,
    named_places,
)
from bot.intent.move_model import MoveModel, decide
from bot.intent.moves import (
    Known,
    core_of,
    known_move,
    shared_without_place,
    wants_a_look,
    wants_unseen,
)
from bot.intent.numbers import numbers_in
from bot.intent.of_shown import about_gallery
from bot.intent.plain_asking import (
    NEGATED,
    announces_plainly,
    asks_for_what_was_told,
    asks_plainly,
    is_caption,
    is_refusal,
    lists_things,
    names_a_scene,
    names_own_scene,
    only_refuses,
    tells_of_life,
)
from bot.intent.plan import SURE, Aspect, Move, Plan, TalkState
from bot.intent.same_place import of_that_place
from bot.intent.spelling import Speller, photo_words
from bot.intent.telling_words import GLUE, overlaps, says_something
from bot.intent.tidying import in_plain_words
from bot.intent.two_requests import split_requests
from bot.intent.written import is_asked_for, written_abroad
from bot.vocabulary import kind_of
from retrieval.encoders.batching import InferenceThread, batched
from retrieval.encoders.cached import KeptVectors
from retrieval.encoders.starter.layout import STATE_DIM

if TYPE_CHECKING:
    pass

MAX_ORDER_WORDS = 12
"""Of a message that asks for the oldest or newest photos and names nothing else."""

PICK_SURE = 0.5
"""From which probability on the classifier may say that a photo is to be handed over …"""

REJECT_SURE = 0.4
"""… or that all that is shown is turned down."""

DESCRIPTION_THRESHOLD = 0.3

SHOUTED_WORDS = 3
"""In capitals are shouted; fewer may be a name: "LA 2020"."""

REFUSAL_THRESHOLD = 0.9
"""From which probability on a photo is wanted: after a bare description ("girl blowing bubbles"),
and where photos are turned down in words ("no pictures now")."""

_NOT_NOW = re.compile(
    r"\b(?:now|today|tonight|photos?|pictures?|pics?|images?|more photos|anything|interested|yet|"
    r"sure|bad|funny|really|"
    r"worry|need|want|bother|bothered|kidding|happy|well|good|great|nice|true|mind|rush|hurry|"
    r"feeling)\b",
    re.IGNORECASE,
)

_ASKS_MORE = re.compile(
    r"(?:(?:are there|is there|do you have|have you got|got|show me|give me|can i see|i want|any|"
    r"some|a few|even)\s+)*"
    r"more(?! than)\b",
    re.IGNORECASE,
)

_TURNS_DOWN = re.compile(r"\b(?:no|nah|nope|not|wrong|none|never)\b|n't\b", re.IGNORECASE)


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
        marked = split_favourites(without_doubt(in_plain_words(clean(message))))
        asked = without_sharing(without_keeping(without_conditions(marked.text)))
        both = split_requests(asked.text)
        plan = self._read(both.first, state, now=now, places=places)
        shares = plan.move in (Move.SHARE, Move.ORDINAL)
        if both.then and not (plan.move.wants_photo and (plan.content or shares)):
            plan = self._read(asked.text, state, now=now, places=places)
        elif both.then:
            plan = replace(plan, then=both.then)
        if asked.to_share and plan.move.wants_photo:
            plan = replace(plan, to_share=True)
        return _of_favourites(plan, marked, state) if marked.wanted else plan

    def _read(self, text: str, state: TalkState, *, now: date, places: KnownPlaces) -> Plan:
        """The plan of a clean message, favourites or not."""
        if not text:
            return Plan(Move.SMALL_TALK)
        bare = without_emoji(text)
        pictured = depicted(text)
        if not bare and photo_words().intersection(pictured.split()):
            return Plan(Move.REQUEST, pictured, sure=0.7, language=state.language)
        if "?" in bare and not pictured and not re.search(r"\w", bare):
            return Plan(Move.HELP, sure=SURE, language=state.language)
        foreign = read_foreign(bare, named_places(bare, places), state.language)
        if foreign and foreign.move in (Move.THANKS, Move.GOODBYE, Move.SMALL_TALK, Move.HELP):
            return Plan(foreign.move, sure=SURE, language=foreign.language)
        said = foreign.english if foreign else self._spoken(text, places)
        of_shown = about_gallery(said, state)
        if of_shown:
            return of_shown
        alike = split_alike(core_of(said), shown=state.shown)
        if alike:
            return self._of_alike(alike, state, now=now, places=places)
        mentions = mentions_in(said, now=now, places=places)
        ranked = split_extreme(said, dated=bool(mentions.words), shown=state.shown)
        if ranked.extreme and state.shown and about_shown(core_of(said), shown=state.shown):
            # "where was the first one taken?" is about one that is shown.
            ranked = Ranked(said)
        if ranked.extreme:
            # "the first photo of May" is of May, and "the last summer" is none of these.
            mentions = mentions_in(ranked.text, now=now, places=places)
        other = THERE_INSTEAD.fullmatch(ranked.text.strip()) if state.asked else None
        if other and mentions.words:
            # "not Lisbon, London": what is named instead is all that is wanted.
            out, instead = (
                mentions_in(other[part], now=now, places=places) for part in ("out", "instead")
            )
            if out.words and instead.words:
                ranked, mentions = replace(ranked, text=other["instead"]), instead
        if foreign:
            read = written_abroad(text, asks=foreign.asks or foreign.names_things)
            if read:
                plan = Plan(Move.REQUEST, f'"{read}"', sure=0.8, language=foreign.language)
                return filled(plan, mentions)
        asked = mentions.without_refused(ranked.text)
        plan = self._plan(asked, text, mentions, state, foreign)
        if ranked.extreme:
            plan = _in_order(plan, ranked, said)
        if foreign and plan.language != foreign.language:
            plan = replace(plan, language=foreign.language)
        return of_that_place(plan, said) if state.asked else plan

    def _of_alike(self, alike: Alike, state: TalkState, *, now: date, places: KnownPlaces) -> Plan:
        """The plan of a message that asks for photos like those shown."""
        mentions = mentions_in(alike.besides, now=now, places=places)
        content, exclude = what_is_seen(mentions.cut(alike.besides), state)
        plan = Plan(
            Move.REQUEST,
            content if says_something(content) else "",
            exclude=exclude,
            like=alike.like,
            number=alike.numbers[0] if alike.numbers else None,
            numbers=alike.numbers,
            sure=SURE,
        )
        return filled(plan, mentions)

    def _spoken(self, text: str, places: KnownPlaces) -> str:
        """A message with slips put right, its pictographs said in words where nothing else is."""
        bare = without_emoji(text)
        pictured = depicted(text)
        named = says_something(take_apart(re.sub(r"\d", "", bare)).content)
        if pictured and not named and (bare or "?" in text):
            bare = f"{pictured} {bare}"
        return self._parts[1].correct(bare, keep=named_places(bare, places))

    def _plan(
        self, said: str, text: str, mentions: Mentions, state: TalkState, foreign: Foreign | None
    ) -> Plan:
        excluded = split_exclusion(said, begun=state.asked).exclude
        if excluded and any(words in excluded for words in mentions.words):
            # "leave out Munich": a place or time that is excluded is none to look in.
            mentions = Mentions()
        rest = mentions.cut(said)
        if mentions.refused and not says_something(rest):
            return filled(Plan(Move.REFINE if state.asked else Move.REQUEST, sure=0.9), mentions)
        if not said and not (foreign and foreign.move):
            return Plan(Move.SMALL_TALK, sure=SURE)
        if state.asked and mentions.words and ANY_FROM.match(said) and says_nothing(rest):
            return filled(Plan(Move.REFINE, sure=0.9), mentions)
        if mentions.words and not foreign and ASKS_OF_TRAVEL.fullmatch(core_of(rest).strip(" ?")):
            return filled(Plan(Move.REQUEST, sure=0.9), mentions)
        if mentions.when and not foreign and WHERE_WAS_I.fullmatch(core_of(rest).strip(" ?")):
            return filled(Plan(Move.QUESTION, sure=SURE), mentions)
        if asks_for_any(rest, shown=state.shown):
            return filled(Plan(Move.REQUEST, any_photo=True, sure=SURE), mentions)
        known = None
        if foreign and foreign.move:
            known = Known(foreign.move, rest, foreign.numbers, foreign.aspect)
        known = (
            known
            or known_move(said, state)
            or (self._known_beside(rest, state) if mentions.words else None)
        )
        if known:
            return self._known(known, said, mentions, state)
        if not state.shown and not foreign and asks_for_what_was_told(said):
            return filled(Plan(Move.REQUEST, sure=0.9), mentions)
        content, exclude = what_is_seen(rest, state)
        if mentions.words and state.shown and asks_whether(said) and not says_something(content):
            aspect: Aspect = "when" if mentions.when else "where"
            return Plan(Move.QUESTION, aspect=aspect, sure=SURE)
        bare = not says_something(content) or bool(TRIP_ALONE.fullmatch(content))
        told = bool(mentions.words or exclude) and (
            tells_of_nothing(said)
            or tells_of_life(said)
            or bool(not state.asked and TELLS_OF_A_TRIP.match(said))
        )
        if mentions.words and bare and not exclude and not told and _is_about(said, mentions):
            one_there = THE_ONE_THERE.fullmatch(core_of(rest)) and re.search(
                r"\bth(?:e|at)\b", said
            )
            if state.shown > 1 and mentions.where and one_there:
                # "the Chicago one": one of those that are shown.
                return filled(Plan(Move.ORDINAL, aspect="look", sure=0.9), mentions)
            move = Move.REFINE if state.asked else Move.REQUEST
            return filled(Plan(move, sure=0.95), mentions)
        if exclude and state.asked and not says_something(content) and not _NOT_NOW.search(exclude):
            return filled(Plan(Move.EXCLUDE, exclude=exclude, sure=0.9), mentions)
        move, sure = self._classified(said, state, foreign)
        names = (mentions.words or exclude) and not told and names_somebody(content)
        if not move.wants_photo and names:
            # "surfers in Porto, no boats" tells nothing but what a photo shows, where, what not.
            move, sure = Move.REQUEST, 0.7
        if move is Move.ANNOUNCE:
            content = what_is_seen(_before_showing(rest), state)[0]
        return self._settled(Plan(move, content, exclude=exclude, sure=sure), said, mentions, state)

    def _known_beside(self, rest: str, state: TalkState) -> Known | None:
        """What a rule recognises beside a time or a place.

        "from 2019 maybe" leaves words that ask for nothing, but the time does.
        """
        known = known_move(rest, state)
        asks = state.asked or not says_something(rest)
        empty = known and (known.move is Move.HELP or (known.move is Move.SMALL_TALK and asks))
        return None if empty else known

    def _known(self, known: Known, said: str, mentions: Mentions, state: TalkState) -> Plan:
        """The plan of a move that a rule recognised."""
        move, content, exclude = known.move, "", ""
        numbers = known.numbers
        if known.rest:
            corrects = move is Move.CORRECT
            content, exclude = what_is_seen(mentions.cut(known.rest), state, begun=corrects)
            content = content if says_something(content) else ""
            if corrects and exclude and not content:
                # "I said no people"
                move = Move.EXCLUDE
        if move is Move.CORRECT and not content and not exclude and mentions.words:
            move = Move.REFINE
        if move in (Move.OLDER, Move.NEWER) and mentions.when and not known.unit:
            # "from when they were small, say 2018"
            return filled(Plan(Move.REFINE, sure=SURE), mentions)
        if known.wider and not mentions.refused:
            return Plan(Move.REFINE, wider=known.wider, sure=SURE)
        if known.forget:
            return Plan(Move.REFINE, forget=known.forget, sure=SURE)
        if known.aspect:
            number = numbers[0] if numbers else None
            aspect = known.aspect
            if aspect == "which" and mentions.words:
                # "is the third one from London?"
                aspect = "where" if mentions.where else "when"
            return Plan(move, number=number, numbers=numbers, aspect=aspect, sure=SURE)
        plan = Plan(
            move,
            content,
            exclude=exclude,
            number=numbers[0] if numbers else None,
            numbers=numbers,
            unseen=move is Move.BACK and wants_unseen(said),
            unclear=known.unclear,
            unit=known.unit,
            sure=SURE,
        )
        return filled(plan, mentions)

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
        if not foreign and (tells_of_nothing(said) or (not state.asked and only_refuses(said))):
            return Move.SMALL_TALK, 0.9
        if not foreign and (asks_plainly(said) or is_asked_for(said)):
            return Move.REQUEST, 0.9
        if not foreign and not state.shown and tells_of_life(said):
            return Move.SMALL_TALK, 0.8
        if not foreign and announces_plainly(said):
            return Move.ANNOUNCE, 0.9
        if not foreign and (names_own_scene(said) or (state.asked and NEXT_THING.match(said))):
            return Move.REQUEST, 0.8
        if not move.wants_photo and len(shape) == 1 and kind_of(said.lower()) == "subjects":
            # "baby", "dog": the name of what a photo may show and nothing else.
            return Move.REQUEST, 0.6
        if not foreign and state.asked and SAME_BUT_ANOTHER.match(core_of(said)):
            return Move.CORRECT, 0.9
        if not foreign and state.asked and SAME_WITH.match(core_of(said)):
            return Move.REFINE, 0.9
        wished = WOULD_BE.search(said) and says_something(take_apart(said).content)
        does = DOING.fullmatch(core_of(said).lower()) and has_subject(state.topic)
        narrows = wished or does or only_narrows(said)
        if not foreign and state.asked and not move.wants_photo and narrows:
            return Move.REFINE, 0.7
        if not foreign and not move.wants_photo and names_a_thing(said):
            return Move.REQUEST, 0.6
        if not foreign and not move.wants_photo and SOMEBODY.fullmatch(core_of(said)):
            # "somebody with a camera" tells nothing but what a photo shows.
            return Move.REQUEST, 0.7
        if not foreign and not move.wants_photo and (names_a_scene(said) or lists_things(said)):
            return Move.REQUEST, 0.6
        if not foreign and state.asked and names_next(said):
            return Move.REQUEST, 0.8
        if foreign and state.asked and ADDS_ABROAD.match(said):
            return Move.REFINE, 0.8
        if foreign:
            # The classifier reads English: here the word lists decide.
            wanted = foreign.asks or foreign.names_things
            return (Move.REQUEST, 0.8) if wanted else (Move.SMALL_TALK, 0.6)
        if move is Move.SMALL_TALK and uses_plain_words(said) and not NEGATED.search(said):
            # A story that ends in so many words: "we were at the lake, you should see this".
            return Move.ANNOUNCE, 0.8
        return move, sure

    def _settled(self, plan: Plan, said: str, mentions: Mentions, state: TalkState) -> Plan:
        """A classified move made to fit what the message holds and the state of the talk."""
        move, content = plan.move, plan.content
        if not move.wants_photo:
            keep = content if move is Move.QUESTION and says_something(content) else ""
            return filled(replace(plan, content=keep, exclude=""), mentions)
        has_words = says_something(content)
        if REFERS.search(said) and not state.asked:
            move = Move.REFINE
        elif state.asked and _ASKS_MORE.match(core_of(said)) and overlaps(content, state.topic):
            move = Move.MORE
        elif state.asked and move in (
            Move.REQUEST,
            Move.INSTEAD,
            Move.ANNOUNCE,
            Move.MORE,
            Move.ANOTHER,
        ):
            if move is not Move.ANNOUNCE and (
                REFINING.match(said) or REFERS.search(said) or WOULD_BE.search(said)
            ):
                move = Move.REFINE
            elif not state.topic and has_words and not mentions.words and only_names(said):
                # "Edinburgh", "the piper": one of those that are shown.
                move = Move.REFINE
            elif DOING.fullmatch(content.lower()) and has_subject(state.topic):
                move = Move.REFINE
            elif (
                move in (Move.MORE, Move.ANOTHER)
                and has_words
                and not overlaps(content, state.topic)
            ):
                move = Move.REQUEST
        elif not state.asked and has_words and move not in (Move.REQUEST, Move.ANNOUNCE):
            move = Move.REQUEST
        if move is Move.EXCLUDE and not plan.exclude:
            move = Move.REFINE if state.asked else Move.REQUEST
        numbers = plan.numbers
        if move in (Move.SHARE, Move.ORDINAL):
            numbers, _ = numbers_in(core_of(said), shown=state.shown)
            meant = shared_without_place(said, state)
            if move is Move.SHARE and not numbers:
                numbers, plan = meant.numbers, replace(plan, unclear=meant.unclear)
            if plan.sure < PICK_SURE or not may_hand_over(said, numbers):
                # What is handed over cannot be taken back: a guess is not enough for that.
                return Plan(Move.SMALL_TALK, sure=plan.sure)
            if move is Move.ORDINAL and numbers and state.shown and wants_a_look(said):
                plan = replace(plan, aspect="look")
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
            content = content if has_words and overlaps(content, state.topic) else ""
        content = content if has_words else ""
        if mentions.words and TRIP_ALONE.fullmatch(content):
            content = ""
        return filled(replace(plan, move=move, content=content, numbers=numbers), mentions)


def _before_showing(text: str) -> str:
    """What an announcement tells before it shows: "we saw the launch, you should see this".

    A last clause that asks for something of its own is what is wanted: "…, show me the rocket".
    """
    *told, last = re.split(r"(?<=[,.!?;:])\s+|\s+[–—-]\s+", text.strip())
    if not uses_plain_words(last) or not says_something(" ".join(told)):
        return text
    asked = take_apart(last)
    return last if asked.asks and says_something(asked.content) else " ".join(told).strip(" ,;:")


def clean(message: str) -> str:
    """A message as it is read: bounded, without lone surrogates and control characters."""
    text = bounded(message).encode("utf-8", "replace").decode("utf-8")
    text = unicodedata.normalize("NFC", text).replace("’", "'").replace("‘", "'").replace("`", "'")
    kept = (c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") else " " for c in text)
    text = "".join(kept).strip()
    # Who shouts ("NO, THE OTHER DOG") says the same in small letters.
    return text.lower() if text.isupper() and len(text.split()) >= SHOUTED_WORDS else text


def _is_about(said: str, mentions: Mentions) -> bool:
    """Whether a message without content of its own is about its time or place, and no story."""
    left = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", mentions.cut(core_of(said)).lower())
    glue = all(word in GLUE or TRIP_ALONE.fullmatch(word) for word in left)
    return glue or bool(take_apart(mentions.cut(said)).asks)


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
    return replace(plan, move=move, aspect="", any_photo=False, favourite=True, sure=SURE)


def _in_order(plan: Plan, ranked: Ranked, said: str) -> Plan:
    """The plan of a message that asks for the oldest or newest photos."""
    ordered = replace(plan, extreme=ranked.extreme, several=ranked.several)
    if plan.move in (Move.REQUEST, Move.REFINE) and (plan.content or plan.when or plan.where):
        return ordered
    if plan.move is Move.QUESTION:
        return replace(ordered, aspect="", numbers=(), number=None)
    left = take_apart(core_of(ranked.text)).content
    if len(said.split()) > MAX_ORDER_WORDS or (says_something(left) and not plan.move.wants_photo):
        return plan
    move = Move.OLDER if ranked.extreme == "oldest" else Move.NEWER
    return replace(ordered, move=move, content="", numbers=(), number=None, aspect="", sure=SURE)
