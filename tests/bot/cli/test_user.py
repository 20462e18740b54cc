"""``photopal user`` and what the other commands make of accounts, in process."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.accounts import Accounts
from bot.cli import lan
from bot.cli.main import run
from bot.history import History, history_path
from bot.settings import Settings
from retrieval.library import Library
from tests.bot.history.conftest import ANNA, make_chat
from tests.support.cheap_passwords import cheap_accounts
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint

PASSWORD = "a boat on the lake"
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def photopal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run a command with a password on standard input: its exit status, and both outputs."""
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path))
    monkeypatch.setattr("retrieval.encoders.load_encoder", lambda name: ColourEncoder(str(name)))
    monkeypatch.setattr("bot.accounts.Accounts", lambda: cheap_accounts(tmp_path))

    def command(*arguments: str | Path, typed: str = f"{PASSWORD}\n") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        status = run([*map(str, arguments)])
        output = capsys.readouterr()
        return status, output.out, output.err

    return command


def add(photopal: Command, name: str = "anna", *options: str | Path) -> dict[str, Any]:
    status, out, err = photopal("user", "add", name, "--password-stdin", "--json", *options)
    assert status == 0, err
    return dict(json.loads(out))


def keep_a_chat(owner: str) -> None:
    with History.open(history_path()) as history:
        history.begin(make_chat(ANNA, owner=owner))


def test_added_listed_and_removed(photopal: Command, tmp_path: Path) -> None:
    added = add(photopal, "Anna")
    library = str(tmp_path / "users" / "anna" / "library.db")
    assert (added["name"], added["library"], added["photos"]) == ("anna", library, None)
    assert cheap_accounts(tmp_path).verified("anna", PASSWORD) is not None
    status, out, err = photopal("user", "list", "--json")
    assert (status, json.loads(out), err) == (0, {"users": [added]}, "")
    assert "anna  (no library yet)" in photopal("user", "list")[1]
    status, out, err = photopal("user", "remove", "ANNA")
    assert status == 0
    assert library in out
    assert "last account" in err
    assert json.loads(photopal("user", "list", "--json")[1]) == {"users": []}
    assert "no account" in photopal("user", "list")[1]


def test_the_password_is_asked_for_twice_and_never_shown(
    photopal: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [PASSWORD, PASSWORD, PASSWORD, "something else"]
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: answers.pop(0))

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(io, "StringIO", Terminal)
    status, out, err = photopal("user", "add", "anna")
    assert status == 0
    assert PASSWORD not in out + err
    assert cheap_accounts(tmp_path).verified("anna", PASSWORD) is not None
    status, out, err = photopal("user", "add", "bert")
    assert status == 1
    assert "differ" in err
    assert [one.name for one in cheap_accounts(tmp_path).all()] == ["anna"]


def test_another_password(photopal: Command, tmp_path: Path) -> None:
    add(photopal)
    before = cheap_accounts(tmp_path).find("anna")
    status, out, _ = photopal(
        "user", "password", "Anna", "--password-stdin", typed="new and long\n"
    )
    assert status == 0
    assert "logged out" in out
    after = cheap_accounts(tmp_path).verified("anna", "new and long")
    assert after is not None
    assert after.stamp != before.stamp


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (("add", "../x", "--password-stdin"), PASSWORD, "a name of an account"),
        (("add", "owner", "--password-stdin"), PASSWORD, "reserved"),
        (("add", "anna", "--password-stdin"), PASSWORD, "already"),
        (("add", "bert", "--password-stdin"), "short", "8 to 512"),
        (("add", "bert"), PASSWORD, "nobody to ask"),
        (("password", "nobody", "--password-stdin"), PASSWORD, "no account nobody"),
        (("remove", "nobody"), "", "no account nobody"),
    ],
)
def test_what_goes_wrong_is_one_line(
    photopal: Command, arguments: tuple[str, ...], typed: str, said: str
) -> None:
    add(photopal)
    status, out, err = photopal("user", *arguments, typed=typed)
    assert (status, out) == (1, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_removing_keeps_chats_unless_told_otherwise(photopal: Command) -> None:
    add(photopal)
    keep_a_chat("anna")
    said = photopal("user", "remove", "anna")[1]
    assert "1 chat: kept" in said
    with History.open(history_path()) as history:
        assert len(history.chats(owner="anna")) == 1
    status, _, err = photopal("user", "add", "anna", "--password-stdin")
    assert status == 0
    assert "1 chat behind" in err, "whoever has that name now must know"
    removed = json.loads(photopal("user", "remove", "anna", "--delete-history", "--json")[1])
    assert (removed["chats_kept"], removed["chats_deleted"]) == (0, 1)
    with History.open(history_path()) as history:
        assert history.chats() == []


def test_photos_go_into_the_library_of_the_account(photopal: Command, tmp_path: Path) -> None:
    add(photopal)
    for colour in ("red", "blue"):
        paint(tmp_path / "album" / f"{colour}.png", colour)
    status, _, err = photopal("index", tmp_path / "album", "--user", "Anna", "--json")
    assert status == 0, err
    with Library.read(tmp_path / "users" / "anna" / "library.db") as library:
        assert library.searchable_count() == 2
    assert not (tmp_path / "library.db").exists()
    assert "2 photos" in photopal("user", "list")[1]
    assert photopal("index", tmp_path / "album", "--user", "nobody")[0] == 1
    both = ("--user", "anna", "--library", tmp_path / "x.db")
    assert photopal("index", tmp_path / "album", *both)[0] == 2


def test_an_account_may_have_a_library_that_is_there(photopal: Command, tmp_path: Path) -> None:
    added = add(photopal, "anna", "--library", tmp_path / "family.db")
    assert added["library"] == str(tmp_path / "family.db")


def test_only_a_provider_may_let_in_who_has_no_password(photopal: Command, tmp_path: Path) -> None:
    status, _, err = photopal("user", "add", "anna", "--no-password")
    assert status == 0, err
    assert cheap_accounts(tmp_path).verified("anna", "") is None
    assert photopal("user", "add", "bert", "--no-password", "--password-stdin")[0] == 2


# -- the page ---------------------------------------------------------------------------------


def test_the_page_opens_with_the_accounts(
    photopal: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[Accounts | None] = []
    monkeypatch.setattr(
        "bot.page.run", lambda settings, **options: opened.append(options["accounts"])
    )
    add(photopal)
    status, _, err = photopal("chat", "--no-browser", "--library", tmp_path / "no.db")
    assert status == 0, err
    assert opened[0] is not None
    assert "their own library" in err
    photopal("user", "remove", "anna")
    status, _, err = photopal("chat", "--no-browser", "--library", tmp_path / "no.db")
    assert status == 1, "without accounts it is that library, which is not there"


def test_accounts_that_cannot_be_read_open_no_page(photopal: Command, tmp_path: Path) -> None:
    (tmp_path / "accounts.json").write_text("broken")
    status, _, err = photopal("chat", "--no-browser")
    assert status == 1
    assert "accounts.json" in err


def test_no_password_is_made_for_a_network_of_people_with_accounts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lan, "lan_address", lambda: "192.168.178.23")
    shared = lan.share_on_lan(Settings(), with_accounts=True)
    assert shared.password is None
    assert shared.host == "0.0.0.0"
    assert "password:" not in capsys.readouterr().err
