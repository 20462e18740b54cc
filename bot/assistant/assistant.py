"""The assistant: a session and a message in, a reply out.

Every front end (page, terminal, LangChain) shows what :meth:`Assistant.respond` returns and decides
nothing by itself. What a message wants is :mod:`bot.intent`'s to say, what is looked for follows
from that and the session (:mod:`bot.assistant.follow_ups`), and the photos are the searcher's.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from bot.assistant.choices import Choices
from bot.assistant.facts import (
    count_words,
    filter_words,
    known_places_words,
    range_words,
    years_words,
)
from bot.assistant.follow_ups import before_or_after, next_topic, refers_back
from bot.assistant.gallery import Gallery, GalleryMaker
from bot.assistant.reply import Reply, SharedPhoto
from bot.assistant.sentences import bare, lower, say, subject
from bot.assistant.session import OWNER, Session, Topic, nth_of, shown_path
from bot.assistant.small_talk import asks_about_privacy, asks_who_answers, chat
from bot.assistant.wording import (
    extreme_text,
    found_text,
    in_time,
    photos_told,
    said_back,
    shared_text,
    subject_of,
)
from bot.descriptors import Description
from bot.intent.plan import Move, Plan, TalkState
from bot.llm.reply import ReplyRequest
from retrieval.errors import PhotoNotFound, RetrievalError
from retrieval.search import Filter
from retrieval.text import clean_text

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from bot.intent.understanding import Understanding
    from bot.suggest import Suggester
    from retrieval.search import Searcher

MAX_MESSAGE_CHARS = 4_000
MAX_READ_CHARS = 2 * MAX_MESSAGE_CHARS
DEFAULT_CHOICES = Choices()
SURE_MOVE = 0.9
"""Probability from which on a plan made without an LLM is carried out without asking one."""
SURE_REQUEST = 0.7
"""The same for a request in words of its own: what is left is mostly that of other moves which
look for the same words."""

SAME_TOPIC = frozenset({Move.MORE, Move.ANOTHER, Move.REJECT, Move.OLDER, Move.NEWER})
HOW_MANY = re.compile(
    r"(?:and |so )?how many(?: (?:are there|is that|in total|altogether|then|"
    r"do (?:we|i|you) have))*",
    re.IGNORECASE,
)
"""Asks for the number of what is spoken of, without a word for it."""
PICKS = frozenset({Move.SHARE, Move.ORDINAL})
"""Moves that mean photos which are on the table."""


MAX_BY_DATE = 60
"""Photos that fit which are put into the order of time."""
_SEVERAL = re.compile(r"\b(?:these|those|they|them|all|both)\b", re.IGNORECASE)
_WHOLE_LIBRARY = re.compile(
    r"\b(?:ever|of all|overall|(?:in|of) (?:my|the|this) (?:whole |entire )?(?:library|collection|"
    r"album))\b",
    re.IGNORECASE,
)


class Assistant:
    """Answers messages over one library. Safe to use from several threads, a session from one.

    Example::

        session = Session()
        reply = assistant.respond(session, "show me the dog in the snow")
        reply = assistant.respond(session, "share the second one")
    """

    def __init__(
        self,
        suggester: "Suggester",
        searcher: "Searcher",
        understanding: "Understanding",
        share_folder: Path,
        *,
        llm: "Suggester | None" = None,
        writer: "Runnable[ReplyRequest, str] | None" = None,
    ) -> None:
        """Everything is loaded already.

        Args:
            suggester: describes without an LLM, and searches.
            searcher: over the library.
            understanding: makes a plan of a message.
            share_folder: where copies for sharing are written.
            llm: describes with the LLM; None when there is none.
            writer: streams the words of an LLM.
        """
        self.suggester = suggester
        self.understanding = understanding
        self.llm = llm
        self.writer = writer
        self.searcher = searcher
        self.library = searcher.library
        self.galleries = GalleryMaker(suggester, searcher)
        self.share_folder = share_folder

    # -- messages --------------------------------------------------------------------------

    def respond(self, session: Session, message: str, choices: Choices = DEFAULT_CHOICES) -> Reply:
        """Answer a message; the session is brought up to date.

        Raises:
            RetrievalError: the library cannot be searched.
        """
        text, cut = _bounded(message)
        if not text:
            return Reply(say(session, "nothing_to_read"))
        session.user_says(text)
        started = time.perf_counter()
        plan, description = self._understood(session, text, choices)
        session.language = plan.language
        seconds = {"understand": time.perf_counter() - started}
        reply = self._carried_out(session, text, plan, description, choices)
        notes = [say(session, "cut", count=f"{MAX_MESSAGE_CHARS:,}")] if cut else []
        if plan.problem:
            notes.append(plan.problem)
        return replace(
            reply,
            text=" ".join([*notes, reply.text]).strip(),
            move=plan.move.value,
            seconds={**seconds, **reply.seconds},
            notice=reply.notice or (description.notice if description else None),
        )

    def look(self, session: Session, choices: Choices = DEFAULT_CHOICES) -> Reply:
        """Look for photos for what was said, although nobody asked for one."""
        plan = Plan(Move.ANNOUNCE, language=session.language)
        description = self._described(session, choices)
        return self._found(session, "", plan, description, choices)

    def classic_search(self, session: Session, choices: Choices = DEFAULT_CHOICES) -> Reply:
        """Look once more for the newest message, by its own words and without any LLM."""
        newest = next((turn.text for turn in reversed(session.turns) if turn.speaker == OWNER), "")
        if not newest.strip():
            return Reply(say(session, "nothing_shown"))
        plan = self._plan(session, newest)
        if not plan.move.wants_photo or plan.move in PICKS:
            plan = replace(plan, move=Move.REQUEST, content=plan.content or newest)
        return self._found(session, newest, plan, None, replace(choices, use_llm=False))

    def without_filter(self, session: Session, choices: Choices = DEFAULT_CHOICES) -> Reply:
        """The current topic again, without its time and place."""
        topic = session.topic
        if topic is None:
            return Reply(say(session, "nothing_shown"))
        session.take_up(topic.model_copy(update={"when": (), "where": (), "folders": ()}))
        plan = Plan(Move.REFINE, language=session.language)
        browse = not topic.words
        reply = self._searched(session, plan, None, choices, frozenset(), browse=browse)
        said = "" if browse else reply.text
        return replace(reply, text=f"{say(session, 'look_everywhere')} {said}".strip())

    def share(self, session: Session, photo_ids: Sequence[int]) -> Reply:
        """Make copies of photos that can be handed on.

        Raises:
            PhotoNotFound, UnreadableImage: a photo is gone or cannot be read.
            OSError: the copy cannot be written.
        """
        from retrieval.photos.export import save_shareable_copy

        shared = []
        for photo_id in photo_ids:
            photo = self.library.photo(photo_id)
            copy = save_shareable_copy(photo.path, self.share_folder)
            shared.append(SharedPhoto(photo.id, photo.path, copy))
        for one in shared:
            session.user_shares(one.photo_id)
        shown = self.galleries.shown(photo_ids)
        where = shown_path(self.share_folder)
        text = f"{shared_text(session, shown)} {say(session, 'shared_where', path=where)}"
        return Reply(text, shared=tuple(shared), move=Move.SHARE.value)

    def written(self, session: Session, request: ReplyRequest) -> str:
        """The words that an LLM writes for a reply; they become part of the conversation."""
        if self.writer is None:
            return ""
        text = self.writer.invoke(request)
        session.bot_says(text)
        return text

    # -- understanding ---------------------------------------------------------------------

    def _understood(
        self, session: Session, message: str, choices: Choices
    ) -> tuple[Plan, Description | None]:
        plan = self._plan(session, message)
        if self.llm is None or not choices.use_llm or _is_simple(plan):
            return plan, None
        description = self.llm.describe(session.conversation())
        if description.source != "llm":
            return plan, description
        return _with_llm(plan, description), description

    def _plan(self, session: Session, message: str) -> Plan:
        topic = session.topic
        state = TalkState(
            shown=len(session.gallery),
            topic=topic.words if topic else "",
            asked=topic is not None,
        )
        return self.understanding.plan(
            message, state, now=_today(session), places=self.galleries.places()
        )

    def _described(self, session: Session, choices: Choices) -> Description:
        if self.llm is not None and choices.use_llm:
            return self.llm.describe(session.conversation())
        return self.suggester.describe(session.open_conversation())

    # -- carrying out ----------------------------------------------------------------------

    def _carried_out(
        self,
        session: Session,
        message: str,
        plan: Plan,
        description: Description | None,
        choices: Choices,
    ) -> Reply:
        move = plan.move
        if plan.aspect == "change":
            return Reply(say(session, "never_changes"))
        if plan.aspect:
            return self._told_of(session, message, plan)
        if plan.extreme:
            return self._by_date(session, message, plan, choices)
        if move in PICKS:
            return self._picked(session, plan)
        if move is Move.QUESTION:
            return self._answered(session, message, plan, choices)
        if move is Move.SMALL_TALK and choices.always_on and len(message.split()) > 3:
            return self._found(session, message, plan, description, choices)
        if not move.wants_photo:
            return self._in_words(session, message, plan, description, choices)
        return self._found(session, message, plan, description, choices)

    def _in_words(
        self,
        session: Session,
        message: str,
        plan: Plan,
        description: Description | None,
        choices: Choices,
    ) -> Reply:
        if description is not None and description.source == "llm":
            return Reply("", request=ReplyRequest(session.conversation(), description))
        if plan.move is Move.HELP:
            if asks_who_answers(message):
                return Reply(say(session, "who_i_am"))
            return Reply(say(session, "privacy" if asks_about_privacy(message) else "help"))
        if plan.move is Move.THANKS:
            return Reply(say(session, "thanks"))
        if plan.move is Move.GOODBYE:
            return Reply(say(session, "goodbye"))
        hint = self._hint(session, message) if choices.hints else None
        told = len(message.split()) >= 4
        return hint or Reply(chat(session, message), offers_look=told)

    def _hint(self, session: Session, message: str) -> Reply | None:
        """One photo that surely fits what was told, each only once."""
        if len(message.split()) < 5:
            return None
        description = self.suggester.describe(session.open_conversation())
        gallery = self.galleries.of_description(description, 1, Filter())
        best = gallery.photos[:1]
        if gallery.sure != "fits" or not best or best[0].photo_id in session.offered:
            return None
        session.offered.add(best[0].photo_id)
        text = say(session, "hint")
        return Reply(text, photos=best, sure="fits", hint=True, offers_look=True)

    def _picked(self, session: Session, plan: Plan) -> Reply:
        if not session.gallery:
            return Reply(say(session, "nothing_shown"))
        numbers = plan.numbers or ((plan.number,) if plan.number is not None else (1,))
        chosen = [nth_of(session.gallery, number) for number in numbers]
        if None in chosen:
            missing = next(n for n, one in zip(numbers, chosen, strict=True) if one is None)
            count = count_words(len(session.gallery), session.language)
            return Reply(say(session, "no_such_number", count=count, number=missing))
        try:
            return self.share(session, [one for one in chosen if one is not None])
        except PhotoNotFound:
            return Reply("That photo is gone from the disk, so I can't share it.")
        except RetrievalError as error:
            return Reply(f"That photo could not be shared: {error}.")
        except OSError as error:
            return Reply(f"The copy could not be saved: {error.strerror or 'the disk refused'}.")

    # -- questions about the library -------------------------------------------------------

    def _answered(self, session: Session, message: str, plan: Plan, choices: Choices) -> Reply:
        current = session.topic
        refers = (
            (refers_back(message) or bool(HOW_MANY.fullmatch(message.strip(" .?!"))))
            and current is not None
            and bool(current.where or current.when)
        )
        when = plan.when or (current.when if refers and current else ())
        where = plan.where or (current.where if refers and current else ())
        if plan.content and not refers_back(plan.content):
            reply = self._found(session, message, replace(plan, move=Move.REQUEST), None, choices)
            if reply.photos:
                words = lower(subject(plan.content))
                text = f"{say(session, 'cannot_count', subject_lower=words)} {reply.text}"
                return replace(reply, text=text)
            return reply
        if not when and not where:
            return Reply(self._library_facts(session))
        chosen = Filter(dates=when, places=where)
        ids = self.library.ids_matching(chosen)
        session.take_up(Topic(when=when, where=where))
        session.gallery = []
        count = len(ids)
        places = filter_words(Filter(places=where))
        times = filter_words(Filter(dates=when))
        said = (f" from {places}" if places else "") + (f" {in_time(when)}" if times else "")
        if not count:
            return Reply(say(session, "count_none", facts=said), filter=chosen)
        text = say(session, "count", count=count_words(count, session.language), facts=said)
        return Reply(text, filter=chosen, filter_words=filter_words(chosen))

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

    def _told_of(self, session: Session, message: str, plan: Plan) -> Reply:
        """What is known of a photo that is shown; never who is in it."""
        if not session.gallery:
            return Reply(say(session, "nothing_shown"))
        numbers = plan.numbers or (self._meant(session),)
        chosen = [nth_of(session.gallery, number) for number in numbers]
        if None in chosen:
            missing = next(n for n, one in zip(numbers, chosen, strict=True) if one is None)
            count = count_words(len(session.gallery), session.language)
            return Reply(say(session, "no_such_number", count=count, number=missing))
        if not plan.numbers and len(session.gallery) > 1 and _SEVERAL.search(message):
            chosen = list(session.gallery)
        photos = self.galleries.shown([one for one in chosen if one is not None])
        if not photos:
            return Reply("That photo is gone from the disk.")
        return Reply(photos_told(session, photos, plan.aspect, session.gallery))

    @staticmethod
    def _meant(session: Session) -> int:
        """The place of the photo that "that" means: the one shared last, else the first."""
        last = session.shared[-1] if session.shared else None
        return session.gallery.index(last) + 1 if last in session.gallery else 1

    def _by_date(self, session: Session, message: str, plan: Plan, choices: Choices) -> Reply:
        """The oldest or newest photos of what is spoken of, else of the whole library."""
        current = session.topic
        own = plan.move in (Move.OLDER, Move.NEWER) and not plan.when and not plan.where
        if own:
            goes_on = current is not None and bool(session.gallery or current.galleries)
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

    # -- looking for photos ----------------------------------------------------------------

    def _found(
        self,
        session: Session,
        message: str,
        plan: Plan,
        description: Description | None,
        choices: Choices,
    ) -> Reply:
        before = session.topic
        if plan.move in SAME_TOPIC and before is None:
            return Reply(say(session, "nothing_shown"))
        if plan.move is Move.REJECT:
            session.refuse(session.gallery)
        if self._says_nothing(session, plan):
            return Reply("" if plan.problem else say(session, "what"))
        if plan.move in (Move.OLDER, Move.NEWER) and before is not None:
            return self._older_or_newer(session, plan, before, choices)
        folders = self.galleries.folders(plan.folders)
        topic = next_topic(plan, session, self.galleries.alike, folders)
        again = plan.move is Move.BACK and not plan.unseen
        session.take_up(topic)
        if again and topic.galleries:
            return self._shown_again(session, topic)
        exclude = topic.shown if plan.move in (*SAME_TOPIC, Move.BACK) else frozenset()
        refused = frozenset(session.refused) if plan.move is not Move.BACK else frozenset()
        return self._searched(session, plan, description, choices, exclude | refused)

    @staticmethod
    def _says_nothing(session: Session, plan: Plan) -> bool:
        """Whether photos are asked for without a word about which, and nothing was told before."""
        named = plan.content or plan.when or plan.where or plan.folders or plan.exclude
        if named or plan.move not in (Move.REQUEST, Move.INSTEAD, Move.REFINE):
            return False
        if plan.problem:
            return True
        told = len(session.open_conversation().turns) > 1
        return not told and (plan.move is not Move.REFINE or session.topic is None)

    def _older_or_newer(
        self, session: Session, plan: Plan, before: Topic, choices: Choices
    ) -> Reply:
        days = [photo.taken_at or "" for photo in self.galleries.shown(session.gallery)]
        dates = before_or_after(plan.move, days)
        if dates is None:
            return Reply(say(session, "no_date_shown" if session.gallery else "nothing_shown"))
        session.take_up(before.model_copy(update={"when": (dates,)}))
        reply = self._searched(session, plan, None, choices, frozenset(session.refused))
        if reply.photos:
            return reply
        kind = "older_none" if plan.move is Move.OLDER else "newer_none"
        return replace(reply, text=say(session, kind, subject_lower=subject_of(before)))

    def _shown_again(self, session: Session, topic: Topic) -> Reply:
        photos = self.galleries.shown(topic.galleries[0])
        session.gallery = [photo.photo_id for photo in photos]
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

    def _searched(
        self,
        session: Session,
        plan: Plan,
        description: Description | None,
        choices: Choices,
        exclude: frozenset[int],
        *,
        browse: bool = False,
    ) -> Reply:
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
        if browse:
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
        shown_filter = replace(chosen, exclude=frozenset())
        words = filter_words(shown_filter)
        if gallery.photos:
            text = found_text(session, topic, gallery.photos, gallery.sure)
        else:
            text = self._nothing_text(session, topic, words, exclude)
            if plan.every_year and topic.when == plan.when and not exclude:
                unit = re.sub(r"\s*\d{4}(?:/\d\d)?$", "", range_words(plan.when[0]))
                text = say(session, "none_any_year", unit=unit)
            if len(session.topics) > 1 and topic.is_filtered and topic.galleries:
                # What leaves nothing is taken back, so that the next message narrows from here.
                earlier = session.topics[-2]
                session.take_up(
                    topic.model_copy(
                        update={
                            "when": earlier.when,
                            "where": earlier.where,
                            "folders": earlier.folders,
                        }
                    )
                )
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
            searched=gallery.searched,
            seconds=seconds,
            request=request,
        )

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
        if description is not None and description.source == "llm":
            return self.galleries.of_description(description, k, chosen)
        announced = plan.move in (Move.ANNOUNCE, Move.SMALL_TALK)
        told = len(session.open_conversation().turns) > 1
        if topic.words and not (announced and told) and not self._hangs_on_talk(session, topic):
            words = self._searched_words(topic, chosen)
            expected = plan.move is Move.ANNOUNCE
            return self.galleries.of_words(words, topic.exclude, k, chosen, expected=expected)
        if topic.words or not topic.is_filtered:
            described = self.suggester.describe(session.open_conversation())
            return self.galleries.of_description(described, k, chosen, topic.words)
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
        if words and not len(self.library.ids_matching(topic.filter())):
            span = years_words(self.galleries.facts(), session.language)
            known = f"What I know goes from {span}." if span and topic.when else ""
            return say(session, "none_filter", filter=words, span=known)
        if words and named:
            return say(session, "none_here", filter=words)
        if not named:
            return say(session, "none_plain")
        return say(session, "none", subject_lower=named, subject_bare=bare(named))


def _bounded(message: str) -> tuple[str, bool]:
    """The message as clean text, and whether only its end was kept."""
    text = clean_text(message[-MAX_READ_CHARS:], MAX_READ_CHARS).strip()
    cut = len(message) > MAX_READ_CHARS or len(text) > MAX_MESSAGE_CHARS
    if cut:
        text = text[-MAX_MESSAGE_CHARS:]
        # Begin with a whole word, where there are words.
        text = text.partition(" ")[2].strip() or text
    return text, cut


def _today(session: Session) -> date:
    return session.now or date.today()


def _is_simple(plan: Plan) -> bool:
    """Whether an LLM could add nothing: the move is sure, and the words say what is meant."""
    if plan.aspect or plan.extreme:
        return True
    if plan.move in (Move.SMALL_TALK, Move.HELP, Move.ANNOUNCE):
        return False
    if plan.move not in (Move.REQUEST, Move.INSTEAD):
        return plan.sure >= SURE_MOVE
    said = bool(plan.content or plan.when or plan.where) and not refers_back(plan.content)
    return said and plan.sure >= SURE_REQUEST


def _with_llm(plan: Plan, description: Description) -> Plan:
    """The plan with what the LLM knows better: whether a photo is wanted, when, where, not what."""
    move = plan.move
    if description.share and not move.wants_photo:
        move = Move.REQUEST
    return replace(
        plan,
        move=move,
        when=description.when or plan.when,
        where=description.where or plan.where,
        exclude=description.exclude or plan.exclude,
    )
