"""PhotoChat, FlickrChat and AlbumChat as data sets of the bench."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.describe.rules import RuleDescriber
from bot.errors import DialogueUnreadable
from tests.support.pictures import paint
from tests.training.bench.datasets.conftest import (
    Read,
    painted,
    reasons,
    spec_of,
    write_json,
    write_lines,
)
from training.bench.datasets import read_dataset
from training.errors import DatasetInvalid, EvaluationError, PhotosUnusable

COLOURS = ("red", "green", "blue")
JULY = {"from": "2022-07-01", "to": "2022-07-31"}


def dialogue(number: int, colour: str) -> dict[str, Any]:
    turns = [
        {"message": "how was it?", "share_photo": False, "user_id": 0},
        {"message": f"so {colour} there", "share_photo": False, "user_id": 1},
        {"message": "let me show", "share_photo": False, "user_id": 1},
        {"message": "", "share_photo": True, "user_id": 1},
    ]
    return {
        "dialogue": turns,
        "dialogue_id": number,
        "photo_id": f"train/{colour}",
        "photo_url": f"https://photos.example/{colour}_o.jpg",
        "photo_description": f"The photo has your dad. Objects in the photo: {colour}, Wall",
    }


def dated(path: Path, colour: str, day: str, seed: int) -> None:
    paint(path, colour, seed=seed)
    with Image.open(path) as picture:
        exif = picture.getexif()
        exif.get_ifd(0x8769)[0x9003] = f"{day.replace('-', ':')} 12:00:00"
        picture.save(path, exif=exif)


def asked_of_album(number: int, kind: str, *relevant: str) -> dict[str, Any]:
    turns = [[1, "do you remember?"], [0, "that red wall in July 2022, without people"]]
    now = "2026-06-10"
    return {"id": number, "kind": kind, "now": now, "turns": turns, "relevant": relevant}


@pytest.fixture
def photochat(tmp_path: Path) -> Path:
    painted(tmp_path / "photos", ["RED.JPG", "green.png", "other.png"])
    write_json(tmp_path / "d.json", [dialogue(n, colour) for n, colour in enumerate(COLOURS)])
    write_lines(
        tmp_path / "descriptors.jsonl",
        {"id": 0, "main_subject": "a red wall", "events": "a visit"},
        {"id": 1, "main_subject": "a green wall"},
    )
    write_lines(tmp_path / "captions.jsonl", {"photo": "red.jpg", "captions": ["bricks", "red"]})
    return tmp_path


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Red walls of two years, one of them twice, and a blue one."""
    dated(tmp_path / "album" / "a.jpg", "red", "2021-07-01", 0)
    dated(tmp_path / "album" / "sub" / "b.jpg", "red", "2022-07-01", 1)
    dated(tmp_path / "album" / "sub" / "b_2.jpg", "red", "2022-07-01", 2)
    dated(tmp_path / "album" / "c.jpg", "blue", "2022-07-02", 3)
    write_lines(
        tmp_path / "dev.jsonl",
        asked_of_album(0, "when", "sub/b.jpg", "sub/b_2.jpg"),
        asked_of_album(1, "no_answer"),
        asked_of_album(2, "burst", "gone.jpg"),
    )
    write_lines(
        tmp_path / "answers.jsonl",
        {"id": 0, "main_subject": "a wall", "when": JULY, "where": None, "exclude": "people"},
        {"id": 2, "main_subject": "a wall", "when": None, "where": None, "exclude": ""},
    )
    return tmp_path


def test_recorded_descriptors_and_a_photo_that_is_missing(read: Read, photochat: Path) -> None:
    found = read(
        "dialogues",
        files=["d.json"],
        photos="photos",
        query="recorded",
        descriptors="descriptors.jsonl",
    )

    assert [(one.id, one.text) for one in found.queries] == [
        ("0", "a red wall, a visit"),
        ("1", "a green wall"),
        ("2", ""),
    ]
    assert [one.id for one in found.photos] == ["RED.JPG", "green.png", "other.png"]
    assert found.relevant == {
        "0": {"RED.JPG": 1},
        "1": {"green.png": 1},
        "2": {"train/blue": 1},
    }
    assert reasons(found) == {"train/blue": "photo missing", "2": "no recorded descriptors"}
    assert found.queries[0].asked is not None
    assert found.queries[0].asked.description is not None


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"query": "dialogue"}, "how was it? so red there let me show"),
        ({"query": "dialogue", "last": 2}, "so red there let me show"),
        ({"query": "owner"}, "so red there let me show"),
        ({"query": "caption", "captions": "captions.jsonl"}, "bricks"),
    ],
)
def test_query_recipes(read: Read, photochat: Path, fields: dict[str, Any], text: str) -> None:
    found = read("dialogues", files=["d.json"], photos="photos", limit=2, **fields)

    assert found.queries[0].text == text
    assert len(found.queries) == 2


