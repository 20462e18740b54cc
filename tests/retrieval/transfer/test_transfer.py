"""A library moves to another machine, whole or not at all, whoever made the export."""

import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save

from retrieval.errors import ExportInvalid, FolderNotFound, LibraryBusy
from retrieval.files import content_hash
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.library.texts import TextLine
from retrieval.search import Query, Searcher, SearchOptions
from retrieval.transfer import export_library, import_library
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import exif, paint

MINE, THEIRS = "1" * 16, "2" * 16
VECTOR = np.array([0.5, 0.5, 0.5, 0.5], dtype=np.float32)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine: photos (one with a name that is no text), and a library with marks."""
    encoder = ColourEncoder()
    machine = tmp_path_factory.mktemp("machine") / "here"
    photos = machine / "Pictures"
    for seed, colour in enumerate(("red", "green", "blue", "yellow")):
        paint(photos / "2019 Kyoto" / f"{colour}.png", colour, seed=seed)
    Image.new("RGB", (64, 48), "white").save(photos / "IMG_20180405_101010.jpg", exif=exif())
    paint(photos / os.fsdecode(b"odd\xff.png"), "purple")
    (photos / "broken.jpg").write_bytes(b"nothing")
    with Library.open(machine / "library.db", create=True) as library:
        index_folders(library, encoder, [photos])
        by_name = {photo.path.name: photo.id for photo in library.photos_with("present")}
        library.set_favourite(by_name["red.png"], True)
        library.set_hidden(by_name["green.png"], True)
    return machine


@pytest.fixture
def here(machine: Path) -> Iterator[Path]:
    """The machine, which may be moved while a test runs."""
    kept = machine.with_name("kept")
    shutil.copytree(machine, kept, symlinks=True)
    yield machine
    if machine.exists():
        shutil.rmtree(machine)
    kept.rename(machine)


@pytest.fixture
def there(tmp_path: Path) -> Path:
    machine = tmp_path / "there"
    machine.mkdir()
    return machine


def exported(machine: Path, target: Path) -> Path:
    with Library.read(machine / "library.db") as library:
        export_library(library, target)
    return target


def answers(path: Path, encoder: ColourEncoder, root: Path) -> list[Any]:
    """What a person gets from a library, with paths as they are below its folder."""
    with Library.read(path) as library:
        searcher = Searcher(library, encoder)
        found = [
            [
                (hit.photo_id, os.fsencode(hit.path.relative_to(root)), round(hit.score, 6))
                for hit in searcher.search(Query.of(text), SearchOptions(9)).hits
            ]
            for text in ("red", "blue or yellow", "kyoto")
        ]
        photos = [
            (one.id, one.taken_on, one.place, one.camera, one.favourite, one.hidden, one.reason)
            for status in ("present", "failed")
            for one in library.photos_with(status)  # type: ignore[arg-type]
        ]
        return [*found, photos, library.uid, library.counts(), library.facts().years]


@pytest.mark.parametrize("name", ["export.zip", "export"])
def test_all_is_as_it_was_without_embedding(
    here: Path, there: Path, encoder: ColourEncoder, name: str
) -> None:
    source = exported(here, there / name)
    before = answers(here / "library.db", encoder, here / "Pictures")
    # Copied by another program: other numbers, the same times.
    shutil.copytree(here / "Pictures", there / "Photos")
    shutil.rmtree(here)
    embedded = encoder.embedded
    report = import_library(source, there / "new" / "library.db", {"": there / "Photos"})
    assert (report.added, report.known, report.outside) == (6, 0, 0)
    assert answers(there / "new" / "library.db", encoder, there / "Photos") == before
    with Library.open(there / "new" / "library.db") as library:
        run = index_folders(library, encoder, [])
        assert (run.indexed, run.unchanged, run.removed, run.moved) == (0, 6, 0, 0)
    assert encoder.embedded == embedded
    assert sorted(os.listdir(there)) == sorted([name, "Photos", "new"])


def test_a_drive_with_photos_and_export(here: Path, tmp_path: Path) -> None:
    exported(here, here / "export.zip")
    drive = here.rename(tmp_path / "mounted elsewhere")
    report = import_library(drive / "export.zip", tmp_path / "library.db")
    assert [root.path for root in report.roots] == [drive / "Pictures"]
    assert report.roots[0].holds_them


def test_a_folder_that_is_not_found_is_asked_for(here: Path, there: Path) -> None:
    source = exported(here, there / "export.zip")
    here.rename(here.with_name("gone"))
    library = there / "library.db"
    with pytest.raises(FolderNotFound, match=rf'--root "{here / "Pictures"}=FOLDER"'):
        import_library(source, library)
    with pytest.raises(FolderNotFound, match="is not a folder"):
        import_library(source, library, {"": there / "none"})
    with pytest.raises(FolderNotFound, match="the export has no folder"):
        import_library(source, library, {"/elsewhere": there})
    assert os.listdir(there) == ["export.zip"]
    report = import_library(source, library, {"": there})
    assert not report.roots[0].holds_them


def test_into_a_library_that_is_there(here: Path, there: Path, encoder: ColourEncoder) -> None:
    source = exported(here, there / "export.zip")
    paint(there / "mine" / "black.png", "black")
    with Library.open(there / "library.db", create=True) as library:
        index_folders(library, encoder, [there / "mine"])
    embedded = encoder.embedded
    report = import_library(source, there / "library.db")
    assert (report.added, report.known) == (6, 0)
    again = import_library(source, there / "library.db")
    assert (again.added, again.known) == (0, 6)
    with Library.open(there / "library.db") as library:
        marked = {one.path.name for one in library.photos_with("present") if one.favourite}
        assert marked == {"red.png"}
        assert [one.path.name for one in library.hidden_photos()] == ["green.png"]
        assert library.roots() == [there / "mine", here / "Pictures"]
        assert len(library.search_names("kyoto")) == 3
        found = Searcher(library, encoder).search(Query.of("blue"), SearchOptions(1))
        assert found.hits[0].path.name == "blue.png"
        run = index_folders(library, encoder, [])
        assert (run.unchanged, run.indexed, run.moved) == (7, 0, 0)
    assert encoder.embedded == embedded


@pytest.mark.parametrize("there_before", [False, True])
def test_kept_vectors_and_texts_come_along(
    here: Path, there: Path, encoder: ColourEncoder, there_before: bool
) -> None:
    with Library.open(here / "library.db") as library:
        library.begin_set("theirs", THEIRS, 4)
        photos = library.lacking(THEIRS)
        first = photos[0].content_hash
        library.put_vectors(THEIRS, {one.content_hash: VECTOR for one in photos})
        library.put_text(first, "reader", [TextLine("Eisenwaren Huber", 0.1)])
        library.put_text(photos[1].content_hash, "reader", reason="too dark")
    source = exported(here, there / "export.zip")
    added = len(photos)
    if there_before:
        paint(there / "mine" / "black.png", "black")
        with Library.open(there / "library.db", create=True) as library:
            index_folders(library, encoder, [there / "mine"])
            # A set of another encoder, under the number that theirs has in the other library.
            library.begin_set("mine", MINE, 2)
            (own,) = library.lacking(MINE)
            library.put_vectors(MINE, {own.content_hash: VECTOR[:2]})
            library.put_text(own.content_hash, "reader", [TextLine("Tinte", 0.1)])
    import_library(source, there / "library.db")
    with Library.open(there / "library.db") as library:
        kept = {one.fingerprint: one.photos for one in library.vector_sets() if not one.searched}
        assert kept == ({MINE: 1, THEIRS: added} if there_before else {THEIRS: added})
        assert library.count_lacking(THEIRS) == there_before
        assert [line.text for (line,) in library.find_texts(["eisenwaren"]).values()] == [
            "Eisenwaren Huber"
        ]
        assert len(library.find_texts(["tinte"])) == there_before
        assert library.text_counts().failed == 1
        library.search_set(THEIRS)
        # One of them is hidden.
        assert library.searchable_count() == added - 1
        library.search_set(encoder.fingerprint)
    assert (import_library(source, there / "library.db").added, len(photos)) == (0, added)
    with Library.read(there / "library.db") as library:
        assert library.text_counts().with_text == 1 + there_before


def test_a_library_of_an_encoder_whose_vectors_were_kept(
    here: Path, there: Path, encoder: ColourEncoder
) -> None:
    with Library.open(here / "library.db") as library:
        library.begin_set("theirs", THEIRS, 4)
        photos = library.lacking(THEIRS)
        library.put_vectors(THEIRS, {one.content_hash: VECTOR for one in photos})
        library.search_set(THEIRS)
    source = exported(here, there / "export.zip")
    paint(there / "mine" / "black.png", "black")
    with Library.open(there / "library.db", create=True) as library:
        index_folders(library, encoder, [there / "mine"])
    assert import_library(source, there / "library.db").added == len(photos)
    with Library.open(there / "library.db") as library:
        assert library.fingerprint == encoder.fingerprint
        found = Searcher(library, encoder).search(Query.of("blue"), SearchOptions(1))
        assert found.hits[0].path.name == "blue.png"
        kept = {one.fingerprint: one.photos for one in library.vector_sets() if not one.searched}
        assert kept == {THEIRS: len(photos)}


def test_into_an_empty_file(here: Path, there: Path) -> None:
    source = exported(here, there / "export.zip")
    (there / "library.db").touch()
    assert import_library(source, there / "library.db").added == 6


def test_another_encoders_library_is_left_as_it_is(here: Path, there: Path) -> None:
    source = exported(here, there / "export.zip")
    other = ColourEncoder("other")
    paint(there / "mine" / "black.png", "black")
    with Library.open(there / "library.db", create=True) as library:
        index_folders(library, other, [there / "mine"])
    with pytest.raises(ExportInvalid, match="of the encoder 'colours', not 'other'"):
        import_library(source, there / "library.db")
    with Library.read(there / "library.db") as library:
        assert library.counts().present == 1


def test_while_another_process_writes(here: Path, there: Path, encoder: ColourEncoder) -> None:
    source = exported(here, there / "export.zip")
    with (
        Library.open(there / "library.db", create=True) as library,
        library.writing(),
        pytest.raises(LibraryBusy),
    ):
        import_library(source, there / "library.db")
    assert not list(there.glob(".import-*"))


def test_nothing_is_written_over(here: Path, there: Path) -> None:
    (there / "full").mkdir()
    (there / "full" / "note.txt").write_text("mine")
    with Library.read(here / "library.db") as library:
        for target in (there / "full", there / "full" / "note.txt"):
            with pytest.raises(ExportInvalid, match="is there already"):
                export_library(library, target)
    assert (there / "full" / "note.txt").read_text() == "mine"


# -- exports that anybody may have made ----------------------------------------------------------

Alter = Callable[[Path], None]


def manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text())


def rewrite(folder: Path, name: str, content: bytes, **more: Any) -> None:
    """Change a file and have the manifest vouch for it, as somebody who means ill would."""
    (folder / name).write_bytes(content)
    told = manifest(folder)
    table = name.partition("-")[0].partition(".")[0]
    known = told["files"].get(name, {"table": table, "rows": 1})
    told["files"][name] = known | {"bytes": len(content), "blake2b": content_hash(content)} | more
    (folder / "manifest.json").write_text(json.dumps(told))


def photo_row(**values: Any) -> Alter:
    def alter(folder: Path) -> None:
        lines = (folder / "photo.jsonl").read_text().splitlines()
        lines[0] = json.dumps(json.loads(lines[0]) | values)
        rewrite(folder, "photo.jsonl", "\n".join(lines).encode() + b"\n")

    return alter


def vectors(**tensors: Any) -> Alter:
    def alter(folder: Path) -> None:
        sound = {"photo_id": np.arange(1, 3), "data": np.eye(2, 16, dtype=np.float32)}
        content = save(sound | tensors, {"fingerprint": "x"})
        rewrite(folder, "vector-00000.safetensors", content, rows=2)

    return alter


def manifest_of(**values: Any) -> Alter:
    def alter(folder: Path) -> None:
        (folder / "manifest.json").write_text(json.dumps(manifest(folder) | values))

    return alter


def cut(name: str) -> Alter:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-7])  # type: ignore[return-value]


def file_named(name: str) -> Alter:
    def alter(folder: Path) -> None:
        told = manifest(folder)
        told["files"][name] = told["files"].pop("photo.jsonl")
        (folder / "manifest.json").write_text(json.dumps(told))

    return alter


HOSTILE: dict[str, tuple[Alter, str]] = {
    "path up": (photo_row(path={"root": 0, "path": "../../secret.png"}), "out of its folder"),
    "path absolute": (photo_row(path={"root": 0, "path": "/etc/secret.png"}), "out of its folder"),
    "path plain": (photo_row(path="/etc/secret.png"), "out of its folder"),
    "path of no root": (photo_row(path={"root": 7, "path": "a.png"}), "out of its folder"),
    "path with a drive": (photo_row(path={"root": 0, "path": "C:/a.png"}), "out of its folder"),
    "file up": (file_named("../photo.jsonl"), "damaged"),
    "file absolute": (file_named("/etc/passwd"), "damaged"),
    "newer": (manifest_of(version=2, photopal="9.9"), "newer version.*9.9.*upgrade"),
    "newer schema": (manifest_of(schema=9999), "newer version"),
    "of something else": (manifest_of(format="recipes"), "none of Photopal's"),
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), "no export"),
    "half a manifest": (cut("manifest.json"), "none of Photopal's"),
    "a file cut off": (cut("photo.jsonl"), "not what it was"),
    "a file gone": (lambda folder: (folder / "photo.jsonl").unlink(), "files of it are missing"),
    "vectors cut off": (cut("vector-00000.safetensors"), "not what it was"),
    "vectors of text": (vectors(data=np.ones((2, 16), np.int8)), "vectors in it are damaged"),
    "vectors of a wrong shape": (vectors(data=np.ones((3, 16), np.float32)), "damaged"),
    "vectors of nothing": (vectors(data=np.full((2, 16), np.nan, np.float32)), "damaged"),
    "vectors that are none": (
        lambda folder: rewrite(folder, "vector-00000.safetensors", b"\xff" * 64),
        "vectors in it are damaged",
    ),
    "a row that is none": (
        lambda folder: rewrite(folder, "photo.jsonl", b"[1, 2]\n"),
        "none of the table photo",
    ),
    "another column": (photo_row(**{"id) --": 1}), "none of the table photo"),
    "a day that is none": (photo_row(taken_at=[1]), "none of Photopal's"),
    "the same photo twice": (photo_row(id=2), "makes no library"),
    "an unknown status": (photo_row(status="odd"), "makes no library"),
    "a huge number": (photo_row(size=10**30), "too large"),
    "a table of no library": (
        lambda folder: rewrite(folder, "secrets.jsonl", b"{}\n"),
        "of no table of a library",
    ),
}


@pytest.fixture(scope="module")
def sound(machine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export with nothing wrong."""
    return exported(machine, tmp_path_factory.mktemp("sound") / "export")


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_wrong_is_said_and_nothing_is_taken_in(sound: Path, there: Path, what: str) -> None:
    alter, said = HOSTILE[what]
    source = shutil.copytree(sound, there / "export")
    packed = what in ("path up", "no manifest", "a file cut off", "a file gone", "newer")
    alter(source)
    if packed:
        with zipfile.ZipFile(there / "export.zip", "w") as archive:
            for path in source.iterdir():
                archive.write(path, path.name)
        shutil.rmtree(source)
        source = there / "export.zip"
    with pytest.raises(ExportInvalid, match=said) as caught:
        import_library(source, there / "library.db")
    assert "nothing was changed" in str(caught.value) and "\n" not in str(caught.value)
    assert os.listdir(there) == [source.name]


@pytest.mark.parametrize("keep", [0, 10, 400, 0.5, 0.99])
def test_a_zip_that_is_cut_off(here: Path, there: Path, keep: float) -> None:
    source = exported(here, there / "export.zip")
    content = source.read_bytes()
    source.write_bytes(content[: int(keep * len(content) if 0 < keep < 1 else keep)])
    with pytest.raises(ExportInvalid, match="cut off or damaged"):
        import_library(source, there / "library.db")
    with pytest.raises(ExportInvalid, match="check the path"):
        import_library(there / "none.zip", there / "library.db")
    assert os.listdir(there) == ["export.zip"]


def test_a_bomb_is_not_unpacked(here: Path, there: Path) -> None:
    source = exported(here, there / "export")
    with zipfile.ZipFile(there / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in source.iterdir():
            bomb = path.name == "photo.jsonl"
            archive.writestr(path.name, bytes(64 << 20) if bomb else path.read_bytes())
    with pytest.raises(ExportInvalid, match="not what it was"):
        import_library(there / "bomb.zip", there / "library.db")
