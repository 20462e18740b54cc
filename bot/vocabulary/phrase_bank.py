"""A phrase bank: which of many known phrases say what a vector means."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.encoders.folder import read_weights, write_weights
from retrieval.encoders.starter.packing import pack_rows
from retrieval.errors import EncoderFolderInvalid

WEIGHTS = Path(__file__).with_name("weights")
"""The folder of the bank that is shipped."""

PHRASES_NAME = "phrases.jsonl"
VECTORS_NAME = "phrases.safetensors"

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class PhraseBank:
    """Phrases in groups, with what is needed to tell which fit.

    A broad phrase ("a person") is near to everything. So what counts is not how near a phrase is
    but how much nearer than it is to other texts: its score, less its mean over many texts,
    divided by its deviation over them.

    Attributes:
        phrases: their words [n].
        groups: the group of each [n].
        vectors: unit vectors of them [n, dim].
        mean: of each phrase's score over many texts [n].
        deviation: of the same [n].
        made_by: text fingerprint of the encoder whose space they are in.
    """

    phrases: tuple[str, ...]
    groups: tuple[str, ...]
    vectors: Vectors
    mean: Vectors
    deviation: Vectors
    made_by: str

    @classmethod
    def load(cls, folder: Path) -> "PhraseBank":
        """Read a bank's two files.

        Raises:
            EncoderFolderInvalid: one is missing, damaged, or they do not belong together.
        """
        phrases, groups = read_phrases(folder / PHRASES_NAME)
        tensors = read_weights(folder / VECTORS_NAME)
        try:
            vectors = tensors["vectors"].astype(np.float32) * tensors["scale"][:, None]
            bank = cls(
                phrases,
                groups,
                vectors,
                tensors["mean"],
                tensors["deviation"],
                bytes(tensors["made_by"]).decode("ascii"),
            )
        except (KeyError, ValueError) as error:
            raise EncoderFolderInvalid(f"{folder / VECTORS_NAME} is no phrase bank") from error
        if not len(phrases) == len(vectors) == len(bank.mean) == len(bank.deviation):
            raise EncoderFolderInvalid(f"{folder}: the phrases and their vectors do not match")
        return bank

    def save(self, folder: Path) -> None:
        """Write the vectors; the phrases' own file is written by hand."""
        numbers, scale = pack_rows(self.vectors)
        tensors: dict[str, NDArray[Any]] = {
            "vectors": numbers,
            "scale": scale,
            "mean": self.mean.astype(np.float32),
            "deviation": self.deviation.astype(np.float32),
            "made_by": np.frombuffer(self.made_by.encode("ascii"), np.uint8),
        }
        write_weights(folder / VECTORS_NAME, tensors)

    def fitting(
        self, vector: Vectors, group: str, most: int, *, least: float, alike: float
    ) -> list[str]:
        """The phrases of a group that fit a vector best, the best first.

        Args:
            vector: unit vector [dim].
            group: which phrases.
            most: how many.
            least: deviations above the mean that a phrase must reach.
            alike: cosine from which on a phrase says the same as one chosen before.
        """
        rows = np.flatnonzero(np.array([one == group for one in self.groups]))
        standing = (self.vectors[rows] @ vector - self.mean[rows]) / self.deviation[rows]
        chosen: list[int] = []
        for place in np.argsort(-standing):
            if standing[place] < least or len(chosen) == most:
                break
            row = int(rows[place])
            if all(self.vectors[row] @ self.vectors[other] < alike for other in chosen):
                chosen.append(row)
        return [self.phrases[row] for row in chosen]


def read_phrases(file: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Phrases and their groups from JSON Lines of ``{"field", "phrase"}``.

    Raises:
        EncoderFolderInvalid: the file is missing or of another form.
    """
    try:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        return tuple(row["phrase"] for row in rows), tuple(row["field"] for row in rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderFolderInvalid(f"{file} cannot be read as phrases: {error}") from error


def scores_over(vectors: Vectors, texts: Sequence[Vectors]) -> tuple[Vectors, Vectors]:
    """Mean and deviation [n] of phrases' scores over unit vectors of texts."""
    scores = np.stack(texts) @ vectors.T
    return scores.mean(0), scores.std(0) + np.float32(1e-3)
