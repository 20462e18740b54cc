"""What the README shows is true: its commands and options, its variables, its Python."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from bot.cli.app import build_app
from bot.settings import Settings
from retrieval import Library, index_folders, install_samples, load_encoder

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAX_LINES = 150


def commands() -> dict[str, set[str]]:
    """The options of every command by its whole name, as in ``photochat download``."""
    return dict(_below(get_command(build_app()), "", set()))


def _below(command: Any, name: str, inherited: set[str]) -> Iterator[tuple[str, set[str]]]:
    options = inherited | {"--help", "-h"}
    for parameter in command.params:
        options |= {*parameter.opts, *parameter.secondary_opts}
    children = getattr(command, "commands", None)
    if children is None:
        yield name, options
        return
    for word, child in children.items():
        yield from _below(child, f"{name} {word}".strip(), options)


def calls() -> list[str]:
    """Every call of the program in the README's code: what follows ``photopal`` up to its end."""
    code = re.findall(r"```(?:sh)?\n(.*?)```", README, re.S) + re.findall(r"`([^`\n]+)`", README)
    return [
        call.strip()
        for text in code
        for call in re.findall(r"(?<![\w./-])(?:\.venv/bin/)?photopal ([^\n;|<>#&`]*)", text)
    ]


def test_it_is_a_front_door() -> None:
    assert len(README.splitlines()) <= MAX_LINES


@pytest.mark.parametrize("call", sorted(set(calls())))
def test_every_call_is_of_a_command_with_these_options(call: str) -> None:
    known = commands()
    words = re.sub(r'"[^"]*"', "TEXT", call).split()
    named = [name for name in known if f" {name} " in f" {' '.join(words)} "]
    assert named, f"photopal has no such command: {call}"
    options = {word for word in words if re.match(r"--?[a-z]", word)}
    assert options <= known[named[0]], f"photopal {named[0]} has no {options - known[named[0]]}"


def test_every_option_that_stands_alone_is_one_of_a_command() -> None:
    known = set[str]().union(*commands().values())
    alone = {found.split()[0] for found in re.findall(r"`(--[a-z][^`]*)`", README)}
    assert alone <= known, f"no command has {alone - known}"


def test_every_command_is_named() -> None:
    named = " ".join(f" {call} " for call in calls())
    missing = [name for name in commands() if f" {name} " not in named]
    assert not missing, f"the README does not name photopal {', photopal '.join(missing)}"


def test_every_variable_is_a_setting() -> None:
    named = set(re.findall(r"`(?:[^`]*?)\b((?:PHOTOPAL|OPENAI)_[A-Z_]+)\b", README))
    source = (ROOT / "bot" / "settings.py").read_text(encoding="utf-8")
    fields = {f"PHOTOPAL_{name.upper()}" for name in Settings.model_fields}
    unknown = {
        name
        for name in named - fields - {"PHOTOPAL_HOME", "PHOTOPAL_CACHE"}
        if name.casefold() not in source.casefold()
    }
    assert not unknown


def test_its_files_are_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_the_python_example_runs_and_finds_the_cat(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.S)
    assert len(re.findall(r"^(?:from|import) ", example, re.M)) == 3
    install_samples(tmp_path / "photos")
    with Library.open(tmp_path / "library.db", create=True) as library:
        index_folders(library, load_encoder("starter"), [tmp_path / "photos"])

    environment = {name: value for name, value in os.environ.items() if "OPENAI" not in name}
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(ROOT), "PHOTOPAL_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    by_tool, by_chain = done.stdout.strip().rsplit("\n", 1)
    assert "cat.png" in by_tool.splitlines()[0]
    assert "cat.png" in by_chain.split(",")[0]
