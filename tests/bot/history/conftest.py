"""A history in a folder of its own, and what is put into it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.assistant import Reply, SharedPhoto, ShownPhoto
from bot.history import History, KeptChat, KeptMessage
from bot.history.records import kept_reply
from tests.support.histories import place, postgres, postgres_server
from tests.support.small_disk import small_disk

__all__ = ["place", "postgres", "postgres_server", "small_disk"]  # fixtures

ANNA = "4a1d3c1e-0000-4000-8000-000000000001"
BERT = "4a1d3c1e-0000-4000-8000-000000000002"


@pytest.fixture
def history(place: Path | str) -> Iterator[History]:
    """A history in a file, and one on a server: whatever takes it runs on both."""
    with History.open(place) as history:
        yield history


@pytest.fixture
def chat_of() -> Callable[..., KeptChat]:
    return make_chat


def make_chat(chat_id: str = ANNA, *, owner: str = "owner", day: int = 1, **more: str) -> KeptChat:
    moment = f"2026-11-{day:02}T10:00:00.000Z"
    values = {"library": "album", "title": "The cat", **more}
    return KeptChat(chat_id, owner, started_at=moment, changed_at=moment, **values)


def said(number: int, text: str, *, day: int = 1) -> KeptMessage:
    moment = f"2026-11-{day:02}T10:00:{number % 60:02}.000Z"
    return KeptMessage(f"message-{number}", "user", text, moment)


def answered(number: int, *photo_ids: int, shared: tuple[int, ...] = ()) -> KeptMessage:
    reply = Reply(
        "This one goes with it.",
        photos=tuple(
            ShownPhoto(rank, photo_id, Path(f"/secret/folder/{photo_id}.jpg"), 0.5, similar=(99,))
            for rank, photo_id in enumerate(photo_ids, start=1)
        ),
        shared=tuple(
            SharedPhoto(one, Path(f"/secret/folder/{one}.jpg"), Path(f"/secret/shared/{one}.jpg"))
            for one in shared
        ),
        looked_for={"your words": "the cat"},
        filter_words="2024",
    )
    return KeptMessage(
        f"message-{number}",
        "bot",
        reply.text,
        f"2026-11-01T10:00:{number % 60:02}.500Z",
        markdown=reply.text,
        answers=f"message-{number - 1}",
        reply=kept_reply(reply),
        buttons=({"id": "b1", "name": "without_filter", "payload": {}, "label": "2024"},),
    )
