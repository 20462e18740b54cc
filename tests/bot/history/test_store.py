"""The history: kept, found, renamed, deleted. All of it in a file, and on a real server."""

import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from bot.errors import ChatNotFound, HistoryError, HistoryNotFound
from bot.history import History
from bot.history.database import place_name
from bot.history.pictures import new_name
from bot.history.records import KeptMessage
from bot.history.schema import Dialect, latest_version, migrations
from tests.bot.history.conftest import ANNA, BERT, answered, make_chat, said
from tests.support.postgres_server import PostgresServer


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
        ("STRASSE", [BERT]),
        ("straße", [BERT]),
        ("ångström", [BERT]),
        ("ΟΔΟΣ", [BERT]),
        ("猫", [BERT]),
        ("ﬁne", [BERT]),
        ("_", []),
        ("'; DROP TABLE chat --", []),
    ],
)
def test_search(history: History, words: str, found: list[str]) -> None:
    history.begin(make_chat(ANNA))
    history.add(ANNA, said(1, "so dramatic"))
    history.begin(make_chat(BERT, title="Das Café"))
    history.add(BERT, said(2, "only 50% of it, Straße, ANGSTROM, οδός, 黑猫, fine"))
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


def test_what_no_database_can_hold_is_replaced(history: History) -> None:
    history.begin(make_chat(title="one\0two \ud83d"))
    assert history.chat(ANNA).title == "one\ufffdtwo ?"
    history.add(ANNA, KeptMessage("1", "user", "a\0b", "2026-11-01T10:00:00Z"))
    assert history.messages(ANNA)[0].text == "a\ufffdb"
    assert [one.id for one in history.chats(search="a\0b")] == [ANNA]
    with pytest.raises(ChatNotFound):
        history.chat("no\0body \udfff")


def test_whatever_is_searched_for(history: History) -> None:
    history.begin(make_chat())
    history.add(ANNA, said(1, r"a \ and 100 % of an under_score"))
    for words in ("\\", "%", "_score", "% of"):
        assert history.chats(search=words), words
    for words in ("a%score", "under?score", "a_and", "cat " + "a" * 100_000, "a " * 50_000 + "zz"):
        assert len(history.chats(search=words)) == (words.startswith("a " * 3)), words[:20]


def test_deleted_with_all_its_messages(history: History) -> None:
    for chat_id, number in ((ANNA, 1), (BERT, 2)):
        history.begin(make_chat(chat_id))
        history.add(chat_id, said(number, "a secret"))
    history.delete(ANNA)
    for gone in (lambda: history.chat(ANNA), lambda: history.delete(ANNA)):
        with pytest.raises(ChatNotFound):
            gone()
    assert history.messages(ANNA) == []
    assert [one.id for one in history.chats(search="secret")] == [BERT]
    history.begin(make_chat("theirs", owner="somebody"))
    assert history.delete_all("owner") == 1
    assert history.delete_all() == 1


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


def test_many_threads_write_at_once(history: History) -> None:
    history.begin(make_chat())

    def write(first: int) -> None:
        for number in range(first, first + 50):
            history.add(ANNA, said(number, str(number)))

    together([lambda one=one: write(100 * one) for one in range(4)])
    kept = [int(one.text) for one in history.messages(ANNA)]
    assert len(kept) == 200
    # What one writer said stands in its order.
    for first in range(0, 400, 100):
        mine = [one for one in kept if first <= one < first + 100]
        assert mine == sorted(mine)


def test_two_programs_have_it_open(history: History, place: Path | str) -> None:
    with History.open(place) as other:
        history.begin(make_chat())
        for number in range(0, 20, 2):
            history.add(ANNA, said(number, str(number)))
            other.add(ANNA, said(number + 1, str(number + 1)))
        assert [one.text for one in history.messages(ANNA)] == [str(one) for one in range(20)]
        other.delete(ANNA)
        with pytest.raises(ChatNotFound):
            history.add(ANNA, said(99, "hello"))


def test_two_programs_start_at_once(place: Path | str) -> None:
    opened: list[int] = []

    def start(number: int) -> None:
        with History.open(place) as history:
            history.begin(make_chat(f"chat-{number}"))
            opened.append(number)

    together([lambda one=one: start(one) for one in range(6)])
    assert len(opened) == 6
    with History.open(place) as history:
        assert len(history.chats()) == 6


