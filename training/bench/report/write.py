"""Writes all files of a bench into a folder, each of them whole or not at all."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from retrieval.paths import home
from training.bench.report.html import html
from training.bench.report.latex import latex
from training.bench.report.markdown import markdown
from training.bench.report.plots import plots_of
from training.bench.report.tables import tables_of
from training.bench.result import Row
from training.bench.result_store import KeptResult
from training.errors import ReportNotWritten
from training.evaluation.report.write import write_file

RUN_SUFFIX, QRELS_SUFFIX = ".run", ".qrels"


def default_folder(names: Sequence[str]) -> Path:
    """Where reports go when nobody says where: by what was run."""
    return home() / "bench" / "reports" / "+".join(names)[:80]


def write_reports(
    rows: Sequence[Row], kept: Mapping[str, KeptResult], folder: Path, title: str
) -> None:
    """Write ``result.json``, ``report.md``, ``.tex`` and ``.html``, plots, TREC runs and qrels.

    Args:
        rows: what the recipes gave.
        kept: files of those that gave figures.
        folder: made when it is not there.
        title: of the reports.

    Raises:
        ReportNotWritten: naming the file and the reason, such as a full disk.
    """
    tables = tables_of(rows)
    found = {"recipes": [row.as_dict() for row in rows]}
    write_file(folder / "result.json", json.dumps(found, indent=1) + "\n")
    write_file(folder / "report.md", markdown(tables, title))
    write_file(folder / "report.tex", latex(tables))
    for name, one in kept.items():
        try:
            run, qrels = one.run.read_bytes(), one.qrels.read_bytes()
        except OSError as error:
            raise ReportNotWritten(f"{one.run}: {error.strerror or error}") from None
        write_file(folder / "runs" / f"{name}{RUN_SUFFIX}", run)
        write_file(folder / "runs" / f"{name}{QRELS_SUFFIX}", qrels)
    plots = [plots_of(section) for section in tables.sections]
    for number, some in enumerate(plots, start=1):
        for name, data in some.items():
            write_file(folder / "plots" / f"{number}-{name.replace(' ', '-')}.png", data)
    write_file(folder / "report.html", html(tables, title, plots))
