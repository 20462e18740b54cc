"""Bulk runs: the same library as without an engine; killed, resumed, out of reach."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from bot.cli.main import run
from retrieval.bulk import DaftEngine, index_in_bulk
from retrieval.errors import BulkRunFailed, StorageError, WorkerDied
from retrieval.indexing import IndexReport
from retrieval.library import Library
from retrieval.photos.remote import RemotePath, path_from
from tests.support.dying_encoder import DyingEncoder, workers
from tests.support.fake_encoder import ColourEncoder
from tests.support.object_storage import Storage
from tests.support.pictures import exif, halves, paint

COLOURS = ("red", "green", "blue", "yellow", "purple", "orange", "white", "black")


class Inline:
    """An engine without processes.

    Attributes:
        inputs: what it was given in each run.
        fails: called with the number of the input before it is worked on.
    """

    def __init__(self, fails: Callable[[int], None] = lambda _: None) -> None:
        self.inputs: list[Sequence[str]] = []
        self.fails = fails

    def run(
        self, start: Callable[[], Callable[[str], str]], inputs: Sequence[str], workers: int
    ) -> Iterator[str]:
        self.inputs.append(inputs)
        work = start()
        for number, one in enumerate(inputs):
            self.fails(number)
            yield work(one)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Seventy photos, one of them twice, one with EXIF, and two files that are none."""
    folder = tmp_path / "many"
    for number in range(70):
        paint(folder / f"{number % 3}" / f"{number}.jpg", COLOURS[number % 8], seed=number)
    halves().save(folder / "exif.jpg", exif=exif())
    shutil.copy(folder / "1" / "1.jpg", folder / "copy.jpg")
    (folder / "text.jpg").write_text("no picture")
    (folder / "empty.png").touch()
    (folder / "film.mov").touch()
    return folder


def content(library: Library) -> dict[str, tuple[object, ...]]:
    """All that is known of each photo but its id and the moment of indexing."""
    return {
        str(one.path): (
            *(one.content_hash, one.size, one.mtime_ns, one.ctime_ns, one.inode),
            *(one.width, one.height, one.taken_at, one.camera, one.latitude, one.longitude),
            *(one.taken_on, one.place, one.remark, library.vectors([one.id]).tobytes()),
        )
        for one in library.photos_with("present")
    }


def counted(told: dict[str, object]) -> dict[str, object]:
    return {name: told[name] for name in told if name not in ("seconds", "photos_per_second")}


def bulk(library: Library, folder: Path, engine: object = None, **options: object) -> IndexReport:
    options = {"load": ColourEncoder, "workers": 2, **options}
    return index_in_bulk(library, ColourEncoder(), [folder], engine=engine or Inline(), **options)


