"""Where things are kept."""

from pathlib import Path

import pytest

from retrieval.paths import default_library_path, home


def test_as_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "pal"))
    assert home() == tmp_path / "pal"
    assert default_library_path() == tmp_path / "pal" / "library.db"
    assert not home().exists()


def test_relative_and_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PHOTOPAL_HOME", "pal")
    assert home() == tmp_path / "pal"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PHOTOPAL_HOME", "~/pal")
    assert home() == tmp_path / "pal"


def test_the_platforms_own_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PHOTOPAL_HOME")
    assert home().is_absolute()
    assert "photopal" in str(home())
