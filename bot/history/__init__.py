"""Chats that are kept: the store, their titles, and what they are exported as."""

from bot.history.records import KeptChat, KeptMessage
from bot.history.store import History, history_path

__all__ = ["History", "KeptChat", "KeptMessage", "history_path"]
