"""How sure it is that what was meant is among the photos: a calibrated probability.

The score of the best photo alone does not say: what is a high cosine for a thing's name is a low
one for a sentence, and the more photos there are, the higher the best one scores by chance. So a
logistic model reads the best score together with how far this query's scores spread over everyday
photos (what the encoder does not know, it scores alike for all photos) and how many were searched.
It is made from queries whose photo is there and queries whose photo is not
(``python -m training.calibration``).
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import EncoderFolderInvalid
from retrieval.files import write_bytes
from retrieval.search.hubness import deviations

Vectors = NDArray[np.float32]

SURENESS_NAME = "sureness.json"
SURENESS_FORMAT = 1
REQUEST = "request"
"""Kind of a query that is a text of the person's own."""
DIALOGUE = "dialogue"
"""Kind of a query made of several views of a dialogue."""
DESCRIPTORS = "descriptors"
"""Kind of a query made of the fields that an LLM wrote."""
PICTURE = "picture"
"""Kind of a query that has a picture in it: something is always the nearest to it."""


STANDING_WEIGHT = 1.0
"""Of the logarithm in :func:`standing_evidence`. This and the next two were fitted by logistic
regression on dialogues in random parts of a library, with their photo in it and without."""

STANDING_SHIFT = 0.3
"""Added to place * n / N before the logarithm, so that the first place of all is no proof."""

STANDING_MIDDLE = -0.4
"""Log odds at place * n / N = 1 - shift, about where chance puts the best photo."""

STANDING_DEPTH = 1_000
"""Photos of the whole library among which a place is counted; further down all are alike."""


class Sure(StrEnum):
    """The three answers to a request."""

    FITS = "fits"
    CLOSEST = "closest"
    NONE = "none"


@dataclass(frozen=True)
class ScoreStatistics:
    """What is known of one query's plain scores (no hubness correction).

    Attributes:
        best: the highest cosine among the photos searched.
        mean: the query's mean score over everyday photos.
        deviation: the standard deviation of its scores over them.
        photos: number of photos searched, after filters.
    """

    best: float
    mean: float
    deviation: float
    photos: int

    @classmethod
    def of(
        cls, query: Vectors, best: float, photos: int, background: tuple[Vectors, Vectors]
    ) -> "ScoreStatistics":
        """The statistics of one query.

        Args:
            query: its unit vector [dim].
            best: the highest cosine among the photos searched.
            photos: number of photos searched.
            background: mean [dim] and covariance [dim, dim] of everyday photos; those of the
                library itself where the encoder knows none.
        """
        mean, covariance = background
        deviation = float(deviations(query[None], covariance)[0])
        return cls(best, float(query @ mean), deviation, photos)

    @property
    def z(self) -> float:
        """Standard deviations by which the best photo lies above the mean."""
        return (self.best - self.mean) / max(self.deviation, 1e-6)

    def features(self) -> dict[str, float]:
        """The model's inputs by name."""
        return {
            "best": self.best,
            "deviation": self.deviation,
            "deviation_squared": self.deviation**2,
            "best_times_deviation": self.best * self.deviation,
            "z": self.z,
            "log_photos": math.log(max(self.photos, 1)),
        }


def standing_evidence(place: int, searched: int, everything: int) -> float:
    """What the place of a filter's best photo in the whole library says, as log odds.

    Photos of one place and time score lower than the whole library's best, whether or not what was
    meant is among them. But by chance the best of n photos out of N stands at place N / n, and what
    was meant stands much higher:

        log odds = middle - weight * log(place * n / N + shift)

    Args:
        place: of the best photo that passed the filter, among all photos, from 1.
        searched: number of photos that passed.
        everything: number of all photos.
    """
    if not 0 < searched < everything:
        return 0.0
    chance = place * searched / everything
    return STANDING_MIDDLE - STANDING_WEIGHT * math.log(chance + STANDING_SHIFT)


