"""``--share-on-lan``: the password is explained, the code holds the address alone."""

import socket

import pytest
from pydantic import SecretStr

import bot.cli.lan as lan
from bot.cli.main import run
from bot.errors import SettingsInvalid
from bot.settings import Settings


@pytest.fixture
def in_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan, "lan_address", lambda: "192.168.178.23")


@pytest.mark.usefixtures("in_a_network")
def test_a_password_is_made_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    shared = lan.share_on_lan(Settings(port=8123))
    said = capsys.readouterr()
    assert said.out == ""
    assert shared.host == "0.0.0.0" and shared.password is not None
    assert f"password: {shared.password.get_secret_value()}" in said.err
    assert "http://192.168.178.23:8123" in said.err and "not encrypted" in said.err


@pytest.mark.usefixtures("in_a_network")
def test_a_chosen_password_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    shared = lan.share_on_lan(Settings(password=SecretStr("correct horse")))
    assert shared.password is not None and shared.password.get_secret_value() == "correct horse"
    assert "correct horse" not in capsys.readouterr().err


@pytest.mark.usefixtures("in_a_network")
def test_the_code_is_drawn_and_holds_the_address_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import segno

    made = []
    real = segno.make

    def noted(content: str, **options: object) -> segno.QRCode:
        made.append(content)
        return real(content, **options)

    monkeypatch.setattr(segno, "make", noted)
    lan.share_on_lan(Settings(port=8123))
    assert made == ["http://192.168.178.23:8123"]
    drawn = [line for line in capsys.readouterr().err.splitlines() if "█" in line]
    assert len(drawn) > 10 and len({len(line) for line in drawn}) == 1


def test_passwords_differ_and_can_be_typed() -> None:
    made = {lan.made_password() for _ in range(100)}
    assert len(made) == 100
    assert all(len(one) == 19 and one.replace("-", "").isalnum() for one in made)


def test_without_a_network_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoNetwork(socket.socket):
        def connect(self, address: object) -> None:
            raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "socket", NoNetwork)
    with pytest.raises(SettingsInvalid, match="no network"):
        lan.lan_address()


def test_it_chooses_the_host_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["chat", "--share-on-lan", "--host", "0.0.0.0"]) == 2
    assert "--host" in capsys.readouterr().err
