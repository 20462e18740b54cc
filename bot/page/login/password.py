"""Who a name and a password let in: the page's one password, or the accounts."""

import asyncio
import hmac
from typing import Protocol

from pydantic import SecretStr

from bot.accounts import Accounts, account_name
from bot.accounts.limits import GuessLimits
from bot.errors import AccountNameInvalid

PAUSE_AFTER_FAILURE = 0.5
AT_ONCE = 2
"""Passwords of accounts that are compared at the same time; each takes 64 MiB and a core."""


class Gate(Protocol):
    """Tells who may come in."""

    async def person(self, name: str, password: str, address: str) -> str | None:
        """Who is let in; None for a wrong password.

        Args:
            name: as it was typed.
            password: as it was typed.
            address: where the visitor is.

        Raises:
            TooManyGuesses: it is not looked at now.
        """
        ...


class PasswordGate:
    """Checks passwords in constant time, one guess at a time.

    Guesses wait for each other and each wrong one costs half a second, so that trying many
    passwords takes long however many connections are used.
    """

    def __init__(
        self, password: SecretStr, owner: str = "owner", pause: float = PAUSE_AFTER_FAILURE
    ) -> None:
        """``owner``: who is let in, whatever the name."""
        self._password = password
        self._owner = owner
        self._pause = pause
        self._turn = asyncio.Lock()

    async def accepts(self, guess: str) -> bool:
        """Whether ``guess`` is the password."""
        async with self._turn:
            right = hmac.compare_digest(
                guess.encode("utf-8", "surrogatepass"),
                self._password.get_secret_value().encode("utf-8"),
            )
            if not right:
                await asyncio.sleep(self._pause)
        return right

    async def person(self, name: str, password: str, address: str) -> str | None:
        """The owner, for the right password."""
        return self._owner if await self.accepts(password) else None


class AccountGate:
    """Asks the accounts, in a thread and not too often."""

    def __init__(self, accounts: Accounts, limits: GuessLimits | None = None) -> None:
        self._accounts = accounts
        self._limits = limits or GuessLimits()
        self._places = asyncio.Semaphore(AT_ONCE)

    async def person(self, name: str, password: str, address: str) -> str | None:
        """The name of the account. It takes as long whether there is such an account or not.

        Raises:
            TooManyGuesses: it is not looked at now.
            AccountError: the accounts cannot be read.
        """
        try:
            known_as = account_name(name)
        except AccountNameInvalid:
            known_as = ""
        self._limits.guess(known_as, address)
        async with self._places:
            account = await asyncio.to_thread(self._accounts.verified, name, password)
        if account is None:
            return None
        self._limits.right(known_as, address)
        return account.name
