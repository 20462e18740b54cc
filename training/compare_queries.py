"""Ways from descriptors, or from a dialogue, to a query, compared on dialogues with known photos.

    python -m training.compare_queries DIALOGUES.json --photos DIR --descriptors FILE.jsonl

prints hit@1, 5, 10, 30 and MRR of each way over every photo of ``DIR``. ``bot/describe/query.py``
does what did best here.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.conversation import Conversation
from bot.describe.phrases import PhraseDescriber
from bot.describe.query import FIELD_WEIGHTS, to_query, windows
from bot.descriptors import FIELDS, Description, Descriptors
from bot.dialogues.dialogue import Dialogue
from bot.dialogues.labels import standardised as z_scores
from bot.dialogues.photo_names import PhotoFolder
from bot.dialogues.reading import read_dialogues
from retrieval.encoders import Encoder, load_encoder
from retrieval.errors import EmptyQuery
from retrieval.photos.reading import open_image
from retrieval.search.ranking import rank_of, score_photos

Scores = NDArray[np.float32]
Texts = list[tuple[str, float]]
Combine = Callable[[Scores, NDArray[np.float32], Scores], Scores]
"""Scores of each text [texts, photos], its weights, and its vectors: one score a photo."""

RRF_CONSTANT = 60

TURN_DECAY = 0.85
"""A turn alone: the last one counts 1, the one before it 0.85 and so on ..."""

OTHER_WEIGHT = 0.6
"""... and less when it is not the owner's."""


def single_turns(context: Conversation) -> list[tuple[str, float]]:
    """Each turn of a dialogue and its weight."""
    return [
        (turn.text, TURN_DECAY**distance * (1.0 if context.is_owners(turn) else OTHER_WEIGHT))
        for distance, turn in enumerate(reversed(context.turns))
    ]


def added(scores: Scores, weights: NDArray[np.float32], vectors: Scores) -> Scores:
    """The weighted sum of raw scores."""
    total: Scores = weights @ scores
    return total


def standardised(scores: Scores, weights: NDArray[np.float32], vectors: Scores) -> Scores:
    """The weighted sum of the texts' z-scores."""
    total: Scores = weights @ z_scores(scores)
    return total


def highest(scores: Scores, weights: NDArray[np.float32], vectors: Scores) -> Scores:
    """The best z-score of any text."""
    best: Scores = z_scores(scores).max(axis=0)
    return best


def reciprocal_ranks(scores: Scores, weights: NDArray[np.float32], vectors: Scores) -> Scores:
    """Reciprocal rank fusion, ``sum_j w_j / (60 + rank_j)`` (Cormack et al. 2009)."""
    ranks = (-scores).argsort(axis=1).argsort(axis=1) + 1
    total: Scores = (weights[:, None] / (RRF_CONSTANT + ranks)).sum(axis=0)
    return total


def field_texts(fields: Descriptors, weights: Sequence[float], core: float = 0.0) -> Texts:
    """Each field as a text of its own and, with weight ``core``, the first three as one."""
    texts = [(getattr(fields, name), weight) for name, weight in zip(FIELDS, weights, strict=True)]
    return [*texts, (joined(fields, 3), core)] if core else texts


def joined(fields: Descriptors, first: int = 5) -> str:
    """The first fields as one text."""
    return ", ".join(text for name in FIELDS[:first] if (text := getattr(fields, name)))


def descriptor_ways() -> dict[str, tuple[Callable[[Descriptors], Texts], Combine]]:
    """Ways from an LLM's descriptors to a ranking."""
    weights = list(FIELD_WEIGHTS.values())
    equal = [1.0] * len(FIELDS)
    return {
        "all fields as one text": (lambda d: [(joined(d), 1.0)], added),
        "subject, objects, scene as one text": (lambda d: [(joined(d, 3), 1.0)], added),
        "fields, equal weights, raw": (lambda d: field_texts(d, equal), added),
        "fields, equal weights, standardised": (lambda d: field_texts(d, equal), standardised),
        "fields, 2/1/1/1/0.5, standardised": (lambda d: field_texts(d, weights), standardised),
        "fields, 2/1/1/1/0.5, rank fusion": (lambda d: field_texts(d, weights), reciprocal_ranks),
        "fields, best of any": (lambda d: field_texts(d, equal), highest),
        "fields and core text, raw": (lambda d: field_texts(d, weights, 2.0), added),
        "fields and core text, standardised": (
            lambda d: field_texts(d, weights, 2.0),
            standardised,
        ),
        "fields and core text, rank fusion": (
            lambda d: field_texts(d, weights, 2.0),
            reciprocal_ranks,
        ),
    }


