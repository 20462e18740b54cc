"""The phrase vectors of the trained describer are made anew."""

import json
from pathlib import Path

import pytest

from bot.describe.phrases import meaning_of
from bot.vocabulary.phrase_bank import PHRASES_NAME, PhraseBank
from retrieval.encoders.starter import StarterEncoder
from training import phrases as phrases_module
from training.errors import DatasetInvalid
from training.phrases import make


def test_a_bank_is_made_from_phrases_and_dialogues(tmp_path: Path) -> None:
    phrases = ["a dog", "a cat", "a boat"]
    lines = [json.dumps({"field": "main_subject", "phrase": phrase}) for phrase in phrases]
    (tmp_path / PHRASES_NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")
    talks = [["he caught the ball again", "good boy"], ["we rowed out", "so calm"], ["ok", "😀"]]
    rows = [
        {"photo": f"{place}.jpg", "turns": [[0, first], [1, second]]}
        for place, (first, second) in enumerate(talks)
    ]
    dialogues = tmp_path / "dialogues.jsonl"
    dialogues.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    encoder = StarterEncoder.load()
    make(encoder, tmp_path, dialogues)
    bank = PhraseBank.load(tmp_path)
    assert bank.phrases == tuple(phrases)
    assert bank.made_by == encoder.text_fingerprint
    puppy = meaning_of([("our puppy in the grass", 1.0)], encoder)
    assert bank.fitting(puppy, "main_subject", 1, least=-9.0, alike=0.99) == ["a dog"]


def test_without_the_training_dialogues_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "dialogues.jsonl"
    monkeypatch.setattr(phrases_module, "DIALOGUES", missing)
    with pytest.raises(DatasetInvalid, match="not installed with Photopal"):
        phrases_module.conversations_of(missing)
