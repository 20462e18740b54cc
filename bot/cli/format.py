"""How search results look, as JSON and for people."""

from typing import TYPE_CHECKING, Any

from bot.cli.output import Results

if TYPE_CHECKING:
    from retrieval.search import Hit, SearchResult


def hits_as_json(result: "SearchResult", collapsed: bool) -> list[dict[str, Any]]:
    """``[{"rank", "path", "score", "id", "written"}]`` best first; ``similar`` ids when collapsed.

    ``written`` is the text in the photo that holds words of the query; "" for none.
    """
    return [_hit_as_json(hit, collapsed) for hit in result.hits]


def _hit_as_json(hit: "Hit", collapsed: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "rank": hit.rank,
        "path": str(hit.path),
        "score": round(float(hit.score), 6),
        "id": hit.photo_id,
        "written": hit.written,
    }
    if collapsed:
        shown["similar"] = list(hit.similar)
    return shown


def print_hits(results: Results, result: "SearchResult") -> None:
    """One line a photo: rank, score, path, and the text in it that was asked for."""
    for hit in result.hits:
        more = f"  (+{len(hit.similar)} similar)" if hit.similar else ""
        said = f"  “{hit.written}”" if hit.written else ""
        results.line(f"{hit.rank:>3}  {hit.score:.3f}  {hit.path}{more}{said}")
    if not result.hits:
        results.line("Nothing fits.")
