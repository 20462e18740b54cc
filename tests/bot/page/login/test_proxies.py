"""Whose word is taken for who and where a visitor is."""

import pytest
from starlette.requests import HTTPConnection

from bot.errors import SettingsInvalid
from bot.page.login.proxies import Proxies

PROXIES = Proxies.of("127.0.0.1, 10.0.0.0/24", "X-Forwarded-User")


def request(peer: str | None, *headers: tuple[str, str]) -> HTTPConnection:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    client = None if peer is None else (peer, 1234)
    return HTTPConnection({"type": "http", "headers": raw, "client": client})


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.7"])
def test_a_trusted_proxy_is_believed(peer: str) -> None:
    said = request(peer, ("X-Forwarded-User", "Anna"), ("X-Forwarded-For", "6.6.6.6, 192.168.1.5"))
    assert PROXIES.person(said) == "anna"
    assert PROXIES.address(said) == "192.168.1.5", "what came before is the visitor's own claim"
    assert PROXIES.address(request(peer)) == peer


@pytest.mark.parametrize("peer", ["10.0.1.7", "192.168.1.5", "::1", "unix", "", None])
def test_nobody_else_is(peer: str | None) -> None:
    said = request(peer, ("X-Forwarded-User", "anna"), ("X-Forwarded-For", "10.9.9.9"))
    assert PROXIES.person(said) is None
    assert PROXIES.address(said) == (peer or "")


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("X-Forwarded-User", ""),),
        (("X-Forwarded-User", "../anna"),),
        (("X-Forwarded-User", "anna"), ("X-Forwarded-User", "bert")),
        (("X-Forwarded-User", "anna, bert"),),
        (("X-Other", "anna"),),
    ],
)
def test_a_header_that_names_nobody_for_sure(headers: tuple[tuple[str, str], ...]) -> None:
    assert PROXIES.person(request("127.0.0.1", *headers)) is None


def test_settings_that_do_not_fit_together() -> None:
    with pytest.raises(SettingsInvalid, match="TRUSTED_PROXIES"):
        Proxies.of(None, "X-Forwarded-User")
    with pytest.raises(SettingsInvalid, match=r"my\.proxy is no IP address"):
        Proxies.of("my.proxy")
    assert Proxies.of(None).person(request("127.0.0.1", ("X-Forwarded-User", "anna"))) is None
