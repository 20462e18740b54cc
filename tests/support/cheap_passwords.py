"""Accounts whose passwords are hashed at little cost, so that tests do not wait for them."""

from pathlib import Path

from argon2 import PasswordHasher

from bot.accounts import Accounts
from bot.accounts.passwords import Passwords

CHEAP = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}


def cheap_accounts(folder: Path) -> Accounts:
    """The accounts of a folder."""
    return Accounts(folder / "accounts.json", Passwords(PasswordHasher(**CHEAP)))
