"""Looks for the photos of a plan, and says what was found."""

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from bot.assistant.choices import Choices
from bot.assistant.clarify import question_for
from bot.assistant.facts import filter_words, range_words, years_words
from bot.assistant.follow_ups import (
    any_of_that_look,
    before_or_after,
    moved,
    next_topic,
    refers_back,
    topic_by_itself,
)
from bot.assistant.gallery import Gallery, GalleryMaker
from bot.assistant.reply import Reply
from bot.assistant.sentences import bare, say
from bot.assistant.session import Session, Topic
from bot.assistant.wording import (
    extreme_text,
    found_text,
    said_back,
    subject_of,
    with_exclusion,
    with_text,
)
from bot.descriptors import Description
from bot.intent.plan import Move, Plan
from bot.llm.reply import ReplyRequest
from retrieval.search import Filter

if TYPE_CHECKING:
    from bot.suggest import Suggester

SAME_TOPIC = frozenset({Move.MORE, Move.ANOTHER, Move.REJECT, Move.OLDER, Move.NEWER})
ASKED_ABOUT = frozenset({Move.REQUEST, Move.ANNOUNCE, Move.INSTEAD, Move.REFINE, Move.CORRECT})
"""Moves after which a question may be asked: they name what is wanted."""
NARROWS = frozenset({Move.REFINE, Move.EXCLUDE})
"""Moves that leave fewer photos of those that were looked for."""
MAX_BY_DATE = 60
"""Photos that fit which are put into the order of time."""
_WHOLE_LIBRARY = re.compile(
    r"\b(?:ever|of all|overall|(?:in|of) (?:my|the|this) (?:whole |entire )?(?:library|collection|"
    r"album))\b",
    re.IGNORECASE,
)


def _narrows(topics: Sequence[Topic]) -> bool:
    """Whether the newest topic is the one before with more said, and nothing shown for it yet."""
    if len(topics) < 2 or topics[-1].galleries:
        return False
    before = topics[-2].shown
    return bool(before) and before <= topics[-1].shown


