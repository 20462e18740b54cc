"""Folders that are watched: what changes is in the library, and in a search, moments later."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from retrieval.indexing import index_folders, watch
from retrieval.indexing.watch import Watcher, WatchEvent, on_network
from retrieval.library import Library
from retrieval.search import Query, Searcher, SearchOptions
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint

PATIENCE = 60.0


def until(met: Callable[[], object], what: str) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.05)


class Running:
    """A watcher in a thread of its own, what it told, and a reader as a chat has one."""

    def __init__(self, path: Path, reader: Library) -> None:
        self.path = path
        self.reader = reader
        self.events: list[WatchEvent] = []
        self.searcher = Searcher(reader, ColourEncoder())

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events if event.text]

    def names(self) -> set[str]:
        found = self.searcher.search(Query.of("red"), SearchOptions(99))
        return {hit.path.name for hit in found.hits}


@contextmanager
def watching(path: Path, folder: Path) -> Iterator[Running]:
    with Library.open(path, create=True) as library:
        index_folders(library, ColourEncoder(), [folder])
    with Library.open(path) as library, Library.read(path) as reader:
        running = Running(path, reader)
        watcher = Watcher(library, ColourEncoder(), [folder], running.events.append)
        thread = threading.Thread(target=watcher.run)
        thread.start()
        try:
            yield running
        finally:
            watcher.stop.set()
            thread.join(PATIENCE)
            assert not thread.is_alive()


@pytest.mark.parametrize("polling", [False, True])
def test_what_comes_and_goes(
    photos: Path, tmp_path: Path, polling: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.3)
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.3)
    monkeypatch.setattr(watch, "on_network", lambda _: polling)
    with watching(tmp_path / "library.db", photos) as running:
        assert len(running.names()) == 6
        paint(photos / "new" / "orange.png", "orange")
        until(lambda: "orange.png" in running.names(), "a new photo is found")
        until(lambda: running.events, "it is told")
        assert [path.name for path in running.events[0].added] == ["orange.png"]
        (photos / "red.png").unlink()
        until(lambda: "red.png" not in running.names(), "a deleted one is not")
        (photos / "sub").rename(photos / "renamed")
        until(
            lambda: any(event.report and event.report.moved for event in running.events),
            "a renamed folder is followed",
        )
        assert "white.jpg" in running.names()
        (photos / "broken.jpg").write_bytes(b"nothing")
        (photos / "note.txt").write_text("nothing to see")
        until(
            lambda: [
                one for event in running.events if event.report for one in event.report.failed
            ],
            "a broken one is told",
        )
        told = len(running.events)
        paint(photos / "black.png", "black")
        until(lambda: len(running.events) > told, "the next one is told")
        # What is known to be broken is not told again.
        assert running.events[-1].report is not None
        assert running.events[-1].report.failed == []
        assert running.texts == []


def test_a_folder_that_is_forgotten_stays_forgotten(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.3)
    with watching(tmp_path / "library.db", photos) as running:
        paint(photos / "orange.png", "orange")
        until(lambda: "orange.png" in running.names(), "a new photo is found")
        with (
            Library.open(tmp_path / "library.db") as library,
            library.writing(patience=PATIENCE),
        ):
            library.forget_folder(photos)
        paint(photos / "pink.png", "pink")
        until(lambda: any("no longer" in text for text in running.texts), "it is told")
        time.sleep(1.0)
        assert running.reader.roots() == []
        assert running.reader.counts().present == 0


def test_a_folder_that_vanishes_and_comes_back(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.2)
    with watching(tmp_path / "library.db", photos) as running:
        away = photos.rename(tmp_path / "away")
        until(lambda: running.texts, "it is missed")
        assert "is gone" in running.texts[0]
        with Library.read(running.path) as library:
            assert library.counts().present == 6
        paint(away / "orange.png", "orange")
        away.rename(photos)
        until(lambda: len(running.texts) == 2, "it is seen")
        assert running.texts[1] == f"{photos} is back"
        until(lambda: "orange.png" in running.names(), "what is new in it is found")
        assert len(running.names()) == 7


def test_while_another_process_writes_it_waits(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.2)
    with watching(tmp_path / "library.db", photos) as running:
        with Library.open(running.path) as other, other.writing(patience=PATIENCE):
            paint(photos / "orange.png", "orange")
            until(lambda: running.texts, "it says that it waits")
            assert "another process" in running.texts[0]
        until(lambda: "orange.png" in running.names(), "it goes on")


def test_a_failure_is_told_once_and_tried_again(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from retrieval.errors import LibraryError

    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(watch, "TRY_AGAIN_SECONDS", 0.1)
    failures = ["the disk is full"] * 3
    real = watch.index_folders

    def failing(*arguments: object, **options: object) -> object:
        if failures:
            raise LibraryError(failures.pop())
        return real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(watch, "index_folders", failing)
    with watching(tmp_path / "library.db", photos) as running:
        paint(photos / "orange.png", "orange")
        until(lambda: "orange.png" in running.names(), "it is tried again")
        assert running.texts == ["the disk is full; it is tried again"]


def test_network_drives_are_told_by_their_kind(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda1 / ext4 rw 0 0\n"
        f"nas:/photos {tmp_path}/my\\040nas nfs4 rw 0 0\n"
        f"tmpfs {tmp_path}/my\\040nas/inner tmpfs rw 0 0\n"
    )
    (tmp_path / "my nas" / "inner").mkdir(parents=True)
    assert on_network(tmp_path / "my nas" / "2019", mounts)
    assert not on_network(tmp_path / "my nas" / "inner", mounts)
    assert not on_network(tmp_path, mounts)
    assert not on_network(tmp_path, tmp_path / "none")
