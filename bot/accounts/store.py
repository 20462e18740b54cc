"""The accounts: added, listed, changed and removed by ``photopal user``, asked by the page."""

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.accounts.json_file import JsonFile
from bot.accounts.names import account_name
from bot.accounts.passwords import Passwords
from bot.errors import AccountError, AccountExists, AccountNameInvalid, AccountUnknown
from retrieval.paths import LIBRARY_NAME, home, make_private_folder

ACCOUNTS_NAME = "accounts.json"
USERS_FOLDER = "users"


def accounts_path() -> Path:
    """The file of the accounts that are used when no other is named."""
    return home() / ACCOUNTS_NAME


@dataclass(frozen=True)
class Account:
    """One account.

    Attributes:
        name: as :func:`account_name` spells it; the owner of what is kept of its chats.
        folder: what is made for it: thumbnails, copies that were shared, its library.
        library: the database of its photos.
        password: a hash; None where only a login provider may vouch for the person.
        stamp: another one after each change of the password: logins from before it are over.
        created_at: ISO 8601 in UTC.
    """

    name: str
    folder: Path
    library: Path
    password: str | None = field(repr=False)
    stamp: str = field(repr=False)
    created_at: str = ""


class Accounts:
    """The accounts in one file. Safe to use from several threads and processes.

    All methods raise :class:`bot.errors.AccountError` when the file cannot be used.
    """

    def __init__(self, path: Path | None = None, passwords: Passwords | None = None) -> None:
        """Nothing is read yet.

        Args:
            path: of the file; what belongs to the accounts lies beside it.
            passwords: hashes them.
        """
        self.path = accounts_path() if path is None else path
        self.passwords = passwords or Passwords()
        self._file = JsonFile(self.path, "accounts")

    # -- asking ----------------------------------------------------------------------------

    def all(self) -> list[Account]:
        """All accounts, by name."""
        return [self._account(name, one) for name, one in sorted(self._stored().items())]

    def find(self, name: str) -> Account:
        """One account, by any spelling of its name.

        Raises:
            AccountUnknown: there is none of this name.
        """
        accounts, folded = self._stored(), name
        if folded not in accounts:
            with contextlib.suppress(AccountNameInvalid):
                folded = account_name(name)
        stored = accounts.get(folded)
        if stored is None:
            raise AccountUnknown(f"there is no account {name}: photopal user list shows them")
        return self._account(folded, stored)

    def verified(self, name: str, password: str) -> Account | None:
        """The account of a name and password, else None.

        Takes as long for a name that nobody has as for a wrong password. Slow on purpose: call it
        in a thread.
        """
        try:
            account: Account | None = self.find(name)
        except AccountUnknown:
            account = None
        right = self.passwords.matches(password, account.password if account else None)
        if account is None or account.password is None or not right:
            return None
        if self.passwords.is_outdated(account.password):
            # The same password, so nobody is logged out; where that fails, it is done next time.
            with contextlib.suppress(AccountError):
                self._set(account.name, password=self.passwords.hash(password))
        return account

    # -- changing --------------------------------------------------------------------------

    def add(self, name: str, password: str | None, *, library: Path | None = None) -> Account:
        """Add an account.

        Args:
            name: of the account.
            password: None where only a login provider may vouch for the person.
            library: of its photos; None for one of its own in its folder.

        Raises:
            AccountExists: there is one of this name.
            AccountNameInvalid, PasswordUnfit: it cannot be one.
        """
        name = account_name(name)
        self.require_free(name)
        stored = {
            "password": None if password is None else self.passwords.hash(password),
            "stamp": _stamp(),
            "library": None if library is None else str(library.expanduser().absolute()),
            "created_at": datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
            + "Z",
        }
        with self._changing() as accounts:
            if name in accounts:
                raise _exists(name)
            accounts[name] = stored
        account = self._account(name, stored)
        try:
            make_private_folder(make_private_folder(account.folder.parent) / name)
        except OSError as error:
            raise AccountError(
                f"the account {name} is there, but not its folder {account.folder}: "
                f"{error.strerror or error}"
            ) from error
        return account

    def require_free(self, name: str) -> None:
        """Raises AccountExists where there is an account of this name."""
        if name in self._stored():
            raise _exists(name)

    def set_password(self, name: str, password: str) -> Account:
        """Change a password; whoever is logged in by that account is logged out.

        Raises:
            AccountUnknown: there is none of this name.
            PasswordUnfit: it cannot be one.
        """
        account = self.find(name)
        self._set(account.name, password=self.passwords.hash(password), stamp=_stamp())
        return self.find(account.name)

    def remove(self, name: str) -> Account:
        """Remove an account; its folder, library and chats stay. Raises AccountUnknown."""
        account = self.find(name)
        with self._changing() as accounts:
            if accounts.pop(account.name, None) is None:
                raise AccountUnknown(f"there is no account {account.name}")
        return account

    def _set(self, name: str, **values: Any) -> None:
        with self._changing() as accounts:
            stored = accounts.get(name)
            if stored is None:
                raise AccountUnknown(f"there is no account {name}: it was just removed")
            stored.update(values)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Any]]:
        with self._file.changing() as content:
            accounts = self._of(content)
            content["accounts"] = accounts
            yield accounts

    def _stored(self) -> Mapping[str, Mapping[str, Any]]:
        return self._of(self._file.read())

    def _of(self, content: Mapping[str, Any]) -> dict[str, Any]:
        accounts = content.get("accounts", {})
        if not isinstance(accounts, dict):
            raise AccountError(f"{self.path} does not hold accounts: put back a copy of it")
        return accounts

    def _account(self, name: str, stored: Mapping[str, Any]) -> Account:
        folder = self.path.parent / USERS_FOLDER / name
        library = stored.get("library")
        return Account(
            name=name,
            folder=folder,
            library=Path(library) if library else folder / LIBRARY_NAME,
            password=stored.get("password"),
            stamp=str(stored.get("stamp", "")),
            created_at=str(stored.get("created_at", "")),
        )


def _exists(name: str) -> AccountExists:
    return AccountExists(
        f"there is an account {name} already: photopal user password {name} changes its password"
    )


def _stamp() -> str:
    return secrets.token_hex(8)
