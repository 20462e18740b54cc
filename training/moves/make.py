"""Train the move classifier and say how well it does on wordings that it has not seen.

``python -m training.moves`` cross-validates (whole runs of wordings held out), trains on everything
and writes ``bot/intent/weights``. It takes a few minutes on one core.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.intent.features import meanings, row
from bot.intent.move_model import WEIGHTS, MoveModel, decide
from bot.intent.plan import Move
from retrieval.encoders.starter.bases import load_text_base
from training.moves.examples import Example, make_examples

FOLDS = 5
REGULARISATION = 0.2
THRESHOLD = 0.55
"""Probability of all moves that want a photo together from which on one is shown: a photo pushed at
small talk annoys more than one that must be asked for twice."""

Rows = NDArray[np.float32]


def rows_of(examples: Sequence[Example], cache: Path | None = None) -> Any:
    """The features of all examples as a sparse matrix [n, width]."""
    from scipy.sparse import csr_matrix, vstack

    texts = [example.text for example in examples]
    vectors = _cached_meanings(texts, cache)
    parts = []
    for start in range(0, len(examples), 500):
        some = examples[start : start + 500]
        dense = [row(vectors[start + i], e.text, e.state) for i, e in enumerate(some)]
        parts.append(csr_matrix(np.stack(dense)))
    return vstack(parts).tocsr()


def _cached_meanings(texts: list[str], cache: Path | None) -> Rows:
    if cache is None:
        return meanings(load_text_base(), texts)
    known: dict[str, Rows] = {}
    if cache.exists():
        stored = np.load(cache)
        known = dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))
    missing = sorted({text for text in texts if text not in known}, key=len)
    if missing:
        known |= dict(zip(missing, meanings(load_text_base(), missing), strict=True))
        np.savez(cache, texts=np.asarray(list(known)), vectors=np.stack(list(known.values())))
    return np.stack([known[text] for text in texts])


def fit(matrix: Any, moves: Sequence[Move], regularisation: float = REGULARISATION) -> MoveModel:
    """A model of the examples; its threshold is one half."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=regularisation, max_iter=150, tol=1e-3)
    model.fit(matrix, [str(move) for move in moves])
    names = tuple(Move(name) for name in model.classes_)
    return MoveModel(
        names, model.coef_.astype(np.float32), model.intercept_.astype(np.float32), 0.5
    )


def probabilities(model: MoveModel, matrix: Any) -> NDArray[np.float64]:
    """[n, moves], as the model would say one by one."""
    logits = matrix @ model.weights.T + model.bias
    parts = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(parts / parts.sum(axis=1, keepdims=True))


def cross_validate(
    matrix: Any, examples: Sequence[Example], regularisation: float
) -> tuple[tuple[Move, ...], NDArray[np.float64]]:
    """Probabilities of each example by a model that saw no line near it."""
    groups = sorted({example.group for example in examples})
    order = np.random.default_rng(0).permutation(len(groups))
    fold_of = {groups[g]: int(place) % FOLDS for place, g in enumerate(order)}
    folds = np.asarray([fold_of[example.group] for example in examples])
    moves = [example.move for example in examples]
    names: tuple[Move, ...] = ()
    found = np.zeros((len(examples), 0))
    for fold in range(FOLDS):
        inside = np.flatnonzero(folds == fold)
        outside = np.flatnonzero(folds != fold)
        model = fit(matrix[outside], [moves[i] for i in outside], regularisation)
        if not names:
            names = model.moves
            found = np.zeros((len(examples), len(names)))
        found[inside] = probabilities(model, matrix[inside])
    return names, found


def wanted_figures(
    names: Sequence[Move], found: NDArray[np.float64], moves: Sequence[Move], threshold: float
) -> dict[str, float]:
    """Precision, recall and F1 of "a photo is wanted"."""
    columns = [place for place, move in enumerate(names) if move.wants_photo]
    said = found[:, columns].sum(axis=1) >= threshold
    truth = np.asarray([move.wants_photo for move in moves])
    hits = float((said & truth).sum())
    precision, recall = hits / max(said.sum(), 1), hits / max(truth.sum(), 1)
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--cache", type=Path, help="sentence vectors kept between runs (.npz)")
    parser.add_argument("--regularisation", type=float, default=REGULARISATION)
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    parser.add_argument("--skip-validation", action="store_true")
    parser.add_argument("--show", type=int, default=0, help="held-out mistakes to print")
    chosen = parser.parse_args(arguments)
    examples = make_examples()
    moves = [example.move for example in examples]
    matrix = rows_of(examples, chosen.cache)
    threshold = chosen.threshold
    figures: dict[str, object] = {"examples": len(examples)}
    if not chosen.skip_validation:
        names, found = cross_validate(matrix, examples, chosen.regularisation)
        for value in (0.4, 0.5, 0.6, 0.7, 0.8):
            figures[f"wanted@{value}"] = wanted_figures(names, found, moves, value)
        decided = [decide(dict(zip(names, p, strict=True)), threshold)[0] for p in found]
        figures["moves right"] = round(
            sum(a is b for a, b in zip(decided, moves, strict=True)) / len(moves), 4
        )
        figures["confusion"] = _confusion(moves, decided)
        _show(examples, decided, chosen.show)
    model = fit(matrix, moves, chosen.regularisation)
    MoveModel(model.moves, model.weights, model.bias, threshold).save(chosen.out)
    print(json.dumps(figures, indent=1))


def _confusion(truth: Sequence[Move], said: Sequence[Move]) -> dict[str, dict[str, int]]:
    """For each move, what its examples were taken for."""
    table: dict[str, dict[str, int]] = {}
    for a, b in zip(truth, said, strict=True):
        line = table.setdefault(str(a), {})
        line[str(b)] = line.get(str(b), 0) + 1
    return {
        name: dict(sorted(line.items(), key=lambda pair: -pair[1])[:6])
        for name, line in table.items()
    }


def _show(examples: Sequence[Example], decided: Sequence[Move], most: int) -> None:
    wrong = [
        (e, move)
        for e, move in zip(examples, decided, strict=True)
        if move.wants_photo != e.move.wants_photo
    ]
    chance = np.random.default_rng(1)
    for place in chance.permutation(len(wrong))[:most]:
        example, move = wrong[place]
        print(
            f"{example.move:>10} "
            f"as {move:<10} {'asked' if example.state.asked else '':6}{example.text}"
        )
