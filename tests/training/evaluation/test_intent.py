"""When to share: samples, scores, thresholds, and the training of the decision."""

import json
from pathlib import Path

import numpy as np
import pytest

from bot.conversation import Turn
from bot.dialogues.dialogue import Dialogue
from bot.dialogues.reading import read_dialogues
from bot.settings import Settings
from tests.support.fake_encoder import ColourEncoder
from tests.training.conftest import dialogue, write
from training.errors import EvaluationError
from training.evaluation.intent import best_threshold, intent_samples, score_decisions
from training.evaluation.intent_run import evaluate_intent
from training.evaluation.plan import Plan
from training.evaluation.run import Host
from training.share_decision import main, train

HOST = Host(load_encoder=lambda name: ColourEncoder())


def talk(number: str, *texts: str, share: int | None) -> Dialogue:
    turns = tuple(Turn(str(n % 2), text, n == share) for n, text in enumerate(texts))
    return Dialogue(number, turns)


def test_every_turn_up_to_the_share() -> None:
    samples = intent_samples(
        [talk("a", "hi", "hey", "look", "", "nice", share=3), talk("b", "one", "two", share=None)]
    )
    assert [(one.dialogue, len(one.conversation.turns), one.share) for one in samples] == [
        ("a", 1, False),
        ("a", 2, False),
        ("a", 3, True),
        ("b", 1, False),
        ("b", 2, False),
    ]
    assert {one.conversation.owner for one in samples if one.dialogue == "a"} == {"1"}


def test_scores_by_hand() -> None:
    found = score_decisions([True, True, False, False, False], [True, False, True, False, False])
    assert (found.precision, found.recall, found.f1) == (0.5, 0.5, 0.5)
    none = score_decisions([False, True], [False, False])
    assert (none.precision, none.recall, none.f1) == (0.0, 0.0, 0.0)


def test_the_best_threshold_by_hand() -> None:
    truth = np.asarray([True, False, True, False])
    threshold, f1 = best_threshold(truth, np.asarray([0.9, 0.7, 0.7, 0.1]))
    # Both at 0.7 are taken or neither: 2 of 3 are right, all of 2 are found.
    assert f1 == pytest.approx(0.8)
    assert 0.1 < threshold <= 0.7
    assert best_threshold(np.asarray([], dtype=bool), np.asarray([])) == (0.5, 0.0)


def test_offline_decision(file: Path) -> None:
    found = evaluate_intent(Plan((str(file),)), Settings(), HOST)
    assert found["task"] == "intent"
    assert (found["n"], found["shares"], found["dialogues"]) == (24, 8, 8)
    assert found["recall"] == 1.0
    assert found["f1"] == found["systems"]["offline"]["f1"]
    assert found["systems"]["always"]["precision"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["tuned_on"] is None


def test_the_threshold_comes_from_other_dialogues(file: Path) -> None:
    found = evaluate_intent(Plan((str(file),), tune_first=3), Settings(), HOST)
    assert (found["dialogues"], found["tuned_on"], found["n"]) == (5, 3, 15)
    assert 0 < found["threshold"] < 1
    with pytest.raises(EvaluationError, match="nothing to measure"):
        evaluate_intent(Plan((str(file),), tune_first=8), Settings(), HOST)


def test_training_learns_who_asks(tmp_path: Path) -> None:
    entries = []
    for number in range(40):
        chat = ("hello", "hey", "how are you", "fine", "did you see the game", "no")
        entries.append(dialogue(number, "red", *chat, "what was it like?", "sure, let me send it"))
    file = write(tmp_path / "a.json", entries)
    found = train(read_dialogues([file]).dialogues)
    assert found["cross_validated_f1"] == 1.0
    assert found["weights"]["let me show @1 owner"] > 0
    main([str(file), "--out", str(tmp_path / "weights.json"), "--first", "10"])
    assert json.loads((tmp_path / "weights.json").read_text())["dialogues"] == 10
