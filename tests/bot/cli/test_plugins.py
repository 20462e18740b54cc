"""Commands that other packages bring: a broken one stops nobody else."""

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from bot.cli.main import run
from bot.cli.plugins import GROUP

HERE = "tests_plugin_commands"


def hello(name: str = "you") -> None:
    """Say hello."""
    print(f"hello {name}")


def unreadable(option: int | bytes = 1) -> None:
    """Typer cannot make an option of this."""


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Stands these entry points in for the installed ones: ``plugins(name="module:function")``."""
    module = ModuleType(HERE)
    module.hello, module.unreadable = hello, unreadable  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, HERE, module)

    def install(**commands: str) -> None:
        points = [EntryPoint(name, value, GROUP) for name, value in commands.items()]
        monkeypatch.setattr("bot.cli.plugins.entry_points", lambda group: points)

    return install


def test_a_package_adds_a_command(
    plugins: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    plugins(hello=f"{HERE}:hello")
    assert run(["--help"]) == 0
    assert "Say hello." in capsys.readouterr().out
    assert run(["hello", "--name", "Ann"]) == 0
    assert capsys.readouterr().out == "hello Ann\n"


@pytest.mark.parametrize(
    "value",
    [
        "no_such_module:command",
        f"{HERE}:no_such_function",
        f"{HERE}:unreadable",
        f"{HERE}:__doc__",
        "this is no name of anything",
    ],
)
def test_a_broken_command_fails_alone_in_one_line(
    value: str, plugins: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    plugins(broken=value, hello=f"{HERE}:hello")
    assert run(["--help"]) == 0
    listed = capsys.readouterr().out
    assert " broken " in listed and " hello " in listed and " search " in listed
    assert run(["hello"]) == 0
    assert run(["status", "--json"]) == 0
    assert capsys.readouterr().err == ""
    assert run(["broken", "--with", "an-option", "a-word"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("photopal: 'photopal broken' cannot be loaded")
    assert said.count("\n") == 1


def test_a_command_that_ends_the_program_when_it_is_imported(
    plugins: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def leave(_: EntryPoint) -> None:
        raise SystemExit(3)

    plugins(broken=f"{HERE}:hello")
    monkeypatch.setattr(EntryPoint, "load", leave)
    assert run(["--help"]) == 0
    assert run(["broken"]) == 1
    assert "SystemExit: 3" in capsys.readouterr().err


def test_no_package_replaces_a_command_of_photopal(
    plugins: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    plugins(status=f"{HERE}:hello", photochat=f"{HERE}:hello")
    assert run(["status"]) == 0
    shown = capsys.readouterr()
    assert "hello" not in shown.out and "library" in shown.out
    assert f"the command status of {HERE}:hello is left out" in shown.err


def test_the_demo_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *more: None if name == "skimage" else real(name, *more),
    )
    assert run(["demo", "--prepare"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "pip install 'photopal[demo]'" in said
