"""The dataset reader on everything that PhotoChat's files hold, and on what they should not."""

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.dialogues import reading
from bot.dialogues.dialogue import AlbumRequest, Dialogue
from bot.dialogues.photo_names import PhotoFolder
from bot.dialogues.reading import left_out, read_dialogues
from bot.errors import DialogueUnreadable, EmptyDialogue
from tests.support.pictures import paint


def entry(*turns: tuple[int, str, bool], **more: Any) -> dict[str, Any]:
    """A dialogue in PhotoChat's format."""
    return {
        "dialogue": [
            {"message": text, "share_photo": share, "user_id": user} for user, text, share in turns
        ],
        "photo_description": "Objects in the photo: Cat",
        "photo_url": "https://example.org/12_ab_o.jpg",
        **more,
    }


CAT = entry((1, "hi", False), (0, "my cat!", False), (0, "", True), (1, "aww", False))


def written(path: Path, *entries: Any) -> Path:
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def test_context_ends_before_the_share_and_belongs_to_who_shares(tmp_path: Path) -> None:
    (dialogue,) = read_dialogues([written(tmp_path / "a.json", {**CAT, "dialogue_id": 7})])
    assert dialogue.id == "7"
    assert dialogue.share_index == 2
    assert [turn.text for turn in dialogue.conversation().turns] == ["hi", "my cat!"]
    assert dialogue.conversation().owner == "0"
    assert len(dialogue.turns) == 4
    assert dialogue.photo_id is None
    assert dialogue.photo_name == "12_ab_o"


def test_no_share_and_two_shares_in_a_row_are_kept_and_counted(tmp_path: Path) -> None:
    none = entry((1, "how?", False), (0, "by bike.", False), dialogue_id=1)
    twice = entry((1, "hi", False), (0, "", True), (0, "", True), dialogue_id=2)
    found = read_dialogues([written(tmp_path / "a.json", none, twice)])
    assert [dialogue.share_index for dialogue in found] == [None, 1]
    assert len(found.dialogues[0].conversation().turns) == 2
    assert found.dialogues[0].conversation().owner == "0", "who tells"
    assert len(found.dialogues[1].conversation().turns) == 1
    assert found.problems == {reading.NO_SHARE: 1, reading.SEVERAL_SHARES: 1}


def test_no_turns_a_share_at_once_and_a_third_speaker_still_count(tmp_path: Path) -> None:
    file = written(
        tmp_path / "a.json",
        entry(dialogue_id=1),
        entry((0, "", True), (1, "nice", False), dialogue_id=2),
        entry((0, "a", False), (1, "b", False), (2, "c", False), (0, "", True), dialogue_id=3),
    )
    found = read_dialogues([file])
    assert [bool(dialogue.conversation()) for dialogue in found] == [False, False, True]
    assert found.problems == {
        reading.NO_TURNS: 1,
        reading.NOTHING_BEFORE: 1,
        reading.MANY_SPEAKERS: 1,
    }
    assert found.examples[reading.NO_TURNS] == (f"{file}: dialogue 1",)


def test_ids_used_twice_are_made_unique_and_repeats_read_once(tmp_path: Path) -> None:
    other = entry((0, "my dog!", False), (0, "", True), dialogue_id=7)
    first = written(tmp_path / "a.json", {**CAT, "dialogue_id": 7}, {**CAT, "dialogue_id": 7})
    second = written(tmp_path / "b.json", other, {**other, "photo_id": "x"}, CAT, CAT)
    found = read_dialogues([first, second])
    assert [dialogue.id for dialogue in found] == ["7", "b-7", "b-7-2", "b-2", "b-3"]
    assert found.problems == {reading.REPEATED: 1, reading.SAME_ID: 2}


