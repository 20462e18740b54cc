"""Photos in words: what they show, when and where they were taken."""

from collections.abc import Sequence

from bot.assistant.facts import count_words, day_words, filter_words, places_words, span_words
from bot.assistant.reply import ShownPhoto, Sure
from bot.assistant.sentences import DEFAULT_LANGUAGE, capital, lower, say, subject
from bot.assistant.session import Session, Topic
from retrieval.search.filters import DateRange, Filter


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
    named = subject(topic.words)
    if len(photos) == 1 or sure == "closest":
        known = photo_facts(photos[0], session.language)
        if sure == "closest":
            fallback = count_words(len(photos), session.language)
            return say(
                session,
                "closest",
                facts=known if known and len(photos) == 1 else fallback,
                subject_lower=lower(named) or "that",
            )
        what = capital(named) or "This one fits best"
        values = {"subject": what, "subject_lower": lower(named) or "this one"}
        return say(session, "one" if known else "one_plain", facts=known, **values)
    span = span_words([photo.taken_at or "" for photo in photos], session.language)
    places = places_words([photo.place.split(",")[0] for photo in photos], session.language)
    known = ", ".join(part for part in (span, places) if part)
    if not named:
        named = filter_words(topic.filter())
    values = {
        "subject": capital(named) or "These fit, the best one first",
        "subject_lower": lower(named) or "these fit",
        "count": count_words(len(photos), session.language),
    }
    return say(session, "many" if known else "many_plain", facts=known, **values)
