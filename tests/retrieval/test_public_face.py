"""``import retrieval`` is light, and everything that it names is there."""

import subprocess
import sys

import pytest

import retrieval


@pytest.mark.parametrize("name", retrieval.__all__)
def test_every_public_name_loads(name: str) -> None:
    assert getattr(retrieval, name).__module__.startswith("retrieval.")
    assert name in dir(retrieval)


def test_an_unknown_name_is_an_ordinary_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonesuch'"):
        retrieval.nonesuch  # noqa: B018


def test_importing_it_loads_nothing_heavy() -> None:
    script = (
        "import sys, retrieval\n"
        "heavy = {'numpy', 'torch', 'faiss', 'PIL', 'sqlite3', 'transformers'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
