"""The page of a person who has no photos yet, or whose library cannot be opened.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

from functools import partial

import chainlit as cl

from bot.page.callbacks import Callbacks
from bot.page.words import Words
from retrieval.errors import LibraryEmpty, LibraryNotFound, PhotopalError

NAME = "Photopal"


def closed_page(error: PhotopalError) -> Callbacks:
    """The callbacks of such a page. The error may name a path, so it is not shown.

    The name of an account holds nothing that Markdown reads, least of all within a command.
    """
    empty = isinstance(error, LibraryEmpty | LibraryNotFound)
    kind = "no_photos" if empty else "closed"
    callbacks = Callbacks()
    callbacks.set_chat_profiles(partial(_profiles, kind))
    callbacks.on_message(partial(_message, kind))
    return callbacks


async def _profiles(
    kind: str, current_user: cl.User | None, language: str | None = None
) -> list[cl.ChatProfile]:
    say = Words.of(language).say
    name = current_user.identifier if current_user is not None else ""
    text = f"# {say(f'{kind}.title')}\n\n{say(f'{kind}.text', name=name)}"
    icon = "/public/logo.svg"
    return [cl.ChatProfile(name=NAME, markdown_description=text, icon=icon, default=True)]


async def _message(kind: str, message: cl.Message) -> None:
    say = Words.of(getattr(cl.context.session, "language", None)).say
    user = cl.user_session.get("user")
    name = user.identifier if user is not None else ""
    text = f"{say(f'{kind}.title')}. {say(f'{kind}.text', name=name)}"
    await cl.Message(content=text, author=NAME).send()
