"""Trains a combiner on pairs of similar photos, and measures it against late fusion.

    python -m training.bench.composed.make --photos DIR --captions FILE --out FOLDER \\
        [--test-photos DIR --test-captions FILE] [--encoder NAME] [--install]

``FILE`` holds ``{"photo", "captions"}`` a line. A seventh of the photos is held out: on it the
combiner's epoch is chosen. The test photos choose nothing. Prints one JSON object: the figures of
the text alone, the photo alone, late fusion at several shares and the combiner on held-out and test
photos, with tests paired by query (:mod:`training.metrics.significance`).

``--install`` writes the combiner into the encoder's folder, too, from where the product's search
takes it (:mod:`retrieval.search.combining`). It belongs to these weights alone: make it again after
they change.
"""

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.encoders import Encoder, load_encoder
from retrieval.search.calibration import made_by
from retrieval.search.query import PICTURE_SHARE
from training.bench.composed.combiner import (
    Combiner,
    Settings,
    install_combiner,
    save_combiner,
)
from training.bench.composed.fit import ComposedQueries, Plan, fit_combiner
from training.bench.datasets.similar import SimilarPair, similar_pairs
from training.calibration import Captioned
from training.encoders.precomputed import embed_photos
from training.metrics.significance import mcnemar_test, randomisation_test

HELD_OUT = 1 / 7
SHARES = (0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
"""Of the photo in late fusion, of which figures are given."""

PAIR_SEEDS = (0, 1, 2)
"""Each draws one partner of every training photo; held-out and test photos have that of seed 0."""


@dataclass(frozen=True)
class CaptionedVectors:
    """Photos with captions, and the photos' unit vectors [m, dim]."""

    captions: Sequence[Sequence[str]]
    vectors: np.ndarray

    @classmethod
    def read(cls, photos: Path, file: Path, encoder: Encoder, cache: Path) -> "CaptionedVectors":
        """Read the captions and embed the photos."""
        read = Captioned.read(file)
        vectors = embed_photos(encoder, [photos / name for name in read.files], cache)
        return cls(read.captions, vectors.numpy())

    def part(self, places: Sequence[int]) -> "CaptionedVectors":
        """Only these photos."""
        return CaptionedVectors([self.captions[one] for one in places], self.vectors[list(places)])

    def queries(self, encoder: Encoder, seeds: Sequence[int] = (0,)) -> ComposedQueries:
        """The queries of their similar pairs, each pair once."""
        found: dict[tuple[int, int], SimilarPair] = {}
        for seed in seeds:
            for pair in similar_pairs(self.captions, seed=seed):
                found.setdefault((pair.reference, pair.target), pair)
        pairs = list(found.values())
        texts = list(dict.fromkeys(pair.text for pair in pairs))
        vectors = dict(zip(texts, encoder.encode_texts(texts), strict=True))
        right = np.zeros((len(pairs), len(self.vectors)), np.bool_)
        for row, pair in enumerate(pairs):
            right[row, list(pair.relevant)] = True
        return ComposedQueries(
            self.vectors,
            np.stack([vectors[pair.text] for pair in pairs]),
            np.array([pair.reference for pair in pairs]),
            np.array([pair.target for pair in pairs]),
            right,
        )


def split(count: int, seed: int) -> tuple[list[int], list[int]]:
    """Places of the photos to train on, and of those held out."""
    places = list(range(count))
    random.Random(seed).shuffle(places)
    held_out = round(count * HELD_OUT)
    return sorted(places[held_out:]), sorted(places[:held_out])


def compared(queries: ComposedQueries, combiner: Combiner) -> dict[str, Any]:
    """The figures of every way, and the combiner tested against late fusion."""
    chosen = combiner.settings.photo
    ways = {
        "text alone": queries.texts,
        "photo alone": queries.photos[queries.references],
        **{f"late {share:g}": queries.fused(share) for share in sorted({*SHARES, chosen})},
    }
    base = ways[f"late {chosen:g}"]
    ways["combiner"] = combiner.compose(ways["photo alone"], queries.texts, base)
    figures = {name: queries.figures(vectors) for name, vectors in ways.items()}
    ranks = {name: queries.ranks(vectors) for name, vectors in ways.items()}
    tests = {}
    for first, second in (
        ("combiner", f"late {chosen:g}"),
        (f"late {chosen:g}", "text alone"),
        (f"late {chosen:g}", "photo alone"),
        (f"late {chosen:g}", "late 0.5"),
    ):
        one, other = ranks[first], ranks[second]
        hits = {
            f"hit@{k}": mcnemar_test((one <= k).tolist(), (other <= k).tolist())
            for k in (1, 10, 50)
        }
        hits["mrr"] = randomisation_test((1 / one).tolist(), (1 / other).tolist())
        tests[f"{first} against {second}"] = {
            name: {"difference": round(test.difference, 4), "p": round(test.p, 4)}
            for name, test in hits.items()
        }
    rounded = {
        way: {name: round(value, 4) for name, value in found.items()}
        for way, found in figures.items()
    }
    return {"queries": len(queries.texts), "figures": rounded, "tests": tests}


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--test-photos", type=Path)
    parser.add_argument("--test-captions", type=Path)
    parser.add_argument("--encoder", default="starter")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=Plan.epochs)
    chosen = parser.parse_args(arguments)
    encoder = load_encoder(chosen.encoder)
    cache = chosen.cache or chosen.out / "cache"
    photos = CaptionedVectors.read(chosen.photos, chosen.captions, encoder, cache)
    training, kept = split(len(photos.captions), chosen.seed)
    train = photos.part(training).queries(encoder, PAIR_SEEDS)
    held_out = photos.part(kept).queries(encoder)
    settings = Settings(
        dim=encoder.dim,
        photo=PICTURE_SHARE,
        made_by=made_by(encoder),
        seed=chosen.seed,
    )
    epochs: list[dict[str, float]] = []
    combiner = fit_combiner(
        train,
        held_out,
        settings,
        Plan(epochs=chosen.epochs),
        lambda _, figures: epochs.append(figures),
    )
    save_combiner(combiner, chosen.out)
    folder: Path | None = getattr(encoder, "folder", None)
    if chosen.install and folder is not None:
        install_combiner(combiner, folder)
    answer = {"share": settings.photo, "pairs": len(train.texts), "epochs": epochs}
    answer["held out"] = compared(held_out, combiner)
    if chosen.test_photos and chosen.test_captions:
        test = CaptionedVectors.read(chosen.test_photos, chosen.test_captions, encoder, cache)
        answer["test"] = compared(test.queries(encoder), combiner)
    print(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main()
