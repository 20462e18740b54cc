"""Results that were measured before, on disk; each complete or not there."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from retrieval.files import content_hash, write_text
from retrieval.paths import make_private_folder
from training.bench.result import Result

VERSION = 1
"""Of how results are measured; another one makes all of them anew."""

RESULT, RUN, QRELS = "result.json", "run.txt", "qrels.txt"


@dataclass(frozen=True)
class KeptResult:
    """A result and its files.

    Attributes:
        result: the figures.
        run: its run file.
        qrels: what is right, beside it.
    """

    result: Result
    run: Path
    qrels: Path


class ResultStore:
    """A folder of results, by what they depend on."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is made when the first result is kept."""
        self._folder = folder

    def key(self, *parts: object) -> str:
        """What a result is kept by: a hash of all that it depends on (JSON values)."""
        return content_hash(json.dumps([VERSION, *parts], sort_keys=True).encode("utf-8"))

    def find(self, key: str) -> KeptResult | None:
        """The result that was kept; None when there is none, or it is damaged."""
        folder = self._folder / key
        run, qrels = folder / RUN, folder / QRELS
        with contextlib.suppress(OSError, ValidationError):
            result = Result.model_validate_json((folder / RESULT).read_bytes())
            if run.is_file() and qrels.is_file():
                return KeptResult(result, run, qrels)
        return None

    def keep(self, key: str, result: Result, run: str, qrels: str) -> KeptResult:
        """Write a result; its figures last, so that what is found is complete.

        Raises:
            OSError: the disk is full, or may not be written to.
        """
        folder = make_private_folder(self._folder) / key
        (folder / RESULT).unlink(missing_ok=True)
        write_text(folder / RUN, run)
        write_text(folder / QRELS, qrels)
        write_text(folder / RESULT, result.model_dump_json())
        return KeptResult(result, folder / RUN, folder / QRELS)
