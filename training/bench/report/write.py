"""Writes all files of a bench into a folder, each of them whole or not at all."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from retrieval.paths import home
from training.bench.result import Row
from training.bench.result_store import KeptResult
from training.errors import ReportNotWritten
from training.evaluation.report.write import write_file


def default_folder(names: Sequence[str]) -> Path:
    """Where reports go when nobody says where: by what was run."""
    return home() / "bench" / "reports" / "+".join(names)[:80]


def write_reports(rows: Sequence[Row], kept: Mapping[str, KeptResult], folder: Path) -> None:
    """Write ``result.json`` and the runs."""
    write_file(
        folder / "result.json",
        json.dumps({"recipes": [r.as_dict() for r in rows]}, indent=1) + "\n",
    )
    for name, one in kept.items():
        try:
            run, qrels = one.run.read_bytes(), one.qrels.read_bytes()
        except OSError as error:
            raise ReportNotWritten(f"{one.run}: {error.strerror or error}") from None
        write_file(folder / "runs" / f"{name}.run", run)
        write_file(folder / "runs" / f"{name}.qrels", qrels)
