"""What a photo costs the database does not grow with the library."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.ocr.run import read_texts
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint
from tests.support.scripted_reader import ScriptedReader
from tests.support.vector_library import clustered, put_vectors

STEPS = 50
FEW, MORE = 2, 22


def index_new(library: Library, folder: Path, encoder: ColourEncoder) -> int:
    return index_folders(library, encoder, [folder]).indexed


def index_copies(library: Library, folder: Path, encoder: ColourEncoder) -> int:
    shutil.copytree(folder, folder / "copies")
    return index_folders(library, encoder, [folder]).indexed


def index_renamed(library: Library, folder: Path, encoder: ColourEncoder) -> int:
    for path in sorted(folder.iterdir()):
        path.rename(path.with_name(f"new {path.name}"))
    return index_folders(library, encoder, [folder]).moved


def index_changed(library: Library, folder: Path, encoder: ColourEncoder) -> int:
    for number, path in enumerate(sorted(folder.iterdir())):
        paint(path, "blue", seed=100 + number)
        os.utime(path, ns=(1, 1))
    return index_folders(library, encoder, [folder]).indexed


def index_broken(library: Library, folder: Path, encoder: ColourEncoder) -> int:
    for path in folder.iterdir():
        path.write_bytes(b"nothing")
    return len(index_folders(library, encoder, [folder]).failed)


def take_out(library: Library, folder: Path, encoder: ColourEncoder) -> int:
    for path in folder.iterdir():
        path.unlink()
    paint(folder / "left.png", "white")
    return index_folders(library, encoder, [folder], remove_missing=True).removed


def read(library: Library, folder: Path, encoder: ColourEncoder) -> int:
    return read_texts(library, ScriptedReader({"red": ["a word"]})).read


def mark(library: Library, folder: Path, encoder: ColourEncoder) -> int:
    for number in library.searchable_ids()[-len(list(folder.iterdir())) :]:
        library.set_favourite(int(number), True)
        library.set_hidden(int(number), True)
    return len(library.hidden_photos())


def steps_a_photo(
    tmp_path: Path,
    photos: int,
    act: Callable[[Library, Path, ColourEncoder], int],
) -> float:
    """SQLite's own steps for one more photo in a library of so many, without what a run costs.

    Steps, not seconds: they are the same on every machine.
    """
    counts = []
    encoder = ColourEncoder()
    for new in (FEW, MORE):
        folder = tmp_path / f"{photos} and {new}"
        for number in range(new):
            paint(folder / f"{number}.png", "red", seed=number)
        with Library.open(tmp_path / f"{folder.name}.db", create=True) as library:
            library.set_encoder(encoder.name, encoder.fingerprint, encoder.dim)
            put_vectors(library, clustered(photos, encoder.dim))
            if act is read:
                # Only what is new is still to be read.
                library._execute(
                    "INSERT INTO photo_text (content_hash, reader, read_at) "
                    "SELECT content_hash, 'scripted 1', '' FROM photo"
                )
            if act is not index_new:
                index_new(library, folder, encoder)
            taken = 0

            def count() -> int:
                nonlocal taken
                taken += STEPS
                return 0

            library._connection.set_progress_handler(count, STEPS)
            assert act(library, folder, encoder) == new
        counts.append(taken)
    return (counts[1] - counts[0]) / (MORE - FEW)


@pytest.mark.parametrize(
    "act",
    [index_new, index_copies, index_renamed, index_changed, index_broken, take_out, read, mark],
)
def test_a_photo_costs_the_same_in_a_large_library(
    tmp_path: Path, act: Callable[[Library, Path, ColourEncoder], int]
) -> None:
    small, large = (steps_a_photo(tmp_path, photos, act) for photos in (200, 4_000))
    assert large < 2 * small + STEPS


def test_a_run_over_unchanged_files_leaves_the_index_fresh(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    index_folders(library, encoder, [photos])
    before = library.change
    assert index_folders(library, encoder, []).unchanged == 6
    assert library.change == before
