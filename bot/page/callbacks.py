"""What a page does when something happens in its chat, gathered before Chainlit hears of it.

Chainlit knows one callback for each event, whoever causes it. With accounts there is a page for
each person, so pages hand their callbacks over here, by Chainlit's own names, and
:mod:`bot.page.personal` sends each event to the page of whoever is there.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

Callback = Callable[..., Awaitable[Any]]
F = TypeVar("F", bound=Callback)


class Callbacks:
    """The callbacks of one page.

    Attributes:
        events: by the name that Chainlit's decorator has.
        actions: by the name of the button.
    """

    def __init__(self) -> None:
        self.events: dict[str, Callback] = {}
        self.actions: dict[str, Callback] = {}

    def set_chat_profiles(self, callback: F) -> F:
        """Which profiles there are, with their welcome."""
        return self._event("set_chat_profiles", callback)

    def on_chat_start(self, callback: F) -> F:
        """A chat begins."""
        return self._event("on_chat_start", callback)

    def on_chat_start_again(self, callback: F) -> F:
        """The browser connected twice and may have lost what the start sent."""
        return self._event("on_chat_start_again", callback)

    def on_chat_resume(self, callback: F) -> F:
        """A chat of the history is opened."""
        return self._event("on_chat_resume", callback)

    def on_chat_end(self, callback: F) -> F:
        """The visitor left."""
        return self._event("on_chat_end", callback)

    def on_message(self, callback: F) -> F:
        """The person said something."""
        return self._event("on_message", callback)

    def on_settings_update(self, callback: F) -> F:
        """The person confirmed the settings."""
        return self._event("on_settings_update", callback)

    def on_settings_edit(self, callback: F) -> F:
        """The person changed a setting."""
        return self._event("on_settings_edit", callback)

    def action_callback(self, name: str) -> Callable[[F], F]:
        """A button was pressed."""

        def take(callback: F) -> F:
            self.actions[name] = callback
            return callback

        return take

    def _event(self, name: str, callback: F) -> F:
        self.events[name] = callback
        return callback
