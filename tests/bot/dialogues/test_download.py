"""Fetching photos from a real server that is slow, lies, hangs up and says no."""

import asyncio
import json
import multiprocessing
import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.dialogues.dialogue import Dialogue
from bot.dialogues.download import (
    DEAD_LINKS,
    REPORT,
    DownloadFailed,
    Options,
    Report,
    download_photos,
)
from bot.dialogues.photo_names import PhotoFolder
from retrieval.photos.reading import open_image
from tests.support.photo_server import (
    PhotoServer,
    drops,
    first,
    hangs_up,
    picture,
    send,
    serves,
    slow,
    status,
)

QUICK = Options(retries=3, first_wait=0.02, max_wait=0.05, timeout=2.0, total_timeout=5.0)


@pytest.fixture
def server() -> Iterator[PhotoServer]:
    with PhotoServer().running() as running:
        yield running


def asking(server: PhotoServer, *names: str) -> list[Dialogue]:
    return [Dialogue(name, (), photo_url=f"{server.url}/{name}") for name in names]


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {REPORT}


def reasons(missed: list) -> dict[str, str]:
    return {each.name: each.reason for each in missed}


def test_photos_come_in_parallel_each_once_under_the_names_that_the_reader_finds(
    server: PhotoServer, tmp_path: Path
) -> None:
    for number in range(6):
        server.answers[f"/{number}_o.jpg"] = slow(picture(number), 0.4)
    server.answers["/x.jpg"] = serves(picture(9, kind="PNG"))
    dialogues = asking(server, *(f"{number}_o.jpg" for number in range(6)), "0_o.jpg")
    dialogues.append(Dialogue("id", (), photo_id="train/ab?c", photo_url=f"{server.url}/x.jpg"))
    seen: list[int] = []
    report = download_photos(
        dialogues, tmp_path, QUICK, on_progress=lambda now: seen.append(now.done)
    )
    assert server.most_at_once > 2
    assert (report.fetched, report.photos, report.done) == (7, 7, 7)
    assert sorted(seen) == list(range(1, 8))
    assert server.requests["/0_o.jpg"] == 1
    photos = PhotoFolder(tmp_path)
    assert [photos.find(dialogue) for dialogue in dialogues[:2]] == [
        tmp_path / "0_o.jpg",
        tmp_path / "1_o.jpg",
    ]
    # The extension is the one of the content.
    assert photos.find(dialogues[-1]) == tmp_path / "train" / "ab_c.png"
    assert (tmp_path / "0_o.jpg").read_bytes() == picture(0)


def test_a_second_run_asks_for_nothing_that_is_there_or_dead(
    server: PhotoServer, tmp_path: Path
) -> None:
    server.answers["/good.jpg"] = serves(picture())
    server.answers["/busy.jpg"] = first(4, status(503), serves(picture(1)))
    dialogues = asking(server, "good.jpg", "gone.jpg", "busy.jpg")
    once = download_photos(dialogues, tmp_path, QUICK)
    assert (once.fetched, reasons(once.dead)) == (1, {"gone": "HTTP 404"})
    assert reasons(once.failed) == {"busy": "HTTP 503"}
    again = download_photos(dialogues, tmp_path, QUICK)
    assert (again.fetched, again.already_there) == (1, 1)
    assert reasons(again.dead) == {"gone": "HTTP 404"}
    assert server.requests == {"/good.jpg": 1, "/gone.jpg": 1, "/busy.jpg": 5}
    server.answers["/gone.jpg"] = serves(picture(2))
    third = download_photos(dialogues, tmp_path, replace(QUICK, retry_dead=True))
    assert (third.fetched, third.already_there, third.dead) == (1, 2, [])


def test_the_report_lists_what_is_missing_and_why(server: PhotoServer, tmp_path: Path) -> None:
    dialogues = [
        *asking(server, "gone.jpg"),
        Dialogue("7", ()),
        Dialogue("8", (), photo_id="a", photo_url="file:///etc/hostname"),
        Dialogue("9", (), photo_id="b", photo_url="http://[broken"),
    ]
    download_photos(dialogues, tmp_path, QUICK)
    report = json.loads((tmp_path / REPORT).read_text())
    assert report["photos"] == 3
    assert report["without_url"] == ["7"]
    assert {each["name"]: each["reason"] for each in report["dead"]} == {
        "gone": "HTTP 404",
        "a": "not a web address",
        "b": "not a web address",
    }
    # A line that was cut off by a kill is no obstacle.
    with (tmp_path / DEAD_LINKS).open("a") as file:
        file.write('{"name": "x", "ur')
    download_photos(dialogues, tmp_path, QUICK)
    assert server.requests["/gone.jpg"] == 1


