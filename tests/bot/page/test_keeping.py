"""How a chat gets into the history, and goes on when it does not."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.assistant import Choices
from bot.errors import ChatNotFound, HistoryBusy
from bot.history import History, KeptMessage
from bot.page.keeping import DELETED, LOST, LiveChat, LiveChats, now

ID = "4a1d3c1e-0000-4000-8000-000000000001"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History.open(tmp_path / "history.db") as history:
        yield history


@pytest.fixture
def chats(history: History) -> LiveChats:
    return LiveChats(history)


def say(chat: LiveChat, text: str, author: str = "user") -> None:
    chat.said(KeptMessage(f"{author} {text}", author, text, now()))  # type: ignore[arg-type]
    if author == "user":
        chat.session.user_says(text)


async def test_the_message_is_kept_before_its_answer(chats: LiveChats, history: History) -> None:
    chat = chats.new(ID, "owner", "album", Choices())
    say(chat, "my cat")
    assert await chat.save() is None
    assert [one.text for one in history.messages(ID)] == ["my cat"]
    say(chat, "this one", "bot")
    chat.settled()
    await chat.save()
    resumed = await LiveChats(history).resumed(ID, "owner", Choices(photos=3))
    assert [turn.text for turn in resumed.session.turns] == ["my cat"]
    assert resumed.choices.photos == Choices().photos


async def test_tabs_of_one_person_share_a_chat_and_others_do_not(chats: LiveChats) -> None:
    chat = chats.new(ID, "anna", "album", Choices())
    assert chats.new(ID, "anna", "album", Choices()) is chat
    assert chats.new(ID, "bert", "album", Choices()) is not chat
    assert await chats.resumed(ID, "anna", Choices()) is chat


async def test_nobody_resumes_the_chat_of_another(chats: LiveChats, history: History) -> None:
    chat = chats.new(ID, "anna", "album", Choices())
    say(chat, "my cat")
    await chat.save()
    with pytest.raises(ChatNotFound):
        await chats.resumed(ID, "bert", Choices())


async def test_trouble_is_told_once_and_loses_nothing(
    chats: LiveChats, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = chats.new(ID, "owner", "album", Choices())

    def busy(self: History) -> None:
        raise HistoryBusy("another process is writing")

    with monkeypatch.context() as patched:
        patched.setattr(History, "transaction", busy)
        said = []
        for text in ("one", "two", "three"):
            say(chat, text)
            said.append(await chat.save())
    assert said[0] is not None and "another process" in said[0]
    assert said[1:] == [None, None]
    say(chat, "four")
    assert await chat.save() is None
    assert [one.text for one in history.messages(ID)] == ["one", "two", "three", "four"]


async def test_whatever_else_goes_wrong_the_chat_goes_on(
    chats: LiveChats, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = chats.new(ID, "owner", "album", Choices())

    def broken(self: History) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(History, "transaction", broken)
    say(chat, "one")
    notice = await chat.save()
    assert notice is not None and "cannot be kept" in notice


async def test_deleted_elsewhere(chats: LiveChats, history: History) -> None:
    chat = chats.new(ID, "owner", "album", Choices())
    say(chat, "one")
    await chat.save()
    history.delete(ID)
    say(chat, "two")
    assert await chat.save() == DELETED
    say(chat, "three")
    assert await chat.save() is None
    assert history.chats() == []


async def test_the_file_was_taken_away(chats: LiveChats, history: History) -> None:
    chat = chats.new(ID, "owner", "album", Choices())
    say(chat, "one")
    await chat.save()
    for file in list(history.path.parent.iterdir()):
        file.unlink()
    say(chat, "two")
    assert await chat.save() == LOST
    say(chat, "three")
    assert await chat.save() is None
    assert [one.text for one in history.messages(ID)] == ["two", "three"]


async def test_forgotten_and_kept_again(chats: LiveChats, history: History) -> None:
    chat = chats.new(ID, "owner", "album", Choices())
    say(chat, "one")
    await chat.save()
    await chat.forget()
    say(chat, "two")
    await chat.save()
    assert history.chats() == []
    chat.keeps = True
    say(chat, "three")
    await chat.save()
    assert [one.text for one in history.messages(ID)] == ["three"]


async def test_many_saves_at_once_write_everything_once(chats: LiveChats, history: History) -> None:
    chat = chats.new(ID, "owner", "album", Choices())
    saves = []
    for number in range(50):
        say(chat, str(number))
        saves.append(asyncio.create_task(chat.save()))
    assert await asyncio.gather(*saves) == [None] * 50
    assert [one.text for one in history.messages(ID)] == [str(number) for number in range(50)]


async def test_without_a_history(chats: LiveChats) -> None:
    chat = LiveChats(None).new(ID, "owner", "album", Choices())
    say(chat, "one")
    chat.settled()
    assert await chat.save() is None
    await chat.forget()


async def test_a_state_of_another_version_is_no_obstacle(
    chats: LiveChats, history: History
) -> None:
    chat = chats.new(ID, "owner", "album", Choices())
    say(chat, "one")
    await chat.save()
    history.set_session(ID, '{"turns": 5}', "title")
    resumed = await LiveChats(history).resumed(ID, "owner", Choices())
    assert resumed.session.turns == []
    assert resumed.title == "title"
