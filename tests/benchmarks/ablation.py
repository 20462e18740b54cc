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
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bot.conversation import Conversation
from bot.describe.phrases import PhraseDescriber
from bot.descriptors import Descriptors
from bot.dialogues.dialogue import Dialogue
from bot.dialogues.reading import read_dialogues
from retrieval.encoders import Encoder, load_encoder
from retrieval.encoders.cached import CachedTextEncoder
from retrieval.filters import Filter
from retrieval.library import Library
from retrieval.photos.names import name_words
from retrieval.search import Query, Searcher, SearchOptions
from retrieval.search.calibration import Calibration
from training.evaluation.album import AlbumPlanner
from training.evaluation.gallery import PhotoGallery, open_library
from training.evaluation.outcome import score, with_refusals
from training.evaluation.queries import EvalQuery, ask_describer
from training.evaluation.rankers import PhotoRanker
from training.evaluation.summary import summary

KEYS = ("hit@1", "hit@5", "hit@10", "hit@30", "kinds", "refused")
Change = Callable[[EvalQuery], EvalQuery]


def without_guesses(asked: EvalQuery) -> EvalQuery:
    """Only the windows of the dialogue."""
    return _described(asked, descriptors=Descriptors())


def without_own_words(asked: EvalQuery) -> EvalQuery:
    """Only what the describer guessed, searched as an LLM's fields are."""
    return _described(asked, context=Conversation(()))


def without_filters(asked: EvalQuery) -> EvalQuery:
    """Any time, any place."""
    return replace(asked, filter=Filter())


def without_exclusion(asked: EvalQuery) -> EvalQuery:
    """As if nobody had said which one it is not."""
    return replace(asked, exclude="")


def _described(asked: EvalQuery, **changed: Any) -> EvalQuery:
    if asked.description is None:
        return asked
    return replace(asked, description=asked.description.model_copy(update=changed))


PARTS: dict[str, Change] = {
    "all": lambda asked: asked,
    "without own words": without_own_words,
    "without guesses": without_guesses,
    "without filters": without_filters,
    "without exclusion": without_exclusion,
}


def measure(
    photos: PhotoGallery, dialogues: Sequence[Dialogue], asked: Sequence[EvalQuery], name: str
) -> dict[str, Any]:
    """What ``photopal evaluate`` says of one variant."""
    ranker = PhotoRanker(photos)
    queries, scores = ranker.scores(asked)
    run = score(name, dialogues, queries, scores, photos.gallery)
    told = summary(with_refusals(run, ranker.refused(queries)))
    return {key: told[key] for key in KEYS if key in told}


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
    told = {
        name: measure(photos, dialogues, [change(one) for one in asked], name)
        for name, change in PARTS.items()
    }
    searcher = photos.searcher
    searcher._calibration = Calibration(searcher.calibration.bank)
    told["without calibration"] = measure(photos, dialogues, asked, "all")
    if arguments.samples:
        told["names of files"] = names_worth(arguments.samples, encoder)
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
