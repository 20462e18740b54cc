"""``photopal history``: the chats that the page kept."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.options import DebugOption, JsonOption, LibraryOption, flag, load_settings
from bot.cli.output import counted, note, results

if TYPE_CHECKING:
    from bot.history import History, KeptChat, KeptMessage
    from bot.settings import Settings
    from retrieval.library import Library, Photo

HELP = "The chats that the page kept: list, show, search, export, delete."
SHORT_ID = 8
VIEW_SIDE = 1600
THUMBNAIL_SIDE = 512

ChatArgument = Annotated[
    str, typer.Argument(metavar="CHAT", help="Its id, or the beginning of it.")
]


def build_history() -> typer.Typer:
    """The commands under ``photopal history``."""
    app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="rich")
    app.command("list")(list_chats)
    for command in (show, search, export, delete):
        app.command(command.__name__)(command)
    return app


def list_chats(
    count: Annotated[
        int | None,
        typer.Option("-k", "--count", metavar="K", min=1, help="How many; all unless said."),
    ] = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """List the chats, the newest first."""
    _list("", count, as_json)


def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="What it was about.")],
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Find chats in which all of these words occur."""
    _list(" ".join(words), None, as_json)


def show(
    context: typer.Context,
    chat: ChatArgument,
    as_json: JsonOption = False,
    library: LibraryOption = None,
    debug: DebugOption = False,
) -> None:
    """Show one chat: what was said, and the files of the photos that were shown."""
    with results(as_json) as out, open_history() as history:
        found = _find(history, chat)
        messages = history.messages(found.id)
        photos = _photos(load_settings(context, library=library), found, messages)

        def picture_of(one: "KeptMessage") -> "Path | None":
            return history.pictures.path(found.id, one.picture)

        if as_json:
            out.json(
                {
                    **_chat_as_json(history, found),
                    "messages": [_message_as_json(one, photos, picture_of) for one in messages],
                }
            )
            return
        out.line(f"{found.title}  ({found.started_at[:16].replace('T', ' ')})")
        for one in messages:
            out.line(f"{'you' if one.author == 'user' else 'Photopal'}: {one.text}")
            if (shown := picture_of(one)) is not None:
                out.line(f"    showed: {shown}")
            for path in _paths(one, "photos", photos):
                out.line(f"    {path}")
            for path in _paths(one, "shared", photos):
                out.line(f"    shared: {path}")


def export(
    context: typer.Context,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="A .json or an .html file.")
    ],
    chats: Annotated[
        list[str] | None, typer.Argument(metavar="[CHAT]…", help="Which; all unless said.")
    ] = None,
    large: Annotated[
        bool, flag("--large", help="Large photos in the page instead of small ones.")
    ] = False,
    as_json: JsonOption = False,
    library: LibraryOption = None,
    debug: DebugOption = False,
) -> None:
    """Write chats to a file, by its name.

    FILE.json holds dialogues in PhotoChat's format, which replay, evaluate and train read.
    FILE.html is a page with the photos in it, without location or camera data.
    """
    from retrieval.files import PRIVATE, write_text

    if output.suffix.lower() not in (".json", ".html"):
        raise typer.BadParameter("the file must end in .json or .html", param_hint="--output")
    settings = load_settings(context, library=library)
    with results(as_json) as out, open_history() as history:
        chosen = [_find(history, one) for one in chats] if chats else history.chats()
        kept = [(one, history.messages(one.id)) for one in chosen]
        if output.suffix.lower() == ".json":
            text, written = _as_json(settings, kept)
        else:
            side = VIEW_SIDE if large else THUMBNAIL_SIDE
            text, written = _as_html(settings, history, kept, side)
        write_text(output.expanduser(), text, mode=PRIVATE)
        if as_json:
            out.json({"file": str(output), "chats": len(kept), **written})
        else:
            out.line(f"{counted(len(kept), 'chat')} written to {output}")