@dataclass(frozen=True)
class LogisticModel:
    """Probability that a query of one kind has its photo among those searched.

    Attributes:
        bias: log odds when every input is 0.
        weights: log odds for each unit of an input, by its name.
        fits: probability from which on the answer is "fits".
        none: probability below which the answer is "none".
        least_z: deviations above the mean that the best photo must reach for "fits", or the answer
            is "closest" at most: among a few photos none may be like it.
    """

    bias: float
    weights: Mapping[str, float]
    fits: float
    none: float
    least_z: float = 0.0

    def probability(
        self, statistics: ScoreStatistics, evidence: float = 0.0, standing: float = 0.0
    ) -> float:
        """The probability for these scores.

        Args:
            statistics: of the query's scores.
            evidence: log odds of a file's name that says what was asked for.
            standing: log odds of the place in the whole library (:func:`standing_evidence`).
        """
        inputs = statistics.features()
        odds = self.bias + evidence + standing
        odds += sum(weight * inputs[name] for name, weight in self.weights.items())
        probability = 1.0 / (1.0 + math.exp(-min(max(odds, -40.0), 40.0)))
        if statistics.z < self.least_z and not evidence:
            return min(probability, (self.none + self.fits) / 2)
        return probability

    def answer(self, probability: float) -> Sure:
        """Which of the three answers a probability means."""
        if probability >= self.fits:
            return Sure.FITS
        return Sure.CLOSEST if probability >= self.none else Sure.NONE


UNCALIBRATED = LogisticModel(bias=-7.5, weights={"z": 2.5}, fits=0.5, none=0.12)
"""For an encoder that nobody calibrated: three deviations above the mean fit, fewer than 2.2 do
not, and what lies between is shown as the closest. Weak, but never far off."""


@dataclass(frozen=True)
class Sureness:
    """The models of an encoder, one for each kind of query.

    Attributes:
        models: by kind; the first also serves kinds that are not there.
        made_by: the fingerprints of the encoder; empty for the default.
    """

    models: Mapping[str, LogisticModel] = field(default_factory=lambda: {REQUEST: UNCALIBRATED})
    made_by: str = ""

    def model(self, kind: str = REQUEST) -> LogisticModel:
        """The model for a kind of query."""
        return self.models.get(kind) or next(iter(self.models.values()))

    def judge(
        self,
        statistics: ScoreStatistics,
        kind: str = REQUEST,
        evidence: float = 0.0,
        standing: float = 0.0,
    ) -> tuple[Sure, float]:
        """The answer and its probability; see :meth:`LogisticModel.probability`.

        Where nothing was searched the answer is "none".
        """
        if statistics.photos == 0:
            return Sure.NONE, 0.0
        model = self.model(kind)
        probability = model.probability(statistics, evidence, standing)
        return model.answer(probability), probability

    @classmethod
    def load(cls, folder: Path) -> "Sureness":
        """Read an encoder folder's ``sureness.json``.

        Raises:
            EncoderFolderInvalid: it is missing, is not what it should be, or is of a newer format.
        """
        path = folder / SURENESS_NAME
        try:
            raw: Any = json.loads(path.read_text(encoding="utf-8"))
            if raw["format"] != SURENESS_FORMAT:
                raise EncoderFolderInvalid(f"{path} has format {raw['format']!r}: update Photopal")
            models = {
                str(kind): LogisticModel(
                    bias=float(row["bias"]),
                    weights={str(name): float(weight) for name, weight in row["weights"].items()},
                    fits=float(row["fits"]),
                    none=float(row["none"]),
                    least_z=float(row.get("least_z", 0.0)),
                )
                for kind, row in raw["models"].items()
            }
            known = ScoreStatistics(0.0, 0.0, 1.0, 1).features()
            if not models or any(set(model.weights) - set(known) for model in models.values()):
                raise ValueError("unknown inputs")
            return cls(models, str(raw["made_by"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise EncoderFolderInvalid(f"{path} holds no calibration: {error}") from error

    def save(self, folder: Path) -> None:
        """Write ``sureness.json`` into an encoder folder."""
        content = {
            "format": SURENESS_FORMAT,
            "made_by": self.made_by,
            "models": {
                kind: {
                    "bias": round(model.bias, 4),
                    "weights": {name: round(value, 3) for name, value in model.weights.items()},
                    "fits": round(model.fits, 4),
                    "none": round(model.none, 4),
                    "least_z": model.least_z,
                }
                for kind, model in self.models.items()
            },
        }
        text = json.dumps(content, indent=1) + "\n"
        write_bytes(folder / SURENESS_NAME, text.encode())
