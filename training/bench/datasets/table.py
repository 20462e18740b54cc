"""A table of images and texts as Hugging Face's ``datasets`` stores them.

Either Parquet with the images' bytes in a column, such as the Pokémon captions, or photos with a
``metadata.jsonl`` or ``metadata.csv`` beside them (an "ImageFolder").
"""

import glob
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import Field

from bot.dialogues.dialogue import safe_name
from retrieval.files import content_hash, write_bytes
from retrieval.paths import home, make_private_folder
from retrieval.photos.reading import PHOTO_SUFFIXES
from training.bench.base import BenchDataset, Missing
from training.bench.datasets.captioned import protocol_of
from training.bench.datasets.choice import CaptionChoice, ask, captioned_photos
from training.bench.datasets.content import assembled
from training.bench.datasets.photo_finder import PhotoFinder
from training.bench.datasets.rows import PHOTO_COLUMNS, TEXT_COLUMNS, Row, column_of, read_rows
from training.datasets.lines import clean
from training.errors import DatasetInvalid

METADATA = ("metadata.jsonl", "metadata.csv")
_BATCH = 64


class TableSpec(CaptionChoice):
    """A table of images and texts."""

    kind: Literal["table"]
    path: str = Field(description="A Parquet file, several as 'data/*.parquet', or a folder.")
    image: str | None = Field(None, description="Column of the image; usual names are known.")
    text: str | None = Field(None, description="Column of the text; usual names are known.")


def read_table(spec: TableSpec, root: Path) -> BenchDataset:
    """The data set of a table.

    Images in Parquet are written to files under ``$PHOTOPAL_HOME/bench/tables``, once.

    Raises:
        DatasetInvalid, PhotosUnusable: see :func:`training.bench.datasets.read_dataset`.
    """
    place = root.expanduser() / spec.path
    described = next((place / name for name in METADATA if (place / name).is_file()), None)
    odd: list[Missing] = []
    if described is not None:
        folder, rows = place, read_rows(described, spec.image, spec.text)
    else:
        files = _parquet_files(place)
        folder = make_private_folder(home() / "bench" / "tables" / _key(files))
        rows = list(_unpacked(files, folder, spec, odd))
    finder = PhotoFinder(folder)
    captioned, problems = captioned_photos(rows, finder, spec.limit)
    finder.require_some(len(captioned), described or place)
    asked = ask(captioned, spec, finder)
    return assembled(
        place.name if described is not None or place.is_dir() else place.stem,
        asked.photos,
        asked.queries,
        asked.relevant,
        [*finder.missing, *odd, *problems],
        protocol_of(spec, asked.unasked),
    )


def _parquet_files(place: Path) -> list[Path]:
    if place.is_dir():
        files = sorted(place.rglob("*.parquet"))
        expected = f"{' or '.join(METADATA)} or *.parquet in the folder"
    elif place.is_file():
        return [place]
    else:
        files = sorted(map(Path, glob.glob(str(place), recursive=True)))
        expected = "a Parquet file; name the folder of the data with --data DIR"
    if not files:
        raise DatasetInvalid(f"{place}: no table is there: expected {expected}")
    return files


def _key(files: list[Path]) -> str:
    """Of the folder in which a table's images are kept: another table has another."""
    states = [(path.absolute(), path.stat()) for path in files]
    known = [(str(path), state.st_size, state.st_mtime_ns) for path, state in states]
    return content_hash(repr(known).encode())


def _unpacked(
    files: list[Path], folder: Path, spec: TableSpec, odd: list[Missing]
) -> Iterator[Row]:
    """The rows of Parquet files, whose images lie in the folder then."""
    number = 0
    for path in files:
        for image, text in _cells(path, spec):
            if spec.limit is not None and number == spec.limit:
                return
            number += 1
            name = _unpack(image, number, folder, path)
            if name is None:
                odd.append(Missing(f"row {number}", "no image in the table"))
                continue
            texts = text if isinstance(text, list) else [text]
            if not all(isinstance(one, str | None) for one in texts):
                raise DatasetInvalid(f"{path}, row {number}: the text is no text")
            where = f"{path.name}, row {number}"
            yield Row(name, tuple(clean(one or "") for one in texts), where)


def _cells(path: Path, spec: TableSpec) -> Iterator[tuple[Any, Any]]:
    """Image and text of each row; a few rows are in memory at a time."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise DatasetInvalid(
            f"{path} needs the package pyarrow: pip install 'photopal[bulk]' brings it"
        ) from None
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            image = column_of(names, spec.image, ("image", *PHOTO_COLUMNS), path, "images")
            text = column_of(names, spec.text, TEXT_COLUMNS, path, "texts")
            for batch in file.iter_batches(_BATCH, columns=[image, text]):
                columns = (batch.column(name).to_pylist() for name in (image, text))
                yield from zip(*columns, strict=True)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise DatasetInvalid(
            f"{path} is no Parquet file, or it is cut off or damaged ({reason})"
        ) from None


def _unpack(image: Any, number: int, folder: Path, table: Path) -> str | None:
    """The name of a cell's image in the folder; None where there is no image."""
    content: bytes | None
    if isinstance(image, bytes):
        content, named = image, ""
    elif isinstance(image, dict):
        content, named = image.get("bytes"), str(image.get("path") or "")
    else:
        content, named = None, str(image or "")
    if not content and named:
        # Some tables hold the path of a file beside them.
        beside = (table.parent / safe_name(named)).resolve()
        try:
            content = beside.read_bytes() if beside.is_relative_to(table.parent.resolve()) else None
        except OSError:
            content = None
    if not content:
        return None
    suffix = PurePosixPath(named).suffix.lower()
    name = f"{number:07}{suffix if suffix in PHOTO_SUFFIXES else '.png'}"
    path = folder / name
    if not path.is_file() or os.stat(path).st_size != len(content):
        write_bytes(path, content)
    return name
