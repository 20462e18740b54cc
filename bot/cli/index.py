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
    UserOption,
    flag,
    library_of,
    load_settings,
)
from bot.cli.output import note, results
from bot.cli.texts import choose_reading, print_texts, read_new_texts
from retrieval.errors import FolderNotFound, LibraryNotFound, PhotosMissing
from retrieval.photos.remote import RemotePath, path_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.settings import Settings
    from retrieval.indexing import IndexReport


def index(
    context: typer.Context,
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            parser=path_from,
            help="Folders of photos, with all that is below them, or addresses in object storage "
            "(s3://bucket/photos). Default: those that were indexed before.",
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
    watch: Annotated[
        bool, flag("--watch", help="Go on, and take in what changes, until Ctrl-C.")
    ] = False,
    no_wait: Annotated[
        bool, flag("--no-wait", help="Fail at once while another process writes the library.")
    ] = False,
    ocr: Annotated[
        bool | None,
        flag(
            "--ocr/--no-ocr",
            help="Read the text in photos, too, also in later runs; or no longer. "
            "Needs photopal[ocr].",
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            "--engine", metavar="NAME", help="Embed in worker processes of an engine: daft."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", metavar="N", min=1, max=1024, help="Worker processes of the engine."
        ),
    ] = None,
    as_json: JsonOption = False,
    user: UserOption = None,
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
    While another process writes to the library, this one waits for it.
    """
    library = library_of(user, library)
    settings = load_settings(context, library=library, encoder=encoder, vectors=vectors)
    chosen = [folder.expanduser() for folder in folders or []]
    for folder in chosen:
        if isinstance(folder, RemotePath):
            folder.check_folder()
        elif not folder.is_dir():
            raise FolderNotFound(
                f"{folder} is {'not a folder' if folder.exists() else 'not there: no such folder'}"
            )
    with results(as_json) as out:
        from retrieval.library import Library
        from retrieval.library.connection import FOREVER

        settings = _with_encoder(chosen, settings)
        run = _bulk_run(engine, workers, settings.encoder)
        embedder = open_encoder(settings.encoder)
        patience = 0.0 if no_wait else FOREVER
        with Library.open(
            settings.library_path, create=True, patience=patience, on_wait=_say_that_it_waits
        ) as books:
            with books.writing(patience=patience, on_wait=_say_that_it_waits):
                choose_reading(books, ocr)
                report = index_with_progress(
                    books,
                    embedder,
                    chosen,
                    index=chosen_index(books, settings, vectors),
                    run=run,
                    rebuild=rebuild,
                    remove_missing=remove_missing,
                )
                texts = read_new_texts(books, asked=bool(ocr))
            if as_json:
                out.json({**report.as_dict(), "text": texts.as_dict() if texts else None})
            else:
                print_report(out, report)
                if texts is not None:
                    print_texts(out, texts)
            if watch:
                from bot.cli.watching import watch as watch_folders

                watch_folders(out, books, embedder, chosen)
                return
    if report.behind is not None:
        note("photopal: all is in the library; the vector server gets it at the next index")
    if report.lost:
        raise PhotosMissing("; ".join(str(loss) for loss in report.lost))
    if report.behind is not None:
        raise report.behind


def _bulk_run(
    engine: str | None, workers: int | None, encoder: str
) -> "Callable[..., IndexReport] | None":
    """What indexes with an engine; None without one."""
    if engine is None:
        if workers is not None:
            raise typer.BadParameter("--workers needs --engine")
        return None
    from functools import partial

    from retrieval.bulk import index_in_bulk, open_engine
    from retrieval.encoders import load_encoder

    return partial(
        index_in_bulk,
        engine=open_engine(engine),
        load=partial(load_encoder, encoder),
        workers=workers,
    )


def _with_encoder(folders: list[Path], settings: "Settings") -> "Settings":
    """Settings with the encoder that made the library; without one, a folder must be named."""
    from retrieval.library import Library

    try:
        with Library.read(settings.library_path) as books:
            known = books.roots()
            settings = with_encoder_of(books, settings)
    except LibraryNotFound:
        known = []
    if not folders and not known:
        raise typer.BadParameter("name a folder of photos, such as ~/Pictures")
    return settings


def _say_that_it_waits() -> None:
    note(
        "photopal: another process writes to the library; waiting until it is done "
        "(--no-wait does not)"
    )
