"""Answers to questions about the library and about photos that are shown, from facts."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bot.assistant.choices import Choices
from bot.assistant.facts import (
    count_words,
    filter_words,
    known_places_words,
    listed,
    range_words,
    years_words,
)
from bot.assistant.finding import Finder
from bot.assistant.follow_ups import refers_back
from bot.assistant.reply import Reply
from bot.assistant.sentences import DEFAULT_LANGUAGE, lower, say, subject
from bot.assistant.session import Session, Topic, chosen_of
from bot.assistant.wording import cut_text, in_time, no_such_number, photos_told
from bot.intent.calendar_days import month_range
from bot.intent.plan import Move, Plan
from retrieval.search import Filter

HOW_MANY = re.compile(
    r"(?:count|total|(?:and |so )?how many)(?: now)?(?: (?:are there|is that|in total|altogether|"
    r"then|are (?:left|these|those|they)|remain|did you (?:find|show)(?: me)?|of (?:these|those|"
    r"them)|do (?:we|i|you) have|are))*",
    re.IGNORECASE,
)
"""Asks for the number of what is spoken of, without a word for it."""
_AND_THERE = re.compile(
    r"(?:(?:ok(?:ay)?|thanks|so|oh)[\s,]+)*(?:and|what about|how about)\b.*", re.IGNORECASE
)
"""Asks for another number in the same way: "and from Tokyo?"."""
MAX_LOOKED_AT = 20_000
"""Photos of a time whose places are counted."""
MAX_PLACES = 12
_WHICH_PLACES = re.compile(
    r"\b(?:what|which|list(?: of)?) (?:(?:all|the|my) )*(?:places|cities|countries|"
    r"towns)\b|\bwhere (?:all )?(?:did|have|were|was) (?:we|i)\b",
    re.IGNORECASE,
)
"""Asks for the places of photos: "where did we go in 2022?"."""
_THE_MOST = re.compile(
    r"\b(?:which|what) (?P<what>year|month|place|city|country|town)\b.*\b(?P<end>most|fewest|"
    r"least)\b",
    re.IGNORECASE,
)
"""Asks for the year or place with the most photos."""
_CAMERA = re.compile(r"\b(?:camera|lens|shot (?:on|with)|which phone)\b", re.IGNORECASE)
"""Asks for the camera of a photo."""
_SEVERAL = re.compile(r"\b(?:these|those|they|them|all|both)\b", re.IGNORECASE)


class Questions:
    """Answers from what the library knows; no picture is looked at."""

    def __init__(self, finder: Finder) -> None:
        """Facts and photos come from the finder's library."""
        self.finder = finder
        self.galleries = finder.galleries

    @staticmethod
    def counts_again(session: Session, message: str, plan: Plan) -> bool:
        """Whether another number is asked for after a count: "and from Tokyo?"."""
        counted = session.topic is not None and session.topic.counted
        elsewhere = bool(plan.when or plan.where) and not plan.content
        asked = counted and elsewhere and plan.move is Move.REFINE
        return asked and bool(_AND_THERE.fullmatch(message.strip()))

    def answered(self, session: Session, message: str, plan: Plan, choices: Choices) -> Reply:
        """How many photos there are, from when and where; of a content, the photos themselves."""
        current = session.topic
        refers = (
            (refers_back(message) or bool(HOW_MANY.fullmatch(message.strip(" .?!"))))
            and current is not None
            and bool(current.where or current.when)
        )
        when = plan.when or (current.when if refers and current else ())
        where = plan.where or (current.where if refers and current else ())
        bare = bool(HOW_MANY.fullmatch(message.strip(" .?!")))
        # Of another language the words for the number are taken out already.
        bare = bare or (plan.language != DEFAULT_LANGUAGE and not plan.content and not plan.when)
        bare = bare and not plan.where
        if bare and current is not None and current.words and session.gallery:
            seen = count_words(len(session.gallery), session.language)
            return Reply(say(session, "count_shown", count=seen))
        if most := _THE_MOST.search(message):
            return Reply(self._with_most(session, most["what"].lower(), most["end"].lower()))
        if plan.content and not refers_back(plan.content):
            reply = self.finder.found(session, replace(plan, move=Move.REQUEST), None, choices)
            if reply.photos:
                words = lower(subject(plan.content))
                # The words are said once: "... for dogs: 6 photos, 2018 to 2025".
                found = re.sub(rf"^{re.escape(words)}[:,] ", "", reply.text, flags=re.IGNORECASE)
                text = f"{say(session, 'cannot_count', subject_lower=words)} {found}"
                return replace(reply, text=text)
            return reply
        if _WHICH_PLACES.search(message) and not plan.content:
            return Reply(self._places_of(session, Filter(dates=when, places=where)))
        if not when and not where and not plan.favourite:
            return Reply(self._library_facts(session))
        chosen = Filter(dates=when, places=where, favourite=plan.favourite)
        ids = self.galleries.library.ids_matching(chosen)
        session.take_up(Topic(when=when, where=where, favourite=plan.favourite, counted=True))
        count = len(ids)
        places = filter_words(Filter(places=where))
        times = filter_words(Filter(dates=when))
        marked = " marked as favourites" if plan.favourite else ""
        said = (
            marked + (f" from {places}" if places else "") + (f" {in_time(when)}" if times else "")
        )
        if not count:
            return Reply(say(session, "count_none", facts=said), filter=chosen)
        text = say(session, "count", count=count_words(count, session.language), facts=said)
        return Reply(text, filter=chosen, filter_words=filter_words(chosen))

    def _with_most(self, session: Session, what: str, end: str) -> str:
        """The year, month or place with the most photos, or with the fewest."""
        known, library = self.galleries.facts(), self.galleries.library
        counted: Counter[str] = Counter()
        if what == "year":
            counted.update({str(year): number for year, number in known.years.items()})
        elif what == "month":
            for year in known.years:
                for days in (month_range(year, month) for month in range(1, 13)):
                    number = len(library.ids_matching(Filter(dates=(days,))))
                    counted.update({range_words(days): number} if number else {})
        else:
            for place, number in known.places.items():
                counted[place.country if what == "country" else place.name] += number
        if not counted:
            return say(session, "no_dates_at_all" if what in ("year", "month") else "no_places")
        few = end in ("least", "fewest")
        name, number = min(counted.items(), key=lambda one: (one[1] if few else -one[1], one[0]))
        kind = "fewest" if few else "most"
        return say(session, kind, name=name, count=count_words(number, session.language))

    def _places_of(self, session: Session, chosen: Filter) -> str:
        """The cities of the photos that a filter lets through, the most frequent first."""
        library = self.galleries.library
        ids = library.ids_matching(chosen)
        counted: Counter[str] = Counter()
        if chosen.narrows:
            for photo in library.photos(ids[:MAX_LOOKED_AT].tolist()).values():
                if photo.place is not None:
                    counted[photo.place.name] += 1
        else:
            for place, number in self.galleries.facts().places.items():
                counted[place.name] += number
        names = [name for name, _ in counted.most_common(MAX_PLACES)]
        if not names:
            return say(session, "no_places")
        more = len(counted) - len(names)
        known = f"{', '.join(names)} and {more} more" if more else listed(names, "and")
        said = f" {in_time(chosen.dates)}" if chosen.dates else ""
        return say(session, "places", places=known, times=said)

    def _library_facts(self, session: Session) -> str:
        known = self.galleries.facts()
        # A year or two of a few dated photos would stand for all.
        mostly_dated = known.undated <= known.count // 2
        years = years_words(known, session.language) if mostly_dated else ""
        places = known_places_words(known)
        return say(
            session,
            "library",
            count=count_words(known.count, session.language),
            span=f", {years}" if years else "",
            places=f"Most are from {places}." if places else "",
        )

    def told_of(self, session: Session, message: str, plan: Plan) -> Reply:
        """What is known of a photo that is shown; never who is in it."""
        if not session.gallery:
            return Reply(say(session, "nothing_shown"))
        if plan.aspect in ("old_first", "new_first"):
            return self._in_order(session, newest=plan.aspect == "new_first")
        if plan.aspect in ("oldest", "newest"):
            return self._end_of_time(session, newest=plan.aspect == "newest")
        numbers = plan.numbers or (self.meant(session),)
        chosen, missing = chosen_of(session.gallery, numbers)
        if missing is not None:
            return Reply(no_such_number(session, missing))
        if plan.aspect == "look":
            return self._seen_alone(session, chosen)
        if not plan.numbers and len(session.gallery) > 1 and _SEVERAL.search(message):
            chosen = list(session.gallery)
        photos = self.galleries.shown(chosen)
        if not photos:
            return Reply("That photo is gone from the disk.")
        if plan.aspect == "which" and _CAMERA.search(message):
            return Reply(self._camera_of(session, photos[0].photo_id))
        if plan.aspect == "says":
            return Reply(self._text_in(session, photos[0].photo_id))
        return Reply(photos_told(session, photos, plan.aspect, session.gallery))

    def _in_order(self, session: Session, *, newest: bool) -> Reply:
        """The photos shown, in the order of time; those without a date stand at the end."""
        photos = self.galleries.shown(session.gallery)
        dated = [one for one in photos if one.taken_at]
        if not dated:
            return Reply(say(session, "no_date_shown"))
        dated.sort(key=lambda one: one.taken_at or "", reverse=newest)
        ordered = (*dated, *(one for one in photos if not one.taken_at))
        session.lay_out([one.photo_id for one in ordered])
        text = say(session, "new_first" if newest else "old_first")
        return Reply(text, photos=ordered, sure="fits")

    def _seen_alone(self, session: Session, photo_ids: Sequence[int]) -> Reply:
        """Photos of the gallery by themselves; its places stay as they are."""
        photos = self.galleries.shown(photo_ids)
        if not photos:
            return Reply("That photo is gone from the disk.")
        session.spoken_of = photos[-1].photo_id
        text = photos_told(session, photos, "look", session.gallery)
        return Reply(text, photos=photos, sure="fits")

    def _end_of_time(self, session: Session, *, newest: bool) -> Reply:
        """Which of the photos shown is the oldest or newest."""
        dated = [one for one in self.galleries.shown(session.gallery) if one.taken_at]
        if not dated:
            return Reply(say(session, "no_date_shown"))
        find = max if newest else min
        found = find(dated, key=lambda one: one.taken_at or "")
        return self._seen_alone(session, [found.photo_id])

    def _camera_of(self, session: Session, photo_id: int) -> str:
        """The camera that a photo was taken with."""
        camera = self.galleries.library.photo(photo_id).camera
        return say(session, "camera" if camera else "unknown_camera", camera=camera)

    def _text_in(self, session: Session, photo_id: int) -> str:
        """The text in a photo, as it was read when it was indexed."""
        library = self.galleries.library
        lines = library.texts([photo_id]).get(photo_id, ())
        if lines:
            return say(session, "it_says", said=cut_text(" / ".join(line.text for line in lines)))
        unread = not library.text_counts().read
        return say(session, "says_unread" if unread else "says_nothing")

    @staticmethod
    def meant(session: Session) -> int:
        """The place of the photo that "that" means: the one last spoken of, else the first."""
        last = session.spoken_of
        return session.gallery.index(last) + 1 if last in session.gallery else 1
