"""The report as Markdown, for a README."""

from collections.abc import Mapping, Sequence

from training.bench.measures import RANK_SCORE
from training.bench.report.tables import (
    COST_HEAD,
    Section,
    Tables,
    cost_cells,
    interval,
    measure_head,
    shown,
)
from training.bench.result import Result
from training.evaluation.report.markdown import cell, table

NOTE = (
    "Means over all queries, in %, with 95 % bootstrap intervals; rank_score is the sum of points "
    "(5 for the first place, 1 for the fifth). Every query counts: one that cannot be asked, or "
    "whose photo is missing, is a miss. **Bold**: the highest of a column."
)
MOST_MISSING = 20
SIGNIFICANT = 0.05


def markdown(tables: Tables, title: str) -> str:
    """All tables of a bench."""
    lines = [f"# {cell(title)}", "", NOTE]
    for section in tables.sections:
        lines += ["", *_section(section)]
    if tables.without:
        lines += ["", "## Without figures", ""]
        lines += table(("recipe", ""), [(row.name, row.told()) for row in tables.without])
    return "\n".join(lines) + "\n"


def _section(section: Section) -> list[str]:
    facts = section.results[0].dataset
    alone = (
        f", {facts.unanswerable:,} more that no photo is right for" if facts.unanswerable else ""
    )
    lines = [
        f"## {cell(section.title)}",
        "",
        f"{facts.photos:,} photos, {facts.queries:,} queries{alone}.",
        "",
        *table(
            ("recipe", *(measure_head(name) for name in section.measures)),
            [
                (one.name, *(_figure(section, one, name) for name in section.measures))
                for one in section.results
            ],
        ),
    ]
    if len(section.results) > 1:
        lines += ["", f"### Against {cell(section.results[0].name)}, paired by query", ""]
        lines += _paired(section)
    if any(one.kinds for one in section.results):
        lines += ["", "### By kind of query", "", *_kinds(section)]
    lines += ["", "### Similarity and cost", "", *_costs(section)]
    failed = [(one.name, why, f"{n:,}") for one in section.results for why, n in one.failed.items()]
    if failed:
        lines += ["", "### Queries that could not be asked", ""]
        lines += table(("recipe", "reason", "queries"), failed)
    missing = max((one.dataset.missing for one in section.results), key=len)
    if missing:
        more = f", the first {MOST_MISSING}" if len(missing) > MOST_MISSING else ""
        lines += ["", f"### Missing: {len(missing):,}{more}", ""]
        lines += table(("name", "reason"), missing[:MOST_MISSING])
    return lines


def _figure(section: Section, result: Result, name: str) -> str:
    figure = result.measures.get(name)
    text = shown(figure, name)
    bounds = interval(figure, name, result.dataset.queries)
    strong = f"**{text}**" if section.is_best(result, name) else text
    return f"{strong} ({bounds})" if bounds else strong


def _paired(section: Section) -> list[str]:
    found = section.against_first
    names = list(dict.fromkeys(one.measure for one in found))
    by_recipe: dict[str, dict[str, str]] = {}
    for one in found:
        sure = "significant" if one.p < SIGNIFICANT else "could be luck"
        said = f"{100 * one.difference:+.1f} (p {one.p:.2g}, {sure})"
        by_recipe.setdefault(one.name, {})[one.measure] = said
    rows = [(name, *(some.get(one, "") for one in names)) for name, some in by_recipe.items()]
    return table(("recipe", *names), rows)


def _kinds(section: Section) -> list[str]:
    rows = [
        (one.name, kind, f"{numbers['n']:,.0f}", *(_mean(numbers, m) for m in section.measures))
        for one in section.results
        for kind, numbers in one.kinds.items()
    ]
    return table(("recipe", "kind", "queries", *section.measures), rows)


def _mean(numbers: Mapping[str, float], name: str) -> str:
    if name not in numbers:
        return ""
    return f"{numbers[name]:.2f}" if name == RANK_SCORE else f"{100 * numbers[name]:.1f}"


def _costs(section: Section) -> list[str]:
    rows: list[Sequence[str]] = []
    for one in section.results:
        alike = one.similarity
        spreads = (
            (
                f"{alike.matched.mean:.3f}",
                f"{alike.random.mean:.3f}",
                f"{100 * alike.matched.share_over_half:.1f} %",
            )
            if alike is not None
            else ("", "", "")
        )
        rows.append((one.name, *spreads, *cost_cells(one)))
    head = ("recipe", "matching pairs", "random pairs", "matching above 0.5", *COST_HEAD)
    return table(head, rows)
