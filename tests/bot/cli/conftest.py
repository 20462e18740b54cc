"""Commands run in this process, with an encoder that knows colours."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import run
from tests.support.fake_encoder import ColourEncoder

Command = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def colours() -> Callable[..., ColourEncoder]:
    """Makes the encoder of a name."""
    return ColourEncoder


@pytest.fixture
def photopal(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    colours: Callable[..., ColourEncoder],
) -> Command:
    """Run a command with ``--json``: its exit status, the object it printed, and what it said."""
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("retrieval.encoders.load_encoder", lambda name: colours(str(name)))

    def command(*arguments: str | Path) -> tuple[int, dict[str, Any], str]:
        status = run([*map(str, arguments), "--json"])
        said = capsys.readouterr()
        return status, json.loads(said.out) if said.out.strip() else {}, said.err

    return command
