"""``photopal index``: take folders of photos into the library, or bring it up to date."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.factories import open_encoder, with_encoder_of
from bot.cli.index_state import chosen_index
from bot.cli.indexing import index_with_progress, print_report
from bot.cli.options import (
    DebugOption,
    EncoderOption,
    JsonOption,
    LibraryOption,
    flag,
    load_settings,
)
from bot.cli.output import note, results
from retrieval.errors import FolderNotFound, LibraryNotFound, PhotosMissing

if TYPE_CHECKING:
    from bot.settings import Settings


def index(
    context: typer.Context,
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Folders of photos, with all that is below them. "
            "Default: those that were indexed before.",
            metavar="FOLDER",
            show_default=False,
        ),
    ] = None,
    rebuild: Annotated[bool, flag("--rebuild", help="Embed every photo again.")] = False,
    remove_missing: Annotated[
        bool,
        flag(
            "--remove-missing",
            help="Take missing photos out even if a folder lost most of them at once.",
        ),
    ] = False,
    as_json: JsonOption = False,
    user: Annotated[
        str | None,
        typer.Option("--user", metavar="NAME", help="Into the library of an account of the page."),
    ] = None,
    vectors: Annotated[
        str | None,
        typer.Option(
            "--vectors",
            metavar="URL",
            help="Keep the vector index on a Milvus server, http://host:19530/name, from now on; "
            "local brings it back.",
        ),
    ] = None,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    debug: DebugOption = False,
) -> None:
    """Take folders of photos into the library.

    Only new and changed photos are read; renamed ones are followed, deleted ones dropped.
    """
    if user is not None:
        from bot.accounts import Accounts

        if library is not None:
            raise typer.BadParameter("--user names a library already: leave --library away")
        library = str(Accounts().find(user).library)
    settings = load_settings(context, library=library, encoder=encoder, vectors=vectors)
    chosen = [folder.expanduser() for folder in folders or []]
    for folder in chosen:
        if not folder.is_dir():
            raise FolderNotFound(
                f"{folder} is {'not a folder' if folder.exists() else 'not there: no such folder'}"
            )
    with results(as_json) as out:
        from retrieval.library import Library

        settings = _with_encoder(chosen, settings, rebuild)
        embedder = open_encoder(settings.encoder)
        with Library.open(settings.library_path, create=True) as books:
            report = index_with_progress(
                books,
                embedder,
                chosen,
                index=chosen_index(books, settings, vectors),
                rebuild=rebuild,
                remove_missing=remove_missing,
            )
        if as_json:
            out.json(report.as_dict())
        else:
            print_report(out, report)
    if report.behind is not None:
        note("photopal: all is in the library; the vector server gets it at the next index")
    if report.lost:
        raise PhotosMissing("; ".join(str(loss) for loss in report.lost))
    if report.behind is not None:
        raise report.behind


def _with_encoder(folders: list[Path], settings: "Settings", rebuild: bool) -> "Settings":
    """Settings with the encoder that made the library; without one, a folder must be named."""
    from retrieval.library import Library

    try:
        with Library.read(settings.library_path) as books:
            known = books.roots()
            if not rebuild:
                settings = with_encoder_of(books, settings)
    except LibraryNotFound:
        known = []
    if not folders and not known:
        raise typer.BadParameter("name a folder of photos, such as ~/Pictures")
    return settings
