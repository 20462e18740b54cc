"""How a chat gets into the history, and goes on when it does not."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.assistant import Choices
from bot.errors import ChatNotFound, HistoryBusy
from bot.history import History, KeptMessage
from bot.history.pictures import new_name
from bot.page import keeping
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


async def test_what_is_kept_late_is_announced_then_and_not_before(
    chats: LiveChats, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "TRY_AGAIN_SECONDS", (0.05, 0.05))
    told: list[list[str]] = []

    async def kept_late(chat: LiveChat) -> None:
        told.append([one.title for one in history.chats()] if chat.has_new_title else [])

    def busy(self: History) -> None:
        raise HistoryBusy("another process is writing")

    chat = chats.new(ID, "owner", "album", Choices())
    chat.kept_late = kept_late
    with monkeypatch.context() as patched:
        patched.setattr(History, "transaction", busy)
        say(chat, "my cat")
        await chat.save()
        chat.settled()
        await chat.save()
        assert not chat.has_new_title
    for _ in range(200):
        if told:
            break
        await asyncio.sleep(0.05)
    assert told == [["My cat"]]


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
    assert history.path is not None
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


async def test_what_could_not_be_kept_is_kept_later_though_nobody_is_there(
    chats: LiveChats, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[float] = []

    async def pause(seconds: float) -> None:
        paused.append(seconds)
        if len(paused) == 3:
            patched.undo()

    def busy(self: History) -> None:
        raise HistoryBusy("another process is writing")

    patched = pytest.MonkeyPatch()
    patched.setattr(History, "transaction", busy)
    monkeypatch.setattr(keeping, "sleep", pause)
    chat = chats.new(ID, "owner", "album", Choices())
    say(chat, "one")
    assert await chat.save() is not None
    trying = chat._trying
    # The last tab is gone.
    del chat
    assert trying is not None
    await trying
    assert paused == [5, 10, 20]
    assert [one.text for one in history.messages(ID)] == ["one"]


async def test_a_picture_is_kept_with_its_message_and_never_without(
    chats: LiveChats, history: History, tmp_path: Path
) -> None:
    file, chat = tmp_path / "picture.jpg", chats.new(ID, "owner", "album", Choices())
    file.write_bytes(b"JPEG")

    def show() -> str:
        name = new_name()
        message = KeptMessage(name, "user", "like this", now(), picture=name)
        chat.said(message, file)
        return name

    name = show()
    assert await chat.save() is None
    assert history.pictures.read(ID, name) == b"JPEG"
    assert history.messages(ID)[0].picture == name
    # Where it cannot be kept, the message is, and the person is told.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("bot.history.pictures.MAX_BYTES", 1)
        show()
        notice = await chat.save()
    assert notice is not None and "picture cannot be kept" in notice
    file.unlink()
    show()
    assert await chat.save() is None
    assert history.count_messages(ID) == 3
    await chat.forget()
    assert list(history.pictures.folder.iterdir()) == []
    show()
    await chat.save()
    assert list(history.pictures.folder.iterdir()) == []
