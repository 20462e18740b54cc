import socket

import pytest

from bot.page.hosts import AllowedHosts, same_origin


@pytest.mark.parametrize("header", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::", "192.168.1.7", "photos.lan"])
def test_this_machine_is_always_allowed(host: str, header: str) -> None:
    assert AllowedHosts.of(host).allows(header)


@pytest.mark.parametrize(
    "header",
    [None, "", "evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "[", "[::1", "@", ":"],
)
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "photos.lan"])
def test_foreign_names_never_are(host: str, header: str | None) -> None:
    assert not AllowedHosts.of(host).allows(header)


def test_the_configured_host_and_no_other() -> None:
    hosts = AllowedHosts.of("photos.lan")
    assert hosts.allows("photos.lan:8000")
    assert hosts.allows("PHOTOS.lan")
    assert not hosts.allows("192.168.1.7")


def test_on_all_addresses_any_literal_address_and_the_machines_name() -> None:
    hosts = AllowedHosts.of("0.0.0.0")
    assert hosts.allows("192.168.1.7:8000")
    assert hosts.allows("[fe80::1]:8000")
    assert hosts.allows(socket.gethostname())


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("https://photos.lan", "photos.lan", True),
        ("http://LOCALHOST:8000", "localhost:8000", True),
        ("http://localhost:8001", "localhost:8000", False),
        ("http://127.0.0.1:8000", "localhost:8000", False),
        ("null", "localhost", False),
        ("file://", "", False),
        ("http://[", "localhost", False),
    ],
)
def test_same_origin(origin: str, host: str, same: bool) -> None:
    assert same_origin(origin, host) is same
