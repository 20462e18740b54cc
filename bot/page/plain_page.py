"""Pages of our own beside the chat: their frame, and who asks for them.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

from html import escape
from typing import Annotated, Any

from chainlit.auth import get_current_user
from fastapi import Depends, HTTPException

from bot.page.words import Words

NO_STORE = {"Cache-Control": "private, no-store"}

Visitor = Annotated[Any, Depends(get_current_user)]


def name_of(visitor: Any) -> str:
    """Who visits; their own things are kept under this name.

    Raises:
        HTTPException: 401, nobody is logged in where that is asked for.
    """
    if visitor is None:
        raise HTTPException(401, "Log in first.")
    return str(visitor.identifier)


def plain_page(words: Words, title: str, body: str, *, reload_seconds: int | None = None) -> str:
    """A whole page as HTML, with a way back to the chat.

    Its forms must say where they come from, or the guard takes them for another website's.

    Args:
        words: in the language of the browser.
        title: as text; also the heading.
        body: below the heading, as HTML.
        reload_seconds: how soon the browser asks again; None for never.
    """
    reload = f'<meta http-equiv="refresh" content="{reload_seconds}">\n' if reload_seconds else ""
    return f"""<!doctype html>
<html lang="{words.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
{reload}<title>{escape(title)} · Photopal</title>
<link rel="icon" href="/public/favicon.svg">
<link rel="stylesheet" href="/public/learned.css">
</head>
<body>
<header><a href="/">{escape(words.say("learned.back"))}</a></header>
<main>
<h1>{escape(title)}</h1>
{body}
</main>
</body>
</html>
"""
