"""A page of what was learned from shares, favourites, thumbs and "not this": shown and deleted.

Everybody sees and deletes their own only. The page is made here, without Chainlit and scripts.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Header, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse

from bot.assistant.facts import day_words
from bot.errors import FeedbackNotFound, HistoryError
from bot.history import KeptFeedback
from bot.history.pairs import judged_photo
from bot.history.records import present_photos
from bot.page.gallery import card
from bot.page.keeping import LiveChats
from bot.page.personal import PersonalPages
from bot.page.plain_page import NO_STORE, Visitor, name_of, plain_page
from bot.page.words import Words
from retrieval.errors import PhotopalError
from retrieval.library import Library, Photo

MOST = 200
"""Things that are listed, the newest."""


def learned_routes(pages: PersonalPages) -> APIRouter:
    """The routes; each person sees what was learned of them."""
    router = APIRouter(prefix="/learned")
    chats = pages.chats

    async def library_of(visitor: Visitor) -> Library | None:
        try:
            return (await pages.of(name_of(visitor))).services.library
        except PhotopalError:
            # What was learned is shown, and can be deleted, without the photos.
            return None

    # Plain functions: the framework runs them in worker threads, away from the event loop.

    @router.get("")
    def show(
        visitor: Visitor,
        library: Annotated[Library | None, Depends(library_of)],
        accept_language: Annotated[str, Header()] = "",
    ) -> HTMLResponse:
        words = Words.of(accept_language.partition(",")[0].partition(";")[0])
        known = _known(chats, name_of(visitor))
        photos: Mapping[int, Photo] = {}
        if library is not None:
            ours = [one.photo_id for one in known[:MOST] if one.library == library.uid]
            photos = present_photos(library, ours)
        return HTMLResponse(page(words, known, photos), headers=NO_STORE)

    @router.post("/forget")
    def forget(
        visitor: Visitor,
        identifier: Annotated[str, Form(alias="id", max_length=64)] = "",
        everything: Annotated[bool, Form(alias="all")] = False,
    ) -> RedirectResponse:
        owner = name_of(visitor)
        known = _known(chats, owner)
        chosen = [one for one in known if everything or one.id == identifier]
        if chats.history is not None and chosen:
            try:
                chats.history.forget_feedback([one.id for one in chosen], owner=owner)
            except FeedbackNotFound:
                # Another tab was faster; the page that comes next shows what is left.
                pass
            except HistoryError as error:
                raise HTTPException(503, "That cannot be deleted right now.") from error
            for one in chosen:
                for live in chats.with_id(one.chat_id):
                    if live.owner == owner:
                        live.forget_judgement(one.photo_id)
        return RedirectResponse("/learned", 303)

    return router


def _known(chats: LiveChats, owner: str) -> list[KeptFeedback]:
    if chats.history is None:
        return []
    try:
        return chats.history.feedback(owner=owner)
    except HistoryError as error:
        raise HTTPException(503, "The history cannot be read right now.") from error


def page(words: Words, known: Sequence[KeptFeedback], photos: Mapping[int, Photo]) -> str:
    """The page as HTML.

    Args:
        words: in the language of the browser.
        known: what was learned, the newest first.
        photos: those that may be shown, by id.
    """

    def say(key: str, **values: object) -> str:
        return escape(words.say(f"learned.{key}", **values))

    items = "\n".join(_item(words, one, judged_photo(one, photos)) for one in known[:MOST])
    more = len(known) - MOST
    body = f'<ul class="learned">\n{items}\n</ul>' if known else f"<p>{say('nothing')}</p>"
    if more > 0:
        body += f"\n<p>{say('more', count=f'{more:,}')}</p>"
    if known:
        body += (
            f"\n<details><summary>{say('forget_all')}</summary><p>{say('sure')}</p>"
            '<form method="post" action="/learned/forget">'
            '<input type="hidden" name="all" value="true">'
            f"<button>{say('forget_all_now')}</button></form></details>"
        )
    return plain_page(words, words.say("learned.title"), f"<p>{say('text')}</p>\n{body}")


def _item(words: Words, feedback: KeptFeedback, photo: Photo | None) -> str:
    """One thing that was learned; without its picture where the photo is gone."""
    if photo is None:
        name = words.say("learned.gone")
        picture = f'<span class="gone">{escape(name)}</span>'
    else:
        seen = card(photo)
        name = seen["name"]
        picture = f'<img src="{escape(seen["thumb"])}" alt="{escape(seen["alt"])}" loading="lazy">'
    looked_for = feedback.query or words.say("learned.no_words")
    said = words.say(f"learned.{feedback.kind}")
    forget = words.say("learned.forget")
    day = day_words(feedback.given_at, words.language)
    return (
        f"<li>{picture}<div><p><strong>{escape(said)}</strong> · {escape(looked_for)}</p>"
        f"<p>{escape(day)}</p></div>"
        '<form method="post" action="/learned/forget">'
        f'<input type="hidden" name="id" value="{escape(feedback.id)}">'
        f'<button aria-label="{escape(f"{forget}: {said}, {looked_for}, {name}")}">'
        f"{escape(forget)}</button></form></li>"
    )
