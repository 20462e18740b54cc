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
from bot.assistant.clarify import narrowing
from bot.assistant.facts import count_words
from bot.assistant.finding import Finder
from bot.assistant.follow_ups import refers_back, topic_of_same
from bot.assistant.gallery import GalleryMaker
from bot.assistant.pictures import (
    Part,
    Weighing,
    asked_beside,
    topic_alike,
    vector_of,
    weighed,
)
from bot.assistant.questions import Questions
from bot.assistant.reply import Reply, SharedPhoto
from bot.assistant.sentences import say
from bot.assistant.session import (
    OWNER,
    Session,
    Topic,
    Vote,
    chosen_of,
    nth_of,
    packed,
    shown_path,
)
from bot.assistant.small_talk import asks_about_privacy, asks_who_answers, chat, gives_thanks
from bot.assistant.wording import (
    no_such_number,
    shared_text,
)
from bot.descriptors import Description
from bot.intent.plan import Dropped, Move, Plan, TalkState
from bot.llm.reply import ReplyRequest
from retrieval.errors import PhotoNotFound, RetrievalError
from retrieval.library import Library
from retrieval.search import Filter, Place
from retrieval.text import clean_text

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable
    from PIL import Image

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

_MARKS = re.compile(r"\bfavou?rites?\b|\bstar\b", re.IGNORECASE)
"""A photo is to be marked, which the heart on it does."""

