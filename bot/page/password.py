"""Login with the one password of the page."""

import asyncio
import hmac

from pydantic import SecretStr

PAUSE_AFTER_FAILURE = 0.5


class PasswordGate:
    """Checks passwords in constant time, one guess at a time.

    Guesses wait for each other and each wrong one costs half a second, so that trying many
    passwords takes long however many connections are used.
    """

    def __init__(self, password: SecretStr, pause: float = PAUSE_AFTER_FAILURE) -> None:
        self._password = password
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
