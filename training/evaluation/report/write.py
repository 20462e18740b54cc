"""Writes all files of an evaluation into a folder, each of them whole or not at all."""

import json
from pathlib import Path
from typing import Any

from retrieval.files import write_bytes
from training.errors import ReportNotWritten
from training.evaluation.report.html import html
from training.evaluation.report.jsonl import dialogue_lines
from training.evaluation.report.markdown import markdown
from training.evaluation.report.plots import hit_curve, rank_histogram
from training.evaluation.report.trec import qrels, run, run_name
from training.evaluation.run import Evaluation


def write_reports(evaluation: Evaluation, report: dict[str, Any], folder: Path) -> None:
    """Write ``summary.json``, ``report.md``, ``report.html``, ``dialogues.jsonl``, plots, TREC.

    Each file is complete or absent, whatever happens.

    Args:
        evaluation: what came out.
        report: its :meth:`~training.evaluation.run.Evaluation.as_dict`.
        folder: made when it is not there.

    Raises:
        ReportNotWritten: naming the file and the reason, such as a full disk.
    """
    results, gallery = evaluation.results, evaluation.gallery
    write_file(folder / "summary.json", json.dumps(report, indent=1) + "\n")
    write_file(folder / "report.md", markdown(report))
    write_file(folder / "dialogues.jsonl", dialogue_lines(results, gallery))
    write_file(folder / "qrels.txt", qrels(results[0], gallery))
    for result in results:
        write_file(folder / "runs" / run_name(result), run(result))
    plots = {"hit at k": hit_curve(results), "ranks": rank_histogram(results[0])}
    write_file(folder / "hit_at_k.png", plots["hit at k"])
    write_file(folder / "ranks.png", plots["ranks"])
    write_file(folder / "report.html", html(report, results, gallery, plots))


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file so that what bears its name is complete; the one before stays until then.

    Raises:
        ReportNotWritten: the disk is full, or there is no permission.
    """
    if isinstance(content, str):
        content = content.encode("utf-8", "replace")
    try:
        write_bytes(path, content)
    except OSError as error:
        raise ReportNotWritten(
            f"the report {path} cannot be written: {error.strerror or error}; the numbers above "
            "are complete"
        ) from error
