"""The assistant: what a message wants, and the answer to it, for every front end."""

from bot.assistant.assistant import Assistant
from bot.assistant.choices import Choices
from bot.assistant.reply import Reply, SharedPhoto, ShownPhoto
from bot.assistant.session import Session

__all__ = ["Assistant", "Choices", "Reply", "Session", "SharedPhoto", "ShownPhoto"]
