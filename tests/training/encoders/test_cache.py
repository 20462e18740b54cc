"""Kept vectors have a bound: what was not used for the longest time goes first."""

import logging
import os
from pathlib import Path

import pytest
import torch

from training.encoders import cache
from training.encoders.cache import keep, read_kept, trim


def age(file: Path, seconds: int) -> None:
    os.utime(file, (1_000_000 - seconds, 1_000_000 - seconds))


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    found = [tmp_path / f"{name}.safetensors" for name in "abc"]
    for number, file in enumerate(found):
        keep(file, {"vectors": torch.zeros(1000)})
        age(file, 100 - number)
    return found


def test_the_oldest_go_first_and_a_line_says_so(
    files: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    size = files[0].stat().st_size
    with caplog.at_level(logging.WARNING):
        assert trim(files[0].parent, most=2 * size) == [files[0]]
    assert "removed 1 files" in caplog.text
    assert [file.exists() for file in files] == [False, True, True]
    assert trim(files[0].parent, most=2 * size) == []


def test_what_was_used_again_is_young(files: list[Path]) -> None:
    assert read_kept(files[0]) is not None
    assert trim(files[0].parent, most=2 * files[0].stat().st_size) == [files[1]]


def test_keeping_one_more_makes_room_and_spares_it(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", files[0].stat().st_size)
    newest = files[0].with_name("d.safetensors")
    keep(newest, {"vectors": torch.zeros(1000)})
    assert list(files[0].parent.iterdir()) == [newest]


def test_other_files_are_never_touched(files: list[Path]) -> None:
    other = files[0].with_name("notes.txt")
    other.write_text("mine")
    trim(files[0].parent, most=0)
    assert list(other.parent.iterdir()) == [other]
