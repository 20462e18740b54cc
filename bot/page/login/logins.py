"""Logins: begun with a token, valid until it expires, is ended, or the account changes.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import logging
import secrets
import time
from pathlib import Path

from chainlit.auth import decode_jwt, get_token_from_cookies
from chainlit.config import config
from chainlit.user import User
from starlette.requests import HTTPConnection

from bot.accounts import Accounts
from bot.accounts.json_file import JsonFile
from bot.errors import AccountError, AccountUnknown
from bot.page.history import OWNER
from bot.page.login.proxies import Proxies

log = logging.getLogger(__name__)

ENDED_NAME = "ended-logins.json"
KEPT_TOKENS = 1_000
KEPT_SECONDS = 30.0
"""How long a signature is not looked at again. Whether the login has ended always is."""


class Logins:
    """Knows which tokens are valid. Safe to use from several threads.

    A token is signed, so that nobody can make one; it names the login, which logging out ends, and
    the stamp of the account, which another password changes.
    """

    def __init__(
        self, folder: Path, accounts: Accounts | None = None, proxies: Proxies | None = None
    ) -> None:
        """Reads what was ended before.

        Args:
            folder: where ended logins are noted, so that a restart does not bring them back.
            accounts: who may be logged in; None for the owner alone.
            proxies: those that name the person with every request.

        Raises:
            AccountError: the note cannot be read.
        """
        self._accounts = accounts
        self._proxies = proxies or Proxies()
        self._ended = JsonFile(folder / ENDED_NAME, "ended logins")
        self._ended.read()
        self._kept: dict[str, tuple[User, float]] = {}

    def begin(self, person: str) -> User:
        """Who is logged in from now on; a token is made of it.

        Raises:
            AccountUnknown: there is no such account.
        """
        stamp = ""
        if self._accounts is not None:
            account = self._accounts.find(person)
            person, stamp = account.name, account.stamp
        login = {"login": secrets.token_urlsafe(16), "stamp": stamp}
        return User(identifier=person, metadata=login)

    def person(self, token: str | None) -> str | None:
        """Whose valid token this is; None where it is none."""
        user = self._named_by(token)
        if user is None:
            return None
        try:
            if user.metadata["login"] in self._ended.read().get("ended", {}):
                return None
            if self._accounts is None:
                return OWNER if user.identifier == OWNER else None
            account = self._accounts.find(user.identifier)
        except AccountUnknown:
            return None
        except AccountError as error:
            # Nobody gets in by a file that cannot be read.
            log.error("%s", error)
            return None
        return account.name if user.metadata.get("stamp") == account.stamp else None

    def _named_by(self, token: str | None) -> User | None:
        """As :func:`_decoded`, kept for a while: it is asked for with all that a socket sends."""
        now = time.monotonic()
        user, until = self._kept.get(token or "", (None, 0.0))
        if user is None or until < now:
            user = _decoded(token)
            if user is not None and token is not None:
                if len(self._kept) >= KEPT_TOKENS:
                    self._kept.clear()
                self._kept[token] = user, now + KEPT_SECONDS
        return user

    def token(self, connection: HTTPConnection) -> str | None:
        """The valid token that a request or a websocket carries; None where it carries none."""
        token = carried_token(connection)
        person = self.person(token)
        if person is None:
            return None
        named = self._proxies.person(connection)
        # The proxy's word counts: somebody else may sit at that browser now.
        return token if named is None or named == person else None

    def end(self, token: str | None) -> None:
        """End a login, for good: what is done with its token from now on is refused.

        Raises:
            AccountError: that cannot be noted.
        """
        user = _decoded(token)
        if user is None:
            return
        now = int(time.time())
        with self._ended.changing() as content:
            ended = content.get("ended", {})
            content["ended"] = {one: until for one, until in ended.items() if until > now}
            content["ended"][user.metadata["login"]] = now + config.project.user_session_timeout


def carried_token(connection: HTTPConnection) -> str | None:
    """The token of a cookie, else of an Authorization header, as Chainlit reads it."""
    token = get_token_from_cookies(connection.cookies)
    if token:
        return token
    scheme, _, rest = connection.headers.get("authorization", "").partition(" ")
    return rest if scheme.lower() == "bearer" and rest else None


def _decoded(token: str | None) -> User | None:
    """Who a token names, if it is signed by us, not expired, and names a login."""
    if not token:
        return None
    try:
        user = decode_jwt(token)
    except Exception:
        # Whatever is wrong with it, it is no token.
        log.debug("a token was refused", exc_info=True)
        return None
    return user if isinstance(user.metadata.get("login"), str) else None
