"""Which names the page answers to, so that no other website can talk to it through the browser."""

import ipaddress
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class AllowedHosts:
    """The names in a ``Host`` header that mean this page.

    A page elsewhere can point a name of its own at 127.0.0.1 (DNS rebinding); the browser then
    takes our answers for that page's own. It cannot forge the Host header, though.

    Attributes:
        names: lower-case names and addresses.
        any_address: also any literal IP address, which no name can be rebound to.
    """

    names: frozenset[str] = field(default=LOOPBACK)
    any_address: bool = False

    @classmethod
    def of(cls, host: str, public_url: str | None = None) -> "AllowedHosts":
        """The names for a page that listens on ``host``.

        Args:
            host: where it listens.
            public_url: the address by which a proxy shows it to the world.
        """
        host = host.strip("[]").lower()
        public = urlsplit(public_url or "").hostname
        names = LOOPBACK | ({public} if public else set())
        if host not in ("0.0.0.0", "::", ""):
            return cls(names | {host})
        own = socket.gethostname().lower()
        short = own.partition(".")[0]
        return cls(names | {own, short, f"{short}.local"}, any_address=True)

    def allows(self, host_header: str | None) -> bool:
        """Whether a ``Host`` header (with or without port) means this page."""
        if not host_header:
            return False
        try:
            name = urlsplit(f"//{host_header}").hostname or ""
        except ValueError:
            return False
        if name in self.names:
            return True
        return self.any_address and _is_address(name)


def same_origin(origin: str, host_header: str) -> bool:
    """Whether an ``Origin`` header names the very page that the ``Host`` header names."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host_header.lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
