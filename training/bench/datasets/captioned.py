"""A folder of captioned photos."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from training.bench.base import BenchDataset
from training.bench.datasets.choice import CaptionChoice, Captioned, ask, captioned_photos
from training.bench.datasets.content import assembled
from training.bench.datasets.photo_finder import PhotoFinder
from training.bench.datasets.rows import Row, read_rows
from training.bench.datasets.spec import existing_file, existing_folder
from training.datasets.lines import clean
from training.errors import DatasetInvalid

USUAL_FILES = ("captions.jsonl", "captions.csv", "captions.tsv", "captions.txt")


class CaptionedSpec(CaptionChoice):
    """Photos with captions: one file of them, or a text file beside each photo."""

    kind: Literal["captioned"]
    photos: str = Field(description="Folder of the photos.")
    captions: str | None = Field(
        None,
        description="Their file: JSON Lines, CSV or TSV. Default: captions.* in the folder, else "
        "a text file of the same name beside each photo.",
    )
    whole_folder: bool = Field(
        False, description="Also rank the folder's photos that have no caption."
    )


def read_captioned(spec: CaptionedSpec, root: Path) -> BenchDataset:
    """The data set of captioned photos.

    Raises:
        DatasetInvalid, PhotosUnusable: see :func:`training.bench.datasets.read_dataset`.
    """
    finder = PhotoFinder(existing_folder(root, spec.photos))
    source, rows = caption_rows(root, finder, spec.captions)
    captioned, odd = captioned_photos(rows, finder, spec.limit)
    finder.require_some(len(captioned), source)
    if spec.whole_folder:
        known = {one.photo.id for one in captioned}
        captioned += [Captioned(one, ()) for one in finder.all_photos() if one.id not in known]
    asked = ask(captioned, spec, finder)
    return assembled(
        source.stem if spec.captions else finder.folder.name,
        asked.photos,
        asked.queries,
        asked.relevant,
        [*finder.missing, *odd],
        protocol_of(spec, asked.unasked),
    )


def protocol_of(choice: CaptionChoice, unasked: int = 0) -> str:
    """How queries and relevance were chosen, in a few words."""
    query = "the photo" if choice.query == "photo" else f"{choice.query} caption"
    right = (
        "its own photo"
        if choice.relevance == "own"
        else f"photos that share {choice.least_shared} words"
    )
    alone = f"; {unasked:,} photos that share them with none ask nothing" if unasked else ""
    return f"{query} → {right}{alone}"


def caption_rows(root: Path, finder: PhotoFinder, captions: str | None) -> tuple[Path, list[Row]]:
    """The captions of a folder, and the file (or folder) that they are of.

    Raises:
        DatasetInvalid: there are none.
    """
    if captions is not None:
        source = existing_file(root, captions)
        return source, read_rows(source)
    for name in USUAL_FILES:
        if (finder.folder / name).is_file():
            return finder.folder / name, read_rows(finder.folder / name)
    rows = [row for photo in finder.all_photos() if (row := _beside(photo.path, finder.folder))]
    if not rows:
        raise DatasetInvalid(
            f"{finder.folder} holds no captions: expected {USUAL_FILES[0]}, or a text file such "
            "as a.txt beside a.jpg"
        )
    return finder.folder, rows


def _beside(photo: Path, folder: Path) -> Row | None:
    path = photo.with_suffix(".txt")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text in UTF-8"
        raise DatasetInvalid(f"{path} cannot be read: {reason}") from None
    lines = tuple(clean(line) for line in text.splitlines() if line.strip())
    return Row(photo.relative_to(folder).as_posix(), lines, path.name)
