"""From a plan and what went before to what is looked for now: pure functions over the session."""

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

from bot.assistant.session import Session, Topic
from bot.intent.leaving_out import without_words
from bot.intent.plan import Move, Plan, Same, Unit
from bot.intent.words import split_words
from bot.vocabulary import kind_of
from retrieval.library import Photo
from retrieval.search.filters import DateRange, Place

Alike = Callable[[str, Sequence[str]], Sequence[float]]
"""How alike a text is to each of several others: cosines of their sentence vectors."""

SAME_KIND = 0.45
"""Cosine from which on two words name things of one kind, so that one can replace the other."""

TRIP_DAYS = timedelta(days=7)
"""Before and after a photo that may belong to its trip."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_PRONOUN = re.compile(
    r"\b(one|ones|him|her|his|he|she|it|its|them|their|they|that|those|these)\b", re.I
)
_LEADING = re.compile(r"^(?:(?:in|on|at|near|by)\s+)?(?:the|a|an|some|my|your|our)\s+", re.I)
_ADDS = re.compile(r"^(?:in|on|at|near|by|with|under|behind)\s", re.I)
"""Begins what can only be said of something named before: "on a horse"."""

_PLACED = re.compile(r"^(?P<how>in|on|at|near|by|with|under|behind)\s+(?P<what>.+)$", re.I)
_NEXT_PART = r"(?=\s+(?:in|on|at|near|by|with|under|behind|and|next)\b|\s*,|$)"

_ANYTHING = re.compile(
    r"(?:something|anything|some ?things?|ones?|a few things) (?:that(?:['’]?s| is| are| looks?) )?"
    r"(?:(?:really|very|so|quite|all) )?([^\W\d_]+(?:(?: and| or|,) [^\W\d_]+)?)\W*",
    re.IGNORECASE,
)
"""A look and nothing that has it: "something blue"."""

_PEOPLE = frozenset(
    split_words(
        "man woman boy girl men women boys girls child children kid kids baby people person lady "
        "guy couple teenager toddler"
    )
)
"""Who can take each other's place: "the same, but a woman"."""

_NUMBERS = frozenset(("a", "an", "one", "two", "three", "four", "five", "six", "many", "several"))
_SEASONS = frozenset(("winter", "spring", "summer", "autumn", "fall"))

_LITTLE = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "at",
        "with",
        "and",
        "or",
        "to",
        "for",
        "from",
        "by",
        "is",
        "are",
        "was",
    ]
)


def refers_back(content: str) -> bool:
    """Whether a content means something that was named before ("the one where he sleeps")."""
    return bool(_PRONOUN.search(content))


def any_of_that_look(words: str) -> str:
    """The look that anything may have: "something blue" is "blue"; other words as they are.

    Who asks so knows of no certain photo, so that the closest one is an answer.
    """
    found = _ANYTHING.fullmatch(words)
    if found is None or any(kind_of(word) not in (None, "attributes") for word in found[1].split()):
        return words
    return found[1]


def next_topic(plan: Plan, session: Session, alike: Alike, folders: Sequence[Path] = ()) -> Topic:
    """What to look for after this plan.

    A new request is a topic of its own and forgets the last one; a follow-up takes the current
    topic up, with what the plan adds or replaces.

    Args:
        plan: what the message asks for.
        session: what went before.
        alike: compares texts.
        folders: those of the library that the plan names.
    """
    current = session.topic
    if plan.move is Move.BACK and len(session.topics) > (0 if current is None else 1):
        return _earlier(plan, session, alike, folders)
    if current is None or plan.move in (Move.REQUEST, Move.ANNOUNCE):
        fresh = _topic_of(plan, folders)
        if fresh.any_photo and current is not None and current.any_photo:
            # "Surprise me" again: with others.
            fresh.galleries = [*current.galleries]
        return fresh
    if plan.move is Move.INSTEAD:
        if plan.content or not _names_elsewhere(plan, folders):
            return _topic_of(plan, folders)
        return _narrowed(current, plan, folders)
    if plan.move is Move.CORRECT and plan.content:
        return _corrected(current, plan, alike, folders)
    if (
        _names_elsewhere(plan, folders)
        and not plan.content
        and not current.shown
        and not current.is_filtered
    ):
        # What was looked for is not there at all, so that a time or place is a new wish.
        return _topic_of(plan, folders)
    return _narrowed(current, plan, folders)


