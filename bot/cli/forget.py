"""``photopal forget``: take a folder and its photos out of the library."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import DebugOption, JsonOption, LibraryOption, load_settings
from bot.cli.output import counted, results
from retrieval.photos.remote import path_from, real_path


def forget(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(
            parser=path_from,
            metavar="FOLDER",
            help="A folder that was indexed; it need not be there.",
        ),
    ],
    as_json: JsonOption = False,
    library: LibraryOption = None,
    debug: DebugOption = False,
) -> None:
    """Take a folder and its photos out of the library; the files are not touched."""
    from retrieval.library import Library
    from retrieval.vectors import open_index, save_index

    settings = load_settings(context, library=library)
    # Folders are remembered by their real paths; one that is gone is still found by its name.
    chosen = real_path(folder)
    with results(as_json) as out, Library.open(settings.library_path) as books:
        index = open_index(books, settings.vectors, settings.vector_token)
        with books.writing():
            forgotten = books.forget_folder(chosen)
            index.sync(books)
            behind = save_index(index)
        left = books.roots()
        if as_json:
            out.json(
                {
                    "folder": str(chosen),
                    "forgotten": forgotten,
                    "folders": [str(root) for root in left],
                }
            )
        else:
            photos = counted(forgotten, "photo")
            out.line(f"{photos} of {chosen} taken out of the library; no file was touched")
    if behind is not None:
        raise behind
