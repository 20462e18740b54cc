"""``/api/search``, ``/api/photos`` and ``/api/libraries``: looking things up, without a talk."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from bot.access.facts import (
    FilterFacts,
    FoundPhoto,
    LibraryFacts,
    PhotoFacts,
    Sure,
    filter_facts,
    found_photos,
    photo_facts,
)
from bot.access.lookup import MAX_TEXT_CHARS, MAX_WORDS_CHARS, Question, look_up
from bot.api.bodies import CleanRoute
from bot.api.services import ApiServices
from retrieval.photos.export import SHARED_SIDE

MAX_K = 100
MIN_SIDE = 64
KEEP = {"Cache-Control": "private, max-age=3600"}

PhotoId = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]
Words = Annotated[str, Field(max_length=MAX_WORDS_CHARS)]


class SearchIn(BaseModel):
    """What to look for; at least a text, a time, a place, favourites, or a photo to be like."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    text: str = Field(default="", max_length=MAX_TEXT_CHARS, description="What the photo shows.")
    when: Words = Field(
        default="",
        description="In words ('summer 2024'), a day, or days as '2019-01-01/2019-12-31'.",
    )
    where: Words = Field(
        default="", description="A place, or the name of one of the library's folders."
    )
    without: Words = Field(default="", alias="not", description="What the photo must not show.")
    favourites: bool = Field(default=False, description="Only photos marked as favourites.")
    like: int | None = Field(
        default=None,
        ge=1,
        le=2**63 - 1,
        description="Id of a photo that the photos are to be like; a text beside it adds to that.",
    )
    k: int = Field(default=10, ge=1, le=MAX_K, description="How many photos at most.")
    fitting: bool = Field(default=False, description="Leave out what does not fit.")
    now: date | None = Field(default=None, description="The day that counts as today.")


class SearchOut(BaseModel):
    """The photos, best first."""

    photos: list[FoundPhoto]
    sure: Sure = Field(description="Whether what was meant is among them.")
    searched: int = Field(description="How many photos were compared.")
    filter: FilterFacts | None = Field(description="Time and place as they were understood.")
    notice: str | None


class LibrariesOut(BaseModel):
    """The libraries that can be asked."""

    libraries: list[LibraryFacts]


def search_routes(services: ApiServices) -> APIRouter:
    """The routes over these services."""
    router = APIRouter(prefix="/api", tags=["photos"], route_class=CleanRoute)

    @router.get("/search")
    def search_by_query(asked: Annotated[SearchIn, Query()]) -> SearchOut:
        """The photos that fit, by parameters of the address."""
        return _found(services, asked)

    @router.post("/search")
    def search(asked: SearchIn) -> SearchOut:
        """The photos that fit."""
        return _found(services, asked)

    @router.get("/photos/{photo_id}")
    def photo(photo_id: PhotoId) -> PhotoFacts:
        """What is known of a photo."""
        return photo_facts(services.pictures.photo(photo_id))

    @router.get(
        "/photos/{photo_id}/thumbnail",
        response_class=FileResponse,
        responses={200: {"content": {"image/jpeg": {}}}},
    )
    def thumbnail(photo_id: PhotoId) -> FileResponse:
        """A small JPEG."""
        path = services.pictures.thumbnail(photo_id)
        return FileResponse(path, media_type="image/jpeg", headers=KEEP)

    @router.get(
        "/photos/{photo_id}/copy",
        response_class=Response,
        responses={200: {"content": {"image/jpeg": {}}}},
    )
    def copy(
        photo_id: PhotoId, max_side: Annotated[int, Query(ge=MIN_SIDE, le=8_192)] = SHARED_SIDE
    ) -> Response:
        """A JPEG of the pixels alone: no place, no camera, nothing of what the file knew."""
        content = services.pictures.copy(photo_id, max_side)
        return Response(content, media_type="image/jpeg", headers=KEEP)

    @router.get("/libraries")
    def libraries() -> LibrariesOut:
        """What the library holds: how many photos, from when, from where."""
        return LibrariesOut(libraries=[services.library_facts()])

    return router


def _found(services: ApiServices, asked: SearchIn) -> SearchOut:
    question = Question(
        text=asked.text,
        when=asked.when,
        where=asked.where,
        without=asked.without,
        favourites=asked.favourites,
        like=asked.like,
        k=asked.k,
        fitting=asked.fitting,
    )
    answer = look_up(services.assistant, question, today=asked.now or services.today())
    return SearchOut(
        photos=found_photos(answer.photos),
        sure=answer.sure,
        searched=answer.searched,
        filter=filter_facts(answer.filter),
        notice=answer.notice,
    )
