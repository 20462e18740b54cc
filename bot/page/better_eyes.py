"""The card that offers an encoder that sees more: a line in the welcome, and what its page says.

The page says what it costs and begins it, where the page is nobody's but the owner's; elsewhere it
tells the command. Nothing here asks the model hub: that is done by the process that is started.
"""

import json
import logging
import threading
import time
from html import escape
from pathlib import Path

from bot.encoders import DONE, Choice, UnderWay, better_eyes, under_way
from bot.page.people import People
from bot.page.plain_page import plain_page
from bot.page.services import PageServices
from bot.page.words import Words
from retrieval.errors import PhotopalError
from retrieval.files import write_text
from retrieval.paths import home

log = logging.getLogger(__name__)

PATH = "/eyes"
RELOAD_SECONDS = 4
DOWNLOAD_SECONDS = 1800
"""For so long after the last word of a process that was started it counts as downloading."""


class Dismissed:
    """Who wants to see the card no more; a small JSON list. Safe to use from several threads."""

    def __init__(self, path: Path | None = None) -> None:
        """``path``: of the file; by default beside what people chose in the page."""
        self.path = path or home() / "page" / "eyes-dismissed.json"
        self._guard = threading.Lock()

    def by(self, person: str) -> bool:
        """Whether this person dismissed the card."""
        return person in self._read()

    def add(self, person: str) -> None:
        """This person dismissed it."""
        with self._guard:
            people = [*(one for one in self._read() if one != person), person]
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                write_text(self.path, json.dumps(people))
            except OSError as error:
                log.warning("a choice cannot be kept in %s: %s", self.path, error.strerror)

    def _read(self) -> list[str]:
        try:
            people = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        return [one for one in people if isinstance(one, str)] if isinstance(people, list) else []


def eyes_line(services: PageServices, person: str, words: Words) -> str:
    """The card in the welcome, as Markdown; "" where there is nothing to offer."""
    try:
        coming = under_way(services.library)
        if coming is not None:
            said = words.say("eyes.coming", done=f"{coming.done:,}", total=f"{coming.total:,}")
            return f"**{words.say('eyes.title')}**: {said} [{words.say('eyes.more')}]({PATH})"
        if services.samples or Dismissed().by(person):
            return ""
        best = better_eyes(services.library)
        if best is None:
            return ""
        offer = _offer(best, services, words)
    except PhotopalError as error:
        log.debug("no better eyes: %s", error)
        return ""
    return f"**{words.say('eyes.title')}**: {offer} [{words.say('eyes.more')}]({PATH})"


def may_start_here(people: People) -> bool:
    """Whether who sees the page is the owner at this machine: nobody logs in, none from outside."""
    settings = people.settings
    alone = not people.asks_for_login and people.accounts is None
    return alone and settings.is_local and settings.public_url is None


def page(services: PageServices, words: Words, *, may_start: bool) -> str:
    """The page as HTML.

    Args:
        services: with the library.
        words: in the language of the browser.
        may_start: whether a button starts it; else the command is told.
    """

    def say(key: str, **values: object) -> str:
        return escape(words.say(f"eyes.{key}", **values))

    coming, failure = under_way(services.library), _failure()
    best = better_eyes(services.library) if coming is None else None
    reload: int | None = None
    if coming is not None:
        body = _progress(coming, words)
        reload = RELOAD_SECONDS if coming.running else None
        if not coming.running:
            body += _buttons(words, may_start, coming.encoder, dismiss=False)
    elif best is not None and just_started():
        body = f"<p>{say('starting', encoder=best.encoder)}</p>"
        reload = RELOAD_SECONDS
    elif best is not None:
        body = f"<p>{escape(_offer(best, services, words))}</p><p>{say('how')}</p>"
        body += _buttons(words, may_start, best.name, dismiss=True)
        if failure:
            body += f"<p><code>{escape(failure)}</code></p>"
    else:
        body = f"<p>{say('now', encoder=services.library.encoder_name or '')}</p>"
    return plain_page(words, words.say("eyes.title"), body, reload_seconds=reload)


def _offer(best: Choice, services: PageServices, words: Words) -> str:
    photos = services.library.counts().present
    key = "eyes.offer_here" if best.here else "eyes.offer"
    return words.say(
        key,
        encoder=best.encoder,
        size=f"{best.gigabytes:.1f}",
        minutes=max(1, round(best.minutes or 0)),
        photos=f"{photos:,}",
    )


def _progress(coming: UnderWay, words: Words) -> str:
    said = words.say("eyes.coming", done=f"{coming.done:,}", total=f"{coming.total:,}")
    return (
        f"<p>{escape(coming.encoder)}: {escape(said)}</p>"
        f'<p><progress value="{coming.done}" max="{coming.total}">{coming.done}</progress></p>'
    )


def _buttons(words: Words, may_start: bool, encoder: str, *, dismiss: bool) -> str:
    def form(action: str, key: str) -> str:
        said = escape(words.say(f"eyes.{key}"))
        return f'<form method="post" action="{PATH}/{action}"><button>{said}</button></form>'

    command = f"photopal encoder use {encoder}"
    told = f"<p>{escape(words.say('eyes.command'))} <code>{escape(command)}</code></p>"
    parts = [form("start", "start")] if may_start else []
    parts += [form("dismiss", "dismiss")] if dismiss else []
    return f'<div class="choices">{"".join(parts)}</div>{told}'


def _log() -> Path:
    return home() / "encoder-use.log"


def just_started() -> bool:
    """Whether a process was started lately that has not told of its end."""
    try:
        recent = time.time() - _log().stat().st_mtime < DOWNLOAD_SECONDS
        said = _log().read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return recent and not _failure() and DONE not in said


def _failure() -> str:
    """The line that the last start ended with, when it failed; "" otherwise."""
    try:
        lines = _log().read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line for line in reversed(lines) if line.startswith("photopal: ")), "")
