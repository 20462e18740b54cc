"""The route of the pictures that people showed in their chats: each to its own person.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from chainlit.auth import get_current_user
from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import FileResponse

from bot.errors import HistoryError
from bot.history import History

log = logging.getLogger(__name__)

# What is deleted must not be shown out of the browser's cache.
FORGET = {"Cache-Control": "private, no-store"}


def picture_routes(
    history: History | None, library_of: Callable[[str], Awaitable[str | None]]
) -> APIRouter:
    """The route; a chat of another person or library has no picture there.

    Args:
        history: where the chats are kept; None where none are.
        library_of: uid of the library that a person works with now.
    """
    router = APIRouter(prefix="/chats")

    @router.get("/{chat_id}/{name}")
    async def picture(
        chat_id: str, name: str, user: Annotated[Any, Depends(get_current_user)]
    ) -> FileResponse:
        path = None
        if history is not None and user is not None:
            library = await library_of(user.identifier)
            path = await asyncio.to_thread(_found, history, chat_id, name, user.identifier, library)
        if path is None:
            raise HTTPException(404, "There is no such picture.")
        return FileResponse(path, media_type="image/jpeg", headers=FORGET)

    return router


def picture_address(chat_id: str, name: str) -> str:
    """Where :func:`picture_routes` has a picture."""
    return f"/chats/{quote(chat_id, safe='')}/{name}"


def _found(
    history: History, chat_id: str, name: str, owner: str, library: str | None
) -> Path | None:
    try:
        chat = history.chat(chat_id)
    except HistoryError:
        log.debug("a picture of a chat cannot be looked up", exc_info=True)
        return None
    mine = (chat.owner, chat.library) == (owner, library)
    return history.pictures.path(chat.id, name) if mine else None
