"""Login by an OAuth provider, where one was chosen; it leads to the account of that name.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import logging
import os
from typing import Any

import chainlit as cl
from chainlit.oauth_providers import get_oauth_provider, providers

from bot.errors import AccountError, SettingsInvalid
from bot.page.login.logins import Logins

log = logging.getLogger(__name__)


def use_oauth(provider_id: str, logins: Logins) -> None:
    """Offer one of Chainlit's providers at the login, and no other.

    Args:
        provider_id: Chainlit's name of it, such as ``google`` or ``generic``.
        logins: begins them.

    Raises:
        SettingsInvalid: there is no such provider, or its variables are not all set.
    """
    provider = get_oauth_provider(provider_id)
    if provider is None:
        known = ", ".join(sorted(one.id for one in providers))
        raise SettingsInvalid(f"PHOTOPAL_OAUTH: {provider_id} is none of {known}")
    missing = [name for name in provider.env if not os.environ.get(name)]
    if missing:
        raise SettingsInvalid(f"PHOTOPAL_OAUTH={provider_id} needs {', '.join(missing)}, too")
    for other in providers:
        for name in set(other.env) - set(provider.env):
            # Two providers may call different people by the same name.
            os.environ.pop(name, None)

    async def log_in(
        provider_id: str,
        token: str,
        raw_user_data: dict[str, Any],
        default_user: cl.User,
        id_token: str | None = None,
    ) -> cl.User | None:
        if provider_id != provider.id or unverified(raw_user_data):
            return None
        try:
            return logins.begin(str(default_user.identifier or ""))
        except AccountError as error:
            log.warning("a login by %s was refused: %s", provider_id, error)
            return None

    cl.oauth_callback(log_in)


def unverified(raw_user_data: dict[str, Any]) -> bool:
    """Whether the provider says that the address is somebody's claim only."""
    said = [raw_user_data.get(name) for name in ("email_verified", "verified_email")]
    return any(one is False or str(one).lower() == "false" for one in said)
