"""Photopal's bot: from a conversation to the photos worth sharing.

The public face: what a program needs is imported from here, and only then loaded, so that
``import bot`` costs nothing::

    from bot import Conversation, Settings, Suggester, Turn, describer_chain

    suggester = Suggester(searcher, describer_chain(Settings.load()))
    talk = Conversation((Turn("ann", "how is the cat?"), Turn("bo", "so grumpy, look")), owner="bo")
    suggester.suggest(talk)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.assistant import Assistant as Assistant
    from bot.assistant import Reply as Reply
    from bot.assistant import Session as Session
    from bot.conversation import Conversation as Conversation
    from bot.conversation import Turn as Turn
    from bot.describe.llm import describer_chain as describer_chain
    from bot.descriptors import Description as Description
    from bot.descriptors import Descriptors as Descriptors
    from bot.errors import BotError as BotError
    from bot.runnables import assistant_chain as assistant_chain
    from bot.settings import Settings as Settings
    from bot.suggest import Suggester as Suggester
    from bot.suggest import Suggestion as Suggestion
    from bot.suggest import suggestion_chain as suggestion_chain
    from bot.tool import photo_search_tool as photo_search_tool

_HOMES = {
    "Assistant": "assistant",
    "BotError": "errors",
    "Conversation": "conversation",
    "Description": "descriptors",
    "Descriptors": "descriptors",
    "Reply": "assistant",
    "Session": "assistant",
    "Settings": "settings",
    "Suggester": "suggest",
    "Suggestion": "suggest",
    "Turn": "conversation",
    "assistant_chain": "runnables",
    "describer_chain": "describe.llm",
    "photo_search_tool": "tool",
    "suggestion_chain": "suggest",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