def test_two_addresses_under_one_name_are_reported(server: PhotoServer, tmp_path: Path) -> None:
    server.answers["/a/1.jpg"] = serves(picture())
    report = download_photos(asking(server, "a/1.jpg", "b/1.jpg", "b/1.jpg"), tmp_path, QUICK)
    assert report.fetched == 1
    assert "has the same name" in reasons(report.failed)["1"]
    assert report.done == report.photos == 2


def test_what_may_pass_is_tried_again(server: PhotoServer, tmp_path: Path) -> None:
    body = picture(side=300)
    for name, bad in {
        "a": status(503),
        "b": hangs_up,
        "c": drops(body),
        "d": drops(body, says_length=False),
        "e": slow(body, 20),
    }.items():
        server.answers[f"/{name}.jpg"] = first(1, bad, serves(body))
    options = replace(QUICK, timeout=0.3)
    report = download_photos(asking(server, *(f"{n}.jpg" for n in "abcde")), tmp_path, options)
    assert report.fetched == 5, report
    assert set(server.requests.values()) == {2}
    assert files(tmp_path) == {f"{name}.jpg" for name in "abcde"}


def test_a_server_that_never_mends_is_left_after_the_retries(
    server: PhotoServer, tmp_path: Path
) -> None:
    server.answers["/drops.jpg"] = drops(picture(side=300))
    server.answers["/cut.jpg"] = drops(picture(side=300), says_length=False)
    server.answers["/drip.jpg"] = slow(picture(), 4)
    options = replace(QUICK, retries=1, total_timeout=0.3)
    report = download_photos(asking(server, "drops.jpg", "cut.jpg", "drip.jpg"), tmp_path, options)
    found = reasons(report.failed)
    assert found["drops"].startswith("the connection broke")
    assert "truncated" in found["cut"]
    assert found["drip"] == "it takes too long"
    assert set(server.requests.values()) == {2}
    assert files(tmp_path) == set(), "no half photo and no memory of what may pass"


