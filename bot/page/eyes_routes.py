"""The page of the encoder that sees more: shown, begun by a button, dismissed.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse

from bot.encoders import better_eyes, start_in_background, under_way
from bot.page.better_eyes import PATH, Dismissed, just_started, may_start_here, page
from bot.page.personal import PersonalPages
from bot.page.plain_page import NO_STORE, Visitor, name_of
from bot.page.services import PageServices
from bot.page.words import Words
from retrieval.errors import PhotopalError


def eyes_routes(pages: PersonalPages) -> APIRouter:
    """The page, its start and "not now"."""
    router = APIRouter(prefix=PATH)

    async def services_of(visitor: Visitor) -> PageServices:
        try:
            return (await pages.of(name_of(visitor))).services
        except PhotopalError as error:
            raise HTTPException(404, "There are no photos yet.") from error

    Services = Annotated[PageServices, Depends(services_of)]

    # Plain functions: the framework runs them in worker threads, away from the event loop.

    @router.get("")
    def show(services: Services, accept_language: Annotated[str, Header()] = "") -> HTMLResponse:
        words = Words.of(accept_language.partition(",")[0].partition(";")[0])
        may_start = may_start_here(pages.people)
        return HTMLResponse(page(services, words, may_start=may_start), headers=NO_STORE)

    @router.post("/start")
    def start(services: Services) -> RedirectResponse:
        if not may_start_here(pages.people):
            raise HTTPException(403, "Only the owner may start this, by the command.")
        coming = under_way(services.library)
        best = better_eyes(services.library)
        if coming is not None and not coming.running:
            start_in_background(coming.encoder, services.library.path)
        elif coming is None and best is not None and not just_started():
            start_in_background(best.name, services.library.path)
        return RedirectResponse(f"{PATH}?started=1", 303)

    @router.post("/dismiss")
    def dismiss(visitor: Visitor, services: Services) -> RedirectResponse:
        Dismissed().add(name_of(visitor))
        return RedirectResponse("/", 303)

    return router
