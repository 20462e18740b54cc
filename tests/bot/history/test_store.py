"""The history on a real disk: kept, found, renamed, deleted for good, and all that can go wrong."""

import sqlite3
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import ChatNotFound, HistoryBusy, HistoryError, HistoryNotFound, HistoryTooNew
from bot.history import History, KeptChat, database
from bot.history.records import KeptMessage
from tests.bot.history.conftest import ANNA, BERT, answered, make_chat, said


def test_what_is_kept_comes_back_in_order(history: History) -> None:
    history.begin(make_chat())
    messages = [said(1, "my cat 🐈 is dramatic"), answered(2, 7, 8, shared=(7,)), said(3, "more")]
    for message in messages:
        history.add(ANNA, message)
    back = history.messages(ANNA)
    assert [one.number for one in back] == sorted(one.number for one in back)
    assert [(one.id, one.author, one.text, one.markdown, one.answers) for one in back] == [
        (one.id, one.author, one.text, one.markdown, one.answers) for one in messages
    ]
    assert back[1].reply == messages[1].reply
    assert back[1].buttons == messages[1].buttons
    assert set(back[1].photo_ids) == {7, 8, 99}


def test_no_path_is_kept(history: History) -> None:
    history.begin(make_chat())
    history.add(ANNA, answered(2, 7, shared=(7,)))
    history.close()
    everything = b"".join(one.read_bytes() for one in history.path.parent.iterdir())
    assert b"7.jpg" in everything  # the name of the copy that was shared
    assert b"secret" not in everything
    assert b"folder" not in everything.replace(b"name folders", b"")


def test_a_message_is_kept_once(history: History) -> None:
    history.begin(make_chat())
    for _ in range(2):
        history.begin(make_chat(title="another title"))
        history.add(ANNA, said(1, "hello"))
    assert history.count_messages(ANNA) == 1
    assert history.chat(ANNA).title == "The cat"


def test_nobody_writes_into_a_chat_of_somebody_else(history: History) -> None:
    history.begin(make_chat(owner="anna"))
    with pytest.raises(ChatNotFound):
        history.begin(make_chat(owner="bert"))
    assert history.chat(ANNA).owner == "anna"


def test_lists_are_of_one_owner_and_one_library_newest_first(history: History) -> None:
    history.begin(make_chat(ANNA, day=1))
    history.begin(make_chat(BERT, day=2))
    history.begin(make_chat("other", day=3, owner="bert"))
    history.begin(make_chat("elsewhere", day=4, library="work"))
    found = history.chats(owner="owner", library="album")
    assert [one.id for one in found] == [BERT, ANNA]
    history.add(ANNA, said(1, "again", day=9))
    assert [one.id for one in history.chats(owner="owner", library="album")] == [ANNA, BERT]
    assert len(history.chats()) == 4


def test_pages_of_a_list(history: History) -> None:
    for number in range(25):
        history.begin(make_chat(f"chat-{number:02}", day=1 + number % 5))
    seen: list[str] = []
    after = None
    while page := history.chats(first=10, after=after):
        seen += [one.id for one in page]
        after = page[-1].id
    assert seen == [one.id for one in history.chats()]
    assert len(set(seen)) == 25


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("cat", [ANNA]),
        ("CAT dramatic", [ANNA]),
        ("cafe", [BERT]),
        ("CAFÉ", [BERT]),
        ("cat cafe", []),
        ("50%", [BERT]),
        ("_", []),
        ("'; DROP TABLE chat --", []),
    ],
)
def test_search(history: History, words: str, found: list[str]) -> None:
    history.begin(make_chat(ANNA))
    history.add(ANNA, said(1, "so dramatic"))
    history.begin(make_chat(BERT, title="Das Café"))
    history.add(BERT, said(2, "only 50% of it"))
    assert [one.id for one in history.chats(search=words)] == found


def test_a_title_that_a_person_gave_stays(history: History) -> None:
    history.begin(make_chat())
    history.set_session(ANNA, "{}", "The dog")
    assert history.chat(ANNA).title == "The dog"
    history.rename(ANNA, "  Our  trip ")
    history.set_session(ANNA, '{"language": "de"}', "The bird")
    assert history.chat(ANNA).title == "Our trip"
    assert history.chat(ANNA).session == '{"language": "de"}'
    with pytest.raises(ValueError, match="say something"):
        history.rename(ANNA, "  ")


def test_a_button_that_was_pressed_is_gone(history: History) -> None:
    history.begin(make_chat())
    history.add(ANNA, answered(2, 7))
    history.remove_button("message-2", "no such button")
    assert history.messages(ANNA)[0].buttons
    history.remove_button("message-2", "b1")
    assert history.messages(ANNA)[0].buttons == ()


