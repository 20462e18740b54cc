"""What people shared, liked and turned down in the page, as examples to train on.

What was liked for some words is an example of them. What was turned down for the same words joins
the training photos, so that the text learns to tell its photo apart from it: among all of them
(``--negatives gallery``, the default), or where it is hard to (``mined``).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.dialogues.formats import read_text
from retrieval.errors import PhotopalError
from training.datasets.example import Example, Problems
from training.datasets.lines import clean
from training.errors import DatasetInvalid, TrainingError

if TYPE_CHECKING:
    from bot.settings import Settings

LEAST_PAIRS = 20
"""Photos that were liked for some words, below which there is too little to train on alone."""

NOT_IN_LIBRARY = "photo of feedback that is not in the library (left out)"
NOTHING_LIKED = "photo turned down for words that no photo was liked for (left out)"

_SHAPE = 'expected {"query": "…", "photo": "/path/to/a.jpg", "label": 1 or 0}'


def is_feedback(path: Path) -> bool:
    """Whether a file is one that ``photopal feedback export`` wrote, by its first line."""
    try:
        with open(path.expanduser(), encoding="utf-8") as file:
            first = json.loads(file.readline())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(first, dict) and first.keys() >= {"query", "photo", "label"}


def feedback_examples(
    files: Sequence[Path], settings: "Settings", problems: Problems
) -> list[Example]:
    """The examples of exported feedback, or of the history's where no file is named.

    Args:
        files: that ``photopal feedback export`` wrote.
        settings: name the library, which alone says which photos may be read.
        problems: told of what is left out.

    Raises:
        HistoryError, LibraryError: the history or the library cannot be read.
        DatasetInvalid: a line of a file is no feedback.
    """
    from retrieval.library import Library

    with Library.read(settings.library_path) as library:
        photos = {photo.path: photo for photo in library.photos_with("present")}
        if files:
            rows = [row for file in files for row in _rows(file)]
        else:
            rows = _of_history(library.uid, {one.id: one for one in photos.values()}, problems)
    liked: dict[tuple[str, Path], str] = {}
    against: dict[str, dict[Path, None]] = {}
    for query, path, fits, source in rows:
        words = clean(query)
        if path not in photos:
            problems.count(NOT_IN_LIBRARY, source)
        elif fits and words:
            liked.setdefault((words, path), source)
        elif words:
            against.setdefault(words.casefold(), {})[path] = None
    asked = {words.casefold() for words, _ in liked}
    for words, paths in against.items():
        if words not in asked:
            for _ in paths:
                problems.count(NOTHING_LIKED, words)
    return [
        Example(
            path.name,
            path,
            (words,),
            source=source,
            turned_down=tuple(against.get(words.casefold(), ())),
        )
        for (words, path), source in liked.items()
    ]


def require_enough(examples: Sequence[Example]) -> None:
    """Refuse to train on a handful of pairs alone. Raises TrainingError."""
    if len(examples) < LEAST_PAIRS:
        count = f"{len(examples)} photo{'s' * (len(examples) != 1)}"
        raise TrainingError(
            f"only {count} shared or liked for words, too little to learn from: {LEAST_PAIRS} are "
            "needed; go on chatting, or add FILES of captions or dialogues"
        )


_Row = tuple[str, Path, bool, str]


def _rows(file: Path) -> Iterator[_Row]:
    try:
        text = read_text(file.expanduser(), str(file))
    except PhotopalError as error:
        raise DatasetInvalid(str(error)) from None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _row(line, f"{file}, line {number}")


def _row(line: str, where: str) -> _Row:
    try:
        row: Any = json.loads(line)
        query, photo, label = row["query"], row["photo"], row["label"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise DatasetInvalid(f"{where}: {_SHAPE}") from None
    if not isinstance(query, str) or not isinstance(photo, str) or label not in (0, 1):
        raise DatasetInvalid(f"{where}: {_SHAPE}")
    return query, Path(photo), label == 1, where


def _of_history(uid: str, photos: Mapping[int, Any], problems: Problems) -> list[_Row]:
    from bot.history import History, history_path
    from bot.history.pairs import pairs_of

    with History.open(history_path(), create=False) as history:
        pairs, left_out = pairs_of(history.feedback(library=uid), photos)
    for reason, count in left_out.items():
        for _ in range(count):
            problems.count(f"feedback: {reason} (left out)", "the history")
    return [(one.query, one.photo, one.label == 1, f"feedback of {one.given_at}") for one in pairs]
