"""``photopal talk``: the chat in the terminal."""

import json
import sys
from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.options import (
    BaseUrlOption,
    DebugOption,
    EncoderOption,
    JsonOption,
    LibraryOption,
    ModelOption,
    OfflineOption,
    load_settings,
)
from bot.cli.output import Results, note, one_line, results
from bot.errors import BotError

if TYPE_CHECKING:
    from bot.assistant import Assistant, Choices, Reply, Session

MAX_LINE_CHARS = 1_000_000
PROMPT = "you: "


class MessageInvalid(BotError):
    """A line of ``talk --json`` is no message."""


def talk(
    context: typer.Context,
    as_json: JsonOption = False,
    now: Annotated[
        datetime | None,
        typer.Option(
            "--now", formats=["%Y-%m-%d"], metavar="DATE", help="The day that counts as today."
        ),
    ] = None,
    k: Annotated[
        int, typer.Option("-k", "--count", metavar="K", min=1, max=12, help="Photos an answer.")
    ] = 6,
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
    offline: OfflineOption = False,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    debug: DebugOption = False,
) -> None:
    """Chat in the terminal: ask for photos, narrow down, have one shared.

    With --json one object a line comes in, {"say": "…"} or {"reset": true}, and one goes out.
    """
    from bot.assistant.loading import load_assistant

    settings = load_settings(
        context,
        library=library,
        encoder=encoder,
        base_url=base_url,
        model=model,
        offline=offline,
    )
    today = now.date() if now else None
    with results(as_json) as out:
        loaded = load_assistant(settings)
        choices = loaded.choices(photos=k)
        if as_json:
            _json_talk(out, loaded.assistant, choices, today)
        else:
            _terminal_talk(out, loaded.assistant, choices, today)


def _json_talk(
    out: Results, assistant: "Assistant", choices: "Choices", today: date | None
) -> None:
    session = _session(today)
    for line in _lines():
        if not line.strip():
            continue
        try:
            message = _message(line)
            if message is None:
                session = _session(today)
                out.json({"reset": True})
                continue
            reply = assistant.respond(session, message, choices)
        except MessageInvalid as error:
            out.json({"error": one_line(str(error))})
        else:
            out.json({**reply.as_dict(), "text": _words(assistant, session, reply)})


def _message(line: str) -> str | None:
    """What a line says; None for a reset. Raises MessageInvalid."""
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise MessageInvalid('this line is no JSON: send {"say": "…"}') from None
    if isinstance(value, dict) and value.get("reset") is True:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("say"), str):
        raise MessageInvalid('send {"say": "…"} or {"reset": true}')
    return str(value["say"])


def _terminal_talk(
    out: Results, assistant: "Assistant", choices: "Choices", today: date | None
) -> None:
    session = _session(today)
    if sys.stdin.isatty():
        note("Say what photo you are thinking of; Ctrl-D ends.")
    for line in _lines(PROMPT if sys.stdin.isatty() else None):
        if not line.strip():
            continue
        reply = assistant.respond(session, line, choices)
        out.line(f"photopal: {_words(assistant, session, reply)}")
        if reply.filter_words:
            out.line(f"  [{reply.filter_words}]")
        for photo in reply.photos:
            known = ", ".join(filter(None, ((photo.taken_at or "")[:10], photo.place)))
            out.line(f"  {photo.rank}. {photo.path}" + (f"  ({known})" if known else ""))
        for shared in reply.shared:
            out.line(f"  -> {shared.copy}")
        if reply.notice:
            note(reply.notice)


def _words(assistant: "Assistant", session: "Session", reply: "Reply") -> str:
    """The reply's text; an LLM's where it is to write it."""
    if reply.request is None:
        return f"{reply.text} {reply.saved}".strip()
    text = assistant.written(session, reply.request)
    return f"{reply.text} {text}".strip()


def _session(today: date | None) -> "Session":
    from bot.assistant import Session

    return Session(now=today)


def _lines(prompt: str | None = None) -> Iterator[str]:
    """Lines of standard input as they come; bytes that are no UTF-8 are replaced."""
    if prompt is not None:
        while True:
            try:
                yield input(prompt)
            except EOFError:
                return
    stream = sys.stdin.buffer
    while line := stream.readline(MAX_LINE_CHARS):
        yield line.decode("utf-8", "replace").rstrip("\r\n")
