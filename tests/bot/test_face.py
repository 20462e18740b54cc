"""The public face: ``from bot import …`` gives what it promises, and costs nothing before."""

import subprocess
import sys

import pytest

import bot


@pytest.mark.parametrize("name", bot.__all__)
def test_every_name_is_there(name: str) -> None:
    assert name in dir(bot)
    assert getattr(bot, name).__name__ == name


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'bot' has no attribute 'nothing'"):
        _ = bot.nothing


def test_importing_it_loads_nothing_else() -> None:
    code = "import sys, bot, retrieval; print({'numpy', 'pydantic', 'torch'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "set()\n", done.stderr
