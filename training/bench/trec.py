"""Run and qrels files of the bench, in trec_eval's format, written and read."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from training.errors import RunMismatch

MOST_BYTES = 2_000_000_000

Ranked = Sequence[tuple[str, float]]
"""Photos and their scores, best first."""


def qrels_text(relevant: Mapping[str, Mapping[str, int]]) -> str:
    """``query 0 photo grade`` lines."""
    return "".join(
        f"{query} 0 {photo} {grade}\n"
        for query, photos in relevant.items()
        for photo, grade in photos.items()
    )


def run_lines(query: str, ranked: Ranked, tag: str) -> str:
    """``query Q0 photo rank score tag`` lines of one query.

    Nine digits hold a float32 exactly: what was a tie stays one, which trec_eval breaks as we do.
    """
    return "".join(
        f"{query} Q0 {photo} {rank} {np.float32(score):.9g} {tag}\n"
        for rank, (photo, score) in enumerate(ranked, start=1)
    )


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Grades by photo id, by query id; only what is right.

    Raises:
        RunMismatch: there is no such file, or it is in another format.
    """
    found: dict[str, dict[str, int]] = {}
    for number, fields in _lines(path, 4, "query 0 photo grade"):
        query, _, photo, grade = fields
        try:
            value = int(grade)
        except ValueError:
            raise RunMismatch(f"{path}, line {number}: {grade!r} is no grade") from None
        if value > 0:
            found.setdefault(query, {})[photo] = value
    if not found:
        raise RunMismatch(f"{path} names no right photo of any query")
    return found


def read_run(path: Path) -> dict[str, list[str]]:
    """Photo ids by query id, best first: by score, and equal ones the greater id first.

    Raises:
        RunMismatch: there is no such file, or it is in another format.
    """
    scores: dict[str, dict[str, np.float32]] = {}
    for number, fields in _lines(path, 6, "query Q0 photo rank score system"):
        query, _, photo, _, score, _ = fields
        try:
            value = np.float32(score)
        except ValueError:
            raise RunMismatch(f"{path}, line {number}: {score!r} is no score") from None
        if not np.isfinite(value):
            raise RunMismatch(f"{path}, line {number}: {score!r} is no score")
        if photo in scores.setdefault(query, {}):
            raise RunMismatch(f"{path}, line {number}: {photo} is ranked twice for {query}")
        scores[query][photo] = value
    if not scores:
        raise RunMismatch(f"{path} ranks nothing")
    return {
        query: sorted(photos, key=lambda photo, of=photos: (of[photo], photo), reverse=True)  # type: ignore[misc]
        for query, photos in scores.items()
    }


def _lines(path: Path, fields: int, form: str) -> Iterable[tuple[int, list[str]]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RunMismatch(f"{path} is too large to be read")
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                found = line.split()
                if found and len(found) != fields:
                    raise RunMismatch(f"{path}, line {number}: expected '{form}'")
                if found:
                    yield number, found
    except OSError as error:
        raise RunMismatch(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise RunMismatch(f"{path} is no text in UTF-8") from None
