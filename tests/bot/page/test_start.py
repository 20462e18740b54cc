"""Before the page opens: where it listens, its folder, its secret."""

import os
import socket
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.errors import SettingsInvalid
from bot.page.app_root import prepare_app_root
from bot.page.launch import check_host, listen, page_address
from bot.page.login.secret import cookie_secret
from bot.settings import Settings


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "photos.lan"])
def test_other_hosts_demand_a_password(host: str) -> None:
    with pytest.raises(SettingsInvalid, match="password"):
        check_host(Settings(host=host))
    with pytest.raises(SettingsInvalid):
        check_host(Settings(host=host, password=SecretStr("")))
    check_host(Settings(host=host, password=SecretStr("x")))
    check_host(Settings(host=host), with_accounts=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_needs_none(host: str) -> None:
    check_host(Settings(host=host))


def test_a_page_that_a_proxy_shows_to_the_world_demands_one_too() -> None:
    with pytest.raises(SettingsInvalid, match=r"PUBLIC_URL.*password"):
        check_host(Settings(public_url="https://photos.example"))
    check_host(Settings(public_url="https://photos.example"), with_accounts=True)


def test_a_taken_port_names_another() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(SettingsInvalid, match=rf"port {port} is taken .*--port") as raised:
            listen("127.0.0.1", port)
    assert "\n" not in str(raised.value)


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(SettingsInvalid):
        listen("no-such-host.invalid", 8000)
    with pytest.raises(SettingsInvalid):
        listen("203.0.113.1", 8000)


def test_the_port_is_free_again_at_once() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            pass
    listen("127.0.0.1", port).close()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://localhost:8000"),
        ("0.0.0.0", "http://localhost:8000"),
        ("::1", "http://[::1]:8000"),
        ("::", "http://[::1]:8000"),
        ("photos.lan", "http://photos.lan:8000"),
    ],
)
def test_the_address_to_open(host: str, address: str) -> None:
    assert page_address(host, 8000) == address


def test_the_secret_is_kept_private_and_bound_to_the_password(tmp_path: Path) -> None:
    first = cookie_secret(tmp_path, "one")
    assert first == cookie_secret(tmp_path, "one")
    assert first != cookie_secret(tmp_path, "two")
    assert len(first) >= 64
    file = tmp_path / "cookie.secret"
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.chmod(0o644)
        cookie_secret(tmp_path, "one")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("")
    assert cookie_secret(tmp_path, "one") != first


def test_the_page_asks_nothing_of_other_hosts(tmp_path: Path) -> None:
    root = prepare_app_root(tmp_path / "root")
    html = (root / "build" / "index.html").read_text(encoding="utf-8")
    assert "https://" not in html
    assert 'src="/assets/' in html
    assert any((root / "build" / "assets").glob("*.js"))
    for file in (root / "public").rglob("*"):
        if file.suffix in (".css", ".js", ".jsx", ".json", ".svg"):
            text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
            assert "http" not in text, file


def test_a_second_start_replaces_what_the_first_left(tmp_path: Path) -> None:
    root = prepare_app_root(tmp_path / "root")
    (root / "public" / "stale.js").write_text("old")
    prepare_app_root(root)
    assert not (root / "public" / "stale.js").exists()
    assert any((root / "build" / "assets").glob("*.js")), "the package's own files are untouched"
