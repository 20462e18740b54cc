"""Tables for the terminal."""

from collections.abc import Sequence

from training.bench.compare import Comparison, System
from training.bench.measures import RANK_SCORE
from training.bench.report.tables import shown, tables_of
from training.bench.result import Row


def table_lines(rows: Sequence[Row]) -> list[str]:
    """One table a data set, the best of each column starred; then what gave no figures."""
    tables = tables_of(rows)
    lines: list[str] = []
    for section in tables.sections:
        facts = section.results[0].dataset
        lines += [
            f"{section.title}: {facts.photos:,} photos, {facts.queries:,} queries, in %",
            *_aligned(
                [
                    ("recipe", *section.measures),
                    *(
                        (
                            one.name,
                            *(
                                shown(one.measures.get(name), name)
                                + ("*" if section.is_best(one, name) else " ")
                                for name in section.measures
                            ),
                        )
                        for one in section.results
                    ),
                ]
            ),
        ]
        for one in section.results:
            lines += [f"  {one.name}: {count:,} misses: {why}" for why, count in one.failed.items()]
        missing = max(len(one.dataset.missing) for one in section.results)
        if missing:
            lines.append(f"  {missing:,} photos or queries are missing; the report lists them")
        lines.append("")
    lines += [f"{row.name}: {row.told()}" for row in tables.without]
    return lines


def comparison_lines(first: System, second: System, found: Sequence[Comparison]) -> list[str]:
    """A table of a comparison."""
    rows = [("measure", first.name, second.name, "difference", "p", "p (Holm)", "")]
    for one in found:
        scale, digits = (1.0, 2) if one.measure == RANK_SCORE else (100.0, 1)
        rows.append(
            (
                one.measure,
                f"{scale * one.first:.{digits}f}",
                f"{scale * one.second:.{digits}f}",
                f"{scale * one.test.difference:+.{digits}f}",
                f"{one.test.p:.3g}",
                f"{one.p_adjusted:.3g}",
                "significant" if one.significant else "could be luck",
            )
        )
    return [f"{len(first.queries):,} queries, in %; rank scores a query", *_aligned(rows)]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
