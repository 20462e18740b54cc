"""Trains the share decision of :mod:`bot.intent.share` and writes its weights.

``python -m training.share_decision FILES --first 250 --out bot/intent/share_weights.json``

Every turn up to the share is one example: share next, or not. The threshold is where F1 is best on
predictions for dialogues that the predicting model was not trained on (cross-validation), so no
test dialogue is ever looked at.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.dialogues.dialogue import Dialogue
from bot.dialogues.reading import read_dialogues
from bot.intent.cues import features, since_last_photo
from bot.intent.share import PLAIN_WORDS_CONFIDENCE, says_so
from training.evaluation.intent import best_threshold, intent_samples

REGULARISATION = 0.01
"""The strongest whose cross-validated F1 is within one standard error of the best."""

FOLDS, REPEATS = 5, 20
MIN_WEIGHT = 5e-3

Scores = NDArray[np.float64]


def train(dialogues: Sequence[Dialogue], regularisation: float = REGULARISATION) -> dict[str, Any]:
    """Weights, bias, threshold, and what the cross-validation says of them."""
    from sklearn.feature_extraction import DictVectorizer

    samples = intent_samples(dialogues)
    names = DictVectorizer()
    matrix = names.fit_transform([features(sample.conversation) for sample in samples])
    truth = np.asarray([sample.share for sample in samples], dtype=np.int64)
    group = np.asarray([sample.dialogue for sample in samples])
    plain = np.asarray([says_so(since_last_photo(sample.conversation.turns)) for sample in samples])
    thresholds, scores = [], []
    for repeat in range(REPEATS):
        held_out = _held_out(matrix, truth, group, regularisation, repeat)
        # As the decision goes: plain words share whatever the model thinks.
        held_out[plain] = np.maximum(held_out[plain], PLAIN_WORDS_CONFIDENCE)
        threshold, f1 = best_threshold(truth.astype(bool), held_out)
        thresholds.append(threshold)
        scores.append(f1)
    model = _fit(matrix, truth, regularisation)
    weights = {
        name: round(float(weight), 4)
        for name, weight in zip(names.get_feature_names_out(), model.coef_[0], strict=True)
        if abs(weight) >= MIN_WEIGHT
    }
    return {
        "bias": round(float(model.intercept_[0]), 4),
        "threshold": round(float(np.mean(thresholds)), 4),
        "cross_validated_f1": round(float(np.mean(scores)), 4),
        "dialogues": len(dialogues),
        "weights": dict(sorted(weights.items())),
    }


def _fit(matrix: Any, truth: NDArray[np.int64], regularisation: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=regularisation, max_iter=1_000).fit(matrix, truth)


def _held_out(
    matrix: Any, truth: NDArray[np.int64], group: Any, regularisation: float, seed: int
) -> Scores:
    """The probability of each sample by a model that saw no other turn of its dialogue."""
    dialogues, number = np.unique(group, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(dialogues)) % FOLDS
    scores = np.zeros(len(truth))
    for part in range(FOLDS):
        inside = fold[number] == part
        model = _fit(matrix[~inside], truth[~inside], regularisation)
        scores[inside] = model.predict_proba(matrix[inside])[:, 1]
    return scores


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on files and write the weights."""
    parser = argparse.ArgumentParser(description="Train the share decision.")
    parser.add_argument("files", nargs="+", help="PhotoChat's JSON")
    parser.add_argument("--first", type=int, help="use only the first N dialogues")
    parser.add_argument("--out", type=Path, required=True, help="bot/intent/share_weights.json")
    chosen = parser.parse_args(arguments)
    dialogues = read_dialogues(chosen.files).dialogues[: chosen.first]
    chosen.out.write_text(json.dumps(train(dialogues), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
