"""Reads tables of photos and texts: JSON Lines, CSV, TSV and Flickr's ``name#0<TAB>text``."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.dialogues.formats import read_text
from bot.errors import DialogueUnreadable
from training.datasets.lines import clean
from training.errors import DatasetInvalid

PHOTO_COLUMNS = (
    *("photo", "image", "file_name", "filename", "image_name", "file", "path"),
    *("image_path", "img", "name"),
)
TEXT_COLUMNS = ("captions", "caption", "text", "comment", "description", "sentence", "prompt")
"""Names by which the columns are known, the likeliest first."""

_DELIMITERS = (",", "\t", "|", ";")
_NUMBERED = re.compile(r"^(?P<photo>.+\.\w{2,5})#\d+$")


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        photo: as the table names it.
        texts: on one line each; blank ones are "".
        where: ``captions.jsonl, line 3``; without folders, so that data that is moved stays equal.
    """

    photo: str
    texts: tuple[str, ...]
    where: str


def read_rows(path: Path, photo: str | None = None, text: str | None = None) -> list[Row]:
    """The rows of a table, whose content decides what it is.

    Args:
        path: of the file.
        photo: the column of the photo's name; by default one of :data:`PHOTO_COLUMNS`.
        text: the column of its text, or list of texts; by default one of :data:`TEXT_COLUMNS`.

    Raises:
        DatasetInvalid: no such file, no such column, a damaged line (it is named), or no row.
    """
    try:
        content = read_text(path, str(path))
    except DialogueUnreadable as error:
        raise DatasetInvalid(str(error)) from None
    if not content.strip():
        raise DatasetInvalid(f"{path} is empty: expected photos and their captions")
    if content.lstrip()[0] in "[{":
        found = list(_json_rows(content, path, photo, text))
    elif _NUMBERED.match(content.split("\t", 1)[0]):
        found = list(_numbered_rows(content, path))
    else:
        found = list(_csv_rows(content, path, photo, text))
    if not found:
        raise DatasetInvalid(f"{path} holds no photo with a text")
    return found


def column_of(
    names: Sequence[str], chosen: str | None, usual: Sequence[str], path: Path, what: str
) -> str:
    """The column that is meant, as it is written in the table.

    Args:
        names: of the table's columns.
        chosen: by the recipe; None for a usual one.
        usual: names that are tried in turn, in any case.
        path: of the table, for messages.
        what: it holds, for messages.

    Raises:
        DatasetInvalid: there is none.
    """
    by_name = {name.strip().lower(): name for name in names}
    for wanted in (chosen,) if chosen else usual:
        if wanted.lower() in by_name:
            return by_name[wanted.lower()]
    called = f"{chosen!r}" if chosen else " or ".join(map(repr, usual[:3]))
    there = ", ".join(name.strip() for name in names[:8]) or "none"
    raise DatasetInvalid(f"{path} has no column {called} of {what}; its columns: {there}")


def _json_rows(content: str, path: Path, photo: str | None, text: str | None) -> Iterator[Row]:
    # Not splitlines(): a caption may hold a line separator that JSON leaves as it is.
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            raise DatasetInvalid(
                f"{where} is not valid JSON: expected an object a line, such as "
                '{"photo": "a.jpg", "captions": ["…"]}'
            ) from None
        if not isinstance(value, dict):
            raise DatasetInvalid(f"{where} is no JSON object")
        name = value[column_of(list(value), photo, PHOTO_COLUMNS, path, "photos")]
        texts = value[column_of(list(value), text, TEXT_COLUMNS, path, "texts")]
        yield _row(name, texts, path, number)


def _csv_rows(content: str, path: Path, photo: str | None, text: str | None) -> Iterator[Row]:
    header = content.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=header.count)
    # Flickr30k's file separates by | and quotes nothing, though people quote in it.
    quote = None if delimiter == "|" else '"'
    reader = csv.reader(
        io.StringIO(content, newline=""), delimiter=delimiter, quotechar=quote, strict=True
    )
    try:
        names = next(reader)
        at_photo = names.index(column_of(names, photo, PHOTO_COLUMNS, path, "photos"))
        at_text = names.index(column_of(names, text, TEXT_COLUMNS, path, "texts"))
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) <= max(at_photo, at_text):
                raise DatasetInvalid(
                    f"{path}, line {reader.line_num}: {len(cells)} columns, of {len(names)}"
                )
            yield _row(cells[at_photo], cells[at_text], path, reader.line_num)
    except csv.Error as error:
        raise DatasetInvalid(f"{path}, line {reader.line_num}: {error}") from None


def _numbered_rows(content: str, path: Path) -> Iterator[Row]:
    """Flickr8k's and Flickr30k's own files, ``1000268201_693b08cb0e.jpg#0<TAB>a child …``."""
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        name, tab, text = line.partition("\t")
        match = _NUMBERED.match(name)
        if match is None or not tab:
            raise DatasetInvalid(f"{path}, line {number}: expected name.jpg#0, a tab, a caption")
        yield _row(match["photo"], text, path, number)


def _row(name: Any, texts: Any, path: Path, number: int) -> Row:
    where = f"{path}, line {number}"
    if not isinstance(name, str):
        raise DatasetInvalid(f"{where}: the photo's name is no text")
    if not clean(name):
        raise DatasetInvalid(f"{where}: the photo's name is empty")
    given = texts if isinstance(texts, list) else [texts]
    if not all(isinstance(one, str | None) for one in given):
        raise DatasetInvalid(f"{where}: captions must be a text or a list of texts")
    texts = tuple(clean(one or "") for one in given)
    return Row(name.strip(), texts, f"{path.name}, line {number}")
