"""Reverse proxies in front of the page: whose word is taken for who and where a visitor is."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from bot.accounts import account_name
from bot.errors import AccountNameInvalid, SettingsInvalid

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Proxies:
    """The proxies that are trusted. What any other address says of a visitor is ignored.

    Attributes:
        networks: where they are.
        login_header: in which they name the person who is logged in; None where they do not.
    """

    networks: tuple[Network, ...] = ()
    login_header: str | None = None

    @classmethod
    def of(cls, addresses: str | None, login_header: str | None = None) -> "Proxies":
        """From settings: addresses or networks, with commas between.

        Raises:
            SettingsInvalid: one is no address, or a login header without any.
        """
        networks = []
        for text in (addresses or "").replace(",", " ").split():
            try:
                networks.append(ip_network(text, strict=False))
            except ValueError as error:
                raise SettingsInvalid(
                    f"PHOTOPAL_TRUSTED_PROXIES: {text} is no IP address or network, such as "
                    "127.0.0.1 or 10.0.0.0/24"
                ) from error
        if login_header and not networks:
            raise SettingsInvalid(
                "PHOTOPAL_LOGIN_HEADER lets whoever sends that header in as anybody: name the "
                "proxy that sets it in PHOTOPAL_TRUSTED_PROXIES, such as 127.0.0.1"
            )
        return cls(tuple(networks), login_header)

    def address(self, connection: HTTPConnection) -> str:
        """Where a visitor is: the peer, or whom a trusted proxy names last."""
        peer = connection.client.host if connection.client else ""
        if not self._trusts(peer):
            return peer
        said = ",".join(connection.headers.getlist("x-forwarded-for"))
        named = said.rpartition(",")[2].strip()
        return named or peer

    def person(self, connection: HTTPConnection) -> str | None:
        """The name of the account that a trusted proxy vouches for; None where none does."""
        if self.login_header is None or connection.client is None:
            return None
        if not self._trusts(connection.client.host):
            return None
        return _only(connection.headers, self.login_header)

    def _trusts(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self.networks)


def _only(headers: Headers, name: str) -> str | None:
    """The account that a header names; None where it is there twice, or names none."""
    values = headers.getlist(name)
    if len(values) != 1:
        return None
    try:
        return account_name(values[0])
    except AccountNameInvalid:
        return None
