"""The real reader over drawn photos, and what is said where it is missing."""

import builtins
import importlib.util
from typing import Any

import pytest
from PIL import Image

from retrieval.errors import TextReaderUnavailable
from retrieval.ocr import open_reader
from retrieval.photos.letters import letters_of
from tests.support.pictures import halves
from tests.support.written_photos import WrittenPhoto, draw

RECEIPT = ("HORNBACH", "Wood screws 4x40   6.99", "Paint white 10 l  39.90", "TOTAL EUR 46.89")


def test_signs_and_receipts_are_read_and_other_photos_hold_nothing() -> None:
    reader = open_reader(threads=1)
    assert reader.version.startswith("rapidocr-onnxruntime 1.")
    scene = halves((1_600, 1_200))
    sign = reader.read(draw(WrittenPhoto("s", "sign", ("NO PARKING",), ()), scene, seed=3))
    assert letters_of(" ".join(line.text for line in sign)) == "noparking"
    assert 0.04 < max(line.height for line in sign) < 0.2
    receipt = reader.read(draw(WrittenPhoto("r", "receipt", RECEIPT, ()), scene, seed=1))
    letters = letters_of(" ".join(line.text for line in receipt))
    assert "hornbach" in letters and "4689" in letters
    assert max(line.height for line in receipt) < 0.06
    assert reader.read(scene) == ()
    assert reader.read(Image.new("RGB", (3, 2_000))) == ()


def test_a_missing_package_is_one_line_with_what_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if "rapidocr" in name else find(name)
    )
    with pytest.raises(TextReaderUnavailable, match=r"photopal\[ocr\]"):
        open_reader()


def test_a_damaged_package_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name == "rapidocr_onnxruntime":
            raise ImportError("libGL.so.1: cannot open shared object file")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(TextReaderUnavailable, match=r"libGL.*install it again"):
        open_reader()