def test_buttons_of_one_message_are_pressed_at_once(history: History, place: Path | str) -> None:
    buttons = tuple({"id": f"b{one}", "name": "x"} for one in range(8))
    history.begin(make_chat())
    history.add(ANNA, KeptMessage("1", "bot", "hello", "2026-11-01T10:00:00Z", buttons=buttons))
    with History.open(place) as other:
        together(
            [
                lambda one=one: (history, other)[one % 2].remove_button("1", f"b{one}")
                for one in range(8)
            ]
        )
    assert history.messages(ANNA)[0].buttons == ()


def test_none_is_made_for_those_who_only_look(place: Path | str) -> None:
    for _ in range(2):
        with pytest.raises(HistoryNotFound, match="no chat was kept yet"):
            History.open(place, create=False)


def test_both_kinds_of_database_have_the_same_tables(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    dialects: tuple[Dialect, ...] = ("sqlite", "postgres")
    numbers = [[number for number, _ in migrations(dialect=one)] for one in dialects]
    assert numbers[0] == numbers[1]
    assert len({latest_version(one) for one in dialects}) == 1
    with History.open(tmp_path / "history.db") as history:
        of_file = history._all(
            "SELECT t.name, c.name FROM sqlite_master AS t, pragma_table_info(t.name) AS c "
            "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
        )
    with History.open(postgres.address) as history:
        of_server = history._all(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'photopal' AND table_name <> 'schema_version'"
        )
    assert sorted(of_file) == sorted(of_server)


def together(all_work: list[Any]) -> None:
    """Do all of it at the same time; what fails in one fails the test."""
    failed: list[BaseException] = []

    def run(work: Any) -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in all_work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


# -- pictures that people showed --------------------------------------------------------------


def test_pictures_are_the_users_alone_and_go_with_their_chat(history: History) -> None:
    pictures, name = history.pictures, new_name()
    for chat_id in (ANNA, BERT):
        history.begin(make_chat(chat_id))
        pictures.keep(chat_id, name, b"JPEG " + chat_id.encode())
    path = pictures.path(ANNA, name)
    assert path is not None and path.read_bytes() == b"JPEG " + ANNA.encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    history.delete(ANNA)
    assert not path.exists() and pictures.path(ANNA, name) is None
    assert pictures.read(BERT, name) == b"JPEG " + BERT.encode()
    history.delete_all("owner")
    assert list(pictures.folder.iterdir()) == []


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "x.jpg", "0" * 32 + ".jpg/..", "a\0b"])
def test_only_a_name_that_we_made_leads_to_a_picture(history: History, name: str) -> None:
    history.pictures.keep(ANNA, new_name(), b"JPEG")
    for chat_id in (ANNA, "../..", "", "\udfff", "a\0b"):
        assert history.pictures.path(chat_id, name) is None
        assert history.pictures.read(chat_id, new_name()) is None


def test_pictures_are_bounded(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = history.pictures
    monkeypatch.setattr("bot.history.pictures.MAX_PICTURE_BYTES", 100)
    monkeypatch.setattr("bot.history.pictures.MAX_CHAT_BYTES", 150)
    monkeypatch.setattr("bot.history.pictures.MAX_BYTES", 250)
    with pytest.raises(HistoryError, match="delete chats"):
        pictures.keep(ANNA, new_name(), bytes(101))
    pictures.keep(ANNA, new_name(), bytes(100))
    with pytest.raises(HistoryError, match="delete chats"):
        pictures.keep(ANNA, new_name(), bytes(60))
    pictures.keep(BERT, new_name(), bytes(100))
    with pytest.raises(HistoryError, match="delete chats"):
        pictures.keep("another", new_name(), bytes(60))


def test_a_chat_whose_pictures_cannot_be_deleted_stays(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.begin(make_chat())
    history.pictures.keep(ANNA, new_name(), b"JPEG")

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(HistoryError, match="cannot be deleted: Permission denied"):
        history.delete(ANNA)
    assert history.chat(ANNA).title == "The cat"


def test_what_is_told_on_a_page_does_not_say_where_it_is_kept(
    history: History, place: Path | str
) -> None:
    assert history.name == place_name(place)
    error = HistoryError(f"another process is writing to the history {history.name}: try again")
    assert history.told(error) == "another process is writing to the history: try again"
    error = HistoryError(f"{history.name} is not a Photopal history")
    assert history.told(error) == "the history is not a Photopal history"
