"""``photopal export``: write the library into a file that another machine can take in."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import (
    DebugOption,
    JsonOption,
    LibraryOption,
    UserOption,
    library_of,
    load_settings,
)
from bot.cli.output import counted, results, working


def export(
    context: typer.Context,
    target: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A new .zip, or a new folder."),
    ],
    user: UserOption = None,
    as_json: JsonOption = False,
    library: LibraryOption = None,
    debug: DebugOption = False,
) -> None:
    """Write all that the library knows, and its vectors, into a .zip or a folder; no photo.

    On another machine, photopal import takes it in, and nothing is embedded again.
    """
    from retrieval.library import Library
    from retrieval.transfer import export_library

    settings = load_settings(context, library=library_of(user, library))
    with results(as_json) as out, Library.read(settings.library_path) as books:
        with working("Exporting …"):
            report = export_library(books, target)
        if as_json:
            out.json(
                {
                    "path": str(report.path),
                    "photos": report.photos,
                    "vectors": report.vectors,
                    "bytes": report.size,
                }
            )
        else:
            size = f"{report.size / 1e6:,.1f} MB"
            out.line(f"{counted(report.photos, 'photo')} in {report.path}, {size}")
            out.line(f"There: photopal import {report.path.name}")
