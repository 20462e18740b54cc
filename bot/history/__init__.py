"""Chats that are kept: the store, their titles, what they are exported as, and feedback."""

from bot.history.feedback import KeptFeedback
from bot.history.records import KeptChat, KeptMessage
from bot.history.store import History, history_path

__all__ = ["History", "KeptChat", "KeptFeedback", "KeptMessage", "history_path"]
