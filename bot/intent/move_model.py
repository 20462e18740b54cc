"""The move classifier: which move a message makes, where no clear rule says so.

A multinomial logistic regression over :func:`bot.intent.features.row`. Its weights lie in
``weights/``; ``python -m training.moves`` makes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.intent.features import WIDTH
from bot.intent.plan import Move
from retrieval.encoders.folder import read_weights, write_weights
from retrieval.encoders.starter.packing import pack_rows
from retrieval.errors import EncoderFolderInvalid

WEIGHTS = Path(__file__).with_name("weights")
MODEL_NAME = "moves.safetensors"

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class MoveModel:
    """Weights of the classifier.

    Attributes:
        moves: what the rows stand for [n].
        weights: [n, width].
        bias: [n].
        threshold: probability of any move that wants a photo from which on one is shown.
    """

    moves: tuple[Move, ...]
    weights: Floats
    bias: Floats
    threshold: float

    @classmethod
    def load(cls, folder: Path = WEIGHTS) -> "MoveModel":
        """Read the weights that come with Photopal.

        Raises:
            EncoderFolderInvalid: the file is missing, damaged or of another shape.
        """
        file = folder / MODEL_NAME
        tensors = read_weights(file)
        try:
            names = bytes(tensors["moves"]).decode("ascii").split()
            moves = tuple(Move(name) for name in names)
            weights = tensors["weights"].astype(np.float32) * tensors["scale"][:, None]
            model = cls(moves, weights, tensors["bias"], float(tensors["threshold"][0]))
        except (KeyError, ValueError, IndexError) as error:
            raise EncoderFolderInvalid(f"{file} is no move classifier") from error
        if model.weights.shape != (len(moves), WIDTH) or model.bias.shape != (len(moves),):
            raise EncoderFolderInvalid(f"{file} was made for other features: reinstall Photopal")
        return model

    def save(self, folder: Path = WEIGHTS) -> None:
        """Write the weights, rounded to 8 bits."""
        numbers, scale = pack_rows(self.weights)
        tensors: dict[str, NDArray[Any]] = {
            "moves": np.frombuffer(" ".join(self.moves).encode("ascii"), np.uint8),
            "weights": numbers,
            "scale": scale,
            "bias": self.bias.astype(np.float32),
            "threshold": np.asarray([self.threshold], np.float32),
        }
        folder.mkdir(parents=True, exist_ok=True)
        write_weights(folder / MODEL_NAME, tensors)

    def probabilities(self, row: Floats) -> Mapping[Move, float]:
        """The probability of each move for one row of features."""
        logits = self.weights @ row + self.bias
        parts = np.exp(logits - logits.max())
        return dict(zip(self.moves, (parts / parts.sum()).tolist(), strict=True))


def decide(probabilities: Mapping[Move, float], threshold: float) -> tuple[Move, float]:
    """The move, and its probability: first whether a photo is wanted, then which move of that kind.

    Moves that want a photo share one threshold: "the red one" may be a correction or a refinement,
    but it is no small talk.
    """
    wanted = sum(value for move, value in probabilities.items() if move.wants_photo)
    kind = wanted >= threshold
    candidates = {move: p for move, p in probabilities.items() if move.wants_photo == kind}
    move = max(candidates, key=lambda one: candidates[one])
    return move, candidates[move]
