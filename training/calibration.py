"""Makes what comes with an encoder's weights: its bank of queries and its measure of sureness.

    python -m training.calibration bank --captions FILE --out ENCODER
    python -m training.calibration sureness --captions FILE --photos DIR --out ENCODER \\
        [--dialogues FILE --dialogue-photos DIR]

``FILE`` holds ``{"photo", "captions"}`` a line. For sureness take photos that the encoder was not
trained on: on its own training photos every encoder is surer than it should be.

Sureness learns from the same queries asked of galleries that hold what they ask for and of
galleries that do not, from 20 photos to 100,000. Three kinds of queries:

* requests: ours (``training/data/requests.jsonl``, a text and the words by which a caption shows
  that its photo fits), with all photos that fit or with none; and captions, with their photo or
  without it and all that look alike;
* dialogues that lead to a photo, with and without it; and dialogues made of small talk and a
  request of ours for something that no photo shows;
* the descriptors that an LLM wrote for those dialogues, and such requests as a subject.
"""

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.conversation import Conversation, Turn
from bot.describe.query import to_query
from bot.describe.rules import RuleDescriber
from bot.descriptors import Description, Descriptors
from retrieval.encoders import Encoder, load_encoder
from retrieval.photos.reading import open_image
from retrieval.search.calibration import made_by
from retrieval.search.fusion import fuse
from retrieval.search.hubness import QueryBank
from retrieval.search.sureness import (
    DESCRIPTORS,
    DIALOGUE,
    REQUEST,
    LogisticModel,
    ScoreStatistics,
    Sureness,
)
from training.errors import TrainingError

Vectors = NDArray[np.float32]
Mask = NDArray[np.bool_]

REQUESTS = Path(__file__).parent / "data" / "requests.jsonl"
BANK_SIZE = 2_000
SIZES = (20, 50, 100, 300, 1_000, 10_000, 100_000)
"""Numbers of photos in a gallery. Beyond the photos that there are, copies with jitter fill up."""

JITTER = 0.7
"""Of the difference between a photo and its nearest neighbour, added to a copy of another one."""

LEAST_FITTING = 3
"""Photos that fit a request of ours, so that it counts as answerable: one may be a caption's
chance word."""

ALIKE = 0.62
"""Cosine of two captions' vectors from which on their photos may be taken for each other."""

REMOVED_WEIGHT = 0.3
"""Of a query whose photos were taken away, beside 1 for one that never had any: what was left is
often close."""

SEEN = 0.8
"""What a dialogue's own photo counts, when the encoder was trained on it: on photos that it has not
seen, dialogues score about two thirds as high."""

FOREIGN = (
    ("I have a photo of {}", "send it to me"),
    ("took a picture of {} last time, looking for it", "show me please"),
    ("there was {}, I got it on camera", "can you find it?"),
    ("{}! I photographed that", "I want to see that"),
    ("I made a photo of {}, hold on", "where is it?"),
)
"""How a talk about something that no photo shows ends."""

SMALL_TALK_TURNS = 2
CAPTIONS = 200
DIALOGUES = 240
REGULARISATION = 0.3
_BATCH = 64
INPUTS = ("best", "deviation", "deviation_squared", "best_times_deviation", "log_photos")
THRESHOLDS = {REQUEST: (0.46, 0.30), DIALOGUE: (0.22, 0.13), DESCRIPTORS: (0.47, 0.33)}
"""Probabilities for each kind: from the first on "fits", below the second "none"."""

LEAST_Z = {REQUEST: 2.5, DIALOGUE: 0.0, DESCRIPTORS: 0.0}
"""Of a model's ``least_z``. Dialogues are searched in few photos of a time and place, where the
right one may not stand out."""


@dataclass(frozen=True)
class EvalQuery:
    """One query and what photos score for it.

    Attributes:
        kind: of query.
        vector: its unit vector [dim].
        fits: which photos of the pool are what was meant [n].
        own: vectors of photos outside the pool that are what was meant [m, dim].
    """

    kind: str
    vector: Vectors
    fits: Mask
    own: Vectors


@dataclass(frozen=True)
class Sample:
    """A query in a gallery: what the model reads, and the truth."""

    kind: str
    statistics: ScoreStatistics
    there: bool
    weight: float


