"""``photopal feedback``: what was learned from shares, favourites, thumbs and "not this"."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.history import SHORT_ID, open_history, open_library
from bot.cli.options import DebugOption, JsonOption, LibraryOption, flag, load_settings
from bot.cli.output import counted, results

if TYPE_CHECKING:
    from bot.history import KeptFeedback
    from bot.settings import Settings
    from retrieval.library import Photo

HELP = "What was learned from shares, favourites, thumbs and “not this”: list, export, forget."
SAID = {
    "share": "shared",
    "favourite": "favourite",
    "up": "liked",
    "not_this": "not this",
    "down": "not liked",
}

IdsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ID]…", help="Which, by their ids or the beginnings of them."),
]


def build_feedback() -> typer.Typer:
    """The commands under ``photopal feedback``."""
    app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="rich")
    app.command("list")(list_feedback)
    for command in (export, forget):
        app.command(command.__name__)(command)
    return app


def list_feedback(
    context: typer.Context,
    as_json: JsonOption = False,
    library: LibraryOption = None,
    debug: DebugOption = False,
) -> None:
    """List what was said of photos, the newest first."""
    with results(as_json) as out, open_history() as history:
        found = history.feedback()
        photos = _photos(load_settings(context, library=library), found)
        if as_json:
            out.json({"feedback": [_as_json(one, photos) for one in found]})
            return
        for one in found:
            when = one.given_at[:16].replace("T", " ")
            photo = _path(one, photos) or "(a photo that is gone, or of another library)"
            said = f"{SAID[one.kind]:9}"
            out.line(f"{one.id[:SHORT_ID]}  {when}  {said}  {one.query or '(no words)'}  {photo}")
        if not found:
            out.line("Nothing was learned yet.")


def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Gets a JSON object a line.")],
    as_json: JsonOption = False,
    library: LibraryOption = None,
    debug: DebugOption = False,
) -> None:
    """Write pairs to train on: {"query", "photo", "label": 1 or 0, …} a line.

    [bold]photopal train --feedback FILE[/bold] reads them.
    """
    from bot.history.pairs import pairs_of
    from retrieval.files import PRIVATE, write_text

    with results(as_json) as out, open_history() as history:
        found = history.feedback()
        pairs, left_out = pairs_of(found, _photos(load_settings(context, library=library), found))
        lines = [json.dumps(one.as_dict(), ensure_ascii=False) for one in pairs]
        write_text(file.expanduser(), "".join(f"{line}\n" for line in lines), mode=PRIVATE)
        if as_json:
            out.json({"file": str(file), "pairs": len(pairs), "left_out": left_out})
            return
        out.line(f"{counted(len(pairs), 'pair')} written to {file}")
        for reason, count in left_out.items():
            out.line(f"left out: {count:,}, {reason}")


def forget(
    ids: IdsArgument = None,
    chat: Annotated[
        str | None, typer.Option("--chat", metavar="CHAT", help="All of one chat.")
    ] = None,
    everything: Annotated[bool, flag("--all", help="All of everybody.")] = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Delete what was learned, for good; chats and photos stay."""
    if sum((bool(ids), chat is not None, everything)) != 1:
        raise typer.BadParameter("name ids, or say --chat CHAT, or --all", param_hint="ID")
    with results(as_json) as out, open_history() as history:
        known = history.feedback()
        if chat is not None:
            chosen = [one for one in known if one.chat_id.startswith(chat.lower())]
            _require_one({one.chat_id for one in chosen}, chat, "chat")
        elif everything:
            chosen = known
        else:
            chosen = [_found(known, one) for one in ids or []]
        deleted = history.forget_feedback([one.id for one in chosen])
        if as_json:
            out.json({"deleted": deleted})
        else:
            out.line(f"{counted(deleted, 'thing')} forgotten")


# -- inside ---------------------------------------------------------------------------------


def _found(known: "list[KeptFeedback]", beginning: str) -> "KeptFeedback":
    """The one whose id begins so. Raises FeedbackNotFound."""
    found = [one for one in known if beginning and one.id.startswith(beginning.lower())]
    _require_one({one.id for one in found}, beginning, "feedback")
    return found[0]


def _require_one(ids: set[str], beginning: str, what: str) -> None:
    from bot.errors import FeedbackNotFound

    if len(ids) != 1 or not beginning:
        many = f"more than one {what} begins" if ids else f"no {what} with feedback begins"
        raise FeedbackNotFound(f"{many} with {beginning}: photopal feedback list --json shows ids")


def _photos(settings: "Settings", feedback: "Iterable[KeptFeedback]") -> "Mapping[int, Photo]":
    """The photos of the library in use that were judged; those of others are none of its own."""
    from bot.history.records import present_photos

    with open_library(settings) as library:
        if library is None:
            return {}
        wanted = [one.photo_id for one in feedback if one.library == library.uid]
        return present_photos(library, wanted)


def _path(feedback: "KeptFeedback", photos: "Mapping[int, Photo]") -> str:
    from bot.history.pairs import judged_photo

    photo = judged_photo(feedback, photos)
    return "" if photo is None else str(photo.path)


def _as_json(feedback: "KeptFeedback", photos: "Mapping[int, Photo]") -> dict[str, Any]:
    return {
        "id": feedback.id,
        "chat": feedback.chat_id,
        "owner": feedback.owner,
        "kind": feedback.kind,
        "label": int(feedback.is_liked),
        "query": feedback.query,
        "looked_for": dict(feedback.looked_for),
        "photo_id": feedback.photo_id,
        "photo": _path(feedback, photos) or None,
        "given_at": feedback.given_at,
    }