def test_without_an_llm_the_describer_writes_the_query(photochat: Path) -> None:
    spec = spec_of("dialogues", files=["d.json"], photos="photos")

    found = read_dataset(spec, photochat, describer=RuleDescriber())

    asked = found.queries[0].asked
    assert asked is not None and asked.description is not None and asked.conversation is not None
    assert "red" in found.queries[0].text


def test_label_texts_stand_in_for_photos(read: Read, photochat: Path) -> None:
    found = read("dialogues", files=["d.json"], query="owner")

    assert [(one.id, one.captions) for one in found.photos] == [
        (f"train/{colour}", (f"{colour}, Wall",)) for colour in COLOURS
    ]
    assert found.relevant["2"] == {"train/blue": 1}
    assert found.protocol == "query owner → label texts"


def test_an_album_is_filtered_by_when_and_several_photos_are_right(read: Read, album: Path) -> None:
    fields = {
        "files": ["dev.jsonl"],
        "photos": "album",
        "query": "recorded",
        "answers": "answers.jsonl",
    }

    found = read("dialogues", **fields)

    first = found.queries[0]
    assert (first.kind, first.minus) == ("when", ("people",))
    assert first.pool == {"sub/b.jpg", "sub/b_2.jpg", "c.jpg"}
    assert found.relevant["0"] == {"sub/b.jpg": 1, "sub/b_2.jpg": 1}
    assert found.queries[1].pool is None and found.relevant["2"] == {"gone.jpg": 1}
    assert reasons(found) == {
        "gone.jpg": "photo missing",
        "1": "no photo is right for it (left out of the ranking)",
    }
    bare = read("dialogues", filters=False, **fields).queries[0]
    assert bare.pool is None and bare.minus == ("people",)
    assert bare.asked is not None and not bare.asked.filter


def test_when_is_read_from_the_dialogue_where_no_answer_says_it(read: Read, album: Path) -> None:
    found = read("dialogues", files=["dev.jsonl"], photos="album", query="owner")

    assert found.queries[0].pool == {"sub/b.jpg", "sub/b_2.jpg", "c.jpg"}


def test_an_id_used_twice_is_named(read: Read, photochat: Path) -> None:
    write_json(photochat / "d.json", [dialogue(7, "red"), dialogue(7, "green")])

    found = read("dialogues", files=["d.json"], photos="photos", query="owner")

    assert [one.id for one in found.queries] == ["7", "d-7"]
    assert reasons(found) == {"d.json: dialogue 7": "1 × an id used twice"}


def test_what_cannot_be_read_is_refused(read: Read, photochat: Path) -> None:
    fields: dict[str, Any] = {"files": ["d.json"], "query": "owner", "photos": "photos"}
    with pytest.raises(DatasetInvalid, match="no such folder"):
        read("dialogues", **{**fields, "photos": "nowhere"})
    with pytest.raises(DialogueUnreadable, match="no such file"):
        read("dialogues", **{**fields, "files": ["nowhere.json"]})
    (photochat / "empty").mkdir()
    with pytest.raises(DatasetInvalid, match="holds no photo"):
        read("dialogues", **{**fields, "photos": "empty"})
    painted(photochat / "others", ["x.png"])
    with pytest.raises(PhotosUnusable, match="none of the 3 photos"):
        read("dialogues", **{**fields, "photos": "others"})
    write_lines(photochat / "descriptors.jsonl", {"id": 99, "main_subject": "a wall"})
    with pytest.raises(EvaluationError, match="describes other dialogues"):
        read("dialogues", **{**fields, "query": "recorded", "descriptors": "descriptors.jsonl"})
    content = (photochat / "d.json").read_text(encoding="utf-8")
    (photochat / "d.json").write_text(content[:300], encoding="utf-8")
    with pytest.raises(DialogueUnreadable, match="not valid JSON"):
        read("dialogues", **fields)
