"""The sample photos: real, credited, the same every time, without any network."""

import importlib.util
import socket
from pathlib import Path

import pytest

import retrieval.photos
from retrieval.errors import NoPhotosFound
from retrieval.photos.reading import open_image
from retrieval.photos.samples import install_samples, known_samples


def test_real_photos_with_credits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("asked the network")

    monkeypatch.setattr(socket.socket, "connect", never)
    samples = install_samples(tmp_path / "samples")
    assert len(samples) >= 28
    names = {sample.name for sample in samples}
    assert {"cat.png", "rocket.jpg", "chinese-temple.jpg", "dogs-at-the-window.jpg"} <= names
    written = {path.name for path in (tmp_path / "samples").iterdir()}
    assert written == names | {"CREDITS.txt"}
    text = (tmp_path / "samples" / "CREDITS.txt").read_text(encoding="utf-8")
    for sample in samples:
        assert min(open_image(tmp_path / "samples" / sample.name).size) >= 180
        assert all((sample.title, sample.author, sample.licence, sample.origin))
        assert f"{sample.name}: {sample.title}" in text
        said = f"by {sample.author}; licence: {sample.licence}; from {sample.origin}"
        assert said in text


def test_again_changes_nothing(tmp_path: Path) -> None:
    def state() -> dict[str, tuple[int, int]]:
        found = {path.name: path.stat() for path in tmp_path.iterdir()}
        return {name: (status.st_mtime_ns, status.st_ino) for name, status in found.items()}

    first = install_samples(tmp_path)
    before = state()
    assert install_samples(tmp_path) == first
    assert state() == before
    (tmp_path / "cat.png").unlink()
    (tmp_path / "moon.png").write_text("damaged")
    install_samples(tmp_path)
    assert set(state()) == set(before)
    assert open_image(tmp_path / "moon.png").size == (512, 512)


def test_each_is_listed_once() -> None:
    samples = known_samples()
    assert len({sample.name for sample in samples}) == len(samples)
    assert len({(sample.package, sample.source) for sample in samples}) == len(samples)


def test_photos_that_ship_with_photopal_are_small_free_and_credited() -> None:
    folder = Path(retrieval.photos.__file__).parent / "sample_photos"
    own = {Path(one.source).name: one for one in known_samples() if one.package == "retrieval"}
    assert own.keys() == {path.name for path in folder.glob("*.jpg")}
    for name, sample in own.items():
        assert sample.licence.startswith(("CC0", "CC BY ", "public domain"))
        assert (folder / name).stat().st_size <= 120_000
        assert max(open_image(folder / name).size) <= 1024


def test_samples_of_earlier_versions_are_taken_out(tmp_path: Path) -> None:
    skimage = importlib.util.find_spec("skimage")
    assert skimage is not None and skimage.submodule_search_locations
    data = Path(skimage.submodule_search_locations[0], "data")
    (tmp_path / "gravel.png").write_bytes((data / "gravel.png").read_bytes())
    (tmp_path / "eye-retina.jpg").write_bytes(b"a file of somebody's own")
    install_samples(tmp_path)
    assert not (tmp_path / "gravel.png").exists()
    assert (tmp_path / "eye-retina.jpg").exists()


def test_without_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NoPhotosFound, match="scikit-image"):
        install_samples(tmp_path)