@pytest.fixture
def photopal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command: its exit status, what it printed, and what it said."""
    monkeypatch.setattr("retrieval.encoders.load_encoder", ColourEncoder)

    def command(*arguments: str | Path) -> tuple[int, str, str]:
        status = run(list(map(str, arguments)))
        said = capsys.readouterr()
        return status, said.out, said.err

    return command


def test_two_workers_make_the_library_that_one_process_makes(
    photopal: Callable[..., tuple[int, str, str]], many: Path, tmp_path: Path
) -> None:
    plain, bulk = tmp_path / "plain.db", tmp_path / "bulk.db"
    _, expected, _ = photopal("index", many, "--json", "--library", plain)
    engine = ("--engine", "daft", "--workers", "2")
    status, report, said = photopal("index", many, "--json", "--library", bulk, *engine)
    assert (status, said) == (0, "")
    assert counted(json.loads(report)) == counted(json.loads(expected))
    assert json.loads(report)["indexed"] == 72
    with Library.read(plain) as one, Library.read(bulk) as other:
        assert content(one) == content(other)
    assert not (tmp_path / "bulk.db.bulk").exists()


def test_what_is_wrong_is_told_in_one_line(
    photopal: Callable[..., tuple[int, str, str]], storage: Storage, many: Path
) -> None:
    for arguments, expected, words in (
        ((many, "--engine", "spark"), 1, "there is no engine 'spark': choose daft"),
        ((many, "--workers", "2"), 2, "--workers needs --engine"),
        (("s3://no-such-bucket", "--engine", "daft"), 1, "there is no s3://no-such-bucket"),
        ((storage.address("none"),), 1, "nothing lies at s3://photos/none: check the address"),
    ):
        status, out, said = photopal("index", *arguments)
        assert (status, out) == (expected, "")
        assert words in said
        assert expected == 2 or said.count("\n") == 1


def test_photos_in_storage_are_found_and_forgotten(
    photopal: Callable[..., tuple[int, str, str]], storage: Storage, many: Path
) -> None:
    for name in ("exif.jpg", "1/1.jpg"):
        storage.put(f"album/{name}", (many / name).read_bytes())
    assert photopal("index", storage.address("album"), "--json")[0] == 0
    _, found, _ = photopal("search", "green", "--in", storage.address("album/1"), "--json")
    assert [hit["path"] for hit in json.loads(found)["results"]] == [
        storage.address("album/1/1.jpg")
    ]
    _, gone, _ = photopal("forget", storage.address("album"), "--json")
    assert json.loads(gone) == {"folder": "s3://photos/album", "forgotten": 2, "folders": []}


def test_a_worker_killed_in_mid_run_costs_nothing(
    library: Library, storage: Storage, tmp_path: Path
) -> None:
    for number in range(70):
        painted = paint(tmp_path / "one.jpg", COLOURS[number % 8], seed=number)
        storage.put(f"album/{number}.jpg", painted.read_bytes())
    storage.put("album/text.jpg", b"no picture")
    load = partial(DyingEncoder, tmp_path)
    (tmp_path / "home").mkdir()
    report = bulk(library, path_from(storage.address("album")), DaftEngine(), load=load)
    assert (tmp_path / "death-0").exists()
    assert (report.indexed, len(report.failed)) == (70, 1)
    assert library.counts().present == library.searchable_count() == 70
    assert len(workers(tmp_path)) >= 3
    again = bulk(library, path_from(storage.address("album")))
    assert (again.indexed, again.unchanged) == (0, 70)


def test_a_run_that_ends_at_once_is_resumed(library: Library, many: Path, tmp_path: Path) -> None:
    def stop(number: int) -> None:
        if number == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bulk(library, many, Inline(stop))
    assert len(list((tmp_path / "library.db.bulk").glob("*.parquet"))) == 3
    engine = Inline()
    report = bulk(library, many, engine)
    assert len(engine.inputs) == 1
    assert sum(one.count(".jpg") + one.count(".png") for one in engine.inputs[0]) <= 74 - 3 * 16 + 2
    assert library.counts().present == library.searchable_count() == 72
    assert len(report.failed) == 2
    assert not (tmp_path / "library.db.bulk").exists()


def test_partition_files_that_are_no_use_are_left_aside(
    library: Library, many: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "library.db.bulk"

    def stop(number: int) -> None:
        if number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bulk(library, many, Inline(stop))
    cut, other = sorted(folder.glob("*.parquet"))
    cut.write_bytes(cut.read_bytes()[:500])
    with Library.open(tmp_path / "other.db", create=True) as another:
        other.replace(folder / "of-another.parquet")
        colours = ColourEncoder("other colours")
        engine = Inline()
        load = partial(ColourEncoder, "other colours")
        options = {"workers": 2, "partitions": folder, "load": load}
        report = index_in_bulk(another, colours, [many], engine=engine, **options)
        assert report.indexed == another.searchable_count() == 72


def test_photos_that_changed_meanwhile_are_embedded_anew(library: Library, many: Path) -> None:
    def change(number: int) -> None:
        if number == 2:
            paint(many / "0" / "0.jpg", "white", size=(99, 77))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bulk(library, many, Inline(change))
    bulk(library, many)
    photo = next(one for one in library.photos_with("present") if one.path.name == "0.jpg")
    assert (photo.width, photo.height) == (99, 77)


def test_workers_that_die_again_and_again(library: Library, many: Path) -> None:
    def die(number: int) -> None:
        raise WorkerDied("killed")

    engine = Inline(die)
    with pytest.raises(WorkerDied, match=r"died 3 times in a row.*--workers"):
        bulk(library, many, engine)
    assert len(engine.inputs) == 3


def test_storage_that_goes_away_ends_the_run_and_keeps_what_is_done(
    library: Library, storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        painted = paint(tmp_path / "one.jpg", COLOURS[number % 8], seed=number)
        storage.put(f"album/{number:02}.jpg", painted.read_bytes())
    album = path_from(storage.address("album"))
    read_bytes = RemotePath.read_bytes

    def away(self: RemotePath) -> bytes:
        if self.stem >= "20":
            raise StorageError("s3://photos cannot be reached: no route")
        return read_bytes(self)

    monkeypatch.setattr(RemotePath, "read_bytes", away)
    engine = Inline()
    with pytest.raises(StorageError, match="cannot be reached: no route"):
        bulk(library, album, engine)
    assert len(engine.inputs) == 2
    monkeypatch.setattr(RemotePath, "read_bytes", read_bytes)
    engine = Inline()
    assert bulk(library, album, engine).unchanged + library.counts().present >= 40
    assert library.searchable_count() == 40
    assert sum(one.count(".jpg") for one in engine.inputs[0]) == 24


def test_results_that_cannot_be_written(library: Library, many: Path, tmp_path: Path) -> None:
    (tmp_path / "library.db.bulk").write_text("a file where the folder belongs")
    with pytest.raises(BulkRunFailed, match="the results cannot be written"):
        bulk(library, many)


def test_a_worker_with_another_encoder(library: Library, many: Path) -> None:
    with pytest.raises(BulkRunFailed, match="another version of the encoder"):
        bulk(library, many, load=partial(ColourEncoder, "other"))


def test_pictures_that_the_encoder_cannot_take(library: Library, many: Path) -> None:
    def load() -> ColourEncoder:
        encoder = ColourEncoder()
        encoder.broken = (96, 64)
        return encoder

    report = bulk(library, many, load=load)
    assert report.indexed == 71
    assert ("exif.jpg", "the encoder cannot embed it") in [
        (one.path.name, one.reason) for one in report.failed
    ]
