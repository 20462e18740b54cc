"""The token: made once, private, demanded; and no way to the network without one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.access.tokens import Token, bearer, given_token, make_token, token_for
from bot.errors import SettingsInvalid
from tests.support.programs_server import COMMAND, environment


def test_a_token_is_made_once_and_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    first = token_for(True, None, folder)
    file = folder / "api.token"
    assert file.stat().st_mode & 0o777 == 0o600 and folder.stat().st_mode & 0o777 == 0o700
    value = file.read_text().strip()
    assert first.matches(value) and len(value) >= 40
    assert token_for(True, None, folder).matches(value)
    assert make_token(folder).matches(value)


def test_a_chosen_token_wins_over_the_file(tmp_path: Path) -> None:
    make_token(tmp_path)
    chosen = token_for(True, SecretStr("a-token-of-my-own"), tmp_path)
    assert chosen.matches("a-token-of-my-own")
    assert not chosen.matches((tmp_path / "api.token").read_text().strip())


@pytest.mark.parametrize("guess", [None, "", "a-token-of-my-ow", "a-token-of-my-own ", "\udcff"])
def test_what_does_not_match(guess: str | None) -> None:
    assert not Token("a-token-of-my-own").matches(guess)


def test_it_never_shows_itself() -> None:
    assert "my-own" not in repr(Token("a-token-of-my-own"))


@pytest.mark.parametrize("value", ["", "short", "x" * 600, "has a blank in it", "ümlautümlautüml"])
def test_what_is_no_token(value: str) -> None:
    with pytest.raises(SettingsInvalid):
        Token(value)


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (None, None),
        ("", None),
        ("Bearer x", "x"),
        ("bearer  x ", "x"),
        ("Basic x", None),
        ("x", None),
    ],
)
def test_the_header(header: str | None, token: str | None) -> None:
    assert bearer(header) == token


@pytest.mark.skipif(os.name != "posix", reason="permissions are of POSIX")
def test_a_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    make_token(tmp_path)
    (tmp_path / "api.token").chmod(0o644)
    with pytest.raises(SettingsInvalid, match="chmod 600"):
        given_token(None, tmp_path)


@pytest.mark.parametrize("command", [["api"], ["mcp", "--http"]])
def test_the_network_is_refused_without_a_token(tmp_path: Path, command: list[str]) -> None:
    """By the real command, before it listens or loads anything."""
    ended = subprocess.run(
        [sys.executable, *COMMAND[1:], *command, "--host", "0.0.0.0"],
        env=environment(tmp_path),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert ended.returncode == 1
    assert "PHOTOPAL_API_TOKEN" in ended.stderr and len(ended.stderr.splitlines()) == 1
    assert not (tmp_path / "api.token").exists()