def topic_by_itself(plan: Plan, before: Topic | None, folders: Sequence[Path]) -> Topic | None:
    """A follow-up read without what found nothing before it; None where that changes nothing.

    Args:
        plan: what the message asks for.
        before: what was looked for when it came.
        folders: those of the library that the plan names.
    """
    if before is None or before.shown or plan.move not in (Move.REFINE, Move.CORRECT):
        return None
    if _ADDS.match(plan.content) or refers_back(plan.content):
        return None
    if plan.content:
        return _topic_of(plan, folders) if before.words or before.is_filtered else None
    if not (before.words and (_names_when(plan) or _names_where(plan, folders))):
        return None
    without_words = {"content": "", "details": (), "exclude": ()}
    return _narrowed(before.model_copy(update=without_words), plan, folders)


def _topic_of(plan: Plan, folders: Sequence[Path]) -> Topic:
    exclude = plan.exclusions
    return Topic(
        content=plan.content,
        exclude=exclude,
        when=plan.when,
        where=plan.where,
        not_when=plan.not_when,
        not_where=plan.not_where,
        folders=tuple(folders),
        camera=plan.camera,
        favourite=plan.favourite,
        any_photo=plan.any_photo,
        every_year=plan.every_year,
    )


def _narrowed(current: Topic, plan: Plan, folders: Sequence[Path]) -> Topic:
    """The current topic with the plan's details; a time or a place replaces the old one."""
    content, details = _kept_words(current, plan)
    if plan.when and current.words.lower() in _SEASONS:
        # "winter" names another time than the new one.
        content, details = "", ()
    renamed = _renamed(current.words, plan.content)
    if renamed:
        content, details = renamed, ()
    elif plan.content and plan.content.lower() not in current.words.lower():
        details = (*details, plan.content)
    exclude = current.exclude
    exclude = tuple(dict.fromkeys((*exclude, *plan.exclusions)))
    return Topic(
        content=content or (details[0] if details else ""),
        details=details if content else details[1:],
        exclude=exclude,
        when=_times(current, plan),
        every_year=plan.every_year or (() if plan.when else current.every_year),
        where=plan.where or tuple(one for one in current.where if not _is_in(one, plan.not_where)),
        not_when=plan.not_when or (() if plan.when else current.not_when),
        not_where=_unwanted(current, plan),
        folders=tuple(folders) or current.folders,
        camera=plan.camera or current.camera,
        favourite=plan.favourite or current.favourite,
        picture=current.picture,
        picture_by=current.picture_by,
        picture_of=current.picture_of,
        picture_weight=current.picture_weight,
        any_photo=current.any_photo and not plan.content,
        similar=sorted(current.shown),
        liked=current.liked,
        disliked=current.disliked,
    )


def _kept_words(current: Topic, plan: Plan) -> tuple[str, tuple[str, ...]]:
    """Content and details without what is forgotten, or must not be seen any longer.

    "a woman with an umbrella" and "without the umbrella" give "a woman".
    """
    content, details = current.content, current.details
    for said in (plan.forget,) if plan.forget else plan.exclusions:
        out = _LEADING.sub("", said)
        details = tuple(
            one for one in details if not re.search(rf"\b{re.escape(out)}\b", one, re.I)
        )
        content = without_words(content, out) or ("" if details or plan.forget else content)
    return content, details


def _is_in(place: Place, others: Sequence[Place]) -> bool:
    return any(other.covers(place) for other in others)


def _names_elsewhere(plan: Plan, folders: Sequence[Path]) -> bool:
    """Whether a plan names a time, a place, a camera or favourites."""
    named = _names_where(plan, folders) or _names_when(plan) or bool(plan.camera)
    return named or plan.favourite


def _names_when(plan: Plan) -> bool:
    return bool(plan.when or plan.not_when)


def _names_where(plan: Plan, folders: Sequence[Path]) -> bool:
    return bool(plan.where or plan.not_where or folders)


def _unwanted(current: Topic, plan: Plan) -> tuple[Place, ...]:
    """Places that it must not be from; one that is asked for by name now is wanted again."""
    kept = (*current.not_where, *plan.not_where)
    return tuple(one for one in dict.fromkeys(kept) if one not in plan.where)


def _times(current: Topic, plan: Plan) -> tuple[DateRange, ...]:
    """When: a month said after a year, or a year after a month, is that month of that year."""
    whole = tuple(one for one in plan.when if _is_long(one))
    for months, years in ((plan.every_year, current.when), (current.every_year, whole)):
        both = [part for one in months for year in years if (part := _part_within(year, one))]
        if both:
            return tuple(sorted(both, key=lambda part: part.first or date.min))
    said = (
        {one.first.year for one in current.when if one.first} if not current.every_year else set()
    )
    # "in July 2023", "and in August?": of the year that was said.
    same_year = tuple(one for one in plan.every_year if one.first and {one.first.year} == said)
    return same_year or plan.when or current.when


