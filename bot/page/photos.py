"""The routes that serve pictures: thumbnails, a closer look, and copies made for sharing.

A request names a photo of the library by its number. No path of a request is ever opened, the
original bytes are never sent, and with a password every route asks for the login.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import logging
from typing import Annotated, Any
from urllib.parse import quote

from chainlit.auth import get_current_user
from fastapi import APIRouter, Depends, HTTPException
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, Response

from bot.errors import HistoryError
from bot.history import History
from bot.page.services import PageServices
from retrieval.errors import PhotoNotFound, RetrievalError, UnreadableImage
from retrieval.library import Photo
from retrieval.photos.export import shareable_copy

log = logging.getLogger(__name__)

VIEW_SIDE = 2048
KEEP = {"Cache-Control": "private, max-age=3600"}
FORGET = {"Cache-Control": "private, no-store"}

PhotoId = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]


def photo_routes(services: PageServices) -> APIRouter:
    """The routes over these services."""
    router = APIRouter(prefix="/photos", dependencies=[Depends(get_current_user)])

    # Plain functions: the framework runs them in worker threads, away from the event loop.

    @router.get("/{photo_id}/thumb")
    def thumb(photo_id: PhotoId) -> FileResponse:
        try:
            path = services.thumbnails.path(_photo(services, photo_id))
        except RetrievalError as error:
            raise _missing(error) from error
        return FileResponse(path, headers=KEEP)

    @router.get("/{photo_id}/view")
    def view(photo_id: PhotoId) -> Response:
        try:
            data = shareable_copy(_photo(services, photo_id).path, max_side=VIEW_SIDE)
        except RetrievalError as error:
            raise _missing(error) from error
        return Response(data, media_type="image/jpeg", headers=KEEP)

    @router.get("/{photo_id}/shared")
    def shared(photo_id: PhotoId) -> FileResponse:
        copy = services.shared.get(photo_id)
        if copy is None:
            raise HTTPException(404, "This photo was not shared.")
        return FileResponse(copy.path, media_type="image/jpeg", headers=FORGET)

    return router


def picture_routes(history: History | None, library: str) -> APIRouter:
    """The route of the pictures that people showed in their chats: each to its own person.

    Args:
        history: where the chats are kept; None where none are.
        library: uid of the library that is open, as for the chats.
    """
    router = APIRouter(prefix="/chats")

    @router.get("/{chat_id}/{name}")
    def picture(
        chat_id: str, name: str, user: Annotated[Any, Depends(get_current_user)]
    ) -> FileResponse:
        path = None
        if history is not None and user is not None:
            try:
                chat = history.chat(chat_id)
                if (chat.owner, chat.library) == (user.identifier, library):
                    path = history.pictures.path(chat.id, name)
            except HistoryError:
                log.debug("a picture of a chat cannot be looked up", exc_info=True)
        if path is None:
            raise HTTPException(404, "There is no such picture.")
        return FileResponse(path, media_type="image/jpeg", headers=FORGET)

    return router


def picture_address(chat_id: str, name: str) -> str:
    """Where :func:`picture_routes` has a picture."""
    return f"/chats/{quote(chat_id, safe='')}/{name}"


def _photo(services: PageServices, photo_id: int) -> Photo:
    photo = services.library.photo(photo_id)
    if not photo.path.is_file():
        raise PhotoNotFound(f"the file of photo {photo_id} is gone")
    return photo


def _missing(error: RetrievalError) -> HTTPException:
    if isinstance(error, UnreadableImage):
        return HTTPException(404, f"This photo cannot be shown: {error}")
    return HTTPException(404, "There is no such photo.")
