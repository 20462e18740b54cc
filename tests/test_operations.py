"""The Containerfile and the systemd unit start commands that there are, and copy what there is."""

import configparser
import json
import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from bot.cli.app import build_app

ROOT = Path(__file__).parents[1]


def accepted(arguments: list[str]) -> None:
    """Fails unless the command line takes these arguments."""
    name, *rest = arguments
    commands = get_command(build_app()).commands  # type: ignore[attr-defined]
    commands[name].make_context(name, rest)


def containerfile() -> str:
    return (ROOT / "bot" / "operations" / "Containerfile").read_text().replace("\\\n", " ")


def test_the_container_starts_a_command_that_there_is() -> None:
    text = containerfile()
    entry = json.loads(re.findall(r"^ENTRYPOINT (.*)$", text, re.M)[0])
    arguments = json.loads(re.findall(r"^CMD (.*)$", text, re.M)[0])
    assert entry == ["photopal"]
    accepted(arguments)


def test_the_container_copies_what_there_is() -> None:
    for line in re.findall(r"^COPY (.*)$", containerfile(), re.M):
        *sources, _ = line.split()
        assert all((ROOT / source).exists() for source in sources), line


def test_the_container_does_not_run_as_root_and_names_no_host() -> None:
    text = containerfile()
    assert re.search(r"^USER photopal$", text, re.M)
    assert all("/" not in image for image in re.findall(r"^FROM (\S+)", text, re.M))


def test_the_unit_starts_a_command_that_there_is() -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "bot" / "operations" / "photopal.service")
    program, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert program.endswith("/photopal")
    accepted(arguments)


def test_a_command_that_there_is_not_would_be_noticed() -> None:
    with pytest.raises(Exception, match="no-such"):
        accepted(["chat", "--no-such"])
