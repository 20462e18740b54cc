"""Accounts: their names, passwords, and the file that holds them."""

import json
import os
import stat
import threading
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from bot.accounts import Accounts, account_name
from bot.accounts.passwords import Passwords
from bot.errors import (
    AccountError,
    AccountExists,
    AccountNameInvalid,
    AccountUnknown,
    PasswordUnfit,
)
from tests.support.cheap_passwords import CHEAP, cheap_accounts

PASSWORD = "a boat on the lake"


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return cheap_accounts(tmp_path)


# -- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("anna", "anna"),
        ("  Anna ", "anna"),
        ("ＡＮＮＡ", "anna"),
        ("Jürgen", "jürgen"),
        ("Ju\u0308rgen", "jürgen"),
        ("Straße", "strasse"),
        ("李雷", "李雷"),
        ("अनिता", "अनिता"),
        ("anna.b+c@Example.org", "anna.b+c@example.org"),
    ],
)
def test_a_name_has_one_spelling(written: str, name: str) -> None:
    assert account_name(written) == name
    assert account_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "  ", ".", "..", "../anna", "a/b", "a\\b", "C:anna", ".anna", "anna.", "-anna"),
        *("an na", "an\nna", "an\0na", "a\u202ena", "a\u200bna", "a" * 65, "李" * 64 + "雷" * 10),
        *("owner", "Owner", "ＯＷＮＥＲ", "con", "NUL", "com1", "aux.jpg", "\ud800"),
    ],
)
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(AccountNameInvalid):
        account_name(name)


# -- the file ---------------------------------------------------------------------------------


def test_added_found_listed_and_removed(accounts: Accounts, tmp_path: Path) -> None:
    assert accounts.all() == []
    anna = accounts.add("Anna", PASSWORD)
    bert = accounts.add("bert", None, library=tmp_path / "berts.db")
    assert anna.library == tmp_path / "users" / "anna" / "library.db"
    assert bert.library == tmp_path / "berts.db"
    assert accounts.find("ANNA") == anna
    assert accounts.all() == [anna, bert]
    assert cheap_accounts(tmp_path).all() == [anna, bert]
    with pytest.raises(AccountExists, match="user password anna"):
        accounts.add("ANNA", PASSWORD)
    assert accounts.remove("Anna") == anna
    for name in ("anna", "nobody", "../x", ""):
        with pytest.raises(AccountUnknown):
            accounts.find(name)
    with pytest.raises(AccountUnknown):
        accounts.remove("anna")


def test_another_process_is_seen_at_once(accounts: Accounts, tmp_path: Path) -> None:
    other = cheap_accounts(tmp_path)
    assert accounts.all() == []
    other.add("anna", PASSWORD)
    assert [one.name for one in accounts.all()] == ["anna"]
    other.remove("anna")
    assert accounts.all() == []


def test_nothing_is_lost_when_many_write_at_once(tmp_path: Path) -> None:
    def add(number: int) -> None:
        cheap_accounts(tmp_path).add(f"user{number}", None)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cheap_accounts(tmp_path).all()) == 12


@pytest.mark.skipif(os.name != "posix", reason="file modes are a POSIX thing")
def test_the_file_is_the_users_alone_and_holds_no_password(
    accounts: Accounts, tmp_path: Path
) -> None:
    anna = accounts.add("anna", PASSWORD)
    file = tmp_path / "accounts.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text(encoding="utf-8")
    assert PASSWORD not in text
    assert "$argon2id$" in text
    assert json.loads(text)["version"] == 1
    assert "argon2" not in repr(anna)
    assert anna.stamp not in repr(anna)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("not json", "no JSON"),
        ("[]", "does not hold accounts"),
        ("{}", "does not hold accounts"),
        ('{"version": 99, "accounts": {}}', "newer version"),
        ('{"version": 1, "accounts": []}', "does not hold accounts"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_and_stays(
    tmp_path: Path, content: str, said: str
) -> None:
    file = tmp_path / "accounts.json"
    file.write_text(content, encoding="utf-8")
    accounts = cheap_accounts(tmp_path)
    for work in (accounts.all, lambda: accounts.add("anna", PASSWORD)):
        with pytest.raises(AccountError, match=said) as raised:
            work()
        assert "\n" not in str(raised.value)
    assert file.read_text(encoding="utf-8") == content


# -- passwords --------------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["", "short", "x" * 513])
def test_what_is_no_password(accounts: Accounts, password: str) -> None:
    with pytest.raises(PasswordUnfit):
        accounts.add("anna", password)
    assert accounts.all() == []


def test_only_the_right_password_of_that_name(accounts: Accounts) -> None:
    anna = accounts.add("anna", PASSWORD)
    accounts.add("bert", "another one of his")
    accounts.add("carl", None)
    assert accounts.verified("ANNA", PASSWORD) == anna
    assert accounts.verified("bert", PASSWORD) is None
    for name in ("anna", "carl", "nobody", "..", ""):
        for guess in ("", "wrong", PASSWORD.upper(), PASSWORD + " ", "\ud800", "x" * 10_000):
            assert accounts.verified(name, guess) is None


def test_accents_match_however_they_are_typed(accounts: Accounts) -> None:
    accounts.add("anna", "café am Fluß")
    assert accounts.verified("anna", "cafe\u0301 am Fluß") is not None


def test_a_change_of_the_password_changes_the_stamp(accounts: Accounts) -> None:
    before = accounts.add("anna", PASSWORD)
    after = accounts.set_password("anna", "a new one for the lake")
    assert after.stamp != before.stamp
    assert accounts.verified("anna", PASSWORD) is None
    assert accounts.verified("anna", "a new one for the lake") == after
    accounts.remove("anna")
    assert accounts.add("anna", PASSWORD).stamp != before.stamp, "of that name, but not that one"


def test_an_unknown_name_costs_as_much_as_a_wrong_password(tmp_path: Path) -> None:
    class Counting(PasswordHasher):
        compared: list[int] = []  # noqa: RUF012

        def verify(self, *given: object) -> bool:  # type: ignore[override]
            self.compared.append(1)
            return super().verify(*given)  # type: ignore[arg-type]

    hasher = Counting(**CHEAP)
    accounts = Accounts(tmp_path / "accounts.json", Passwords(hasher))
    accounts.add("anna", PASSWORD)
    accounts.add("carl", None)
    for name in ("anna", "carl", "nobody", "../..", "x" * 1000):
        for guess in ("wrong one", "y" * 10_000):
            hasher.compared.clear()
            assert accounts.verified(name, guess) is None
            assert len(hasher.compared) == 1, (name, guess)
    # The hash that stands in costs the same.
    mine, nobodys = accounts.find("anna").password, accounts.passwords.nobodys
    assert mine is not None
    assert mine.split("$")[:4] == nobodys.split("$")[:4]


def test_a_hash_of_older_costs_is_renewed_and_nobody_logged_out(tmp_path: Path) -> None:
    before = cheap_accounts(tmp_path).add("anna", PASSWORD)
    dearer = Accounts(
        tmp_path / "accounts.json", Passwords(PasswordHasher(**{**CHEAP, "time_cost": 2}))
    )
    assert dearer.verified("anna", PASSWORD) is not None
    after = dearer.find("anna")
    assert after.password != before.password
    assert after.stamp == before.stamp
    assert dearer.verified("anna", PASSWORD) is not None
