"""The phrase bank on vectors whose answers can be worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from bot.vocabulary.phrase_bank import (
    PHRASES_NAME,
    VECTORS_NAME,
    PhraseBank,
    read_phrases,
    scores_over,
)
from retrieval.errors import EncoderFolderInvalid

AXES = np.eye(4, dtype=np.float32)
PHRASES = ("a dog", "a brown dog", "a cat", "a beach")
GROUPS = ("subject", "subject", "subject", "scene")


def bank() -> PhraseBank:
    brown = np.array([0.96, 0.28, 0, 0], np.float32)
    vectors = np.stack([AXES[0], brown, AXES[1], AXES[2]])
    return PhraseBank(
        PHRASES, GROUPS, vectors, np.zeros(4, np.float32), np.ones(4, np.float32), "abc"
    )


def test_the_best_of_a_group_come_first_and_say_different_things() -> None:
    query = np.array([0.8, 0.5, 0.3, 0], np.float32)
    found = bank().fitting(query, "subject", 3, least=0.1, alike=0.9)
    assert found == ["a brown dog", "a cat"], "a dog says what a brown dog says"
    assert bank().fitting(query, "scene", 3, least=0.1, alike=0.9) == ["a beach"]


def test_what_does_not_fit_is_not_said() -> None:
    assert bank().fitting(AXES[3], "subject", 3, least=0.1, alike=0.9) == []
    assert bank().fitting(AXES[0], "no such group", 3, least=0.1, alike=0.9) == []


def test_a_phrase_that_fits_everything_counts_by_how_much_better_it_fits() -> None:
    vectors = np.stack([AXES[0], AXES[1]])
    texts = [np.array([0.9, 0.1, 0, 0], np.float32), np.array([0.7, 0.3, 0, 0], np.float32)]
    mean, deviation = scores_over(vectors, texts)
    assert mean == pytest.approx([0.8, 0.2], abs=1e-6)
    assert deviation == pytest.approx([0.101, 0.101], abs=1e-6)
    usual = PhraseBank(("a person", "a kite"), ("s", "s"), vectors, mean, deviation, "abc")
    query = np.array([0.7, 0.6, 0, 0], np.float32)
    assert usual.fitting(query, "s", 2, least=1.0, alike=0.9) == ["a kite"]


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    lines = [f'{{"field": "{g}", "phrase": "{p}"}}' for p, g in zip(PHRASES, GROUPS, strict=True)]
    (tmp_path / PHRASES_NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")
    bank().save(tmp_path)
    loaded = PhraseBank.load(tmp_path)
    assert (loaded.phrases, loaded.groups, loaded.made_by) == (PHRASES, GROUPS, "abc")
    np.testing.assert_allclose(loaded.vectors, bank().vectors, atol=0.01)


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderFolderInvalid, match="cannot be read"):
        read_phrases(tmp_path / PHRASES_NAME)
    (tmp_path / PHRASES_NAME).write_text('{"field": "s", "phrase": "a dog"}\n', encoding="utf-8")
    with pytest.raises(EncoderFolderInvalid, match="missing"):
        PhraseBank.load(tmp_path)
    bank().save(tmp_path)
    with pytest.raises(EncoderFolderInvalid, match="do not match"):
        PhraseBank.load(tmp_path)
    (tmp_path / VECTORS_NAME).write_bytes(b"nothing")
    with pytest.raises(EncoderFolderInvalid, match="damaged"):
        PhraseBank.load(tmp_path)
