"""Folders of captioned photos: what is asked, what the gallery knows, what is missing."""

import os
from pathlib import Path

import pytest

from tests.training.bench.datasets.conftest import Read, painted, reasons, write_lines
from training.errors import DatasetInvalid, PhotosUnusable

WALLS = (
    {"photo": "red.jpg", "captions": ["a red wall", "bricks", "A red wall."]},
    {"photo": "green.jpg", "captions": ["a green hill", "grass"]},
    {"photo": "sea.jpg", "captions": ["the sea"]},
)


@pytest.fixture
def walls(tmp_path: Path) -> Path:
    painted(tmp_path / "photos", ["red.jpg", "green.JPG", "sea.png"])
    return write_lines(tmp_path / "captions.jsonl", *WALLS)


def test_the_first_caption_is_asked_and_is_not_the_photos_own(read: Read, walls: Path) -> None:
    found = read("captioned", photos="photos", captions="captions.jsonl")

    assert [(one.id, one.text) for one in found.queries] == [
        ("red.jpg", "a red wall"),
        ("green.JPG", "a green hill"),
        ("sea.png", "the sea"),
    ]
    # "A red wall." is the query but for its writing, so it would give the photo away.
    assert [one.captions for one in found.photos] == [("bricks",), ("grass",), ()]
    assert found.relevant["green.JPG"] == {"green.JPG": 1}
    assert found.protocol == "first caption → its own photo"
    assert not found.missing


def test_names_match_whatever_their_extension_and_case(read: Read, walls: Path) -> None:
    found = read("captioned", photos="photos", captions="captions.jsonl")

    assert [one.path.name for one in found.photos] == ["red.jpg", "green.JPG", "sea.png"]
    assert all(one.path.is_file() for one in found.photos)


def test_each_caption_may_be_asked_or_one_drawn_by_a_seed(read: Read, walls: Path) -> None:
    fields = {"photos": "photos", "captions": "captions.jsonl"}
    each = read("captioned", query="each", held_out=False, **fields)
    assert [one.id for one in each.queries][:3] == ["red.jpg#0", "red.jpg#1", "red.jpg#2"]
    assert each.photos[0].captions == ("a red wall", "bricks", "A red wall.")

    drawn = [read("captioned", query="random", seed=seed, **fields) for seed in range(12)]
    assert drawn[3] == read("captioned", query="random", seed=3, **fields)
    assert {one.queries[0].text for one in drawn} == {"a red wall", "bricks", "A red wall."}


def test_a_missing_photo_is_counted_and_its_query_stays(read: Read, walls: Path) -> None:
    os.unlink(walls.parent / "photos" / "sea.png")

    found = read("captioned", photos="photos", captions="captions.jsonl")

    assert reasons(found) == {"sea.jpg": "photo missing"}
    assert [one.id for one in found.photos] == ["red.jpg", "green.JPG"]
    assert found.queries[2].text == "the sea"
    assert found.relevant["sea.jpg"] == {"sea.jpg": 1}


def test_all_photos_missing_is_refused_in_one_line(read: Read, walls: Path) -> None:
    (walls.parent / "empty").mkdir()

    with pytest.raises(PhotosUnusable, match=r"none of the 3 photos .* is it the right folder\?"):
        read("captioned", photos="empty", captions="captions.jsonl")


def test_blank_and_repeated_captions_and_photos_are_named(read: Read, tmp_path: Path) -> None:
    painted(tmp_path / "photos", ["a.png", "b.png"])
    write_lines(
        tmp_path / "c.jsonl",
        {"photo": "a.png", "captions": ["  ", "a dog", "a dog"]},
        {"photo": "A.jpg", "captions": ["a cat", "a cow"]},
        {"photo": "b.png", "captions": [""]},
    )

    found = read("captioned", photos="photos", captions="c.jsonl", query="last")

    assert [(one.name, one.reason) for one in found.missing] == [
        ("a.png", "blank caption: c.jsonl, line 1"),
        ("a.png", "the same caption twice: c.jsonl, line 1"),
        ("A.jpg", "named twice: c.jsonl, line 2"),
        ("b.png", "blank caption: c.jsonl, line 3"),
        ("b.png", "no caption"),
    ]
    assert [(one.id, one.text) for one in found.queries] == [("a.png", "a cow")]
    assert [one.id for one in found.photos] == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("captions.txt", 'image,caption\na.jpg,a dog\na.jpg,"one, two"\nb.jpg,a cat\n'),
        ("captions.tsv", "Filename\tCaption\na.jpg\ta dog\na.jpg\tone, two\nb.jpg\ta cat\n"),
        (
            "results.csv",
            "image_name| comment_number| comment\na.jpg| 0| a dog\na.jpg| 1| one, two\n"
            "b.jpg| 0| a cat\n",
        ),
        ("Flickr8k.token.txt", "a.jpg#0\ta dog\na.jpg#1\tone, two\nb.jpg#0\ta cat\n"),
    ],
)
def test_tables_of_captions(read: Read, tmp_path: Path, name: str, text: str) -> None:
    painted(tmp_path / "photos", ["a.png", "b.png"])
    (tmp_path / name).write_text(text, encoding="utf-8")

    found = read("captioned", photos="photos", captions=name)

    assert [one.text for one in found.queries] == ["a dog", "a cat"]
    assert found.photos[0].captions == ("one, two",)