def _is_long(one: DateRange) -> bool:
    """Whether a time is about a year or more."""
    return bool(one.first and one.last) and one.last - one.first >= timedelta(days=364)  # type: ignore[operator]


def _part_within(outer: DateRange, inner: DateRange) -> DateRange | None:
    """The days of a time that lie in a longer one, both with two ends; None where there is none."""
    if not (outer.first and outer.last and inner.first and inner.last):
        return None
    first, last = max(outer.first, inner.first), min(outer.last, inner.last)
    longer = outer.last - outer.first > inner.last - inner.first
    return DateRange(first, last) if longer and first <= last else None


def _renamed(old: str, new: str) -> str:
    """What is looked for where a detail names it anew: "" where it adds to it.

    "a black dog in the snow" and "a white dog" give "a white dog in the snow"; "a dog and a horse"
    and "the horse" give "the horse".
    """
    if not new or _ADDS.match(new) or refers_back(re.sub(r"^one\s+(?=\w)", "", new)):
        return ""
    before = {_stem(word): word for word in _WORD.findall(old)}
    words = [word for word in _WORD.findall(new) if word.lower() not in _LITTLE]
    if not words or _stem(words[-1]) not in before or kind_of(words[-1]) is None:
        return ""
    if all(_stem(word) in before for word in words):
        return new
    if len(words) > 3 or kind_of(words[-1]) != "subjects":
        return ""
    return _with_head(old, before[_stem(words[-1])], _LEADING.sub("", new.strip()))


def _stem(word: str) -> str:
    """A word without what tells one from many: "dogs" and "dog" are one."""
    return word.lower().rstrip("s")


def _with_head(old: str, head: str, new: str) -> str:
    """The old text with another description of the thing whose name is ``head``."""
    found = re.search(rf"((?:[\w-]+\s+)*?)\b{re.escape(head)}\b", old, re.I)
    looks = found[1].split() if found else []
    kept = list(looks)
    # "a red car" and "blue car": the look goes with the thing.
    numbered = new.split()[0].lower() in _NUMBERS
    while kept and (
        kind_of(kept[-1].lower()) == "attributes" or (numbered and kept[-1].lower() in _NUMBERS)
    ):
        kept.pop()
    dropped = r"\s+".join(map(re.escape, looks[len(kept) :]))
    before = rf"{dropped}\s+" if dropped else ""
    return re.sub(rf"\b{before}{re.escape(head)}\b", lambda _: new, old, count=1, flags=re.I)


def _corrected(current: Topic, plan: Plan, alike: Alike, folders: Sequence[Path]) -> Topic:
    """ "no, I meant the brown one": the word of the same kind is replaced."""
    base = _narrowed(current, plan, folders)
    words = replaced(current.words, plan.content, alike)
    if words is None:
        fresh = _topic_of(plan, folders)
        return fresh.model_copy(
            update={"when": plan.when or current.when, "where": plan.where or current.where}
        )
    return base.model_copy(update={"content": words, "details": ()})


def replaced(old: str, new: str, alike: Alike) -> str | None:
    """The old text with one word replaced by the new one of its kind.

    "black dog in the water" and "the brown one" give "brown dog in the water"; "girls on a swing"
    and "boys" give "boys on a swing", and "on a bike" gives "girls on a bike". A new text that is
    about something else gives None; one that only adds to "the one" is appended.
    """
    placed = _PLACED.match(new.strip())
    if placed:
        part = rf"\b{placed['how']}\s+[^,]+?{_NEXT_PART}"
        if len(re.findall(part, old, re.I)) == 1:
            # "a man on a horse", "on a bike": it is on one of them.
            return re.sub(part, lambda _: new.strip(), old, count=1, flags=re.I)
    refers = refers_back(new) or bool(_ADDS.match(new.strip()))
    text = _LEADING.sub("", new.strip())
    text = re.sub(
        r"^ones?\s+",
        "",
        _PRONOUN.sub(lambda m: "one" if m[0].lower() == "ones" else m[0], text),
        flags=re.I,
    )
    text = re.sub(r"\s+ones?$", "", text, flags=re.I).strip()
    if not text:
        return old
    new_words = _WORD.findall(text)
    head = new_words[-1] if new_words else text
    old_words = [word for word in _WORD.findall(old) if word.lower() not in _LITTLE]
    if head.lower() in (word.lower() for word in old_words) and len(new_words) > 1:
        return _with_head(old, head, text)
    person = next((word for word in old_words if word.lower() in _PEOPLE), None)
    if head.lower() in _PEOPLE and person:
        # "a man with a surfboard" and "a woman": the one for the other.
        return re.sub(rf"\b(?:an? )?{re.escape(person)}\b", new.strip(), old, count=1, flags=re.I)
    if len(new_words) > 3:
        return f"{old}, {text}" if refers else None
    if old_words:
        scores = list(alike(text, old_words))
        best = max(range(len(scores)), key=scores.__getitem__)
        if scores[best] >= SAME_KIND:
            return re.sub(rf"\b{re.escape(old_words[best])}\b", text, old, count=1)
    return f"{old}, {text}" if refers else None


