"""The chat page: a Chainlit app, its launcher and its look. Importing it loads nothing heavy."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.accounts import Accounts
    from bot.settings import Settings
    from retrieval.encoders.base import Encoder

__all__ = ["run"]


def run(
    settings: "Settings",
    *,
    open_browser: bool = True,
    on_ready: Callable[[str], None] | None = None,
    on_open: Callable[[str], None] | None = None,
    on_step: Callable[[str], None] | None = None,
    encoder: "Encoder | None" = None,
    prepare: "Callable[[Settings], tuple[Settings, Encoder]] | None" = None,
    accounts: "Accounts | None" = None,
) -> None:
    """Serve the chat page until it is stopped; see :func:`bot.page.launch.run`."""
    from bot.page.launch import run as launch

    launch(
        settings,
        open_browser=open_browser,
        on_ready=on_ready,
        on_open=on_open,
        on_step=on_step,
        encoder=encoder,
        prepare=prepare,
        accounts=accounts,
    )
