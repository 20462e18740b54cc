"""The routes that serve pictures: thumbnails, a closer look, and copies made for sharing.

A request names a photo of the library by its number. No path of a request is ever opened, the
original bytes are never sent, and with a password every route asks for the login.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from chainlit.auth import get_current_user
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, Response

from bot.page.gallery import caption
from bot.page.personal import PersonalPages
from bot.page.services import PageServices
from retrieval.errors import PhotoNotFound, PhotopalError, RetrievalError, UnreadableImage
from retrieval.library import Photo
from retrieval.photos.export import shareable_copy

VIEW_SIDE = 2048
MAX_TOGETHER = 50
"""Copies in one zip file."""
KEEP = {"Cache-Control": "private, max-age=3600"}
ASK = {"Cache-Control": "private, no-cache"}
FORGET = {"Cache-Control": "private, no-store"}

PhotoId = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]


def photo_routes(pages: PersonalPages) -> APIRouter:
    """The routes over everybody's photos; each person sees their own."""
    router = APIRouter(prefix="/photos")
    private = pages.people.asks_for_login
    # After logging out the browser must ask before it shows again what it kept.
    keep = ASK if private else KEEP

    async def services_of(user: Annotated[Any, Depends(get_current_user)]) -> PageServices:
        try:
            return (await pages.of(user.identifier)).services
        except PhotopalError as error:
            raise HTTPException(404, "There is no such photo.") from error

    Mine = Annotated[PageServices, Depends(services_of)]

    # Plain functions: the framework runs them in worker threads, away from the event loop.

    @router.get("/{photo_id}/thumb")
    def thumb(photo_id: PhotoId, services: Mine, request: Request) -> Response:
        try:
            path = services.thumbnails.path(_photo(services, photo_id))
            tag = _tag("thumb", path)
        except RetrievalError as error:
            raise _missing(error) from error
        known = _unless_known(request, tag, keep)
        return known or FileResponse(path, headers={**keep, "ETag": tag})

    @router.get("/{photo_id}/view")
    def view(photo_id: PhotoId, services: Mine, request: Request) -> Response:
        try:
            photo = _photo(services, photo_id)
            tag = _tag("view", photo.path)
            if (known := _unless_known(request, tag, keep)) is not None:
                return known
            data = shareable_copy(photo.path, max_side=VIEW_SIDE)
        except RetrievalError as error:
            raise _missing(error) from error
        return Response(data, media_type="image/jpeg", headers={**keep, "ETag": tag})

    @router.get("/together")
    def together(
        photo_ids: Annotated[
            list[PhotoId], Query(alias="id", min_length=1, max_length=MAX_TOGETHER)
        ],
        services: Mine,
    ) -> Response:
        content, missing = zipped_copies(services, list(dict.fromkeys(photo_ids)))
        if content is None:
            raise HTTPException(404, "There are no such photos.")
        named = {"Content-Disposition": 'attachment; filename="photos.zip"'}
        headers = {**FORGET, **named, "X-Missing": str(missing)}
        return Response(content, media_type="application/zip", headers=headers)

    @router.get("/{photo_id}/shared")
    def shared(photo_id: PhotoId, services: Mine) -> FileResponse:
        copy = services.shared.get(photo_id)
        if copy is None:
            raise HTTPException(404, "This photo was not shared.")
        return FileResponse(copy.path, media_type="image/jpeg", headers=FORGET)

    return router


def zipped_copies(services: PageServices, photo_ids: list[int]) -> tuple[bytes | None, int]:
    """Copies of photos without hidden data as a zip file, and how many could not be made.

    None in place of the file where not one could be made.
    """
    buffer, names = io.BytesIO(), set[str]()
    # JPEGs do not get smaller by packing.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as packed:
        for photo_id in photo_ids:
            try:
                photo = _photo(services, photo_id)
                copy = shareable_copy(photo.path, max_side=VIEW_SIDE)
            except RetrievalError:
                continue
            name = file_name(photo)
            packed.writestr(name if name not in names else f"{photo_id} {name}", copy)
            names.add(name)
    return (buffer.getvalue() if names else None), len(photo_ids) - len(packed.namelist())


def file_name(photo: Photo) -> str:
    """What a copy is called: the words of the file's name and nothing of its folders."""
    words = re.sub(r"[^\w]+", "-", caption(photo.path)).strip("-_")
    return f"{words or 'photo'}.jpg"


def _photo(services: PageServices, photo_id: int) -> Photo:
    photo = services.library.photo(photo_id)
    if not photo.path.is_file():
        raise PhotoNotFound(f"the file of photo {photo_id} is gone")
    return photo


def _tag(kind: str, path: Path) -> str:
    """Another one whenever the file is."""
    try:
        status = path.stat()
    except OSError as error:
        raise PhotoNotFound("the file is gone") from error
    return f'"{kind}-{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}"'


def _unless_known(request: Request, tag: str, keep: Mapping[str, str]) -> Response | None:
    """The answer that the browser has it already, where it does."""
    if request.headers.get("if-none-match") != tag:
        return None
    return Response(status_code=304, headers={**keep, "ETag": tag})


def _missing(error: RetrievalError) -> HTTPException:
    if isinstance(error, UnreadableImage):
        return HTTPException(404, f"This photo cannot be shown: {error}")
    return HTTPException(404, "There is no such photo.")
