"""``photopal history`` from the command line to the file, in process."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.cli.main import run
from bot.dialogues.reading import read_dialogues
from bot.history import History, history_path
from retrieval.library import Library
from tests.bot.history.conftest import ANNA, BERT, answered, make_chat, said
from tests.support.fake_encoder import ColourEncoder
from tests.support.histories import place, postgres, postgres_server
from tests.support.pictures import paint

__all__ = ["place", "postgres", "postgres_server"]  # fixtures

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def photopal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run a command: its exit status, and both of its outputs."""
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("retrieval.encoders.load_encoder", lambda name: ColourEncoder(str(name)))

    def command(*arguments: str | Path) -> tuple[int, str, str]:
        status = run([*map(str, arguments)])
        output = capsys.readouterr()
        return status, output.out, output.err

    return command


@pytest.fixture
def kept(
    photopal: Command, tmp_path: Path, place: Path | str, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Two chats about a library of two photos, in a file and on a server; the photos' folder."""
    monkeypatch.setenv("PHOTOPAL_HISTORY", str(place))
    folder = tmp_path / "album"
    for colour in ("red", "blue"):
        paint(folder / f"{colour}.png", colour)
    assert photopal("index", folder)[0] == 0
    with Library.read(tmp_path / "home" / "library.db") as library:
        uid = library.uid
    with History.open(place) as history:
        history.begin(make_chat(ANNA, library=uid, title="The red one"))
        history.add(ANNA, said(1, "show me the red one"))
        history.add(ANNA, answered(2, 1, 2, shared=(1,)))
        history.begin(make_chat(BERT, library="another library", title="Elsewhere", day=2))
        history.add(BERT, said(3, "something else"))
    return folder


def as_json(answer: tuple[int, str, str]) -> dict[str, Any]:
    status, out, _ = answer
    assert status == 0
    value = json.loads(out)
    assert isinstance(value, dict)
    return value


def test_list_and_search(photopal: Command, kept: Path) -> None:
    found = as_json(photopal("history", "list", "--json"))["chats"]
    assert [(one["id"], one["title"], one["count"]) for one in found] == [
        (BERT, "Elsewhere", 1),
        (ANNA, "The red one", 2),
    ]
    assert len(as_json(photopal("history", "list", "-k", "1", "--json"))["chats"]) == 1
    found = as_json(photopal("history", "search", "RED", "show", "--json"))["chats"]
    assert [one["id"] for one in found] == [ANNA]
    assert "No chat was found." in photopal("history", "search", "zebra")[1]
    assert "The red one" in photopal("history", "list")[1]


def test_show(photopal: Command, kept: Path) -> None:
    chat = as_json(photopal("history", "show", ANNA, "--json"))
    assert [one["author"] for one in chat["messages"]] == ["user", "bot"]
    assert chat["messages"][1]["photos"][0].startswith(str(kept))
    assert len(chat["messages"][1]["shared"]) == 1
    status, out, said = photopal("history", "show", BERT)
    assert status == 0 and "something else" in out
    assert "another library" in said


def test_the_beginning_of_an_id_is_enough_when_it_is_clear(photopal: Command, kept: Path) -> None:
    assert photopal("history", "show", ANNA[:35] + "1")[0] == 0
    status, _, said = photopal("history", "show", ANNA[:8])
    assert status == 1 and "more than one chat begins" in said
    status, _, said = photopal("history", "show", "zzz")
    assert status == 1 and "no chat begins with zzz" in said


def test_export_of_dialogues(photopal: Command, kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "chats.json"
    written = as_json(photopal("history", "export", "-o", file, "--json"))
    assert written == {"file": str(file), "chats": 2, "dialogues": 2}
    shared = [one for one in read_dialogues(file) if one.share_index is not None]
    assert [one.turns[0].text for one in shared] == ["show me the red one"]


def test_export_of_a_very_long_chat_is_complete(
    photopal: Command, kept: Path, place: Path | str, tmp_path: Path
) -> None:
    texts = [f"message {number}" for number in range(5_000)]
    with History.open(place) as history, history.transaction():
        history.begin(make_chat("long"))
        for number, text in enumerate(texts, start=10):
            history.add("long", said(number, text))
    file = tmp_path / "chats.json"
    assert photopal("history", "export", "long", "-o", file)[0] == 0
    (dialogue,) = read_dialogues(file)
    assert [one.text for one in dialogue.turns] == texts
    page = tmp_path / "chats.html"
    assert photopal("history", "export", "long", "-o", page)[0] == 0
    words = page.read_text(encoding="utf-8")
    assert all(f"<p>{text}</p>" in words for text in texts)


def test_export_of_a_page(photopal: Command, kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "chats.html"
    written = as_json(photopal("history", "export", ANNA, "-o", file, "--json"))
    assert written == {"file": str(file), "chats": 1, "photos": 3}
    page = file.read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64,") == 3
    assert str(kept) not in page
    assert file.stat().st_mode & 0o077 == 0
    assert photopal("history", "export", "-o", tmp_path / "chats.txt")[0] == 2


def test_delete(photopal: Command, kept: Path) -> None:
    status, _, _ = photopal("history", "delete", ANNA, "zzz")
    assert status == 1
    assert len(as_json(photopal("history", "list", "--json"))["chats"]) == 2
    assert as_json(photopal("history", "delete", ANNA, "--json")) == {"deleted": 1}
    assert photopal("history", "delete")[0] == 2
    assert as_json(photopal("history", "delete", "--all", "--json")) == {"deleted": 1}
    assert "No chat was kept yet." in photopal("history", "list")[1]
    assert Image.open(kept / "red.png").size


def test_without_any_history(photopal: Command, tmp_path: Path) -> None:
    status, out, said = photopal("history", "list")
    assert status == 1 and out == ""
    assert "no chat was kept yet" in said
    assert not history_path().exists()


def test_without_the_library_chats_are_shown_all_the_same(
    photopal: Command, kept: Path, tmp_path: Path
) -> None:
    for file in (tmp_path / "home").glob("library.db*"):
        file.unlink()
    status, out, said = photopal("history", "show", ANNA)
    assert status == 0 and "show me the red one" in out
    assert "without the photos" in said