PICKS = frozenset({Move.SHARE, Move.ORDINAL})
"""Moves that mean photos which are on the table."""


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
        self.finder = Finder(suggester, self.galleries)
        self.questions = Questions(self.finder)
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
        if plan.to_share and reply.photos and not reply.shared:
            reply = replace(reply, text=f"{reply.text} {say(session, 'to_share')}".strip())
        if plan.then:
            then = say(session, "and_then", then=plan.then)
            reply = replace(reply, text=f"{reply.text} {then}".strip())
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
        return self.finder.found(session, plan, description, choices)

    def classic_search(self, session: Session, choices: Choices = DEFAULT_CHOICES) -> Reply:
        """Look once more for the newest message, by its own words and without any LLM."""
        newest = next((turn.text for turn in reversed(session.turns) if turn.speaker == OWNER), "")
        if not newest.strip():
            return Reply(say(session, "nothing_shown"))
        plan = self._plan(session, newest)
        if not plan.move.wants_photo or plan.move in PICKS:
            plan = replace(plan, move=Move.REQUEST, content=plan.content or newest)
        return self.finder.found(session, plan, None, replace(choices, use_llm=False))

    def without_filter(
        self, session: Session, choices: Choices = DEFAULT_CHOICES, part: Dropped = "both"
    ) -> Reply:
        """The current topic again, without its time, its place or both."""
        topic = session.topic
        if topic is None:
            return Reply(say(session, "nothing_shown"))
        anytime = {"when": (), "every_year": (), "not_when": ()}
        anywhere = {"where": (), "not_where": (), "folders": ()}
        both = {**anytime, **anywhere, "camera": "", "favourite": False}
        dropped = {"when": anytime, "where": anywhere}.get(part, both)
        session.take_up(topic.model_copy(update=dropped))
        plan = Plan(Move.REFINE, language=session.language)
        browse = not topic.words and not topic.picture
        reply = self.finder.searched(session, plan, None, choices, frozenset(), browse=browse)
        if dropped is not both:
            return reply
        said = "" if browse else reply.text
        return replace(reply, text=f"{say(session, 'look_everywhere')} {said}".strip())

    def answer(
        self,
        session: Session,
        question_id: str,
        number: int,
        choices: Choices = DEFAULT_CHOICES,
    ) -> Reply:
        """The current topic again, narrowed by an answer to the question that was asked about it.

        Args:
            session: is brought up to date.
            question_id: of the question.
            number: of the answer, from 0.
            choices: what the person set.
        """
        question, topic = session.question, session.topic
        known = question is not None and question.id == question_id
        if question is None or topic is None or not known:
            return Reply(say(session, "question_gone"))
        if not 0 <= number < len(question.answers):
            return Reply(say(session, "question_gone"))
        facts = self.galleries.facts()
        answer = narrowing(question.answers[number], facts.first, facts.last)
        narrowed = {"when": answer.when or topic.when, "where": answer.where or topic.where}
        return self._of_topic(session, topic.model_copy(update=narrowed), choices)

    # -- pictures --------------------------------------------------------------------------

    def respond_to_picture(
        self,
        session: Session,
        picture: "Image.Image",
        message: str = "",
        choices: Choices = DEFAULT_CHOICES,
    ) -> Reply:
        """Photos like a picture that the person showed, and like what was said beside it.

        The picture is looked at and forgotten: it does not become part of the library.

        Args:
            session: is brought up to date.
            picture: of any size.
            message: "", "more like this", "like this but at night" …
            choices: what the person set.
        """
        text, _ = _bounded(message)
        session.user_says(text or "more like this")
        self.searcher.follow()
        encoder = self.searcher.encoder
        vector = vector_of(encoder, picture)
        said = asked_beside(text)
        plan = self._plan(session, said) if said else Plan(Move.REQUEST)
        session.language = plan.language
        described = plan.move.wants_photo and plan.move not in PICKS
        topic = Topic(
            content=plan.content if described else said,
            exclude=plan.exclusions,
            when=plan.when,
            where=plan.where,
            not_when=plan.not_when,
            not_where=plan.not_where,
            picture=packed(vector),
            picture_by=encoder.fingerprint,
        )
        return self._of_topic(session, topic, choices)

    def more_like(
        self, session: Session, photo_id: int, choices: Choices = DEFAULT_CHOICES
    ) -> Reply:
        """Photos like one of the library.

        Raises:
            PhotoNotFound: it is gone.
        """
        topic = topic_alike(self.library, [photo_id], Plan(Move.REQUEST))
        return self._of_topic(session, topic, choices)

    def weigh(
        self,
        session: Session,
        key: str,
        part: Part,
        how: Weighing,
        choices: Choices = DEFAULT_CHOICES,
    ) -> Reply:
        """The same once more, with the picture or the words counting more, or left out.

        Args:
            session: is brought up to date.
            key: ``mix_key`` of the reply that is weighed anew.
            part: the picture or the words.
            how: count it more, or drop it.
            choices: what the person set.
        """
        both = (one for one in reversed(session.topics) if one.picture and one.words)
        topic = next((one for one in both if one.key == key), None)
        if topic is None:
            return Reply(say(session, "nothing_to_weigh"))
        return self._of_topic(session, weighed(topic, part, how), choices)

    def not_this(
        self, session: Session, photo_id: int, choices: Choices = DEFAULT_CHOICES
    ) -> Reply:
        """What was looked for once more, without a photo that was turned down and those like it."""
        topic = session.judge(photo_id, False) or session.topic
        if topic is None:
            return Reply(say(session, "not_alone"))
        reply = self._of_topic(session, topic, choices)
        if not reply.photos:
            return reply
        return replace(reply, text=say(session, "left_out"), move=Move.REJECT.value)

    def _of_topic(self, session: Session, topic: Topic, choices: Choices) -> Reply:
        session.take_up(topic)
        plan = Plan(Move.REFINE, language=session.language)
        exclude = frozenset(session.refused) | frozenset(() if topic.galleries else topic.similar)
        browse = not topic.words and not topic.picture and topic.is_filtered
        reply = self.finder.searched(session, plan, None, choices, exclude, browse=browse)
        return replace(reply, move=Move.REQUEST.value)

    def set_favourite(self, photo_id: int, favourite: bool) -> None:
        """Mark a photo as a favourite, or take the mark away.

        Raises:
            PhotoNotFound: there is no such photo.
            LibraryError: the library cannot be written now.
        """
        with Library.open(self.library.path) as library:
            library.set_favourite(photo_id, favourite)

    def set_hidden(self, photo_id: int, hidden: bool) -> None:
        """Hide a photo: it is suggested no more, by nobody, until it is shown again.

        Raises:
            PhotoNotFound: there is no such photo.
            LibraryError: the library cannot be written now.
        """
        with Library.open(self.library.path) as library:
            library.set_hidden(photo_id, hidden)

    def vote(self, session: Session, photo_id: int, vote: Vote | None) -> None:
        """A thumb up or down for a photo, by which the next ones are chosen; None takes it back.

        Raises:
            PhotoNotFound: it is gone.
        """
        self.library.photo(photo_id)
        session.vote(photo_id, vote)

    def order(self, session: Session, photo_ids: Sequence[int]) -> None:
        """The newest gallery is seen in this order: "the second" means its second photo."""
        if sorted(photo_ids) == sorted(session.gallery):
            session.gallery = list(photo_ids)

    # -- sharing ---------------------------------------------------------------------------

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
            session.judge(one.photo_id, True)
        shown = self.galleries.shown(photo_ids)
        return Reply(
            shared_text(session, shown),
            shared=tuple(shared),
            saved=say(session, "shared_where", path=shown_path(self.share_folder)),
            move=Move.SHARE.value,
        )

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
            language=session.language,
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
        if plan.there:
            plan = replace(plan, where=self._spoken_places(session))
        if self.questions.counts_again(session, message, plan):
            plan = replace(plan, move=Move.QUESTION)
        move = plan.move
        if plan.aspect == "change":
            marks = _MARKS.search(message)
            return Reply(say(session, "heart_marks" if marks else "never_changes"))
        if plan.aspect == "unshare":
            path = shown_path(self.share_folder)
            return Reply(say(session, "copy_stays" if session.shared else "ok", path=path))
        if plan.aspect == "restart":
            return self._restarted(session)
        if plan.aspect == "look" and plan.where and not plan.numbers:
            there = self._from_there(session, plan)
            if len(there) != 1:
                return self.finder.found(
                    session, replace(plan, move=Move.REFINE, aspect=""), description, choices
                )
            plan = replace(plan, numbers=(session.gallery.index(there[0]) + 1,))
        if plan.aspect:
            return self.questions.told_of(session, message, plan)
        if plan.wider:
            return self.without_filter(session, choices, plan.wider)
        if move is Move.REJECT and plan.numbers:
            return self._left_out(session, plan, choices)
        if plan.same:
            return self._of_same(session, plan, choices)
        if plan.like:
            return self._alike(session, plan, choices)
        if plan.extreme:
            return self.finder.by_date(session, message, plan, choices)
        if move in PICKS:
            return self._picked(session, plan)
        if move is Move.QUESTION:
            return self.questions.answered(session, message, plan, choices)
        if move is Move.SMALL_TALK and choices.always_on and len(message.split()) > 3:
            return self.finder.found(session, plan, description, choices)
        if not move.wants_photo:
            return self._in_words(session, message, plan, description, choices)
        return self.finder.found(session, plan, description, choices)

    def _alike(self, session: Session, plan: Plan, choices: Choices) -> Reply:
        """Photos like one that is shown, or like all of them."""
        if not session.gallery:
            return Reply(say(session, "nothing_shown"))
        numbers = plan.numbers or (self.questions.meant(session),)
        if plan.like == "all" and not plan.numbers:
            numbers = tuple(range(1, len(session.gallery) + 1))
        chosen, missing = chosen_of(session.gallery, numbers)
        if missing is not None:
            return Reply(no_such_number(session, missing))
        try:
            topic = topic_alike(self.library, chosen, plan)
        except PhotoNotFound:
            return Reply("That photo is gone from the disk.")
        return self._of_topic(session, topic, choices)

    @staticmethod
    def _restarted(session: Session) -> Reply:
        """All that was looked for is forgotten."""
        session.start_over()
        return Reply(say(session, "restarted"))

    def _spoken_places(self, session: Session) -> tuple[Place, ...]:
        """The places that were asked for, else the one of the photo that was last spoken of."""
        if session.topic is not None and session.topic.where:
            return session.topic.where
        one = nth_of(session.gallery, self.questions.meant(session)) if session.gallery else None
        photo = self.library.photos([one]).get(one) if one is not None else None
        return (photo.place,) if photo is not None and photo.place is not None else ()

    def _left_out(self, session: Session, plan: Plan, choices: Choices) -> Reply:
        """The photos shown without some of them, which are not offered again."""
        chosen, missing = chosen_of(session.gallery, plan.numbers)
        if missing is not None:
            return Reply(no_such_number(session, missing))
        for photo_id in chosen:
            session.judge(photo_id, False)
        kept = self.galleries.shown([one for one in session.gallery if one not in chosen])
        if not kept:
            return self.finder.found(session, replace(plan, numbers=()), None, choices)
        session.lay_out([photo.photo_id for photo in kept])
        count = count_words(len(kept), session.language)
        return Reply(say(session, "without_some", count=count), photos=kept, sure="fits")

    def _from_there(self, session: Session, plan: Plan) -> list[int]:
        """Those of the photos shown that are from the plan's places."""
        known = self.library.photos(session.gallery)
        return [
            one
            for one, photo in known.items()
            if photo.place is not None and any(place.covers(photo.place) for place in plan.where)
        ]

    def _of_same(self, session: Session, plan: Plan, choices: Choices) -> Reply:
        """Photos of the day or the place of one that is shown."""
        one = nth_of(session.gallery, self.questions.meant(session))
        if one is None:
            return Reply(say(session, "nothing_shown"))
        try:
            photo = self.library.photo(one)
        except PhotoNotFound:
            return Reply("That photo is gone from the disk.")
        topic = topic_of_same(photo, plan.same)
        if topic is None:
            missing = "unknown_where" if plan.same == "place" else "unknown_when"
            return Reply(say(session, missing))
        return self._of_topic(session, topic, choices)

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
            thanked = session.language != "en" or gives_thanks(message)
            return Reply(say(session, "thanks" if thanked else "found_it"))
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
        # So that "share it" and "not that one" mean it.
        session.lay_out([best[0].photo_id])
        text = say(session, "hint")
        return Reply(text, photos=best, sure="fits", hint=True, offers_look=True)

    def _picked(self, session: Session, plan: Plan) -> Reply:
        if not session.gallery:
            return Reply(say(session, "nothing_shown"))
        named = plan.number is not None or bool(plan.numbers)
        several = len(session.gallery) > 1
        if several and plan.where and not named:
            there = self._from_there(session, plan)
            if len(there) == 1:
                return self.share(session, there)
            plan = replace(plan, unclear=True)
        if several and (plan.unclear or (not named and session.came_up_empty)):
            # "The one with the cap" is not said by its place, or "that" was not found.
            return Reply(
                say(session, "which", count=count_words(len(session.gallery), session.language))
            )
        one = self.questions.meant(session) if plan.number is None else plan.number
        numbers = plan.numbers or (one,)
        chosen, missing = chosen_of(session.gallery, numbers)
        if missing is not None:
            return Reply(no_such_number(session, missing))
        if session.came_up_empty and session.refused.intersection(chosen):
            # What was turned down is not meant where the newest search found nothing.
            return Reply(say(session, "nothing_shown"))
        try:
            return self.share(session, chosen)
        except PhotoNotFound:
            return Reply("That photo is gone from the disk, so I can't share it.")
        except RetrievalError as error:
            return Reply(f"That photo could not be shared: {error}.")
        except OSError as error:
            return Reply(f"The copy could not be saved: {error.strerror or 'the disk refused'}.")


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
    said = bool(plan.content or plan.when or plan.where or plan.favourite) and not refers_back(
        plan.content
    )
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