def delete(
    chats: Annotated[
        list[str] | None, typer.Argument(metavar="[CHAT]…", help="Which chats.")
    ] = None,
    everything: Annotated[bool, flag("--all", help="All chats of everybody.")] = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Delete chats for good; no photo is touched."""
    if bool(chats) == everything:
        raise typer.BadParameter("name the chats, or say --all", param_hint="CHAT")
    with results(as_json) as out, open_history() as history:
        if everything:
            deleted = history.delete_all()
        else:
            # All are found before any is deleted: a wrong name deletes nothing.
            found = {_find(history, one).id for one in chats or []}
            for chat_id in found:
                history.delete(chat_id)
            deleted = len(found)
        if as_json:
            out.json({"deleted": deleted})
        else:
            out.line(f"{counted(deleted, 'chat')} deleted")


# -- inside ---------------------------------------------------------------------------------


@contextlib.contextmanager
def open_history() -> "Iterator[History]":
    """The history. Raises HistoryNotFound where nothing was kept yet."""
    from bot.history import History, history_path
    from bot.settings import Settings

    with History.open(Settings.load().history or history_path(), create=False) as history:
        yield history


def _find(history: "History", beginning: str) -> "KeptChat":
    """The one chat whose id begins so. Raises ChatNotFound."""
    from bot.errors import ChatNotFound

    found = [one for one in history.chats() if beginning and one.id.startswith(beginning.lower())]
    if len(found) != 1:
        many = "more than one chat begins" if found else "no chat begins"
        raise ChatNotFound(f"{many} with {beginning}: photopal history list shows the ids")
    return found[0]


def _list(words: str, count: int | None, as_json: bool) -> None:
    with results(as_json) as out, open_history() as history:
        found = history.chats(search=words, first=count)
        if as_json:
            out.json({"chats": [_chat_as_json(history, one) for one in found]})
            return
        for one in found:
            messages = counted(history.count_messages(one.id), "message")
            when = one.changed_at[:16].replace("T", " ")
            out.line(f"{one.id[:SHORT_ID]}  {when}  {one.title}  ({messages})")
        if not found:
            out.line("No chat was found." if words else "No chat was kept yet.")


def _chat_as_json(history: "History", chat: "KeptChat") -> dict[str, Any]:
    return {
        "id": chat.id,
        "title": chat.title,
        "owner": chat.owner,
        "library": chat.library,
        "started_at": chat.started_at,
        "changed_at": chat.changed_at,
        "count": history.count_messages(chat.id),
    }


def _message_as_json(
    message: "KeptMessage",
    photos: "Mapping[int, Photo]",
    picture_of: "Callable[[KeptMessage], Path | None]",
) -> dict[str, Any]:
    picture = picture_of(message)
    return {
        "author": message.author,
        "text": message.text,
        "said_at": message.said_at,
        "photos": _paths(message, "photos", photos),
        "shared": _paths(message, "shared", photos),
        "picture": None if picture is None else str(picture),
    }


def _paths(message: "KeptMessage", kind: str, photos: "Mapping[int, Photo]") -> list[str]:
    ids = [one["photo_id"] for one in (message.reply or {}).get(kind, [])]
    return [str(photos[one].path) for one in ids if one in photos]


@contextlib.contextmanager
def open_library(settings: "Settings") -> "Iterator[Library | None]":
    """The library, if there is one: chats are listed and shown without it, too."""
    from retrieval.errors import LibraryError
    from retrieval.library import Library

    try:
        library = Library.read(settings.library_path)
    except LibraryError as error:
        note(f"photopal: without the photos: {error}")
        yield None
        return
    with library:
        yield library


def _photos(
    settings: "Settings", chat: "KeptChat", messages: "list[KeptMessage]"
) -> "Mapping[int, Photo]":
    with open_library(settings) as library:
        if library is None:
            return {}
        if library.uid != chat.library:
            note(f"photopal: chat {chat.id[:SHORT_ID]} is about another library (--library PATH)")
            return {}
        from bot.history.records import present_photos

        return present_photos(library, [one for each in messages for one in each.photo_ids])


def _as_json(
    settings: "Settings", kept: "list[tuple[KeptChat, list[KeptMessage]]]"
) -> tuple[str, dict[str, int]]:
    from bot.history.export import photochat_dialogues

    dialogues = [
        dialogue
        for chat, messages in kept
        for dialogue in photochat_dialogues(chat, messages, _photos(settings, chat, messages))
    ]
    text = json.dumps(dialogues, ensure_ascii=False, indent=1) + "\n"
    return text, {"dialogues": len(dialogues)}


def _as_html(
    settings: "Settings",
    history: "History",
    kept: "list[tuple[KeptChat, list[KeptMessage]]]",
    side: int,
) -> tuple[str, dict[str, int]]:
    from bot.history.export import html_page
    from retrieval.errors import RetrievalError
    from retrieval.photos.export import shareable_copy

    count = 0

    def picture(photo: "Photo") -> bytes | None:
        nonlocal count
        try:
            data = shareable_copy(photo.path, max_side=side)
        except RetrievalError:
            return None
        count += 1
        return data

    pages = [(chat, messages, _photos(settings, chat, messages)) for chat, messages in kept]
    text = "".join(html_page(pages, picture, history.pictures.read))
    return text, {"photos": count}
