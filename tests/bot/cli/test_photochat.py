"""``photopal photochat`` and the replay options of ``chat``: words, JSON, exit status."""

import json
from pathlib import Path

import pytest

from bot.cli.main import run
from tests.support.photo_server import PhotoServer, picture, serves, status


def dialogues(path: Path, *urls: str) -> str:
    path.write_text(
        json.dumps(
            [
                {"dialogue": [{"message": "hi", "share_photo": True, "user_id": 0}], "photo_url": u}
                for u in urls
            ]
        )
    )
    return str(path)


def test_downloads_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = tmp_path / "photos"
    with PhotoServer().running() as server:
        server.answers["/a.jpg"] = serves(picture())
        file = dialogues(
            tmp_path / "a.json", f"{server.url}/a.jpg", f"{server.url}/\x1b[31mgone.jpg", ""
        )
        command = ["photochat", "download", file, "--photos", str(photos)]
        assert run(command) == 0
        said = capsys.readouterr().out
        assert "1 fetched" in said
        assert "1 dead" in said
        assert "1 dialogues name no address" in said
        assert "\x1b" not in said
        assert run([*command, "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert (report["already_there"], report["fetched"], len(report["dead"])) == (1, 0, 1)
    assert (photos / "a.jpg").read_bytes() == picture()


def test_what_may_pass_is_exit_status_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with PhotoServer().running() as server:
        server.answers["/a.jpg"] = status(503)
        file = dialogues(tmp_path / "a.json", f"{server.url}/a.jpg")
        command = ["photochat", "download", file, "--photos", str(tmp_path), "--retries", "0"]
        assert run([*command, "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["failed"][0]["reason"] == "HTTP 503"
    assert said.err == "photopal: not fetched this time: 1 of 1 photos; run it again\n"


def test_wrong_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["photochat", "download", str(tmp_path / "none.json")]) == 1
    assert "no such file" in capsys.readouterr().err
    assert run(["photochat", "download"]) == 2
    assert run(["photochat", "--help"]) == 0


def test_the_chat_refuses_a_missing_replay_before_it_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["chat", "--no-browser", "--replay", str(tmp_path / "none.json")]) == 1
    assert "no dialogue file to replay is there" in capsys.readouterr().err