def test_escapes_and_odd_characters(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(
        '\ufeff[{"dialogue": [{"message": "caf\\u00e9 \\ud83d\\ude42 \\ud83d \\u0000 a\\\\b m&m\'s"'
        ', "share_photo": "true", "user_id": 0}], "photo_url": null, "photo_id": 3}]',
        encoding="utf-8",
    )
    (dialogue,) = read_dialogues([tmp_path / "a.json"])
    assert dialogue.turns[0].text == "café 🙂 ?   a\\b m&m's"
    assert dialogue.turns[0].shares_photo
    assert (dialogue.photo_id, dialogue.photo_url, dialogue.description) == ("3", "", "")


@pytest.mark.parametrize(
    ("description", "labels"),
    [
        ("Objects in the photo: Drink, Head", "Drink, Head"),
        ("The photo has your dad Mark. Objects in the photo: Man", "Man"),
        ("The photo has your boss Mr. T. Smith. Objects in the photo: Man", "Man"),
        ("The photo has your dad Mark. The photo has you. Objects in the photo: A", "A"),
        ("The photo has your dad Mark", ""),
        ("The photo has your dad Mark. A red car", "A red car"),
        ("A red car", "A red car"),
        ("", ""),
    ],
)
def test_labels_name_no_person(description: str, labels: str) -> None:
    assert Dialogue("1", (), description=description).labels == labels


def test_a_folder_a_glob_and_a_file_named_twice(tmp_path: Path) -> None:
    one = written(tmp_path / "train_00.json", {**CAT, "dialogue_id": 1})
    written(tmp_path / "train_01.json", {**CAT, "dialogue_id": 2})
    written(tmp_path / "report.json", {"hit@1": 0.5})
    (tmp_path / "notes.txt").write_text("no JSON")
    found = read_dialogues([tmp_path, str(tmp_path / "train_*.json"), one])
    assert [dialogue.id for dialogue in found] == ["1", "2"]
    assert found.problems == {reading.NOT_DIALOGUES: 1}
    assert found.find("2").id == "2"
    with pytest.raises(DialogueUnreadable, match="no dialogue with the id 9"):
        found.find("9")


def test_a_broken_entry_among_good_ones_is_counted(tmp_path: Path) -> None:
    found = read_dialogues([written(tmp_path / "a.json", CAT, "hello", {"dialogue": [1]})])
    assert len(found) == 1
    assert found.problems == {reading.NOT_A_DIALOGUE: 2}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[{"dialogue": [', "not valid JSON"),
        ("A: hello\nB: moon", "not valid JSON"),
        ('{"hit@1": 0.5}', "another shape"),
        ("[1, 2]", "another shape"),
        ("12", "another shape"),
        ("null", "another shape"),
    ],
)
def test_a_named_file_that_holds_no_dialogues_is_refused(
    tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DialogueUnreadable, match=says) as caught:
        read_dialogues([tmp_path / "a.json"])
    assert "\n" not in str(caught.value)


def test_a_damaged_file_in_a_folder_is_never_passed_over(tmp_path: Path) -> None:
    written(tmp_path / "a.json", CAT)
    (tmp_path / "b.json").write_text('[{"dialogue": [')
    with pytest.raises(DialogueUnreadable, match=r"b\.json is not valid JSON"):
        read_dialogues([tmp_path])


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(DialogueUnreadable, match="no such file"):
        read_dialogues([tmp_path / "none.json"])
    with pytest.raises(DialogueUnreadable, match="no JSON file"):
        read_dialogues([tmp_path])
    with pytest.raises(DialogueUnreadable, match="no JSON file"):
        read_dialogues([str(tmp_path / "test_*.json")])
    for text in ("", "[]"):
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(EmptyDialogue):
            read_dialogues([tmp_path / "a.json"])
    with pytest.raises(EmptyDialogue):
        read_dialogues([])


def test_photos_are_found_by_id_then_url_whatever_the_extension(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    (folder / "train").mkdir(parents=True)
    for name in ("train/abc.PNG", "12_ab_o.webp", "dotted.name.jpg", "abc.bmp"):
        paint(folder / name, "green")
    (folder / "note_o.txt").write_text("no image")
    (tmp_path / "secret.jpg").write_bytes((folder / "12_ab_o.webp").read_bytes())
    photos = PhotoFolder(folder)

    def found(photo_id: str | None = None, url: str = "") -> str | None:
        path = photos.find(Dialogue("1", (), photo_id=photo_id, photo_url=url))
        return None if path is None else path.relative_to(folder).as_posix()

    assert found("train/abc") == "train/abc.PNG"
    assert found("test/ABC.jpg") == "abc.bmp"
    assert found("abc") == "abc.bmp"
    assert found("dotted.name") == "dotted.name.jpg"
    assert found(None, "https://example.org/x/12_ab_o.jpg?size=big") == "12_ab_o.webp"
    assert found("unknown", "https://example.org/12_ab_o.jpg") == "12_ab_o.webp"
    assert found("note_o") is None
    assert found("../secret") is None
    assert found(None, "https://example.org/..%2fsecret.jpg") is None
    assert found(None, "http://[broken") is None
    assert found() is None


def test_a_photo_folder_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(DialogueUnreadable, match="no such folder"):
        PhotoFolder(tmp_path / "none")


ALBUM = {
    "id": 2,
    "kind": "exclude",
    "now": "2026-06-10",
    "turns": [[1, "got anything with a dog?"], [0, "not the one at home, the one at sea"]],
    "relevant": ["2022/a.jpg", "2022/a_2.jpg"],
    "not_this": "2021/b.jpg",
}


def test_album_requests_come_as_pairs_and_belong_to_speaker_0(tmp_path: Path) -> None:
    (tmp_path / "dev.jsonl").write_text(
        "\n".join(
            [
                json.dumps(ALBUM),
                "",
                json.dumps({**ALBUM, "id": 3, "now": "today"}),
                json.dumps({**ALBUM, "id": 4, "relevant": "a.jpg"}),
                json.dumps({**ALBUM, "id": 5, "not_this": ["2021/b.jpg", "2021/c.jpg"]}),
            ]
        )
    )
    found = read_dialogues(tmp_path / "dev.jsonl")
    dialogue, other = found
    assert dialogue.owner == "0"
    assert dialogue.conversation().turns[0].text == "got anything with a dog?"
    assert dialogue.album == AlbumRequest(
        "exclude", date(2026, 6, 10), ("2022/a.jpg", "2022/a_2.jpg"), ("2021/b.jpg",)
    )
    assert other.album is not None
    assert other.album.not_this == ("2021/b.jpg", "2021/c.jpg")
    assert found.problems == {reading.NOT_A_DIALOGUE: 2}


def test_a_null_message_of_a_pair_is_the_share(tmp_path: Path) -> None:
    value = {"id": 1, "turns": [[1, "hi"], [1, "show me"], [0, None], [1, "nice"]]}
    (dialogue,) = read_dialogues(written(tmp_path / "a.json", value))
    assert dialogue.share_index == 2
    assert dialogue.owner == "0"


def test_a_line_separator_within_a_message_ends_no_line(tmp_path: Path) -> None:
    line = json.dumps({**CAT, "photo_description": "a\u2028b"}, ensure_ascii=False)
    (tmp_path / "a.json").write_text(f"{line}\n{line}\n", encoding="utf-8")
    assert len(read_dialogues(tmp_path / "a.json")) == 2


def test_standard_input_and_plain_text_are_read_where_they_are_asked_for(tmp_path: Path) -> None:
    (dialogue,) = read_dialogues("-", stdin=io.BytesIO(json.dumps([CAT]).encode()))
    assert dialogue.id == "standard input-0"
    assert not dialogue.has_own_id
    (tmp_path / "talk.txt").write_text("A: hello\nB: moon")
    (plain,) = read_dialogues(tmp_path / "talk.txt", plain_text=True)
    assert [turn.speaker for turn in plain.turns] == ["A", "B"]
    with pytest.raises(DialogueUnreadable, match="not valid JSON"):
        read_dialogues(tmp_path / "talk.txt")


def test_what_was_left_out_is_said_and_a_missing_share_is_none_of_it(tmp_path: Path) -> None:
    never = entry((1, "hi", False), (0, "bye", False))
    found = read_dialogues(written(tmp_path / "a.json", never, "hello"))
    assert set(found.problems) == {reading.NO_SHARE, reading.NOT_A_DIALOGUE}
    (line,) = left_out(found).oddities()
    assert line.startswith(f"1 × {reading.NOT_A_DIALOGUE}, such as ")
    assert len(found.oddities()) == 2
