"""How well requests are found and refused, with each part of the search left out in turn.

python -m tests.benchmarks.conversation --captions FILE --photos DIR \\
    [--album DIR --talks FILE --absent FILE] [--home DIR]

Captions (``{"photo", "captions"}`` a line) are asked of all photos of ``DIR``: hit@k of the caption
alone; inside each of five phrasings, with the words of asking taken out and left in; and alone
without the hubness correction. Over an album, first requests of talks that expect photos and
requests for what is absent: the shares answered with less than "fits", by the calibration of the
encoder and by the z-score alone. Libraries are kept in ``--home``, so that a second run need not
embed the photos again. Dialogues are measured by ``photopal evaluate``.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bot.intent.asking import content_of
from retrieval.encoders import load_encoder
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.search import Query, Searcher
from retrieval.search.calibration import Calibration
from retrieval.search.sureness import Sure

ASKING = (
    "show me the photo of {}",
    "can you find a picture of {}?",
    "I'm looking for {}",
    "do you have one with {}",
    "please send me that shot of {}",
)
KS = (1, 5, 10, 30)


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]


def hits(searcher: Searcher, texts: Sequence[str], own: Sequence[str]) -> dict[str, float]:
    """hit@k of texts whose photos are the files named ``own``."""
    ids, scores = searcher.scores([Query.of(text) for text in texts])
    photos = searcher.library.photos(ids.tolist())
    column = {photos[one].path.name: place for place, one in enumerate(ids.tolist())}
    places = np.array([column[name] for name in own])
    ranks = (scores > scores[np.arange(len(texts)), places][:, None]).sum(axis=1)
    return {f"hit@{k}": round(float((ranks < k).mean()), 4) for k in KS}


def refused(searcher: Searcher, texts: Sequence[str]) -> float:
    """Share of requests that are answered with less than "fits"."""
    results = searcher.search_many([Query.of(content_of(text) or text) for text in texts])
    return round(float(np.mean([result.sure is not Sure.FITS for result in results])), 3)


def main() -> None:
    """Print one JSON object a line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--captions", type=Path)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--limit", type=int, default=1_000, help="captions to ask")
    parser.add_argument("--album", type=Path)
    parser.add_argument("--talks", type=Path)
    parser.add_argument("--absent", type=Path)
    parser.add_argument("--home", type=Path, help="keep the libraries there")
    parser.add_argument("--encoder", default="starter")
    arguments = parser.parse_args()
    encoder = load_encoder(arguments.encoder)

    def searcher_of(folder: Path, home: Path) -> Searcher:
        library = Library.open(home / f"{folder.name}.db", create=True)
        index_folders(library, encoder, [folder])
        return Searcher(library, encoder)

    with tempfile.TemporaryDirectory() as temporary:
        home = arguments.home or Path(temporary)
        home.mkdir(parents=True, exist_ok=True)
        if arguments.captions and arguments.photos:
            searcher = searcher_of(arguments.photos, home)
            asked = [
                (text.rstrip(" ."), row["photo"])
                for row in _lines(arguments.captions)
                for text in row["captions"]
            ][:: max(1, 5 * len(_lines(arguments.captions)) // arguments.limit)]
            texts, own = [text for text, _ in asked], [photo for _, photo in asked]
            found = {"caption alone": hits(searcher, texts, own)}
            for asking in ASKING:
                wrapped = [asking.format(text) for text in texts]
                found[asking] = hits(searcher, [content_of(text) or text for text in wrapped], own)
                found[f"{asking}, words of asking searched"] = hits(searcher, wrapped, own)
            searcher._calibration = Calibration(None, searcher.calibration.sureness)
            found["caption alone, no hubness correction"] = hits(searcher, texts, own)
            print(json.dumps(found, indent=1))
        if arguments.album and arguments.talks and arguments.absent:
            searcher = searcher_of(arguments.album, home)
            first = [row["steps"][0] for row in _lines(arguments.talks)]
            there = [step["say"] for step in first if step.get("expect", {}).get("any_of")]
            absent = [row["text"] for row in _lines(arguments.absent)]
            told = {"absent": refused(searcher, absent), "answerable": refused(searcher, there)}
            searcher._calibration = Calibration(searcher.calibration.bank)
            plain = {"absent": refused(searcher, absent), "answerable": refused(searcher, there)}
            print(json.dumps({"refused": told, "refused, not calibrated": plain}, indent=1))


if __name__ == "__main__":
    main()
