from datetime import date
from pathlib import Path

import pytest

from bot.assistant import ShownPhoto
from bot.page.gallery import MAX_RATIO, MIN_RATIO, caption, gallery_props
from retrieval.filters import Place
from retrieval.library import Photo


def photo(photo_id: int, path: str = "/photos/a cat.jpg", **changes: object) -> Photo:
    values = {
        "id": photo_id,
        "path": Path(path),
        "content_hash": f"{photo_id:032x}",
        "size": 1,
        "mtime_ns": 1,
        "width": 300,
        "height": 200,
        "taken_at": None,
        "camera": "Secret Camera",
        "latitude": 48.85,
        "longitude": 2.29,
        "status": "present",
        "reason": None,
        "indexed_at": "2026-01-01T00:00:00+00:00",
    }
    return Photo(**{**values, **changes})  # type: ignore[arg-type]


class Books:
    def __init__(self, *photos: Photo) -> None:
        self.known = {one.id: one for one in photos}

    def photos(self, photo_ids: list[int]) -> dict[int, Photo]:
        return {one: self.known[one] for one in photo_ids if one in self.known}


def shown(*photos: tuple[int, tuple[int, ...]]) -> tuple[ShownPhoto, ...]:
    """Photos of a reply by id, each with the ids of those that stand behind it."""
    return tuple(
        ShownPhoto(rank, photo_id, Path("/x"), 1 / rank, place="Secret Place", similar=similar)
        for rank, (photo_id, similar) in enumerate(photos, 1)
    )


def test_cards_keep_the_order_and_the_groups() -> None:
    books = Books(*(photo(number) for number in (3, 1, 2, 7, 8)))
    cards = gallery_props(shown((3, ()), (1, (7, 8)), (2, ())), books)["photos"]
    assert [card["id"] for card in cards] == [3, 1, 2]
    assert [card["id"] for card in cards[1]["similar"]] == [7, 8]


def test_what_is_gone_or_unknown_is_left_out() -> None:
    books = Books(photo(1), photo(2, status="removed"), photo(3, hidden=True))
    cards = gallery_props(shown((1, (2, 99, 3)), (2, ()), (99, ()), (3, ())), books)["photos"]
    assert [card["id"] for card in cards] == [1]
    assert cards[0]["similar"] == []


def test_a_card_tells_no_path_and_no_position() -> None:
    text = str(gallery_props(shown((1, ())), Books(photo(1, "/home/me/private/a cat.jpg"))))
    for secret in ("/home", "private", "48.85", ".jpg"):
        assert secret not in text
    assert "/photos/1/thumb?v=" in text


def test_the_caption_is_when_where_and_by_what() -> None:
    def told(**changes: object) -> dict[str, object]:
        return gallery_props(shown((1, ())), Books(photo(1, **changes)))["photos"][0]

    known = told(taken_at="2024-05-03T10:11:12", place=Place("Lisbon", "", "Portugal"))
    assert known["caption"] == "3 May 2024 · Lisbon, Portugal · Secret Camera"
    assert known["day"] == "3 May 2024"
    by_name = told(taken_on=date(2012, 9, 17), camera=None)
    assert (by_name["caption"], by_name["day"]) == ("17 September 2012", "17 Sep 2012")
    assert told(camera=None)["caption"] == "a cat"
    assert told(path="/x/IMG_2041.jpg", camera=None)["caption"] == "Photo", "no raw file name"


def test_alt_texts() -> None:
    def alt(**changes: object) -> str:
        return gallery_props(shown((1, ())), Books(photo(1, **changes)))["photos"][0]["alt"]

    assert alt() == "a cat"
    assert alt(taken_at="2024-05-03T10:11:12") == "a cat, taken 3 May 2024"
    assert alt(taken_at="nonsense") == "a cat"
    named = alt(path="/x/IMG_2041.jpg", place=Place("Rome", "", "Italy"))
    assert named == "Photo in Rome, Italy"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("chinese-temple.jpg", "chinese temple"),
        ("IMG_20240503_101112.HEIC", "IMG 20240503 101112"),
        ("---.jpg", "photo"),
        ("x" * 300 + ".jpg", "x" * 59 + "…"),
        ("bad\udcff.jpg", "bad?"),
    ],
)
def test_captions(name: str, words: str) -> None:
    assert caption(Path(name)) == words


@pytest.mark.parametrize(
    ("width", "height", "ratio"),
    [(300, 200, 1.5), (100, 9000, MIN_RATIO), (9000, 100, MAX_RATIO), (None, None, 1.333)],
)
def test_every_photo_has_a_shape(width: int | None, height: int | None, ratio: float) -> None:
    books = Books(photo(1, width=width, height=height))
    assert gallery_props(shown((1, ())), books)["photos"][0]["ratio"] == ratio
