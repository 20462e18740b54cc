"""Who uses the page, and what each of them works with: one library for all, or one an account."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.page.services import PageServices
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.accounts import Accounts
    from bot.assistant.loading import Parts
    from bot.history import History


@dataclass(frozen=True)
class People:
    """Everybody who may use the page.

    Attributes:
        settings: as started.
        history: where everybody's chats are kept; None when it cannot be opened.
        history_problem: why it cannot, as one line.
        services: loads what a person works with; slow, so call it in a thread. It raises
            PhotopalError where that person has nothing to work with.
        accounts: who may log in; None where there are no accounts.
        one_for_all: whether everybody works with the same.
    """

    settings: Settings
    history: "History | None"
    history_problem: str
    services: Callable[[str], PageServices]
    accounts: "Accounts | None" = None
    one_for_all: bool = False

    @classmethod
    def sharing(cls, services: PageServices) -> "People":
        """A page without accounts: one library, whoever comes."""
        return cls(
            services.settings,
            services.history,
            services.history_problem,
            lambda person: services,
            one_for_all=True,
        )

    @property
    def asks_for_login(self) -> bool:
        """Whether somebody must log in before anything is shown."""
        return self.accounts is not None or self.settings.password is not None


class PartsByEncoder:
    """The parts of assistants, loaded once for each encoder that a library belongs to."""

    def __init__(self, load: "Callable[[Settings], Parts]") -> None:
        self._load = load
        self._parts: dict[str, Parts] = {}
        self._guard = threading.Lock()

    def of(self, settings: Settings) -> "Parts":
        """Those for the encoder that settings name. Raises EncoderUnavailable."""
        with self._guard:
            if settings.encoder not in self._parts:
                self._parts[settings.encoder] = self._load(settings)
            return self._parts[settings.encoder]