def dialogue_ways(encoder: Encoder) -> dict[str, tuple[Callable[[Description], Texts], Combine]]:
    """Ways from the phrase describer's description to a ranking."""

    def view(number: int) -> Callable[[Description], Texts]:
        return lambda d: [(windows(d.context, encoder)[number], 1.0)] if d.context else []

    def turns(d: Description) -> Texts:
        return single_turns(d.context)

    def both(weight: float, of_turns: float = 0.0) -> Callable[[Description], Texts]:
        return lambda d: [
            *((text, 1.0) for text in windows(d.context, encoder)),
            *((text, of_turns * weight) for text, weight in single_turns(d.context)),
            (joined(d.descriptors), weight),
        ]

    return {
        "whole dialogue": (view(0), added),
        "owner's turns": (view(1), added),
        "last six turns": (view(2), added),
        "last four turns": (view(3), added),
        "owner's last three turns": (view(4), added),
        "turn by turn, weighed": (turns, standardised),
        "phrases of the five fields as one text": (lambda d: [(joined(d.descriptors), 1.0)], added),
        "five windows, raw": (both(0.0), added),
        "five windows, standardised": (both(0.0), standardised),
        "five windows and phrases x 0.5, standardised": (both(0.5), standardised),
        "five windows and phrases x 1, standardised": (both(1.0), standardised),
        "five windows and phrases x 2, standardised": (both(2.0), standardised),
        "windows, phrases x 0.5, turns x 1, standardised": (both(0.5, 1.0), standardised),
        "windows, phrases x 0.5, turns x 2, standardised": (both(0.5, 2.0), standardised),
        "five windows and phrases x 1, rank fusion": (both(1.0), reciprocal_ranks),
    }


def figures(ranks: NDArray[np.int64]) -> str:
    """A table row of ranks that start at 0."""
    hits = [f"{100 * float((ranks < k).mean()):5.1f}" for k in (1, 5, 10, 30)]
    return " ".join([*hits, f"{float((1 / (ranks + 1)).mean()):.3f}"])


def compare(
    dialogues: Sequence[Dialogue],
    photos: Path,
    recorded: dict[str, Descriptors],
    encoder: Encoder,
    say: Callable[[str], None],
) -> None:
    """Print the tables. Dialogues without a photo in the folder count as misses."""
    folder = PhotoFolder(photos)
    files = list(folder.paths)
    # Decoded at twice the encoder's size, as indexing does.
    side = 2 * encoder.image_size
    gallery = encoder.encode_images([open_image(file, side) for file in files])
    ids = np.asarray([file.as_posix() for file in files], dtype=np.str_)
    place = {file: number for number, file in enumerate(files)}
    found = [folder.find(dialogue) for dialogue in dialogues]
    own = [place.get(path, -1) if path is not None else -1 for path in found]
    cache: dict[str, NDArray[np.float32]] = {}

    def rank(texts: Texts, combine: Combine, photo: int) -> int:
        said = [(text, weight) for text, weight in texts if text.strip() and weight]
        if not said or photo < 0:
            return len(files)
        new = [text for text, _ in said if text not in cache]
        cache.update(zip(new, encoder.encode_texts(new), strict=True))
        vectors = np.stack([cache[text] for text, _ in said])
        weights = np.asarray([weight for _, weight in said], dtype=np.float32)
        scores = combine(vectors @ gallery.T, weights, vectors)
        return rank_of(scores.astype(np.float32), ids, photo) - 1

    def final(description: Description, photo: int) -> int:
        try:
            query = to_query(description, encoder)
        except EmptyQuery:
            return len(files)
        texts = [part.text for part in query.parts]
        vectors = dict(zip(texts, encoder.encode_texts(texts), strict=True))
        (scores,) = score_photos([query], vectors, gallery)
        return rank_of(scores, ids, photo) - 1 if photo >= 0 else len(files)

    say(f"{len(dialogues)} dialogues, {len(files)} photos    hit@1 hit@5 hit@10 hit@30 MRR")
    if recorded:
        fields = [recorded.get(dialogue.id, Descriptors()) for dialogue in dialogues]
        for name, (texts_of, combine) in descriptor_ways().items():
            ranks = [rank(texts_of(one), combine, at) for one, at in zip(fields, own, strict=True)]
            say(f"descriptors: {name:48} {figures(np.asarray(ranks))}")
        ranks = [
            final(Description(descriptors=one, source="recorded"), at)
            for one, at in zip(fields, own, strict=True)
        ]
        say(f"descriptors: {'bot/describe/query.py':48} {figures(np.asarray(ranks))}")
    describer = PhraseDescriber(encoder)
    described = [describer.describe(dialogue.conversation()) for dialogue in dialogues]
    for name, (dialogue_texts, combine) in dialogue_ways(encoder).items():
        ranks = [
            rank(dialogue_texts(one), combine, at) for one, at in zip(described, own, strict=True)
        ]
        say(f"dialogue:    {name:48} {figures(np.asarray(ranks))}")
    ranks = [final(one, at) for one, at in zip(described, own, strict=True)]
    say(f"dialogue:    {'bot/describe/query.py':48} {figures(np.asarray(ranks))}")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("dialogues", type=Path)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--descriptors", type=Path)
    parser.add_argument("--encoder", default="starter")
    arguments = parser.parse_args()
    recorded = {}
    if arguments.descriptors:
        for line in arguments.descriptors.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            recorded[str(row["id"])] = Descriptors.model_validate(row)
    dialogues = read_dialogues([arguments.dialogues]).dialogues
    encoder = load_encoder(arguments.encoder)
    compare(dialogues, arguments.photos, recorded, encoder, print)


if __name__ == "__main__":
    main()
