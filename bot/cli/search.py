"""``photopal search``: photos for a text."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.factories import open_searcher
from bot.cli.format import hits_as_json, print_hits
from bot.cli.options import (
    CollapseOption,
    CountOption,
    CutoffOption,
    DebugOption,
    EncoderOption,
    JsonOption,
    LibraryOption,
    load_settings,
)
from bot.cli.output import Results, results
from bot.cli.stdin import batches_of_lines
from bot.cli.terms import Asked, Term, query_texts
from retrieval.errors import EmptyQuery
from retrieval.photos.remote import path_from

if TYPE_CHECKING:
    from retrieval.library import Library, Photo
    from retrieval.search import Filter, Query, Searcher, SearchOptions, SearchResult

_READ_AT_ONCE = 500


def search(
    context: typer.Context,
    text: Annotated[
        list[str] | None,
        typer.Argument(
            help="What the photo shows, 2:night counting twice; - reads one query a line.",
            metavar="TEXT",
            show_default=False,
        ),
    ] = None,
    k: CountOption = 10,
    cutoff: CutoffOption = False,
    collapse: CollapseOption = False,
    after: Annotated[
        datetime | None,
        typer.Option(
            "--after", metavar="DAY", formats=["%Y-%m-%d"], help="Taken on this day or later."
        ),
    ] = None,
    before: Annotated[
        datetime | None,
        typer.Option(
            "--before", metavar="DAY", formats=["%Y-%m-%d"], help="Taken on this day or earlier."
        ),
    ] = None,
    folders: Annotated[
        list[Path] | None,
        typer.Option(
            "--in", parser=path_from, metavar="FOLDER", help="In this folder or below it."
        ),
    ] = None,
    favourites: Annotated[
        bool, typer.Option("--favourites", help="Only photos marked as favourites.")
    ] = False,
    images: Annotated[
        list[str] | None,
        typer.Option(
            "--image",
            "--like",
            metavar="PHOTO",
            help="Like this picture, a file or a photo's id (search --json); TEXT adds to it.",
        ),
    ] = None,
    minus: Annotated[
        list[str] | None,
        typer.Option("--minus", metavar="TEXT", help="Not showing this, as far as can be seen."),
    ] = None,
    as_json: JsonOption = False,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    debug: DebugOption = False,
) -> None:
    """Find the photos that fit a text, best first.

    Days are written as 2019-12-31; photos whose day is not known are left out then. Without a text
    all photos of a time, a folder or your favourites come, the newest first.

    --image and --minus may be given several times, and texts may have weights: "a beach" 2:night
    --minus 0.5:people. A weight is a number below 10 at the beginning of an argument, with a colon
    and a letter after it; 10:30 and 2:1 are words.
    """
    if after and before and after > before:
        raise typer.BadParameter("--after is later than --before: no photo can match")
    settings = load_settings(context, library=library, encoder=encoder)
    asked = Asked.read(text or (), images or (), minus or ())
    if images and text == ["-"]:
        raise typer.BadParameter("--image takes one text, not lines of standard input")
    if asked.minus and not asked.texts and not images:
        raise typer.BadParameter("--minus needs a text or an --image beside it")
    named = favourites or after or before or folders
    if not text and not images and not named:
        raise typer.BadParameter("say what the photo shows, as in photopal search a cat")
    if not asked.texts and not images and not named:
        raise EmptyQuery("the query is empty: say what the photo shows")
    with results(as_json) as out:
        searcher = open_searcher(settings)
        from retrieval.search import SearchOptions

        chosen = _filter(after, before, folders or [], favourites)
        options = SearchOptions(k, cutoff, collapse, chosen)
        if images:
            from bot.cli.like import like_query

            query, own = like_query(searcher, asked)
            others = replace(options, filter=replace(chosen, exclude=own))
            _show(out, asked, searcher.search(query, others), collapse, headed=False)
        elif not asked.texts:
            found = all_of_filter(searcher.library, options)
            _show(out, asked, found, collapse, headed=False)
        elif text == ["-"]:
            for lines in batches_of_lines():
                _answer(out, searcher, [asked.of_line(line.strip()) for line in lines], options)
        else:
            _show(out, asked, searcher.search(_query(asked), options), collapse, headed=False)


def all_of_filter(library: "Library", options: "SearchOptions") -> "SearchResult":
    """The photos that a filter lets through, the newest first, where no text was given."""
    from retrieval.search import SearchResult
    from retrieval.search.hits import Hit
    from retrieval.search.sureness import Sure

    ids = library.ids_in_order_of_time(options.filter)[::-1].tolist()
    there: list[Photo] = []
    for start in range(0, len(ids), _READ_AT_ONCE):
        some = ids[start : start + _READ_AT_ONCE]
        known = library.photos(some)
        there += [known[one] for one in some if one in known and known[one].path.is_file()]
        if len(there) >= options.k:
            break
    hits = tuple(
        Hit(rank, photo.id, photo.path, 0.0)
        for rank, photo in enumerate(there[: options.k], start=1)
    )
    return SearchResult(hits, len(ids), 0.0, not hits, sure=Sure.FITS if hits else Sure.NONE)


def _filter(
    after: datetime | None, before: datetime | None, folders: list[Path], favourites: bool
) -> "Filter":
    from retrieval.search import DateRange, Filter

    days = DateRange(after.date() if after else None, before.date() if before else None)
    dates = (days,) if after or before else ()
    return Filter(dates=dates, folders=tuple(folders), favourite=favourites)


def _query(asked: Asked) -> "Query":
    """The query of texts; words of asking ("show me the photo of") are not searched for."""
    from bot.describe.query import weighted_query
    from bot.intent.asking import content_of

    said = [Term(content_of(one.text) or one.text, one.weight) for one in asked.texts]
    return weighted_query(query_texts(said), exclude=query_texts(asked.minus))


def _answer(
    out: Results, searcher: "Searcher", lines: list[Asked], options: "SearchOptions"
) -> None:
    """Answer every line in its order; an empty one gets an empty answer, so that lines match."""
    queries = [_query(line) for line in lines if line.query]
    found = iter(searcher.search_many(queries, options) if queries else [])
    for line in lines:
        if line.query:
            _show(out, line, next(found), options.collapse, headed=True)
        elif out.as_json:
            out.json({"query": "", "results": [], "error": "the query is empty"})


def _show(
    out: Results,
    asked: Asked,
    result: "SearchResult",
    collapsed: bool,
    *,
    headed: bool,
) -> None:
    if not out.as_json:
        if headed:
            out.line(f"{asked.query}:")
        print_hits(out, result)
        return
    answer: dict[str, Any] = {
        **asked.as_json(),
        "results": hits_as_json(result, collapsed),
        "searched": result.searched,
        "nothing_fits": result.nothing_fits,
        "seconds": round(result.seconds, 6),
    }
    out.json(answer)
