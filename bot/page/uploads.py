"""Pictures that a person pastes or drops into the chat: taken in, made anew.

What comes in is bounded by the guard, decoded, and written as a new JPEG from the pixels alone
before anything else sees it; whatever is no picture ends here. The new file belongs to the
visitor's session and goes with it; the history keeps one of its own, where the chat is kept.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import chainlit as cl
from chainlit.auth import get_current_user
from chainlit.session import WebsocketSession
from fastapi import APIRouter, Depends, HTTPException, UploadFile

from bot.page.guard import MAX_UPLOAD_BYTES
from retrieval.errors import UnreadableImage
from retrieval.photos.export import shareable_copy

MAX_SIDE = 1024
"""Of the picture that is kept for the session; encoders look at far smaller ones."""

NAME, KIND = "picture.jpg", "image/jpeg"


def upload_routes() -> APIRouter:
    """Chainlit's upload route, replaced; include it before Chainlit is mounted."""
    router = APIRouter()

    @router.post("/project/file")
    async def upload(
        session_id: str, file: UploadFile, user: Annotated[Any, Depends(get_current_user)]
    ) -> dict[str, Any]:
        session = WebsocketSession.get_by_id(session_id)
        if session is None:
            raise HTTPException(404, "There is no such session.")
        if user and (session.user is None or session.user.identifier != user.identifier):
            raise HTTPException(401, "That is somebody else's session.")
        content = await file.read(MAX_UPLOAD_BYTES + 1)
        if len(content) > MAX_UPLOAD_BYTES:
            raise HTTPException(413, "A picture may have 20 MB at most.")
        try:
            picture = await asyncio.to_thread(shareable_copy, content, max_side=MAX_SIDE)
        except UnreadableImage as error:
            raise HTTPException(415, f"That is no picture that I can read: {error}.") from error
        session.files_dir.mkdir(parents=True, exist_ok=True)
        return dict(await session.persist_file(name=NAME, content=picture, mime=KIND))

    return router


def picture_of(message: cl.Message) -> Path | None:
    """The file of the picture that came with a message; None where none did."""
    for element in message.elements or []:
        if element.mime == KIND and element.path:
            return Path(element.path)
    return None
