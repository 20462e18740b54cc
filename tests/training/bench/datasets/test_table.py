"""Tables of images and texts, as Hugging Face stores them."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from retrieval.paths import home
from tests.training.bench.datasets.conftest import Read, painted, reasons, write_lines
from training.errors import DatasetInvalid

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def png(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(file, "PNG")
    return file.getvalue()


def write_table(path: Path, images: list[Any], texts: list[Any], **names: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {names.get("image", "image"): images, names.get("text", "text"): texts}
    pq.write_table(pa.table(columns), path)
    return path


@pytest.fixture
def drawings(tmp_path: Path) -> Path:
    """Three drawings as the Pokémon captions are stored."""
    cells = [{"bytes": png(colour), "path": f"{colour}.png"} for colour in ("red", "blue", "green")]
    texts = ["a drawing of a red dragon", "a blue turtle", "a green frog"]
    return write_table(tmp_path / "data" / "train-0.parquet", cells, texts)


def test_images_in_parquet_become_files_once(read: Read, drawings: Path) -> None:
    found = read("table", path="data/train-0.parquet")

    assert [one.text for one in found.queries] == [
        "a drawing of a red dragon",
        "a blue turtle",
        "a green frog",
    ]
    assert [one.captions for one in found.photos] == [(), (), ()]
    assert all(Image.open(one.path).size == (8, 8) for one in found.photos)
    assert found.photos[0].path.is_relative_to(home())
    before = [one.path.stat().st_mtime_ns for one in found.photos]
    again = read("table", path="data/*.parquet")
    assert [one.path.stat().st_mtime_ns for one in again.photos] == before
    assert read("table", path="data", limit=2).photos == found.photos[:2]


def test_other_columns_bare_bytes_and_gaps(read: Read, tmp_path: Path) -> None:
    write_table(
        tmp_path / "t.parquet",
        [png("red"), None, png("blue")],
        [["red", "a red one"], ["nothing"], [""]],
        image="IMG",
        text="said",
    )

    found = read("table", path="t.parquet", text="said")

    assert [one.text for one in found.queries] == ["red"]
    assert reasons(found) == {
        "row 2": "no image in the table",
        "0000003.png": "no caption",
    }


def test_a_folder_with_metadata(read: Read, tmp_path: Path) -> None:
    painted(tmp_path / "train", ["a.png", "b.png"])
    write_lines(
        tmp_path / "train" / "metadata.jsonl",
        {"file_name": "a.png", "text": "a dragon"},
        {"file_name": "b.png", "text": "a turtle"},
    )

    found = read("table", path="train")

    assert [(one.id, one.text) for one in found.queries] == [
        ("a.png", "a dragon"),
        ("b.png", "a turtle"),
    ]
    assert found.name == "train"


def test_a_table_that_is_cut_off_of_another_kind_or_not_there(read: Read, drawings: Path) -> None:
    with pytest.raises(DatasetInvalid, match=r"has no column 'caption' of texts; its columns: ima"):
        read("table", path="data/train-0.parquet", text="caption")
    with pytest.raises(DatasetInvalid, match="no table is there: expected a Parquet file"):
        read("table", path="data/test-*.parquet")
    with pytest.raises(DatasetInvalid, match=r"expected metadata\.jsonl or metadata\.csv or \*\."):
        (drawings.parent.parent / "empty").mkdir()
        read("table", path="empty")
    content = drawings.read_bytes()
    drawings.write_bytes(content[: len(content) // 2])
    with pytest.raises(DatasetInvalid, match="it is cut off or damaged"):
        read("table", path="data/train-0.parquet")


def test_without_pyarrow_it_is_said_what_brings_it(
    read: Read, drawings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(DatasetInvalid, match=r"needs the package pyarrow: pip install"):
        read("table", path="data/train-0.parquet")
