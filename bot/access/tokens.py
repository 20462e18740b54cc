"""The token that other programs show: made once, kept in a file that only its owner can read."""

import hmac
import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from bot.errors import SettingsInvalid
from retrieval.paths import make_private_folder

TOKEN_NAME = "api.token"
MIN_CHARS = 16
MAX_CHARS = 512


class Token:
    """A secret that is compared in constant time and never shown."""

    def __init__(self, value: str) -> None:
        """Raises SettingsInvalid when the value is too short to be a secret, or no header."""
        value = value.strip()
        if not MIN_CHARS <= len(value) <= MAX_CHARS:
            raise SettingsInvalid(
                f"the API token must have {MIN_CHARS} to {MAX_CHARS} characters: "
                f"unset PHOTOPAL_API_TOKEN and delete {TOKEN_NAME}, and one is made"
            )
        if not value.isascii() or not value.isprintable() or " " in value:
            raise SettingsInvalid("the API token holds a character that no header takes")
        self._value = value.encode("ascii")

    def matches(self, guess: str | None) -> bool:
        """Whether a guess is the token."""
        return guess is not None and hmac.compare_digest(
            guess.encode("utf-8", "surrogatepass"), self._value
        )

    def __repr__(self) -> str:
        return "Token('**********')"


def bearer(header: str | None) -> str | None:
    """What an ``Authorization`` header carries as its bearer token; None where it carries none."""
    scheme, _, value = (header or "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def given_token(chosen: SecretStr | None, folder: Path) -> Token | None:
    """The token that there is: the chosen one, else that of the file; None where there is none.

    Raises:
        SettingsInvalid: the token cannot be used, or others can read its file.
    """
    if chosen is not None:
        return Token(chosen.get_secret_value())
    path = folder / TOKEN_NAME
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise SettingsInvalid(
                f"others can read the token in {path}: run chmod 600 on it, or delete it, and a "
                "new one is made"
            )
        return Token(path.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsInvalid(f"the token in {path} cannot be read: {error.strerror}") from error


def make_token(folder: Path) -> Token:
    """Make a token and write it into the folder, readable by its owner alone.

    When another process was faster, its token is the one.

    Raises:
        SettingsInvalid: the file cannot be written.
    """
    path = folder / TOKEN_NAME
    try:
        make_private_folder(folder)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        known = given_token(None, folder)
        assert known is not None
        return known
    except OSError as error:
        raise SettingsInvalid(f"cannot write the token to {path}: {error.strerror}") from error
    value = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(value + "\n")
    return Token(value)


def token_for(host_is_local: bool, chosen: SecretStr | None, folder: Path) -> Token:
    """The token of a server; on this machine one is made when there is none.

    Raises:
        SettingsInvalid: the server is to be reached from elsewhere, and nobody chose a token.
    """
    known = given_token(chosen, folder)
    if known is not None:
        return known
    if not host_is_local:
        raise SettingsInvalid(
            "this host shows your photos to the network, and there is no token yet: set "
            "PHOTOPAL_API_TOKEN, or start once without --host, which makes one"
        )
    return make_token(folder)
