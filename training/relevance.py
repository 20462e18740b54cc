"""Fits how much a photo that was liked pulls, and how much one that was turned down pushes.

    python -m training.relevance --captions FILE --library PATH

``FILE`` holds ``{"photo", "captions"}`` a line, ``PATH`` is an indexed library of these photos, on
which the encoder was not trained. A person is simulated over them, who asks with the first words
of a caption:

* "not this": the first of five photos that is not what was meant is turned down, and five others
  are shown. Measured: is what was meant among them?
* "more": of the photos whose captions say the same, the best one of the first ten is liked.
  Measured: the share of the others among the next five.

How sharply the scores tell what is meant, by which a question back is weighed
(:mod:`bot.assistant.clarify`), is fitted to the same questions: the sharpness under which what was
meant, where it is among the best 60, has the highest mean log probability.

Prints one JSON object with each weight's figures; the constants stand in
:mod:`retrieval.search.evidence`.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.assistant.clarify import CANDIDATES
from bot.describe.query import request_query
from retrieval.encoders import load_encoder
from retrieval.library import Library
from retrieval.search import Searcher
from retrieval.search.evidence import alike
from retrieval.search.hubness import deviations
from training.calibration import ALIKE, Captioned

Vectors = NDArray[np.float32]

FIRST_WORDS = 6
"""Of a caption: a request says less than a caption."""

SHOWN = 5
LIKED_AMONG = 10
LIKED_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0)
DISLIKED_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5)
DISLIKED_FROM = (-9.0, 0.0, 1.0, 2.0, 3.0)


SHARPNESSES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)


@dataclass(frozen=True)
class Simulated:
    """The questions of the simulated person, in deviations of each question's scores.

    Attributes:
        standings: of every photo for every question [questions, photos].
        cosines: plain scores in deviations over everyday photos [questions, photos].
        alikes: how alike two photos are [photos, photos].
        fitting: which photos are what was meant; two captions of one meaning [questions, photos].
    """

    standings: Vectors
    cosines: Vectors
    alikes: Vectors
    fitting: NDArray[np.bool_]

    @classmethod
    def of(cls, library: Path, captions: Captioned) -> "Simulated":
        """One question a photo, by the first words of its first caption."""
        encoder = load_encoder("starter")
        searcher = Searcher(Library.read(library), encoder)
        background = encoder.reference_statistics()
        assert background is not None
        texts = [" ".join(one[0].split()[:FIRST_WORDS]) for one in captions.captions]
        ids, scores = searcher.scores([request_query(text) for text in texts])
        photos = searcher.library.photos(ids.tolist())
        places = {photos[one].path.name: place for place, one in enumerate(ids.tolist())}
        columns = [places[name] for name in captions.files]
        spread = scores.std(axis=1, keepdims=True)
        vectors = searcher.index.vectors(ids[columns])
        asked = encoder.encode_texts([request_query(text).parts[0].text for text in texts])
        cosines = asked @ vectors.T / deviations(asked, background[1])[:, None]
        told = encoder.encode_texts([one[1] for one in captions.captions])
        fitting = told @ told.T >= ALIKE
        np.fill_diagonal(fitting, True)
        alikes = alike(vectors, vectors, background)
        return cls((scores / spread)[:, columns], cosines, alikes, fitting)

    def after_not_this(self, weight: float, least: float) -> Iterator[bool]:
        """Whether the photo that was meant is among the next five, where it was not among them."""
        for row, standing in enumerate(self.standings):
            first = np.argsort(-standing)[:SHOWN]
            if row in first:
                continue
            wrong = next((one for one in first if not self.fitting[row, one]), first[0])
            pushed = standing - weight * np.maximum(self.alikes[:, wrong] - least, 0)
            pushed[wrong] = -np.inf
            yield row in np.argsort(-pushed)[:SHOWN]

    def after_a_like(self, weight: float) -> Iterator[float]:
        """The share of the five next photos that fit as well, where so many do."""
        for row, standing in enumerate(self.standings):
            fits = self.fitting[row]
            first = np.argsort(-standing)[:LIKED_AMONG]
            liked = next((one for one in first if fits[one]), None)
            if liked is None or fits.sum() <= SHOWN:
                continue
            pulled = standing + weight * self.alikes[:, liked]
            pulled[liked] = -np.inf
            yield float(fits[np.argsort(-pulled)[:SHOWN]].mean())

    def log_chances(self, sharpness: float) -> Iterator[float]:
        """Log probability of what was meant among the best photos, where it is one of them."""
        for row, cosines in enumerate(self.cosines):
            best = np.argsort(-self.standings[row])[:CANDIDATES]
            if row in best:
                scaled = sharpness * cosines[best]
                highest = float(scaled.max())
                total = highest + float(np.log(np.exp(scaled - highest).sum()))
                yield sharpness * float(cosines[row]) - total


def measured(simulated: Simulated) -> dict[str, Any]:
    """The figures of every weight."""
    return {
        "not this, hit@5": {
            f"weight {weight:g} from {least:g}": _mean(simulated.after_not_this(weight, least))
            for weight in DISLIKED_WEIGHTS
            for least in (DISLIKED_FROM if weight else DISLIKED_FROM[:1])
        },
        "liked, precision@5": {
            f"weight {weight:g}": _mean(simulated.after_a_like(weight)) for weight in LIKED_WEIGHTS
        },
        "mean log probability": {
            f"sharpness {one:g}": _mean(simulated.log_chances(one)) for one in SHARPNESSES
        },
    }


def _mean(found: Iterator[bool] | Iterator[float]) -> list[float]:
    values = list(found)
    return [round(float(np.mean(values)), 4), len(values)]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--library", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    simulated = Simulated.of(chosen.library, Captioned.read(chosen.captions))
    print(json.dumps(measured(simulated), indent=1))


if __name__ == "__main__":
    main()