@dataclass(frozen=True)
class Captioned:
    """Photos and what people say that they show.

    Attributes:
        files: names of the photos [n].
        captions: of each [n].
    """

    files: tuple[str, ...]
    captions: tuple[tuple[str, ...], ...]

    @classmethod
    def read(cls, file: Path) -> "Captioned":
        """Read ``{"photo", "captions"}`` a line."""
        try:
            rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
            return cls(
                tuple(str(row["photo"]) for row in rows),
                tuple(tuple(str(text) for text in row["captions"]) for row in rows),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TrainingError(f"{file} cannot be read as captions: {error}") from error

    def showing(self, needs: Sequence[Sequence[str]]) -> Mask:
        """Photos [n] whose captions hold a word, or its plural, of every group."""
        told = [set(re.findall(r"[a-z'-]+", " ".join(texts).lower())) for texts in self.captions]
        return np.array(
            [
                all(any(word in words or f"{word}s" in words for word in group) for group in needs)
                for words in told
            ]
        )


def bank_of(encoder: Encoder, captions: Captioned, size: int = BANK_SIZE) -> QueryBank:
    """A bank of one caption each of ``size`` photos picked at random."""
    background = encoder.reference_statistics()
    if background is None:
        raise TrainingError(f"{encoder.name} knows no everyday photos: a bank needs their spread")
    random = np.random.default_rng(0)
    picked = random.permutation(len(captions.files))[:size]
    texts = [captions.captions[place][int(random.integers(5))] for place in picked]
    return QueryBank.of(encoder.encode_texts(texts), background[1], made_by(encoder))


def requests_asked(
    vectors: Vectors, rows: Sequence[dict[str, Any]], captions: Captioned
) -> list[EvalQuery]:
    """Our requests as queries; those that only a few photos fit are left out."""
    asked = []
    none = np.zeros((0, vectors.shape[1]), np.float32)
    for row, vector in zip(rows, vectors, strict=True):
        fits = captions.showing(row["needs"])
        if fits.sum() == 0 or fits.sum() >= LEAST_FITTING:
            asked.append(EvalQuery(REQUEST, vector, fits, none))
    return asked


def captions_asked(vectors: Vectors, captions: Captioned, number: int) -> list[EvalQuery]:
    """Captions as queries, with every photo that a caption alike belongs to.

    Args:
        vectors: of all captions [n, captions of a photo, dim].
        captions: of the photos of the pool [n].
        number: how many captions to take.
    """
    random = np.random.default_rng(0)
    asked = []
    none = np.zeros((0, vectors.shape[2]), np.float32)
    for place in random.permutation(len(vectors))[:number]:
        which = int(random.integers(vectors.shape[1]))
        vector = vectors[place, which]
        alike = (vectors @ vector).max(axis=1) >= ALIKE
        asked.append(EvalQuery(REQUEST, vector, alike, none))
    return asked


def samples_of(
    asked: Sequence[EvalQuery],
    pool: Vectors,
    background: tuple[Vectors, Vectors],
    sizes: Sequence[int] = SIZES,
    seed: int = 0,
) -> Iterator[Sample]:
    """Every query in galleries of every size, with what was meant and without it.

    Args:
        asked: the queries.
        pool: unit vectors of photos [n, dim].
        background: mean [dim] and covariance [dim, dim] of everyday photos.
        sizes: of the galleries.
        seed: of everything random.
    """
    random = np.random.default_rng(seed)
    copies, sources = _copies(pool, max(sizes), random)
    for query in asked:
        fitting = np.concatenate([pool[query.fits], query.own]) @ query.vector
        others = np.flatnonzero(~query.fits)
        copied_others = np.flatnonzero(~query.fits[sources])
        scores, copied = pool @ query.vector, copies @ query.vector
        for size in sizes:
            if size <= len(others):
                rest = scores[random.choice(others, size, replace=False)]
            else:
                count = min(size, len(copied_others))
                rest = copied[random.choice(copied_others, count, replace=False)]
            best = float(rest.max())
            without = ScoreStatistics.of(query.vector, best, size, background)
            yield Sample(query.kind, without, False, REMOVED_WEIGHT if len(fitting) else 1.0)
            if len(fitting):
                # As many of those that fit as a gallery of this size would hold.
                count = max(1, int(random.binomial(len(fitting), min(size / len(pool), 1.0))))
                best = max(best, float(random.choice(fitting, count, replace=False).max()))
                yield Sample(query.kind, replace(without, best=best), True, 1.0)


def _copies(
    pool: Vectors, number: int, random: np.random.Generator
) -> tuple[Vectors, NDArray[np.int64]]:
    """``number`` photos like those of the pool, and the row that each is a copy of.

    A copy is a photo plus part of the difference between another photo and its nearest neighbour.
    """
    near = pool @ pool.T
    np.fill_diagonal(near, -1)
    differences = (pool - pool[near.argmax(axis=1)]) / np.sqrt(np.float32(2))
    sources = random.integers(len(pool), size=number)
    signs = random.choice(np.array([-1, 1], np.float32), number)
    copies = pool[sources]
    copies += (
        np.float32(JITTER) * signs[:, None] * differences[random.integers(len(pool), size=number)]
    )
    copies /= np.linalg.norm(copies, axis=1, keepdims=True)
    return copies, sources


def fit(
    samples: Sequence[Sample], thresholds: tuple[float, float], inputs: Sequence[str] = INPUTS
) -> LogisticModel:
    """The logistic model of samples of one kind, each truth as heavy as the other.

    Args:
        samples: of one kind.
        thresholds: of "fits" and of "none".
        inputs: names of what the model reads.
    """
    from sklearn.linear_model import LogisticRegression

    matrix, truth, weight = _arrays(samples, inputs)
    weight = weight / np.where(truth, weight[truth].sum(), weight[~truth].sum())
    mean, scale = matrix.mean(axis=0), matrix.std(axis=0) + 1e-9
    model = LogisticRegression(C=REGULARISATION * len(samples), max_iter=2_000)
    model.fit((matrix - mean) / scale, truth, sample_weight=weight)
    weights = model.coef_[0] / scale
    bias = float(model.intercept_[0] - (weights * mean).sum())
    named = {name: float(value) for name, value in zip(inputs, weights, strict=True)}
    return LogisticModel(bias, named, *thresholds)


def _arrays(
    samples: Sequence[Sample], inputs: Sequence[str]
) -> tuple[NDArray[np.float64], Mask, NDArray[np.float64]]:
    features = [one.statistics.features() for one in samples]
    matrix = np.array([[row[name] for name in inputs] for row in features])
    return (
        matrix,
        np.array([one.there for one in samples]),
        np.array([one.weight for one in samples]),
    )


def curve(model: LogisticModel, samples: Sequence[Sample]) -> list[dict[str, float]]:
    """How well the model tells by the size of the gallery, one row a size.

    ``auc``: of the probabilities; ``refused``: share of absent queries that get less than "fits"
    (of those that never had a photo: ``refused_foreign``); ``lost``: of answerable ones.
    """
    from sklearn.metrics import roc_auc_score

    rows = []
    for size in sorted({one.statistics.photos for one in samples}):
        part = [one for one in samples if one.statistics.photos == size]
        chance = np.array([model.probability(one.statistics) for one in part])
        there = np.array([one.there for one in part])
        weight = np.array([one.weight for one in part])
        foreign = ~there & (weight == 1)
        rows.append(
            {
                "photos": size,
                "auc": round(float(roc_auc_score(there, chance, sample_weight=weight)), 3),
                "refused": round(float((chance[~there] < model.fits).mean()), 3),
                "refused_foreign": round(float((chance[foreign] < model.fits).mean()), 3)
                if foreign.any()
                else 0.0,
                "lost": round(float((chance[there] < model.fits).mean()), 3),
            }
        )
    return rows


def dialogues_asked(
    rows: Sequence[dict[str, Any]],
    own: Vectors,
    foreign: Sequence[str],
    pool: int,
    encoder: Encoder,
) -> list[EvalQuery]:
    """Dialogues and their descriptors as queries, each with its photo, and foreign ones without.

    Args:
        rows: ``{"photo", "turns", "descriptors"}``; a turn whose text is null shares the photo.
        own: unit vectors of their photos [n, dim].
        foreign: requests that no photo fits.
        pool: number of photos in the pool, none of which counts as what was meant.
        encoder: the one to calibrate.
    """
    random = np.random.default_rng(0)
    none_fits, none = np.zeros(pool, np.bool_), np.zeros((0, encoder.dim), np.float32)
    rules = RuleDescriber()
    asked = []
    for row, vector in zip(rows, own, strict=True):
        photo = vector[None] * np.float32(SEEN)
        described = rules.describe(_conversation(_before_share(row["turns"])))
        fields = Descriptors.model_validate(row["descriptors"])
        for kind, description in (
            (DIALOGUE, described.model_copy(update={"descriptors": Descriptors()})),
            (DESCRIPTORS, Description(descriptors=fields, source="recorded")),
        ):
            if not description.is_empty():
                asked.append(EvalQuery(kind, _vector(description, encoder), none_fits, photo))
    for number, text in enumerate(foreign):
        start = _before_share(rows[int(random.integers(len(rows)))]["turns"])[:SMALL_TALK_TURNS]
        told, wanted = FOREIGN[number % len(FOREIGN)]
        talk = [*start, (0, told.format(text)), (1, wanted)]
        described = rules.describe(_conversation(talk))
        for kind, description in (
            (DIALOGUE, described.model_copy(update={"descriptors": Descriptors()})),
            (DESCRIPTORS, Description(descriptors=Descriptors(main_subject=text))),
        ):
            if not description.is_empty():
                asked.append(EvalQuery(kind, _vector(description, encoder), none_fits, none))
    return asked


def _before_share(turns: Sequence[Sequence[Any]]) -> list[tuple[int, str]]:
    before = []
    for speaker, text in turns:
        if text is None:
            break
        before.append((int(speaker), str(text)))
    return before


def _conversation(turns: Sequence[tuple[int, str]]) -> Conversation:
    said = tuple(Turn("other" if speaker else "user", text) for speaker, text in turns)
    return Conversation(said, owner="user")


def _vector(description: Description, encoder: Encoder) -> Vectors:
    """The query's vector, as the search makes it in a library of everyday photos."""
    parts = to_query(description, encoder).parts
    vectors = encoder.encode_texts([part.text for part in parts])
    weights = np.array([part.weight for part in parts], np.float32)
    background = encoder.reference_statistics()
    return fuse(vectors, weights, background[1] if background else None)


def _pictures(folder: Path, files: Sequence[str], encoder: Encoder) -> Vectors:
    return np.concatenate(
        [
            encoder.encode_images(
                [
                    open_image(folder / name, encoder.image_size)
                    for name in files[start : start + _BATCH]
                ]
            )
            for start in range(0, len(files), _BATCH)
        ]
    )


def sureness_of(
    encoder: Encoder,
    captions: Captioned,
    photos: Path,
    dialogues: Path | None = None,
    dialogue_photos: Path | None = None,
) -> tuple[Sureness, dict[str, list[dict[str, float]]]]:
    """The models of every kind that there is data for, and their curves by size.

    Args:
        encoder: the one to calibrate.
        captions: of photos that it was not trained on.
        photos: their folder.
        dialogues: dialogues with their photos and descriptors; None leaves these kinds out.
        dialogue_photos: folder of the dialogues' photos.
    """
    pool = _pictures(photos, captions.files, encoder)
    background = encoder.reference_statistics() or _statistics(pool)
    texts = [text for told in captions.captions for text in told]
    told = encoder.encode_texts(texts).reshape(len(captions.files), -1, encoder.dim)
    rows = [json.loads(line) for line in REQUESTS.read_text(encoding="utf-8").splitlines()]
    asked = requests_asked(encoder.encode_texts([row["text"] for row in rows]), rows, captions)
    asked += captions_asked(told, captions, CAPTIONS)
    if dialogues is not None and dialogue_photos is not None:
        lines = dialogues.read_text(encoding="utf-8").splitlines()
        talks = [json.loads(line) for line in lines][:DIALOGUES]
        own = _pictures(dialogue_photos, [row["photo"] for row in talks], encoder)
        foreign = [row["text"] for row in rows if not captions.showing(row["needs"]).any()]
        asked += dialogues_asked(talks, own, foreign[: len(talks) // 2], len(pool), encoder)
    samples = list(samples_of(asked, pool, background))
    models, curves = {}, {}
    for kind, thresholds in THRESHOLDS.items():
        part = [one for one in samples if one.kind == kind]
        if part:
            models[kind] = replace(fit(part, thresholds), least_z=LEAST_Z[kind])
            curves[kind] = curve(models[kind], part)
    return Sureness(models, made_by(encoder)), curves


def _statistics(pool: Vectors) -> tuple[Vectors, Vectors]:
    return pool.mean(axis=0), np.cov(pool.T).astype(np.float32)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("bank", "sureness"))
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--photos", type=Path, help="folder of the captioned photos")
    parser.add_argument("--dialogues", type=Path)
    parser.add_argument("--dialogue-photos", type=Path)
    parser.add_argument("--encoder", default="starter")
    parser.add_argument("--out", type=Path, required=True, help="the encoder's folder")
    chosen = parser.parse_args(arguments)
    encoder = load_encoder(chosen.encoder)
    captions = Captioned.read(chosen.captions)
    if chosen.what == "bank":
        bank_of(encoder, captions).save(chosen.out)
        return
    if chosen.photos is None:
        parser.error("sureness needs --photos")
    sureness, curves = sureness_of(
        encoder, captions, chosen.photos, chosen.dialogues, chosen.dialogue_photos
    )
    sureness.save(chosen.out)
    print(json.dumps(curves, indent=1))


if __name__ == "__main__":
    main()
