"""What each part of finding a photo for a dialogue is worth: each is left out in turn.

python -m tests.benchmarks.ablation --dialogues FILE --library PATH [--samples PATH]

``FILE`` holds dialogues in AlbumChat's or PhotoChat's format, ``PATH`` is an indexed library that
holds their photos. Prints one JSON object: for all parts, and without each, hit@k over all
dialogues, hit@5 by kind, and the shares that would be refused. Parts: the person's own words, the
offline describer's guesses, filters by time and place, what is excluded, the calibration. With the
library of the sample photos, whose names say what they show, also what names are worth.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bot.describe.phrases import PhraseDescriber
from bot.describe.query import GUESSES_WEIGHT
from bot.dialogues.dialogue import Dialogue
from bot.dialogues.reading import read_dialogues
from retrieval.encoders import Encoder, load_encoder
from retrieval.encoders.cached import CachedTextEncoder
from retrieval.library import Library
from retrieval.photos.names import name_words
from retrieval.search import Query, Searcher, SearchOptions
from retrieval.search.calibration import Calibration
from retrieval.search.sureness import Sure
from training.evaluation.album import NO_ANSWER, AlbumPlanner
from training.evaluation.gallery import PhotoGallery, open_library
from training.evaluation.queries import EvalQuery, ask_describer
from training.evaluation.rankers import photo_query

KS = (1, 5, 10, 30)
Change = Callable[[EvalQuery, Query], tuple[EvalQuery, Query]]


def without_guesses(asked: EvalQuery, query: Query) -> tuple[EvalQuery, Query]:
    """Only the windows of the dialogue."""
    kept = tuple(part for part in query.parts if part.weight != GUESSES_WEIGHT)
    return asked, replace(query, parts=kept or query.parts)


def without_own_words(asked: EvalQuery, query: Query) -> tuple[EvalQuery, Query]:
    """Only what the describer guessed."""
    kept = tuple(part for part in query.parts if part.weight == GUESSES_WEIGHT)
    return asked, replace(query, parts=kept or query.parts)


def without_filters(asked: EvalQuery, query: Query) -> tuple[EvalQuery, Query]:
    """Any time, any place."""
    return replace(asked, filter=type(asked.filter)()), query


def without_exclusion(asked: EvalQuery, query: Query) -> tuple[EvalQuery, Query]:
    """As if nobody had said which one it is not."""
    return asked, replace(query, exclude="")


PARTS: dict[str, Change] = {
    "all": lambda asked, query: (asked, query),
    "without own words": without_own_words,
    "without guesses": without_guesses,
    "without filters": without_filters,
    "without exclusion": without_exclusion,
}


def measure(
    photos: PhotoGallery,
    dialogues: Sequence[Dialogue],
    asked: Sequence[EvalQuery],
    change: Change,
) -> dict[str, Any]:
    """hit@k and refusals of one variant."""
    searcher, gold = photos.searcher, photos.gallery.gold
    ids = np.asarray(photos.gallery.ids)
    ranks: dict[str, list[int]] = defaultdict(list)
    refused: dict[bool, list[bool]] = defaultdict(list)
    for dialogue, one in zip(dialogues, asked, strict=True):
        kind = dialogue.album.kind if dialogue.album else "dialogue"
        if one.failed is not None:
            refused[kind == NO_ANSWER].append(True)
            if kind != NO_ANSWER:
                ranks[kind].append(len(ids) + 1)
            continue
        planned, query = change(one, photo_query(one, searcher.encoder))
        options = SearchOptions(k=1, filter=planned.filter)
        refused[kind == NO_ANSWER].append(searcher.search(query, options).sure is not Sure.FITS)
        if kind == NO_ANSWER:
            continue
        found, scores = searcher.scores([query])
        row = scores[0]
        if planned.filter:
            row[~np.isin(found, searcher.library.ids_matching(planned.filter))] = -np.inf
        row = row[photos.columns]
        best = row[np.isin(ids, gold[dialogue.id])].max() if dialogue.id in gold else -np.inf
        ranks[kind].append(1 + int((row > best).sum()) if np.isfinite(best) else len(ids) + 1)
    every = np.array([rank for some in ranks.values() for rank in some])
    told: dict[str, Any] = {f"hit@{k}": round(float((every <= k).mean()), 3) for k in KS}
    for kind, some in sorted(ranks.items()):
        if len(ranks) > 1:
            told[f"{kind}, hit@5"] = round(float((np.array(some) <= 5).mean()), 3)
    if refused[True]:
        told["refused, not there"] = round(float(np.mean(refused[True])), 3)
    told["refused, there"] = round(float(np.mean(refused[False])), 3)
    return told


def names_worth(path: Path, encoder: Encoder) -> dict[str, Any]:
    """hit@1 of photos by the words of their file's name, with names as evidence and without."""
    library = Library.read(path)
    searcher = Searcher(library, encoder)
    told = {}
    photos = library.photos_with("present")
    for names in (True, False):
        first = []
        for photo in photos:
            text = " ".join(name_words(photo.path.stem))
            hits = searcher.search(Query.of(text, names=names), SearchOptions(k=1)).hits
            first.append(bool(hits) and hits[0].photo_id == photo.id)
        told["with names, hit@1" if names else "without names, hit@1"] = round(np.mean(first), 3)
    return {"photos": len(photos), **told}


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dialogues", type=Path, required=True)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--samples", type=Path)
    arguments = parser.parse_args()
    encoder = CachedTextEncoder(load_encoder("starter"), 20_000)
    dialogues = read_dialogues([arguments.dialogues]).dialogues
    photos = open_library(dialogues, arguments.library, encoder)
    asked = ask_describer(PhraseDescriber(encoder).describe)(dialogues)
    asked = AlbumPlanner(photos.searcher.library, {}).planned("offline", dialogues, asked)
    told = {name: measure(photos, dialogues, asked, change) for name, change in PARTS.items()}
    searcher = photos.searcher
    searcher._calibration = Calibration(searcher.calibration.bank)
    told["without calibration"] = measure(photos, dialogues, asked, PARTS["all"])
    if arguments.samples:
        told["names of files"] = names_worth(arguments.samples, encoder)
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
