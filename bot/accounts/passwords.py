"""Passwords: hashed by Argon2id, compared in the same time whoever is asked for."""

import secrets
import unicodedata
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.errors import PasswordUnfit

MIN_CHARS = 8
MAX_CHARS = 512
"""A longer one is no password; hashing it would only cost time."""


class Passwords:
    """Makes hashes and compares with them; by default as RFC 9106 recommends (64 MiB, 3 passes).

    Safe to use from several threads; each comparison takes some hundredths of a second.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """``hasher``: with other costs, for tests."""
        self.hasher = hasher or PasswordHasher()

    @cached_property
    def nobodys(self) -> str:
        """A hash that no password has, to compare with where there is no account."""
        return self.hasher.hash(secrets.token_hex(32))

    def hash(self, password: str) -> str:
        """A salted hash of a new password.

        Raises:
            PasswordUnfit: it is too short or too long.
        """
        if not MIN_CHARS <= len(password) <= MAX_CHARS:
            raise PasswordUnfit(
                f"a password has {MIN_CHARS} to {MAX_CHARS} characters: a few words make a good one"
            )
        return self.hasher.hash(_bytes(password))

    def matches(self, password: str, hashed: str | None) -> bool:
        """Whether a password is the one of a hash; one comparison also where there is no hash."""
        if len(password) > MAX_CHARS:
            password, hashed = "", None
        try:
            right = self.hasher.verify(hashed or self.nobodys, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
        return right and hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        """Whether a hash was made with other costs than new ones are."""
        return self.hasher.check_needs_rehash(hashed)


def _bytes(password: str) -> bytes:
    # The same letters, however a keyboard composes them.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
