"""What people say of photos by the page's buttons, on its way into the history.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from uuid import uuid4

from bot.history import KeptFeedback
from bot.history.feedback import Kind, query_words
from bot.page.keeping import LiveChat, now
from retrieval.errors import LibraryError
from retrieval.library import Library

log = logging.getLogger(__name__)


class PageFeedback:
    """Keeps feedback with the visitor's chat, unless the chat is not kept.

    Args:
        library: holds the photos.
        chat: the visitor's.
    """

    def __init__(self, library: Library, chat: Callable[[], LiveChat]) -> None:
        self.library = library
        self.chat = chat

    async def given(self, kind: Kind, photo_ids: Sequence[int]) -> None:
        """Photos were shared, liked or turned down; it is written with the chat's next save."""
        chat = self.chat()
        if not chat.started_at:
            return
        try:
            photos = await asyncio.to_thread(self.library.photos, list(photo_ids))
        except LibraryError:
            # The button itself has said so.
            log.debug("feedback on a photo could not be kept", exc_info=True)
            return
        for photo_id in photo_ids:
            if photo_id not in photos:
                continue
            topic = chat.session.topic_of(photo_id)
            chat.gave(
                KeptFeedback(
                    id=str(uuid4()),
                    chat_id=chat.id,
                    owner=chat.owner,
                    library=chat.library,
                    kind=kind,
                    query=query_words(topic),
                    looked_for={} if topic is None else dict(topic.looked_for),
                    photo_id=photo_id,
                    photo_hash=photos[photo_id].content_hash or "",
                    given_at=now(),
                )
            )

    def taken_back(self, photo_id: int, kinds: Sequence[Kind]) -> None:
        """What was said of a photo does not hold any more."""
        self.chat().took_back(photo_id, kinds)

    async def save(self) -> None:
        """Write it now, for buttons that are no turn of the chat."""
        await self.chat().save()