def _earlier(plan: Plan, session: Session, alike: Alike, folders: Sequence[Path]) -> Topic:
    """The topic that "back to the dogs", "the first ones" or "go back" means."""
    earlier = session.topics[:-1] or session.topics
    # What found nothing is no place to go back to.
    earlier = [topic for topic in earlier if topic.galleries] or earlier
    if plan.content or plan.where or plan.when:
        fitting = [
            topic
            for topic in session.topics
            if (plan.where and topic.where == plan.where) or (plan.when and topic.when == plan.when)
        ]
        if fitting:
            return fitting[-1]
        named = [topic for topic in earlier if topic.words]
        if plan.content and named:
            scores = list(alike(plan.content, [topic.words for topic in named]))
            shared = [_overlap(plan.content, topic.words) for topic in named]
            best = max(range(len(named)), key=lambda place: (shared[place], scores[place]))
            if shared[best] or scores[best] >= SAME_KIND:
                return named[best]
            return _topic_of(plan, folders)
    if plan.numbers == (1,):
        return session.topics[0]
    return earlier[-1]


def _overlap(first: str, second: str) -> int:
    def stems(text: str) -> set[str]:
        return {
            word.lower().rstrip("s") for word in _WORD.findall(text) if word.lower() not in _LITTLE
        }

    return len(stems(first) & stems(second))


def topic_of_same(photo: Photo, same: Same) -> Topic | None:
    """All photos of the day, the place or the trip of one; None where that is not known of it."""
    day, place = photo.taken_on, photo.place
    if same == "place":
        return Topic(where=(place,)) if place else None
    if day is None:
        return None
    if same == "trip":
        days = DateRange(day - TRIP_DAYS, day + TRIP_DAYS)
        return Topic(when=(days,), where=(place,) if place else ())
    return Topic(when=(DateRange(*_around(day, same)),))


def _end_of_month(day: date) -> date:
    return date(day.year, day.month, monthrange(day.year, day.month)[1])


def moved(plan: Plan, when: Sequence[DateRange], day: str) -> DateRange | None:
    """The time that is so much older or newer than the one looked for, or than a photo shown.

    Args:
        plan: with its unit.
        when: what was looked for; of several times, or one longer than the unit, the photo counts.
        day: when the photo was taken, in ISO 8601; "" where that is not known. Its whole week,
            month or year is meant.
    """
    steps = -1 if plan.move is Move.OLDER else 1
    one = when[0] if len(when) == 1 else None
    longest = timedelta(days=_UNIT_DAYS[plan.unit])
    if one and one.first and one.last and one.last - one.first < longest:
        first, last = one.first, one.last
    elif day:
        first, last = _around(date.fromisoformat(day[:10]), plan.unit)
    else:
        return None
    if plan.unit in ("day", "week"):
        step = timedelta(days=steps * _UNIT_DAYS[plan.unit])
        return DateRange(first + step, last + step)
    months = steps * (12 if plan.unit == "year" else 1)
    return DateRange(_months_later(first, months), _months_later(last, months))


def _around(day: date, unit: Unit | Same) -> tuple[date, date]:
    """The first and last day of the week, month or year of a day."""
    if unit == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if unit == "month":
        return day.replace(day=1), _end_of_month(day)
    if unit == "year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    return day, day


_UNIT_DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}


def _months_later(day: date, months: int) -> date:
    """The same day of another month, or the last one of a month that has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    at_end = day.day == monthrange(day.year, day.month)[1]
    days = monthrange(year, month + 1)[1]
    return date(year, month + 1, days if at_end else min(day.day, days))


def before_or_after(move: Move, days: Sequence[str]) -> DateRange | None:
    """All dates older than the oldest, or newer than the newest, of those shown."""
    known = sorted(date.fromisoformat(day[:10]) for day in days if day)
    if not known:
        return None
    if move is Move.OLDER:
        return DateRange(None, known[0] - timedelta(days=1))
    return DateRange(known[-1] + timedelta(days=1), None)
