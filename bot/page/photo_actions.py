"""What a person does with a photo in the page: share, more like it, not it, thumbs, marks, order.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast, get_args

import chainlit as cl

from bot.assistant import Assistant, Choices, Reply, Session
from bot.assistant.pictures import Part, Weighing
from bot.assistant.session import Vote
from bot.history.feedback import Kind
from bot.page.callbacks import Callbacks
from bot.page.feedback import PageFeedback
from bot.page.sentences import SOMETHING_WRONG, plain
from retrieval.errors import PhotoNotFound, PhotopalError

log = logging.getLogger(__name__)

MAX_TOGETHER = 50
"""Photos that are shared or ordered by one request."""

VOTES: dict[str, Vote | None] = {"up": "up", "down": "down", "": None}
THUMBS: tuple[Kind, ...] = ("up", "down")

Say = Callable[[str], Awaitable[None]]
Callback = Callable[[cl.Action], Awaitable[dict[str, bool]]]
Show = Callable[[Reply], Awaitable[None]]


class PhotoActions:
    """The callbacks of the gallery's and the viewer's buttons.

    Args:
        assistant: does it.
        session: the visitor's.
        choices: what the visitor set.
        show: shows a reply in the chat.
        say: says a line in the chat.
        feedback: keeps what is said of photos. What is shared it is told by ``show``.
    """

    def __init__(
        self,
        assistant: Assistant,
        session: Callable[[], Session],
        choices: Callable[[], Choices],
        show: Show,
        say: Say,
        feedback: PageFeedback,
    ) -> None:
        self.assistant = assistant
        self.session = session
        self.choices = choices
        self.show = show
        self.say = say
        self.feedback = feedback

    def register(self, to: Callbacks, in_turn: Callable[[Callback], Callback]) -> None:
        """Hand the callbacks over.

        Args:
            to: takes them.
            in_turn: makes a callback wait for its turn in the chat, which is kept afterwards.
        """
        in_chat = (self.share_photo, self.more_like, self.not_this, self.order_photos, self.weigh)
        for callback in in_chat:
            to.action_callback(callback.__name__)(in_turn(callback))
        # Marks belong to the library, not to the chat, and thumbs are for what is shown next: they
        # need not wait for an answer.
        for callback in (self.favourite_photo, self.hide_photo, self.rate_photo):
            to.action_callback(callback.__name__)(callback)

    async def share_photo(self, action: cl.Action) -> dict[str, bool]:
        """Make copies without hidden data and show them; what was shared before is shown again."""
        again = False

        def work() -> Reply | None:
            nonlocal again
            payload = action.payload
            wanted = photo_ids(payload.get("photo_ids", [payload.get("photo_id")]))
            new = [one for one in wanted if one not in self.session().shared]
            again = not new
            return self.assistant.share(self.session(), new) if new else None

        done = await self._done(work, "That photo could not be shared")
        return {"ok": done, "again": True} if done and again else {"ok": done}

    async def more_like(self, action: cl.Action) -> dict[str, bool]:
        """Photos like one that is shown."""
        more_like, payload = self.assistant.more_like, action.payload
        return {
            "ok": await self._done(
                lambda: more_like(self.session(), photo_id(payload), self.choices()),
                "I could not look for more like it",
            )
        }

    async def not_this(self, action: cl.Action) -> dict[str, bool]:
        """Another photo in place of one."""
        not_this, payload = self.assistant.not_this, action.payload
        done = await self._done(
            lambda: not_this(self.session(), photo_id(payload), self.choices()),
            "I could not look for another one",
        )
        if done:
            await self.feedback.given("not_this", [photo_id(payload)])
        return {"ok": done}

    async def rate_photo(self, action: cl.Action) -> dict[str, bool]:
        """A thumb up or down, by which the next photos are chosen; "" takes it back."""
        payload, failed = action.payload, "That could not be noted"
        done = await self._done(lambda: self._vote(payload), failed)
        if done:
            rated, vote = photo_id(payload), VOTES[payload["vote"]]
            if vote is None:
                self.feedback.taken_back(rated, THUMBS)
            else:
                await self.feedback.given(vote, [rated])
            await self.feedback.save()
        return {"ok": done}

    def _vote(self, payload: Any) -> None:
        if payload.get("vote") not in VOTES:
            raise PhotoNotFound("a thumb is up or down")
        self.assistant.vote(self.session(), photo_id(payload), VOTES[payload["vote"]])

    async def weigh(self, action: cl.Action) -> dict[str, bool]:
        """The same once more, with the picture or the words counting more, or left out."""
        key, part, how = (str(action.payload.get(name)) for name in ("key", "part", "how"))
        if part not in get_args(Part) or how not in get_args(Weighing):
            return {"ok": False}
        again = self.assistant.weigh
        return {
            "ok": await self._done(
                lambda: again(
                    self.session(), key, cast(Part, part), cast(Weighing, how), self.choices()
                ),
                "I could not look once more",
            )
        }

    async def favourite_photo(self, action: cl.Action) -> dict[str, bool]:
        """Mark a favourite, or take the mark away."""
        set_, payload, on = self.assistant.set_favourite, action.payload, action.payload.get("on")
        done = await self._done(
            lambda: set_(photo_id(payload), on is True), "That could not be marked"
        )
        if done:
            marked = photo_id(payload)
            if on is True:
                self.session().judge(marked, True)
                await self.feedback.given("favourite", [marked])
            else:
                self.session().vote(marked, self.session().votes.get(marked))
                self.feedback.taken_back(marked, ("favourite",))
            await self.feedback.save()
        return {"ok": done}

    async def hide_photo(self, action: cl.Action) -> dict[str, bool]:
        """Hide a photo, or show it again."""
        set_, payload = self.assistant.set_hidden, action.payload
        return {
            "ok": await self._done(
                lambda: set_(photo_id(payload), payload.get("on") is True),
                "That could not be hidden",
            )
        }

    async def order_photos(self, action: cl.Action) -> dict[str, bool]:
        """The newest gallery is seen in another order."""
        order, payload = self.assistant.order, action.payload
        return {
            "ok": await self._done(
                lambda: order(self.session(), photo_ids(payload.get("photo_ids"))),
                "That could not be ordered",
            )
        }

    async def _done(self, work: Callable[[], Reply | None], failed: str) -> bool:
        """Do it in a thread and show what comes of it; a failure becomes one line in the chat."""
        try:
            reply = await asyncio.to_thread(work)
        except PhotopalError as error:
            log.debug("%s", failed, exc_info=True)
            await self.say(f"{failed}: {plain(str(error))}.")
            return False
        except OSError as error:
            log.debug("%s", failed, exc_info=True)
            await self.say(f"{failed}: {plain(error.strerror or 'the disk refused')}.")
            return False
        except Exception as error:
            log.error("%s: %s", failed, error, exc_info=log.isEnabledFor(logging.DEBUG))
            await self.say(SOMETHING_WRONG)
            return False
        if reply is not None:
            await self.show(reply)
        return True


def photo_id(payload: Any) -> int:
    """The id of a photo that a browser sent. Raises PhotoNotFound for anything else."""
    return photo_ids([payload.get("photo_id")])[0]


def photo_ids(sent: Any) -> Sequence[int]:
    """Ids of photos that a browser sent. Raises PhotoNotFound for anything else."""
    fine = isinstance(sent, list) and 0 < len(sent) <= MAX_TOGETHER
    if not fine or any(type(one) is not int or not 0 < one < 2**63 for one in sent):
        raise PhotoNotFound("there is no such photo")
    return list(dict.fromkeys(sent))
