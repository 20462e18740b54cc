"""``photopal feedback`` from the command line to the file, in process."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.history import History, KeptFeedback, history_path
from bot.history.feedback import Kind
from retrieval.library import Library
from tests.bot.cli.test_history import Command, as_json, kept, photopal
from tests.bot.history.conftest import ANNA, BERT

__all__ = ["kept", "photopal"]  # fixtures of that file


@pytest.fixture
def learned(kept: Path, tmp_path: Path) -> Path:
    """Two photos judged, one of another library, one that changed since, one without words."""
    with (
        Library.read(tmp_path / "home" / "library.db") as library,
        History.open(history_path()) as history,
    ):
        photos = {one.path.stem: one for one in library.photos_with("present")}

        def said(number: int, photo: str, kind: Kind) -> KeptFeedback:
            one = photos[photo]
            given = f"2026-11-02T10:00:{number:02}.000Z"
            return KeptFeedback(
                f"{number}0000000-feed",
                ANNA,
                "owner",
                library.uid,
                kind,
                "the red one",
                one.id,
                one.content_hash or "",
                given,
            )

        history.give(said(1, "red", "share"))
        history.give(said(2, "blue", "not_this"))
        elsewhere = replace(said(3, "red", "up"), chat_id=BERT, library="another library")
        history.give(replace(elsewhere, photo_hash="of another picture"))
        history.give(replace(said(4, "red", "up"), photo_hash="as it was", query="the old one"))
        history.give(replace(said(5, "blue", "favourite"), query=""))
    return kept


def test_list_tells_what_was_said_of_which_photo(photopal: Command, learned: Path) -> None:
    found = as_json(photopal("feedback", "list", "--json"))["feedback"]
    assert [one["kind"] for one in found] == ["favourite", "up", "up", "not_this", "share"]
    assert found[-1]["photo"] == str(learned / "red.png")
    assert found[-1]["label"] == 1 and found[-2]["label"] == 0
    assert [one["photo"] for one in found[1:3]] == [None, None]
    _, out, _ = photopal("feedback", "list")
    assert "not this" in out and "blue.png" in out


def test_export_writes_pairs_and_says_what_is_none(
    photopal: Command, learned: Path, tmp_path: Path
) -> None:
    file = tmp_path / "pairs.jsonl"
    told = as_json(photopal("feedback", "export", file, "--json"))
    assert told["pairs"] == 2
    assert sum(told["left_out"].values()) == 3
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(row["query"], Path(row["photo"]).name, row["label"]) for row in rows] == [
        ("the red one", "red.png", 1),
        ("the red one", "blue.png", 0),
    ]
    assert file.stat().st_mode & 0o077 == 0


def test_forget_takes_ids_a_chat_or_all(photopal: Command, learned: Path) -> None:
    assert as_json(photopal("feedback", "forget", "10000000", "--json")) == {"deleted": 1}
    assert as_json(photopal("feedback", "forget", "--chat", BERT, "--json")) == {"deleted": 1}
    assert as_json(photopal("feedback", "forget", "--all", "--json")) == {"deleted": 3}
    assert photopal("feedback", "list")[1].strip() == "Nothing was learned yet."
    assert len(as_json(photopal("history", "list", "--json"))["chats"]) == 2


@pytest.mark.parametrize("ids", [["nonsense"], ["10000000", "nonsense"], ["--chat", "nonsense"]])
def test_what_is_not_there_deletes_nothing(
    photopal: Command, learned: Path, ids: list[str]
) -> None:
    status, _, err = photopal("feedback", "forget", *ids)
    assert status == 1 and "nonsense" in err
    assert len(as_json(photopal("feedback", "list", "--json"))["feedback"]) == 5
    assert photopal("feedback", "forget")[0] == 2
