"""Photos in words: what they show, when and where they were taken."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.assistant.facts import (
    MAX_NAMED,
    count_words,
    day_words,
    filter_words,
    listed,
    places_words,
    span_words,
)
from bot.assistant.reply import ShownPhoto, Sure
from bot.assistant.sentences import DEFAULT_LANGUAGE, capital, lower, say, subject
from bot.assistant.session import Session, Topic
from bot.intent.written import written_in
from retrieval.search.filters import DateRange, Filter

MAX_TEXT_SAID = 400
"""Characters of the text in a photo that an answer holds."""

MAX_TOLD = 4
"""Photos of which each is told by itself."""

MAX_SAID_BACK = 12
"""Words of a request that are repeated in the answer."""

_FEAST = re.compile(r"(?:Christmas|Easter|Halloween|Thanksgiving|Carnival|New Year)")
_DAY = re.compile(r"\d{1,2} [A-Z]")
_SENTENCE = re.compile(
    r"\b(?:i|you|we|he|she|they|it|is|are|was|were|has|have|had|shes|hes|im|theyre|thats|whats|"
    r"would|will|could)(?:['’]\w+)?\b|[.!?;:]\s|\bdo(?:es)?\b",
    re.I,
)


def subject_of(topic: Topic) -> str:
    return lower(subject(topic.words))


def no_such_number(session: Session, number: int) -> str:
    """That so many photos are not shown."""
    count = count_words(len(session.gallery), session.language)
    return say(session, "no_such_number", count=count, number=number)


def cut_text(text: str) -> str:
    """A text out of a photo, short enough for an answer."""
    return text if len(text) <= MAX_TEXT_SAID else text[: MAX_TEXT_SAID - 1].rstrip() + "…"


def with_text(session: Session, topic: Topic, photos: Sequence[ShownPhoto], text: str) -> str:
    """An answer, and what the first photo says, where its text was asked for."""
    said = photos[0].written if photos else ""
    if not said or not written_in(topic.words).said:
        return text
    return f"{text} {say(session, 'it_says', said=cut_text(said))}"


def in_time(when: Sequence[DateRange]) -> str:
    words = filter_words(Filter(dates=tuple(when)))
    if words.startswith(("since", "until")):
        return words
    if _DAY.match(words):
        return f"from {words}" if " to " in words else f"on {words}"
    return f"{'at' if _FEAST.match(words) else 'in'} {words}"


def with_exclusion(session: Session, topic: Topic, text: str) -> str:
    """An answer, and what was left out of it, as far as that can be seen."""
    if not topic.exclude or session.language != DEFAULT_LANGUAGE:
        return text
    left_out = listed([subject(one) for one in topic.exclude], "or")
    return f"{text} {say(session, 'without', exclude=left_out)}"


def photo_facts(photo: ShownPhoto, language: str = DEFAULT_LANGUAGE) -> str:
    """When and where a photo was taken."""
    return ", ".join(part for part in (day_words(photo.taken_at, language), photo.place) if part)


def found_text(
    session: Session, topic: Topic, photos: Sequence[ShownPhoto], sure: Sure | None
) -> str:
    """The photos in words: what, when, where."""
    if topic.picture:
        kind = "alike_with" if topic.words else "alike"
        return say(session, kind, subject_lower=subject_of(topic))
    if topic.any_photo:
        place = filter_words(topic.filter())
        values = {"count": count_words(len(photos), session.language)}
        return say(session, "any", of=f" from {place}" if place else "", **values)
    named = said_back(topic)
    if len(photos) == 1 or sure == "closest":
        known = photo_facts(photos[0], session.language)
        if sure == "closest":
            facts = known if len(photos) == 1 else count_words(len(photos), session.language)
            kind = "closest" if facts else "closest_plain"
            return say(session, kind, facts=facts, subject_lower=lower(named) or "that")
        kind = "one" if named else "this_one"
        values = {"subject": capital(named), "subject_lower": lower(named)}
        return say(session, kind if known else f"{kind}_plain", facts=known, **values)
    # A year that was named need not be said again; "every December" says none.
    days = [] if 0 < len(topic.when) <= MAX_NAMED else [photo.taken_at or "" for photo in photos]
    span = span_words(days, session.language)
    cities = {photo.place.split(",")[0] for photo in photos}
    places = places_words([photo.place.split(",")[0] for photo in photos], session.language)
    if cities <= {place.city for place in topic.where}:
        places = ""
    known = ", ".join(part for part in (span, places) if part)
    lowered = lower(named)
    if not named:
        named = lowered = _from_words(topic)
    kind = "many" if named else "these"
    values = {
        "subject": capital(named),
        "subject_lower": lowered,
        "count": count_words(len(photos), session.language),
    }
    return say(session, kind if known else f"{kind}_plain", facts=known, **values)


def _from_words(topic: Topic) -> str:
    """Where and when, where nothing else was named: "Rome in 2019", "your favourites"."""
    if topic.favourite:
        rest = _from_words(topic.model_copy(update={"favourite": False}))
        return f"your favourites from {rest}" if rest else "your favourites"
    if topic.camera:
        rest = _from_words(topic.model_copy(update={"camera": ""}))
        named = f"photos by the {topic.camera[:1].upper()}{topic.camera[1:]}"
        return f"{named}, {rest}" if rest else named
    elsewhere = filter_words(
        Filter(places=topic.where, not_places=topic.not_where, folders=topic.folders)
    )
    times = filter_words(Filter(dates=topic.when))
    if topic.not_when:
        others = filter_words(Filter(not_dates=topic.not_when))
        elsewhere = f"{elsewhere}, {others}" if elsewhere else others
    if not elsewhere or not times:
        return elsewhere or times
    return f"{elsewhere} {in_time(topic.when)}"


def extreme_text(
    session: Session, topic: Topic, photos: Sequence[ShownPhoto], extreme: str, sure: Sure
) -> str:
    """The oldest or newest photos in words."""
    named = said_back(topic)
    facts = photo_facts(photos[0], session.language)
    if sure == "closest" and named:
        return say(session, "closest", facts=facts, subject_lower=lower(named))
    kind = extreme if len(photos) == 1 else f"{extreme}_many"
    values = {"facts": facts, "count": count_words(len(photos), session.language)}
    places = filter_words(replace(topic.filter(), dates=()))
    of = f" of {lower(named)}" if named else f" from {places}" if places else ""
    times = f" {in_time(topic.when)}" if topic.when and not named else ""
    return say(session, kind, of=of + times, **values)


def photos_told(
    session: Session, photos: Sequence[ShownPhoto], aspect: str, gallery: Sequence[int]
) -> str:
    """What is known of photos that are shown: when, where, the file; never who is in them."""
    first = photos[0]
    if 1 < len(photos) <= MAX_TOLD and aspect in ("which", "look"):
        known = " ".join(photos_told(session, [photo], "look", gallery) for photo in photos)
    elif len(photos) > 1:
        span = span_words([photo.taken_at or "" for photo in photos], session.language)
        places = places_words([photo.place.split(",")[0] for photo in photos], session.language)
        facts = ", ".join(part for part in (span, places) if part)
        known = say(session, "known_many" if facts else "known_nothing", facts=facts)
    else:
        day, place = day_words(first.taken_at, session.language), first.place
        which = _which_of(session, first, gallery)
        facts = ", ".join(part for part in (day, place, first.path.name) if part)
        known = say(session, "known_one", which=which, facts=facts)
        missing = {"when": not day, "where": not place}
        if missing.get(aspect):
            known = f"{say(session, f'unknown_{aspect}')} {known}"
    lead = {"who": "never_who", "which": "never_what"}.get(aspect)
    return f"{say(session, lead)} {known}" if lead else known


def _which_of(session: Session, photo: ShownPhoto, gallery: Sequence[int]) -> str:
    """ "The second one": which of several photos it is."""
    if len(gallery) < 2:
        return "That one" if session.language == DEFAULT_LANGUAGE else "1"
    place = gallery.index(photo.photo_id)
    if session.language != DEFAULT_LANGUAGE:
        return f"{place + 1}"
    return f"The {_ORDINALS[place]} one" if place < len(_ORDINALS) else f"Number {place + 1}"


_ORDINALS = (
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
)


def shared_text(session: Session, photos: Sequence[ShownPhoto]) -> str:
    """That photos were shared, and which."""
    known = [facts for one in photos if (facts := photo_facts(one, session.language))]
    facts = listed(known, "and") if len(known) == len(photos) else ""
    if len(photos) > MAX_TOLD:
        facts = count_words(len(photos), session.language)
    if len(photos) > 1 and session.language == DEFAULT_LANGUAGE:
        facts = facts or count_words(len(photos))
        return say(session, "shared_many", facts=facts)
    return say(session, "shared" if facts else "shared_plain", facts=facts)


def said_back(topic: Topic) -> str:
    """What was looked for, unless it is a sentence that nobody likes to hear repeated."""
    words = subject(topic.words)
    return "" if _SENTENCE.search(words) or len(words.split()) > MAX_SAID_BACK else words
