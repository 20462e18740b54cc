"""Reading examples: every kind of file, and every kind of damage."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.descriptors import Description, Descriptors
from bot.dialogues.reading import NOTHING_BEFORE
from bot.settings import Settings
from tests.support.pictures import paint
from tests.support.scripted_llm import ANSWER, says, scripted_llm
from tests.training.conftest import COLOURS, dialogue, write
from tests.training.datasets.conftest import DESCRIPTORS, write_lines
from training.datasets.describing import describe_offline, open_describer
from training.datasets.example import (
    EMPTY_CAPTION,
    NO_CAPTIONS,
    NO_DESCRIPTION,
    NO_PHOTO,
    NOT_EXAMPLES,
)
from training.datasets.read import read_examples
from training.errors import DatasetInvalid, PhotosUnusable, TrainingError
from training.evaluation.llm import Reply
from training.evaluation.reasons import EMPTY_DESCRIPTORS, NO_DESCRIPTORS


def test_captions(captions: Path, photos: Path) -> None:
    found = read_examples([captions], photos)
    assert [example.captions for example in found] == [
        ("a red wall", "so red"),
        ("a green wall",),
        ("a blue wall",),
    ]
    first = found.examples[0]
    assert (first.photo, first.path) == ("red.png", photos / "red.png")
    assert first.source == f"{captions}:1" and first.kinds == ("caption",)
    assert found.problems == {} and len(found) == 3


def test_dialogues_end_before_the_share(chats: Path, photos: Path) -> None:
    red, yellow = read_examples([chats], photos)
    assert red.conversation is not None and red.conversation.owner == "0"
    assert [(turn.speaker, turn.text) for turn in red.conversation.turns] == [
        ("1", "hey"),
        ("0", "that red wall again"),
    ]
    assert red.descriptors == Descriptors(**DESCRIPTORS)
    assert red.descriptors_by == "recorded" and red.kinds == ("dialogue", "descriptors")
    # Without a share the whole dialogue precedes it.
    assert yellow.conversation is not None and len(yellow.conversation.turns) == 2
    assert yellow.kinds == ("dialogue",)


def test_photochat_with_recorded_descriptors(file: Path, photos: Path, descriptors: Path) -> None:
    found = read_examples([file], photos, descriptors=descriptors)
    assert [example.path for example in found] == [photos / f"{colour}.png" for colour in COLOURS]
    red = found.examples[0]
    assert red.photo == "red.png" and red.source == f"{file}: dialogue 0"
    assert red.conversation is not None and red.conversation.owner == "1"
    assert [turn.text for turn in red.conversation.turns][1] == "so red there"
    assert red.descriptors is not None and red.descriptors.main_subject == "a red wall"
    assert found.problems[NO_DESCRIPTORS] == 1 and found.examples[-1].descriptors is None
    assert found.examples_of_problems[NO_DESCRIPTORS] == (f"{file}: dialogue 7",)


def test_recorded_descriptors_that_were_read_before(file: Path, photos: Path) -> None:
    wall = Descriptors(main_subject="wall")
    recorded = {"0": wall, "1": Description(descriptors=wall), "2": Descriptors()}
    found = read_examples([file], photos, descriptors=recorded)
    assert [one.descriptors for one in found.examples[:3]] == [wall, wall, None]
    assert found.problems == {EMPTY_DESCRIPTORS: 1, NO_DESCRIPTORS: 5}


def test_the_offline_describer_fills_what_is_missing(chats: Path, file: Path, photos: Path) -> None:
    found = read_examples([chats, file], photos, describe=describe_offline)
    assert found.examples[0].descriptors_by == "recorded"
    assert found.examples[0].descriptors == Descriptors(**DESCRIPTORS)
    offline = [example for example in found if example.descriptors_by == "offline"]
    assert offline and all("descriptors" in example.kinds for example in offline)


def test_what_an_llm_cannot_describe_is_counted_and_its_dialogue_kept(
    chats: Path, photos: Path
) -> None:
    found = read_examples([chats], photos, describe=lambda some: [Reply(failed="no answer")])
    assert found.problems == {NO_DESCRIPTION: 1} and len(found) == 2
    assert found.examples_of_problems[NO_DESCRIPTION] == (f"{chats}:2 (no answer)",)


def test_several_sources_in_their_order_each_file_once(
    captions: Path, chats: Path, photos: Path, tmp_path: Path
) -> None:
    found = read_examples([chats, str(tmp_path / "c*.jsonl"), captions], photos)
    assert [example.source for example in found] == [
        *(f"{chats}:{line}" for line in (1, 2)),
        *(f"{captions}:{line}" for line in (1, 2, 3)),
    ]


def test_a_folder_of_files(
    captions: Path, file: Path, photos: Path, descriptors: Path, tmp_path: Path
) -> None:
    write(tmp_path / "settings.json", {"a": 1})
    found = read_examples([tmp_path], photos, descriptors=descriptors)
    assert len(found) == 3 + 8
    assert found.problems[NOT_EXAMPLES] == 2
    assert set(found.examples_of_problems[NOT_EXAMPLES]) == {
        str(descriptors),
        str(tmp_path / "settings.json"),
    }


def test_photochat_one_dialogue_a_line(tmp_path: Path, photos: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", dialogue(0, "red"), dialogue(1, "blue"))
    assert [example.photo for example in read_examples([path], photos)] == ["red.png", "blue.png"]


@pytest.mark.parametrize("name", ["red", "RED.jpg", "red.png", "./red.png", "x/red.png"])
def test_photos_by_stem_file_name_or_path(name: str, photos: Path, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"photo": name, "captions": ["a"]})
    (example,) = read_examples([path], photos)
    assert (example.photo, example.path) == ("red.png", photos / "red.png")


def test_the_path_in_the_folder_comes_before_the_bare_name(photos: Path, tmp_path: Path) -> None:
    (photos / "sub").mkdir()
    (photos / "red.png").rename(photos / "sub" / "blue.png")
    path = write_lines(
        tmp_path / "a.jsonl", *({"photo": n, "caption": "a"} for n in ("sub/blue.png", "blue.png"))
    )
    assert [one.photo for one in read_examples([path], photos)] == ["sub/blue.png", "blue.png"]


@pytest.mark.parametrize("name", ["../outside.png", "/etc/hostname", "a/../../outside.png"])
def test_nothing_outside_the_folder_is_ever_found(name: str, photos: Path, tmp_path: Path) -> None:
    (photos / "red.png").rename(tmp_path / "outside.png")
    path = write_lines(tmp_path / "a.jsonl", {"photo": name, "captions": ["a"]})
    (example,) = read_examples([path], photos)
    assert example.path.is_relative_to(photos) and ".." not in example.path.parts
    assert not example.path.exists()


def test_a_photo_that_is_not_there_still_makes_an_example(photos: Path, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"photo": "gone.jpg", "captions": ["a"]})
    (example,) = read_examples([path], photos)
    assert example.photo == "gone.jpg" and example.path == photos / "gone.jpg"


def test_empty_texts_are_left_out_and_counted(photos: Path, tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "a.jsonl",
        {"photo": "red", "captions": ["a red wall", " ", ""]},
        {"photo": "green", "captions": ["\n"]},
        {"photo": "blue", "captions": []},
        {"photo": "white", "turns": [[0, None], [1, "nice"]]},
        {"photo": "grey", "turns": [[0, "  "], [1, ""]], "caption": "grey"},
        {"photo": "white", "descriptors": {"main_subject": " "}},
        {"photo": "white", "descriptors": {}},
        {"photo": "red", "captions": None, "turns": [[0, "hi"]]} | {"captions": [None, "kept"]},
    )
    found = read_examples([path], photos)
    assert [example.photo for example in found] == ["red.png", "grey.png", "red.png"]
    assert found.examples[0].captions == ("a red wall",)
    assert found.examples[1].conversation is None
    assert found.problems == {
        EMPTY_CAPTION: 4,
        NO_CAPTIONS: 1,
        NOTHING_BEFORE: 2,
        EMPTY_DESCRIPTORS: 2,
    }
    assert found.examples_of_problems[NO_CAPTIONS] == (f"{path}:3",)


def test_odd_characters_do_not_reach_a_tokenizer(photos: Path, tmp_path: Path) -> None:
    row = '{"photo": "red", "captions": ["half \\ud83d an\\u0000 emoji\\nand\\u2028more"]}'
    path = write_lines(tmp_path / "a.jsonl", row)
    (example,) = read_examples([path], photos)
    assert example.captions == ("half ? an emoji and more",)
    example.captions[0].encode()


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('{"photo": "red", ', "line 2 is not valid JSON"),
        ("[" * 100_000, "line 2 is not valid JSON"),
        ("[1]", 'line 2: expected {"photo"'),
        ({"captions": ["a"]}, 'line 2: expected {"photo"'),
        ({"photo": 3, "captions": ["a"]}, 'line 2: expected {"photo"'),
        ({"photo": "red"}, 'line 2: expected {"photo"'),
        ({"photo": " ", "captions": ["a"]}, "line 2: the photo's name is empty"),
        ({"photo": "red", "captions": {"a": 1}}, "line 2: captions must be a list of texts"),
        ({"photo": "red", "captions": ["a", 1]}, "line 2: captions must be a list of texts"),
        ({"photo": "red", "turns": "hello"}, "line 2: turns must be a list"),
        ({"photo": "red", "turns": [["hello"]]}, "line 2: turns must be a list"),
        ({"photo": "red", "turns": [[0, 1]]}, "line 2: turns must be a list"),
        ({"photo": "red", "descriptors": "a wall"}, "line 2: descriptors must be an object"),
        (
            {"photo": "red", "descriptors": {"events": {"a": 1}}},
            "line 2: descriptors.events is not a text",
        ),
    ],
)
def test_a_damaged_line_is_named(row: Any, told: str, photos: Path, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"photo": "red", "captions": ["a"]}, row)
    with pytest.raises(DatasetInvalid) as refused:
        read_examples([path], photos)
    assert told in str(refused.value) and str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "no such file"),
        (b"", "is empty"),
        (b"\xff\xfe\x00", "not a text in UTF-8"),
        (b'{"a": 1}', "another shape"),
        (b'[{"dialogue": [', "not valid JSON"),
        (b"hello there", "not valid JSON"),
    ],
)
def test_a_damaged_file_is_named(
    content: bytes | None, told: str, photos: Path, tmp_path: Path
) -> None:
    path = tmp_path / "test.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DatasetInvalid, match=told) as refused:
        read_examples([path], photos)
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)


def test_nothing_to_train_on(photos: Path, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"photo": "red", "captions": [""]})
    for sources, told in (
        ([path], "nothing in there"),
        ([], "no file"),
        ([photos], "no JSON file"),
    ):
        with pytest.raises(DatasetInvalid, match=told):
            read_examples(sources, photos)


def test_no_folder_of_photos(captions: Path, tmp_path: Path) -> None:
    with pytest.raises(PhotosUnusable, match="no such folder of photos"):
        read_examples([captions], tmp_path / "nowhere")


def test_recorded_descriptors_of_other_dialogues(file: Path, photos: Path, tmp_path: Path) -> None:
    other = write_lines(tmp_path / "d.jsonl", {"id": "x", "main_subject": "wall"})
    with pytest.raises(DatasetInvalid, match="describes other dialogues"):
        read_examples([file], photos, descriptors=other)


def test_a_dialogue_that_names_no_photo_is_counted(photos: Path, tmp_path: Path) -> None:
    nameless = dialogue(1, "red") | {"photo_id": None, "photo_url": ""}
    path = write(tmp_path / "a.json", [dialogue(0, "red"), nameless])
    found = read_examples([path], photos)
    assert len(found) == 1 and found.problems == {NO_PHOTO: 1}


def test_real_data_with_several_shares_and_none(photos: Path, tmp_path: Path) -> None:
    twice = dialogue(1, "blue")
    twice["dialogue"] += twice["dialogue"][-2:]
    path = write(tmp_path / "a.json", [dialogue(0, "red", shares=False), twice])
    found = read_examples([path], photos)
    assert len(found) == 2
    assert found.problems == {"no share turn": 1, "several share turns": 1}


def test_which_describer() -> None:
    settings = Settings()
    assert open_describer("recorded", settings) is None
    assert open_describer("offline", settings) is describe_offline
    with pytest.raises(TrainingError, match="choose of recorded, offline, llm"):
        open_describer("oracle", settings)
    with pytest.raises(TrainingError, match="need one: set OPENAI_API_KEY"):
        open_describer("llm", settings)


def test_an_llm_describes_and_its_answers_are_kept(chats: Path, photos: Path) -> None:
    with scripted_llm(says(json.dumps(ANSWER))) as llm:
        settings = Settings(base_url=llm.url, model="m")
        for _ in range(2):
            found = read_examples([chats], photos, describe=open_describer("llm", settings))
            described = found.examples[1]
            assert described.descriptors is not None and described.descriptors_by == "llm"
            assert described.descriptors.main_subject == ANSWER["main_subject"]
        assert len(llm.seen) == 1


def test_names_with_double_spaces_and_with_letters_composed_otherwise(tmp_path: Path) -> None:
    for name in ("my  dog.png", "caf\u0065\u0301.png"):
        paint(tmp_path / "photos" / name, "red")
    rows = [{"photo": name, "captions": ["red"]} for name in ("my  dog.png", "caf\u00e9")]
    found = read_examples([write_lines(tmp_path / "a.jsonl", *rows)], tmp_path / "photos")
    assert all(example.path.is_file() for example in found)


def test_a_name_that_could_be_two_photos_is_refused(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for name in ("may/1.png", "june/1.png"):
        paint(photos / name, "red")
    plain = write_lines(tmp_path / "a.jsonl", {"photo": "1.jpg", "captions": ["red"]})
    with pytest.raises(PhotosUnusable, match=r"could be june/1\.png or may/1\.png"):
        read_examples([plain], photos)
    whole = write_lines(tmp_path / "b.jsonl", {"photo": "photos/may/1.jpg", "captions": ["red"]})
    (example,) = read_examples([whole], photos)
    assert example.path == photos / "may" / "1.png"


def test_a_name_that_no_system_takes(tmp_path: Path, photos: Path) -> None:
    rows = [{"photo": name, "captions": ["red"]} for name in ("a" * 5000, "a\0b", "\ud83d", "..")]
    found = read_examples([write_lines(tmp_path / "a.jsonl", *rows)], photos)
    assert not any(example.path.is_file() for example in found)


def test_examples_in_one_json_value(tmp_path: Path, photos: Path) -> None:
    row = {"photo": "red.png", "captions": ["red"]}
    for text in (json.dumps([row, row]), json.dumps(row, indent=1)):
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(DatasetInvalid, match="write one object a line"):
            read_examples([tmp_path / "a.json"], photos)


def test_recorded_descriptors_of_nothing(captions: Path, photos: Path) -> None:
    with pytest.raises(
        DatasetInvalid, match=r"none.jsonl belongs to dialogues in PhotoChat's JSON"
    ):
        read_examples([captions], photos, descriptors=Path("none.jsonl"))


def test_why_nothing_is_left(tmp_path: Path, photos: Path) -> None:
    file = write_lines(tmp_path / "a.jsonl", {"photo": "red.png", "captions": ["", " "]})
    with pytest.raises(DatasetInvalid, match=r"nothing in there to train on \(2 empty caption"):
        read_examples([file], photos)