def test_retry_after_is_honoured_for_the_whole_host(
    server: PhotoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, waits, real = list[str](), list[float](), asyncio.sleep

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await real(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)

    def answer(handler, before: int) -> None:  # type: ignore[no-untyped-def]
        asked.append(handler.path)
        if len(asked) == 1:
            status(429, Retry_After="1")(handler, before)
        else:
            send(handler, picture(len(asked)))

    for name in "abc":
        server.answers[f"/{name}.jpg"] = answer
    options = replace(QUICK, concurrency=1)
    report = download_photos(asking(server, "a.jpg", "b.jpg", "c.jpg"), tmp_path, options)
    assert report.fetched == 3
    assert asked == ["/a.jpg", "/a.jpg", "/b.jpg", "/c.jpg"]
    assert any(0.5 < wait <= 1 for wait in waits)


def test_a_host_that_asks_for_an_hour_is_left_alone(server: PhotoServer, tmp_path: Path) -> None:
    for name in "abc":
        server.answers[f"/{name}.jpg"] = status(429, Retry_After="3600")
    options = replace(QUICK, concurrency=1)
    report = download_photos(asking(server, "a.jpg", "b.jpg", "c.jpg"), tmp_path, options)
    assert server.requests.total() == 1
    assert all("asks to wait 3600 s" in each.reason for each in report.failed)
    assert len(report.failed) == 3


def test_what_is_no_photo_is_dead(server: PhotoServer, tmp_path: Path) -> None:
    page = b"<!doctype html><p>This photo is private</p>"
    server.answers["/page.jpg"] = serves(page, "text/html; charset=utf-8")
    server.answers["/lie.jpg"] = serves(page, "image/jpeg")
    server.answers["/taken.jpg"] = status(302, Location="/en/photo_unavailable.png")
    server.answers["/en/photo_unavailable.png"] = serves(picture(kind="PNG"), "image/png")
    server.answers["/circle.jpg"] = status(302, Location="/circle.jpg")
    server.answers["/private.jpg"] = status(403)
    names = ("page.jpg", "lie.jpg", "taken.jpg", "circle.jpg", "private.jpg")
    report = download_photos(asking(server, *names), tmp_path, QUICK)
    assert reasons(report.dead) == {
        "page": "a page (text/html), not an image",
        "lie": "not an image",
        "taken": "the photo was taken away",
        "circle": "redirected in a circle",
        "private": "HTTP 403",
    }
    assert files(tmp_path) == {DEAD_LINKS}


def test_an_empty_answer_is_tried_again_and_never_kept(server: PhotoServer, tmp_path: Path) -> None:
    server.answers["/empty.jpg"] = first(1, serves(b""), serves(picture()))
    assert download_photos(asking(server, "empty.jpg"), tmp_path, QUICK).fetched == 1
    assert server.requests["/empty.jpg"] == 2


def test_large_answers_are_not_read_whether_they_say_so_or_not(
    server: PhotoServer, tmp_path: Path
) -> None:
    sent: list[int] = []

    def endless(handler, before: int) -> None:  # type: ignore[no-untyped-def]
        handler.send_response(200)
        handler.send_header("Content-Type", "image/jpeg")
        handler.send_header("Connection", "close")
        handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(bytes(100_000))
            sent.append(100_000)

    server.answers["/says.jpg"] = serves(picture(side=500))
    server.answers["/endless.jpg"] = endless
    options = replace(QUICK, max_bytes=100_000)
    report = download_photos(asking(server, "says.jpg", "endless.jpg"), tmp_path, options)
    assert len(report.dead) == 2
    assert all(each.reason.startswith("larger than") for each in report.dead)
    assert sum(sent) < 20_000_000
    assert files(tmp_path) == {DEAD_LINKS}


def test_redirects_are_followed(server: PhotoServer, tmp_path: Path) -> None:
    server.answers["/old.jpg"] = status(301, Location="/new/place.jpg")
    server.answers["/new/place.jpg"] = serves(picture())
    assert download_photos(asking(server, "old.jpg"), tmp_path, QUICK).fetched == 1
    assert open_image(tmp_path / "old.jpg").size == (80, 80)


def test_without_any_connection_it_soon_gives_up(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    dialogues = [
        Dialogue(str(number), (), photo_url=f"http://127.0.0.1:{port}/{number}.jpg")
        for number in range(500)
    ]
    with pytest.raises(DownloadFailed, match="is this machine online"):
        download_photos(dialogues, tmp_path, replace(QUICK, retries=1))
    assert not (tmp_path / DEAD_LINKS).exists()


def test_a_full_disk_ends_it_in_one_line_without_half_a_photo(
    server: PhotoServer, tmp_path: Path
) -> None:
    server.answers["/big.jpg"] = serves(picture(side=600))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(DownloadFailed, match=r"too large|space"):
            download_photos(asking(server, "big.jpg"), tmp_path, QUICK)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert files(tmp_path) == set()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadFailed):
        download_photos([], tmp_path / "file" / "photos", QUICK)
    assert download_photos([], tmp_path / "new", QUICK) == Report(
        seconds=pytest.approx(0, abs=5)  # type: ignore[arg-type]
    )


def _download(dialogues: list[Dialogue], folder: Path) -> None:
    download_photos(dialogues, folder, replace(QUICK, concurrency=2))


def test_killed_and_run_again_it_goes_on(server: PhotoServer, tmp_path: Path) -> None:
    names = [f"{number}.jpg" for number in range(20)]
    for number, name in enumerate(names):
        server.answers[f"/{name}"] = slow(picture(number, side=200), 0.2)
    dialogues = asking(server, *names)
    process = multiprocessing.get_context("spawn").Process(
        target=_download, args=(dialogues, tmp_path)
    )
    process.start()
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("*.jpg"))) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    there = {path.name for path in tmp_path.glob("*.jpg")}
    assert 4 <= len(there) < 20
    before = server.requests.copy()
    report = download_photos(dialogues, tmp_path, QUICK)
    assert (report.already_there, report.fetched) == (len(there), 20 - len(there))
    assert all(server.requests[f"/{name}"] == before[f"/{name}"] for name in there)
    assert files(tmp_path) == set(names), "no part of a photo is left"
    assert all(open_image(tmp_path / name).size == (200, 200) for name in names)
