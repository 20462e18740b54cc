"""The HTTP API: other programs ask the same assistant that the chat page shows.

``photopal api`` serves it on this machine alone; every request shows a token.
"""

from bot.api.app import make_api
from bot.api.services import ApiServices

__all__ = ["ApiServices", "make_api"]