class Finder:
    """Photos for what is looked for in a session, as a reply."""

    def __init__(self, suggester: "Suggester", galleries: GalleryMaker) -> None:
        """Search by ``galleries``; ``suggester`` describes a talk without an LLM."""
        self.suggester = suggester
        self.galleries = galleries

    def found(
        self,
        session: Session,
        plan: Plan,
        description: Description | None,
        choices: Choices,
    ) -> Reply:
        """What a plan that wants photos brings.

        Args:
            session: is brought up to date.
            plan: what the newest message wants.
            description: by a describer that read the talk; None where the plan says all.
            choices: what the person set.
        """
        before = session.topic
        if plan.move in SAME_TOPIC and before is None and not session.gallery:
            return Reply(say(session, "nothing_shown"))
        if plan.move is Move.REJECT and not (before and set(session.gallery) - before.shown):
            # Photos of an earlier topic are still to be seen where this one found nothing.
            for photo_id in session.gallery:
                session.judge(photo_id, False)
        if plan.move in SAME_TOPIC and before is None:
            # Only a hint was shown: what the talk is about is looked for.
            plan = replace(plan, move=Move.ANNOUNCE)
        if self._says_nothing(session, plan):
            return Reply("" if plan.problem else say(session, "what"))
        if plan.move in (Move.OLDER, Move.NEWER) and before is not None:
            return self._older_or_newer(session, plan, before, choices)
        folders = self.galleries.folders(plan.folders)
        alone = topic_by_itself(plan, before, folders)
        topic = next_topic(plan, session, self.galleries.alike, folders)
        if alone is not None and alone.content:
            # What was looked for before is not there, and this is something of its own.
            topic = alone
        again = plan.move is Move.BACK and not plan.unseen
        if again and topic is not before and not (plan.content or plan.when or plan.where):
            # The next step back goes further, not to and fro.
            session.topics = [one for one in session.topics if one is not before]
        session.take_up(topic)
        if again and topic.galleries:
            return self._shown_again(session, topic)
        goes_on = topic.any_photo or plan.move in (*SAME_TOPIC, Move.BACK)
        exclude = topic.shown if goes_on else frozenset()
        refused = frozenset(session.refused) if plan.move is not Move.BACK else frozenset()
        reply = self.searched(session, plan, description, choices, exclude | refused)
        if reply.photos or alone is None or topic is alone:
            return reply
        # The time or place counts, what was looked for there before does not.
        session.topics = [one for one in session.topics if one is not topic]
        session.take_up(alone)
        return self.searched(session, plan, None, choices, refused)

    @staticmethod
    def _says_nothing(session: Session, plan: Plan) -> bool:
        """Whether photos are asked for without a word about which, and nothing was told before."""
        named = plan.content or plan.when or plan.where or plan.folders or plan.exclude
        named = named or plan.camera or plan.forget
        if named or plan.not_when or plan.not_where or plan.favourite or plan.any_photo:
            return False
        if plan.move not in (Move.REQUEST, Move.INSTEAD, Move.REFINE):
            return False
        if plan.problem:
            return True
        told = len(session.open_conversation().turns) > 1
        return not told and (plan.move is not Move.REFINE or session.topic is None)

    def _older_or_newer(
        self, session: Session, plan: Plan, before: Topic, choices: Choices
    ) -> Reply:
        days = [photo.taken_at or "" for photo in self.galleries.shown(session.gallery)]
        if plan.unit:
            dates = moved(plan, before.when, next((day for day in days if day), ""))
        else:
            dates = before_or_after(plan.move, days)
        if dates is None:
            return Reply(say(session, "no_date_shown" if session.gallery else "nothing_shown"))
        moved_topic = before.model_copy(update={"when": (dates,)})
        session.take_up(moved_topic)
        reply = self.searched(session, plan, None, choices, frozenset(session.refused))
        if reply.photos:
            return reply
        # What is not there is not gone on from.
        session.topics = [one for one in session.topics if one is not moved_topic]
        if plan.unit:
            return reply
        kind = "older_none" if plan.move is Move.OLDER else "newer_none"
        return replace(reply, text=say(session, kind, subject_lower=subject_of(before) or "that"))

    def _shown_again(self, session: Session, topic: Topic) -> Reply:
        photos = self.galleries.shown(topic.galleries[0])
        session.lay_out([photo.photo_id for photo in photos])
        session.settle()
        chosen = topic.filter()
        text = found_text(session, topic, photos, "fits")
        return Reply(
            text,
            photos=photos,
            sure="fits",
            filter=chosen,
            filter_words=filter_words(chosen),
            looked_for={"words": topic.words},
        )

    def searched(
        self,
        session: Session,
        plan: Plan,
        description: Description | None,
        choices: Choices,
        exclude: frozenset[int],
        *,
        browse: bool = False,
    ) -> Reply:
        """Photos for the session's topic.

        Args:
            session: is brought up to date.
            plan: what the newest message wants.
            description: as for :meth:`found`.
            choices: what the person set.
            exclude: photos that are not offered again.
            browse: show some of all photos that pass the filter, whatever they show.
        """
        topic = session.topic
        assert topic is not None
        started = time.perf_counter()
        chosen = topic.filter(exclude)
        notice = None
        if chosen.dates and self.galleries.facts().first is None:
            chosen = replace(chosen, dates=())
            notice = say(session, "no_dates")
        if chosen.places and topic.words and not self.galleries.facts().places:
            # What is known of no photo may still be seen in one, or be in its file's name.
            chosen = replace(chosen, places=())
        if topic.any_photo:
            gallery = self.galleries.at_random(choices.photos, chosen)
        elif browse:
            gallery = self.galleries.of_filter(choices.photos, chosen)
        else:
            gallery = self._gallery(session, topic, plan, description, choices, chosen)
            wider = self._of_every_year(session, plan, description, choices, gallery, exclude)
            if wider is not None:
                notice = say(session, "every_year", filter=filter_words(Filter(dates=topic.when)))
                gallery, topic = wider
                chosen = topic.filter(exclude)
        seconds = {"search": time.perf_counter() - started}
        session.show(
            [photo.photo_id for photo in gallery.photos],
            [similar for photo in gallery.photos for similar in photo.similar],
        )
        topic.looked_for = dict(gallery.looked_for)
        self._ask(session, topic, plan, gallery, chosen, choices)
        shown_filter = replace(chosen, exclude=frozenset())
        words = filter_words(shown_filter)
        if gallery.photos:
            text = found_text(session, topic, gallery.photos, gallery.sure)
            text = with_text(session, topic, gallery.photos, text)
            text = with_exclusion(session, topic, text)
        else:
            text = self._nothing_text(session, topic, words, exclude)
            if plan.every_year and topic.when == plan.when and not exclude:
                unit = re.sub(r"\s*\d{4}(?:/\d\d)?$", "", range_words(plan.when[0]))
                text = say(session, "none_any_year", unit=unit)
            if plan.move in NARROWS and _narrows(session.topics):
                # What leaves nothing is taken back, so that the next message narrows from here.
                session.topics = session.topics[:-1]
        request = None
        if description is not None and description.source == "llm":
            request = ReplyRequest(session.conversation(), description, len(gallery.photos))
        return Reply(
            "" if request else " ".join(filter(None, (notice, text))),
            photos=gallery.photos,
            sure=gallery.sure,
            filter=shown_filter,
            filter_words=words,
            looked_for=gallery.looked_for,
            mix=gallery.mix,
            mix_key=gallery.mix_key,
            searched=gallery.searched,
            seconds=seconds,
            question=session.question,
            request=request,
        )

    def _ask(
        self,
        session: Session,
        topic: Topic,
        plan: Plan,
        gallery: Gallery,
        chosen: Filter,
        choices: Choices,
    ) -> None:
        """Ask what would tell the photos apart, unless that was done with the last ones."""
        before, session.question = session.question, None
        wanted = choices.clarify and plan.move in ASKED_ABOUT and topic.words and not topic.picture
        # Where fewer are shown than may be, all that fit are there to be seen.
        full = len(gallery.photos) >= choices.photos
        if wanted and before is None and full and gallery.query is not None:
            question = question_for(
                self.galleries.searcher, gallery.query, chosen, choices.photos, topic.judged
            )
            if question is not None:
                text = say(session, f"ask_{question.facet}")
                session.question = question.model_copy(update={"text": text})

    def _gallery(
        self,
        session: Session,
        topic: Topic,
        plan: Plan,
        description: Description | None,
        choices: Choices,
        chosen: Filter,
    ) -> Gallery:
        k = choices.photos
        if topic.picture:
            return self.galleries.of_picture(topic, k, chosen)
        if description is not None and description.source == "llm":
            return self.galleries.of_description(description, k, chosen, judged=topic.judged)
        announced = plan.move in (Move.ANNOUNCE, Move.SMALL_TALK)
        told = len(session.open_conversation().turns) > 1
        if topic.words and not (announced and told) and not self._hangs_on_talk(session, topic):
            words = self._searched_words(topic, chosen)
            look = any_of_that_look(words)
            expected = plan.move is Move.ANNOUNCE or look != words
            return self.galleries.of_words(
                look, topic.exclude, k, chosen, expected=expected, judged=topic.judged
            )
        if topic.exclude and not topic.words:
            return self.galleries.of_anything(topic.exclude, k, chosen)
        if topic.words or not topic.is_filtered:
            described = self.suggester.describe(session.open_conversation())
            return self.galleries.of_description(
                described, k, chosen, topic.words, judged=topic.judged
            )
        return self.galleries.of_filter(k, chosen)

    def _of_every_year(
        self,
        session: Session,
        plan: Plan,
        description: Description | None,
        choices: Choices,
        latest: Gallery,
        exclude: frozenset[int],
    ) -> tuple[Gallery, Topic] | None:
        """Photos of the same time of other years, where the latest one has none that fits.

        "Kids in December" means the last one, unless they were there in earlier ones only.
        """
        topic, first = session.topic, self.galleries.facts().first
        enough = latest.sure == "fits" and latest.photos
        if topic is None or enough or first is None or topic.when != plan.when:
            return None
        known = tuple(one for one in plan.every_year if one.last and one.last >= first)
        if len(known) < 2:
            return None
        wider = topic.model_copy(update={"when": known})
        earlier = session.topics[:-1]
        session.topics = [*earlier, wider]
        gallery = self._gallery(session, wider, plan, description, choices, wider.filter(exclude))
        better = gallery.photos and (gallery.sure == "fits" or latest.sure == "none")
        if better:
            days = [date.fromisoformat(one.taken_at[:10]) for one in gallery.photos if one.taken_at]
            years = tuple(one for one in known if one.last and one.last >= min(days, default=first))
            wider.when = years or known
            session.topics = [*earlier, wider]
            return gallery, wider
        session.topics = [*earlier, topic]
        return None

    def _searched_words(self, topic: Topic, chosen: Filter) -> str:
        """The topic's words, with the places by which the library cannot be filtered."""
        unknown = [] if chosen.places else [filter_words(Filter(places=topic.where))]
        return " ".join(filter(None, (topic.words, *unknown)))

    def _hangs_on_talk(self, session: Session, topic: Topic) -> bool:
        """Whether the words alone do not say what is meant: "you should see his face"."""
        return refers_back(topic.content) and len(session.open_conversation().turns) > 1

    def _nothing_text(
        self, session: Session, topic: Topic, words: str, exclude: frozenset[int]
    ) -> str:
        # A sentence ("where we ate outside") would not fit into one of ours.
        named = subject_of(topic) if said_back(topic) else ""
        if exclude and topic.galleries:
            return say(session, "no_more", subject_lower=named or "those")
        if topic.favourite:
            any_marked = len(self.galleries.library.ids_matching(Filter(favourite=True)))
            return say(session, "no_favourite_fits" if any_marked else "no_favourites")
        if words and not len(self.galleries.library.ids_matching(topic.filter())):
            span = years_words(self.galleries.facts(), session.language)
            known = f"What I know goes from {span}." if span and topic.when else ""
            return say(session, "none_filter", filter=words, span=known)
        if words and named:
            return say(session, "none_here", filter=words)
        if not named:
            return say(session, "none_plain")
        return say(session, "none", subject_lower=named, subject_bare=bare(named))

    def by_date(self, session: Session, message: str, plan: Plan, choices: Choices) -> Reply:
        """The oldest or newest photos of what is spoken of, else of the whole library."""
        current = session.topic
        own = plan.move in (Move.OLDER, Move.NEWER) and not plan.when and not plan.where
        own = own and not plan.favourite
        if own:
            goes_on = current is not None and bool(
                session.gallery or current.galleries or current.is_filtered
            )
            whole = not goes_on or bool(_WHOLE_LIBRARY.search(message))
            topic = Topic() if whole or current is None else current.model_copy()
        else:
            folders = self.galleries.folders(plan.folders)
            topic = next_topic(plan, session, self.galleries.alike, folders)
        session.take_up(topic)
        chosen = topic.filter(frozenset(session.refused))
        gallery = None
        if topic.words:
            gallery = self.galleries.of_words(topic.words, topic.exclude, MAX_BY_DATE, chosen)
        newest = plan.extreme == "newest"
        k = choices.photos if plan.several else 1
        photos = self.galleries.by_date(gallery, k, chosen, newest=newest)
        shown_filter = replace(chosen, exclude=frozenset())
        words = filter_words(shown_filter)
        session.show([photo.photo_id for photo in photos], [])
        sure = (gallery.sure if gallery else "fits") if photos else "none"
        if photos:
            text = extreme_text(session, topic, photos, plan.extreme, sure)
        elif self.galleries.facts().first is None:
            text = say(session, "no_dates_at_all")
        else:
            text = self._nothing_text(session, topic, words, frozenset())
        return Reply(
            text,
            photos=photos,
            sure=sure,
            filter=shown_filter,
            filter_words=words,
            looked_for=gallery.looked_for if gallery else {},
            searched=gallery.searched if gallery else 0,
        )
