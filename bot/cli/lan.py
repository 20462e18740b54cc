"""``--share-on-lan``: the page for the other devices of a home, with a password and a QR code."""

import secrets
import socket
import sys
from typing import TYPE_CHECKING, TextIO

from bot.cli.output import note
from bot.errors import SettingsInvalid

if TYPE_CHECKING:
    from bot.settings import Settings

EVERYWHERE = "0.0.0.0"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Those that nobody mistakes for each other on a phone's screen."""
_GROUPS, _GROUP = 4, 4
_ELSEWHERE = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))
"""Addresses that exist in no network; nothing is sent to them."""


def share_on_lan(settings: "Settings", *, with_accounts: bool = False) -> "Settings":
    """Settings by which the page is there for the local network, and a word on how to get to it.

    Where no password was chosen, one is made for this run and shown.

    Args:
        settings: port and password.
        with_accounts: whether everybody logs in by an account, so that none is wanted.

    Raises:
        SettingsInvalid: this machine is in no network.
    """
    from pydantic import SecretStr

    from bot.page.launch import page_address

    address = page_address(lan_address(), settings.port)
    password = settings.password
    if with_accounts:
        note("Everyone in your network who has an account can see their own photos.")
    else:
        note("Everyone in your network who knows the password can see the photos of this library.")
    note(f"  address:  {address}")
    if with_accounts:
        note("  log in by the name and password of an account (photopal user list)")
    elif password is None:
        password = SecretStr(made_password())
        note(
            f"  password: {password.get_secret_value()}  (for this run; "
            "PHOTOPAL_PASSWORD is for one of your own)"
        )
    else:
        note("  password: the one that you chose")
    note("What is shown is not encrypted on its way: share only in a network that you trust.")
    _show_code(address, sys.stderr)
    return settings.model_copy(update={"host": EVERYWHERE, "password": password})


def lan_address() -> str:
    """The address under which other devices of the network reach this machine.

    Raises:
        SettingsInvalid: this machine is in no network.
    """
    for elsewhere, family in _ELSEWHERE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                # Of a datagram socket this sends nothing: it only chooses the way out.
                probe.connect((elsewhere, 9))
                own = str(probe.getsockname()[0])
        except OSError:
            continue
        if not own.startswith(("127.", "0.")) and own not in ("::1", "::"):
            return own
    raise SettingsInvalid(
        "--share-on-lan: this machine is in no network: join one, or leave --share-on-lan away"
    )


def made_password() -> str:
    """A password (79 bits) that is easy to read and type: ``h7km-…``."""
    letters = [secrets.choice(_LETTERS) for _ in range(_GROUPS * _GROUP)]
    return "-".join("".join(letters[n : n + _GROUP]) for n in range(0, len(letters), _GROUP))


def _show_code(address: str, stream: TextIO) -> None:
    """The address as a QR code, where the terminal can show one. The password is not in it."""
    import io

    import segno

    drawn = io.StringIO()
    segno.make(address, error="m").terminal(out=drawn, compact=True, border=2)
    try:
        drawn.getvalue().encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return
    note("Or scan this with a phone's camera, and type the password there:")
    for line in drawn.getvalue().splitlines():
        note(f"  {line}")
