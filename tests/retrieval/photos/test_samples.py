"""The sample photos: real, credited, the same every time, without any network."""

import socket
from pathlib import Path

import pytest

from retrieval.errors import NoPhotosFound
from retrieval.photos.reading import open_image
from retrieval.photos.samples import SAMPLES, install_samples


def test_real_photos_with_credits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("asked the network")

    monkeypatch.setattr(socket.socket, "connect", never)
    samples = install_samples(tmp_path / "samples")
    assert len(samples) >= 14
    names = {sample.name for sample in samples}
    assert {"cat.png", "rocket.jpg", "chinese-temple.jpg"} <= names
    written = {path.name for path in (tmp_path / "samples").iterdir()}
    assert written == names | {"CREDITS.txt"}
    text = (tmp_path / "samples" / "CREDITS.txt").read_text(encoding="utf-8")
    for sample in samples:
        assert min(open_image(tmp_path / "samples" / sample.name).size) >= 180
        assert all(part in text for part in (sample.name, sample.author, sample.licence))


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
    assert len({sample.name for sample in SAMPLES}) == len(SAMPLES)
    assert len({sample.source for sample in SAMPLES}) == len(SAMPLES)


def test_without_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NoPhotosFound, match="scikit-image"):
        install_samples(tmp_path)
