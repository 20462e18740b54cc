"""``photopal import``: take in what ``photopal export`` wrote."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import (
    DebugOption,
    JsonOption,
    LibraryOption,
    UserOption,
    library_of,
    load_settings,
)
from bot.cli.output import counted, note, results, working

if TYPE_CHECKING:
    from retrieval.transfer import ImportReport


def import_library(
    context: typer.Context,
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="What photopal export wrote: a .zip or a folder.")
    ],
    roots: Annotated[
        list[str] | None,
        typer.Option(
            "--root",
            metavar="OLD=NEW",
            help="Where a folder of the export is now; NEW alone when it has only one.",
        ),
    ] = None,
    user: UserOption = None,
    as_json: JsonOption = False,
    library: LibraryOption = None,
    debug: DebugOption = False,
) -> None:
    """Take an exported library in; nothing is embedded again.

    Folders are looked for where they were, and beside the export. Into a library that is there,
    photos are added; those whose path it knows keep what it knows, and take over marks.
    """
    from retrieval.library import Library
    from retrieval.transfer import import_library as take_in
    from retrieval.vectors import open_index

    settings = load_settings(context, library=library_of(user, library))
    chosen = dict(_root(one) for one in roots or [])
    with results(as_json) as out:
        with working("Importing …"):
            report = take_in(source, settings.library_path, chosen)
            with Library.read(settings.library_path) as books:
                index = open_index(books)
                index.sync(books)
                index.save()
        for root in report.roots:
            if not root.holds_them:
                note(f"photopal: none of the photos of {root.was} was found in {root.path}")
        if as_json:
            out.json(_as_json(report))
        else:
            known = f", {report.known:,} were known" if report.known else ""
            out.line(f"{counted(report.added, 'photo')} taken in{known}: {report.library}")
            for root in report.roots:
                out.line(f"  {root.path}" + (f"  (was {root.was})" if _moved(root) else ""))
            if report.outside:
                out.line(f"  {counted(report.outside, 'photo')} in no indexed folder left out")


def _root(text: str) -> tuple[str, Path]:
    """OLD and NEW; the last "=" parts them, since a path may hold one."""
    old, parted, new = text.rpartition("=")
    if not new.strip() or (parted and not old.strip()):
        raise typer.BadParameter(f"--root {text}: say OLD=NEW, such as /old/Pictures=~/Pictures")
    return old, Path(new)


def _moved(root: object) -> bool:
    return str(getattr(root, "path", "")) != getattr(root, "was", "")


def _as_json(report: "ImportReport") -> dict[str, object]:
    return {
        "library": str(report.library),
        "photos": report.photos,
        "added": report.added,
        "known": report.known,
        "outside": report.outside,
        "folders": [
            {"was": one.was, "path": str(one.path), "photos": one.photos, "found": one.holds_them}
            for one in report.roots
        ],
    }
