"""Photos in words: what they show, when and where they were taken."""

import re
from collections.abc import Sequence

from bot.assistant.facts import count_words, day_words, filter_words, places_words, span_words
from bot.assistant.reply import ShownPhoto, Sure
from bot.assistant.sentences import DEFAULT_LANGUAGE, capital, lower, say, subject
from bot.assistant.session import Session, Topic
from retrieval.search.filters import DateRange, Filter

MAX_SAID_BACK = 12
"""Words of a request that are repeated in the answer."""

_SENTENCE = re.compile(
    r"\b(?:i|you|we|he|she|they|it|is|are|was|were|has|have|had)(?:['’]\w+)?\b", re.I
)


def subject_of(topic: Topic) -> str:
    return lower(subject(topic.words))


def in_time(when: Sequence[DateRange]) -> str:
    words = filter_words(Filter(dates=tuple(when)))
    return words if words.startswith(("since", "until")) else f"in {words}"


def photo_facts(photo: ShownPhoto, language: str = DEFAULT_LANGUAGE) -> str:
    """When and where a photo was taken."""
    return ", ".join(part for part in (day_words(photo.taken_at, language), photo.place) if part)


def found_text(
    session: Session, topic: Topic, photos: Sequence[ShownPhoto], sure: Sure | None
) -> str:
    """The photos in words: what, when, where."""
    named = _said_back(topic)
    if len(photos) == 1 or sure == "closest":
        known = photo_facts(photos[0], session.language)
        if sure == "closest":
            facts = known if len(photos) == 1 else count_words(len(photos), session.language)
            kind = "closest" if facts else "closest_plain"
            return say(session, kind, facts=facts, subject_lower=lower(named) or "that")
        kind = "one" if named else "this_one"
        values = {"subject": capital(named), "subject_lower": lower(named)}
        return say(session, kind if known else f"{kind}_plain", facts=known, **values)
    days = [] if topic.when else [photo.taken_at or "" for photo in photos]
    span = span_words(days, session.language)
    places = places_words([photo.place.split(",")[0] for photo in photos], session.language)
    known = ", ".join(part for part in (span, places) if part)
    if not named:
        named = filter_words(topic.filter())
    kind = "many" if named else "these"
    values = {
        "subject": capital(named),
        "subject_lower": lower(named),
        "count": count_words(len(photos), session.language),
    }
    return say(session, kind if known else f"{kind}_plain", facts=known, **values)


def shared_text(session: Session, photos: Sequence[ShownPhoto]) -> str:
    """That photos were shared, and which."""
    known = [facts for one in photos if (facts := photo_facts(one, session.language))]
    facts = " and ".join(known) if len(known) == len(photos) else ""
    return say(session, "shared" if facts else "shared_plain", facts=facts)


def _said_back(topic: Topic) -> str:
    """What was looked for, unless it is a sentence that nobody likes to hear repeated."""
    words = subject(topic.words)
    return "" if _SENTENCE.search(words) or len(words.split()) > MAX_SAID_BACK else words