def test_captions_beside_the_photos_need_no_file_of_their_own(read: Read, tmp_path: Path) -> None:
    painted(tmp_path / "photos", ["a.png", "b.png", "c.png"])
    (tmp_path / "photos" / "a.txt").write_text("a dog\n\nin the snow\n", encoding="utf-8")
    (tmp_path / "photos" / "b.txt").write_text("a cat", encoding="utf-8")

    found = read("captioned", photos="photos", whole_folder=True)

    assert [one.text for one in found.queries] == ["a dog", "a cat"]
    assert [(one.id, one.captions) for one in found.photos] == [
        ("a.png", ("in the snow",)),
        ("b.png", ()),
        ("c.png", ()),
    ]


def test_photos_that_share_words_are_right_for_a_photo(read: Read, tmp_path: Path) -> None:
    painted(tmp_path / "photos", ["a.png", "b.png", "c.png"])
    write_lines(
        tmp_path / "c.jsonl",
        {"photo": "a.png", "captions": ["a brown dog runs", "the brown dog running fast"]},
        {"photo": "b.png", "captions": ["brown dogs run in snow", "two dogs ran, brown, run"]},
        {"photo": "c.png", "captions": ["a brown cat", "a cat is brown"]},
    )

    found = read(
        "captioned", photos="photos", captions="c.jsonl", query="photo", relevance="shared_words"
    )

    assert {one.id: one.excluded for one in found.queries} == {
        "a.png": {"a.png"},
        "b.png": {"b.png"},
    }
    assert found.relevant == {"a.png": {"b.png": 1}, "b.png": {"a.png": 1}}
    assert found.queries[0].photo is not None and found.queries[0].text == ""
    assert "1 photos that share them with none ask nothing" in found.protocol


def test_the_hash_follows_the_content_and_not_the_place(
    read: Read, walls: Path, tmp_path: Path
) -> None:
    def hash_of(**fields: str) -> str:
        return read("captioned", photos="photos", captions="captions.jsonl", **fields).content_hash

    before = hash_of()
    assert before == hash_of() and len(before) == 32
    assert hash_of(query="last") != before
    painted(tmp_path / "photos", ["more.png"])
    assert hash_of() == before
    with (tmp_path / "photos" / "red.jpg").open("ab") as file:
        file.write(b"more")
    assert hash_of() != before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ('{"photo": "red.jpg", "captions": ["a"]}\n{"photo": "gre', "line 2 is not valid JSON"),
        ('[{"photo": "red.jpg"}]', "line 1 is no JSON object"),
        ('{"photo": "red.jpg", "captoins": ["a"]}', "no column 'captions' or 'caption'"),
        ('{"photo": 3, "captions": ["a"]}', "the photo's name is no text"),
        ('{"photo": "red.jpg", "captions": [3]}', "captions must be a text or a list"),
        ("colour,size\nred,3\n", "has no column 'photo' or 'image' or 'file_name' of photos"),
        ('image,caption\nred.jpg,"cut off', "unexpected end of data"),
        ("image,caption\nred.jpg\n", "line 2: 1 columns, of 2"),
        ("image,caption\n", "holds no photo with a text"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(
    read: Read, walls: Path, text: str, said: str
) -> None:
    walls.write_text(text, encoding="utf-8")

    with pytest.raises(DatasetInvalid, match=said) as caught:
        read("captioned", photos="photos", captions="captions.jsonl")
    assert str(walls) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"photos": "nowhere", "captions": "captions.jsonl"}, "nowhere: no such folder; .* --data"),
        ({"photos": "photos", "captions": "nowhere.csv"}, "nowhere.csv: no such file; .* --data"),
        ({"photos": "photos"}, "holds no captions"),
        ({"photos": "captions.jsonl"}, "is a file, not a folder"),
        ({"photos": "photos", "captions": "photos"}, "is a folder, not a file"),
    ],
)
def test_what_is_not_there_is_said(
    read: Read, walls: Path, fields: dict[str, str], said: str
) -> None:
    with pytest.raises(DatasetInvalid, match=said):
        read("captioned", **fields)