def test_deleted_for_good(history: History) -> None:
    secret = "a very private sentence"
    history.begin(make_chat(title=secret))
    for number in range(200):
        history.add(ANNA, said(number, f"{secret} {number}"))
    history.begin(make_chat(BERT))
    history.delete(ANNA)
    with pytest.raises(ChatNotFound):
        history.chat(ANNA)
    assert history.messages(ANNA) == []
    for file in history.path.parent.iterdir():
        assert secret.encode() not in file.read_bytes(), file.name
    with pytest.raises(ChatNotFound):
        history.delete(ANNA)
    assert history.delete_all("owner") == 1


@pytest.mark.parametrize("change", ["add", "rename", "set_session", "set_choices"])
def test_a_chat_that_is_not_there(history: History, change: str) -> None:
    values = {
        "add": (said(1, "hello"),),
        "rename": ("title",),
        "set_session": ("{}", "title"),
        "set_choices": ({},),
    }
    with pytest.raises(ChatNotFound):
        getattr(history, change)("nobody's", *values[change])


def test_half_an_emoji_is_kept_as_far_as_it_can_be(history: History) -> None:
    history.begin(make_chat())
    history.add(ANNA, KeptMessage("1", "user", "hello \ud83d there", "2026-11-01T10:00:00Z"))
    assert history.messages(ANNA)[0].text == "hello ? there"


def test_five_thousand_messages(history: History) -> None:
    history.begin(make_chat())
    with history.transaction():
        for number in range(5_000):
            history.add(ANNA, said(number, f"message {number}"))
    newest = history.messages(ANNA, last=100)
    assert [one.text for one in newest] == [f"message {number}" for number in range(4_900, 5_000)]
    before = history.messages(ANNA, last=100, before=newest[0].number)
    assert before[-1].text == "message 4899"
    assert history.count_messages(ANNA) == 5_000


# -- what can go wrong ------------------------------------------------------------------------


def test_all_of_a_transaction_or_nothing(history: History) -> None:
    history.begin(make_chat())
    with pytest.raises(RuntimeError), history.transaction():
        history.add(ANNA, said(1, "hello"))
        raise RuntimeError
    assert history.messages(ANNA) == []


def test_another_process_holds_the_lock(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    history.begin(make_chat())
    history._execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(history.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(HistoryBusy, match="try again later"):
        history.add(ANNA, said(1, "hello"))
    # Reading goes on.
    assert history.chat(ANNA).title == "The cat"
    other.execute("ROLLBACK")
    history.add(ANNA, said(1, "hello"))
    assert history.count_messages(ANNA) == 1


def test_a_full_disk(history: History) -> None:
    history.begin(make_chat())
    pages = history._all("PRAGMA page_count")[0][0]
    history._execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(HistoryError, match="disk is full"):
        history.add(ANNA, said(1, "x" * 100_000))
    history._execute("PRAGMA max_page_count = 100000")
    history.add(ANNA, said(1, "x" * 100_000))
    assert history.count_messages(ANNA) == 1


def test_the_file_is_taken_away(history: History) -> None:
    history.begin(make_chat())
    for file in list(history.path.parent.iterdir()):
        file.unlink()
    with pytest.raises(ChatNotFound):
        history.add(ANNA, said(1, "hello"))
    assert history.generation == 1
    history.begin(make_chat())
    history.add(ANNA, said(1, "hello"))
    with History.open(history.path) as again:
        assert again.count_messages(ANNA) == 1


def test_a_newer_version_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    History.open(path).close()
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA user_version = {database.latest_version() + 1}")
    other.close()
    before = path.read_bytes()
    with pytest.raises(HistoryTooNew, match="upgrade Photopal"):
        History.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"x"])
def test_something_else_under_that_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "history.db"
    path.write_bytes(content)
    with pytest.raises(HistoryError):
        History.open(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(HistoryError, match="not a Photopal history"):
        History.open(path)


def test_none_is_made_for_those_who_only_look(tmp_path: Path) -> None:
    with pytest.raises(HistoryNotFound):
        History.open(tmp_path / "history.db", create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are a POSIX thing")
def test_it_is_the_users_alone(history: History) -> None:
    assert stat.S_IMODE(history.path.stat().st_mode) == 0o600


def test_many_threads_write_at_once(tmp_path: Path, chat_of: Callable[..., KeptChat]) -> None:
    with History.open(tmp_path / "history.db") as history:
        history.begin(chat_of())

        def write(first: int) -> None:
            for number in range(first, first + 50):
                history.add(ANNA, said(number, str(number)))

        threads = [threading.Thread(target=write, args=(100 * one,)) for one in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert history.count_messages(ANNA) == 200
