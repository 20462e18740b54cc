"""Exports, read by what reads them; titles; and a reply that is kept without any path."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.assistant import Session
from bot.assistant.session import Topic
from bot.dialogues.photo_names import PhotoFolder
from bot.dialogues.reading import read_dialogues
from bot.history.export import html_page, photochat_dialogues
from bot.history.records import A_PICTURE, KeptMessage, present_photos, read_reply
from bot.history.titles import MAX_CHARS, UNTITLED, title_of
from retrieval.library import Library, Photo
from retrieval.photos.metadata import read_metadata
from retrieval.search.filters import DateRange, Place
from tests.bot.history.conftest import ANNA, answered, make_chat, said


@pytest.fixture
def album(tmp_path: Path) -> Library:
    """A library of three photos, with the ids 1 to 3."""
    folder = tmp_path / "album"
    folder.mkdir()
    library = Library.open(tmp_path / "library.db", create=True)
    library.set_encoder("test", "test-1", 2)
    for name in ("cat", "dog", "<b>bird"):
        file = folder / f"{name}.jpg"
        Image.new("RGB", (40, 30), "red").save(file)
        status = file.stat()
        library.put_photo(
            file,
            photo_id=None,
            content_hash=name.encode().hex().ljust(32, "0"),
            size=status.st_size,
            mtime_ns=status.st_mtime_ns,
            metadata=read_metadata(file),
            vector=np.array([1, 0], np.float32),
        )
    return library


def no_picture(chat_id: str, name: str) -> None:
    """Where none was shown."""


def photos_of(album: Library) -> dict[int, Photo]:
    return present_photos(album, [1, 2, 3])


def test_photochat_json_is_read_as_dialogues(album: Library, tmp_path: Path) -> None:
    messages = [
        said(1, "my cat is dramatic"),
        answered(2, 1, 2, shared=(1,)),
        said(3, "and the dog"),
        answered(4, 2, shared=(2,)),
    ]
    file = tmp_path / "chats.json"
    file.write_text(json.dumps(photochat_dialogues(make_chat(), messages, photos_of(album))))
    first, second = read_dialogues(file)
    assert [turn.text for turn in first.turns] == ["my cat is dramatic", ""]
    assert first.turns[-1].shares_photo
    assert [one.text for one in second.conversation().turns] == [
        "my cat is dramatic",
        "and the dog",
    ]
    folder = PhotoFolder(tmp_path / "album")
    assert [folder.find(one) for one in (first, second)] == [
        tmp_path / "album" / "cat.jpg",
        tmp_path / "album" / "dog.jpg",
    ]


def test_a_chat_without_a_share_is_a_dialogue_too(album: Library) -> None:
    (dialogue,) = photochat_dialogues(make_chat(), [said(1, "hello")], photos_of(album))
    assert dialogue["dialogue_id"] == ANNA
    assert [turn["share_photo"] for turn in dialogue["dialogue"]] == [False]
    assert photochat_dialogues(make_chat(), [], {}) == []


def test_a_photo_that_is_gone_is_in_no_export(album: Library) -> None:
    messages = [said(1, "my cat"), answered(2, 1, 2, shared=(1,))]
    (tmp := album.photo(1).path).unlink()
    photos = photos_of(album)
    assert set(photos) == {2, 3}
    dialogues = photochat_dialogues(make_chat(), messages, photos)
    assert "cat.jpg" not in json.dumps(dialogues)
    assert not any(turn["share_photo"] for one in dialogues for turn in one["dialogue"])
    page = "".join(html_page([(make_chat(), messages, photos)], lambda photo: b"JPEG", no_picture))
    assert page.count("<img") == 1
    assert page.count("no longer there") == 2
    assert tmp.stem in page  # said by the person
    assert str(tmp.parent) not in page


def test_a_hidden_photo_is_gone_too(album: Library) -> None:
    album.set_hidden(2, True)
    assert set(photos_of(album)) == {1, 3}


def test_the_page_escapes_what_was_said(album: Library) -> None:
    chat = make_chat(title="<script>alert(1)</script>")
    messages = [said(1, "<img src=x onerror=alert(1)>"), answered(2, 3)]
    page = "".join(
        html_page([(chat, messages, photos_of(album))], lambda photo: b"JPEG", no_picture)
    )
    assert "<script" not in page
    assert "<img src=x" not in page
    assert 'alt="&lt;b&gt;bird"' in page
    assert "http" not in page.lower().replace("http-equiv", "")


def test_a_reply_comes_back_without_what_is_gone(album: Library, tmp_path: Path) -> None:
    copies = tmp_path / "shared"
    copies.mkdir()
    (copies / "1.jpg").write_bytes(b"copy")
    kept = answered(2, 1, 2, shared=(1, 2)).reply
    assert kept is not None
    reply = read_reply(kept, photos_of(album), copies)
    assert [one.photo_id for one in reply.photos] == [1, 2]
    assert reply.photos[0].path == album.photo(1).path
    assert reply.photos[0].similar == ()  # 99 is no photo of this library
    # The copy of 2 is not in the folder any more.
    assert [one.copy for one in reply.shared] == [copies / "1.jpg"]
    assert reply.looked_for == {"your words": "the cat"}


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", ""])
def test_the_name_of_a_copy_leads_nowhere_else(album: Library, tmp_path: Path, name: str) -> None:
    kept = {"text": "", "shared": [{"photo_id": 1, "copy": name}]}
    assert read_reply(kept, photos_of(album), tmp_path / "shared").shared == ()


# -- titles -----------------------------------------------------------------------------------


def session(*topics: Topic) -> Session:
    return Session(topics=list(topics))


@pytest.mark.parametrize(
    ("topics", "title"),
    [
        ((), "Hello there"),
        ((Topic(content="the cat"),), "The cat"),
        (
            (Topic(content="the cat", details=("only outside",)), Topic(content="dogs")),
            "The cat · dogs",
        ),
        ((Topic(content="a"), Topic(content="A"), Topic(content="b")), "A · b"),
        ((Topic(when=(DateRange(date(2024, 1, 1), date(2024, 12, 31)),)),), "2024"),
        ((Topic(where=(Place(city="Lisbon"),)),), "Lisbon"),
        (tuple(Topic(content=f"thing {one}") for one in range(9)), "Thing 6 · thing 7 · thing 8"),
    ],
)
def test_titles_say_what_was_looked_for(topics: tuple[Topic, ...], title: str) -> None:
    assert title_of(session(*topics), "hello there") == title


def test_titles_are_short() -> None:
    long = "a very long thing to look for " * 10
    title = title_of(session(Topic(content=long), Topic(content=long + "again")))
    assert len(title) <= MAX_CHARS + 1
    assert title.endswith("…")
    assert title_of(Session()) == UNTITLED
    assert len(title_of(Session(), "x" * 500)) <= MAX_CHARS + 1


def test_a_page_holds_the_pictures_that_were_shown(tmp_path: Path) -> None:
    messages = [
        KeptMessage("1", "user", A_PICTURE, "2026-11-01T10:00:00Z", picture="a.jpg"),
        KeptMessage("2", "user", "like this?", "2026-11-01T10:00:01Z", picture="b.jpg"),
    ]
    there = {(ANNA, "a.jpg"): b"JPEG"}
    page = "".join(
        html_page([(make_chat(), messages, {})], lambda photo: None, lambda *one: there.get(one))
    )
    assert page.count("data:image/jpeg;base64,SlBFRw==") == 1
    assert A_PICTURE not in page and "like this?" in page
    assert page.count("no longer there") == 1
