"""What reading the text in photos is worth: an album before and after, over the same queries.

python -m tests.benchmarks.text_in_photos --library PATH [--plain CAPTIONS.jsonl]

Forty photos with text (receipts, signs, screenshots, posters: the table beside this file) are drawn
over photos of the library ``PATH``, of which a copy is indexed together with them. Told, before the
text was read and after:

* hit@1 and hit@5 of requests for these photos, by kind;
* of plain requests, which mean no text (of the table, whose words stand in small print on some of
  the photos with text, and the captions of a file with lines ``{"photo", "captions": […]}``): in
  how many a photo with text is among the first five, and whether the first hit stayed the same.

And seconds a photo. What was read in the library before (``photopal index --ocr``) is not read
again.
"""

import argparse
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from bot.describe.query import request_query
from bot.intent.asking import content_of
from retrieval.encoders import load_encoder
from retrieval.encoders.cached import CachedTextEncoder
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.ocr import open_reader, read_texts
from retrieval.photos.reading import open_image
from retrieval.search import Searcher, SearchOptions
from tests.support.written_photos import WrittenPhoto, paint

SHOWN = 5


def _read_requests() -> tuple[list[WrittenPhoto], tuple[str, ...]]:
    """The photos that are drawn, and the plain requests, out of the table beside this file."""
    file = Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in file.splitlines()[1:]]
    photos = [
        WrittenPhoto(f"DSC_{7000 + number}.jpg", kind, _listed(lines), _listed(queries))
        for number, (kind, lines, queries) in enumerate(rows)
        if kind != "plain"
    ]
    return photos, _listed(next(queries for kind, _, queries in rows if kind == "plain"))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(" / "))


PHOTOS, PLAIN = _read_requests()


def main() -> None:
    """Draw, index, search, read, search again."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--plain", type=Path, help="captions that mean no text")
    parser.add_argument("--captions", type=int, default=500, help="of the file, at most")
    parser.add_argument("--show", action="store_true", help="print every request that fails")
    arguments = parser.parse_args()

    plain = list(PLAIN)
    if arguments.plain is not None:
        rows = [json.loads(line) for line in arguments.plain.read_text().splitlines() if line]
        plain += [row["captions"][0] for row in rows][: arguments.captions]
    with tempfile.TemporaryDirectory() as folder:
        _measure(arguments.library, Path(folder), plain, arguments.show)


def _measure(source: Path, folder: Path, plain: Sequence[str], show: bool) -> None:
    with Library.read(source) as album:
        backgrounds = [open_image(one.path) for one in album.photos_with("present")[::25][:40]]
    paint(PHOTOS, backgrounds, folder / "written")
    held = {photo.name for photo in PHOTOS}
    encoder = CachedTextEncoder(load_encoder("starter"))
    for name in ("unread.db", "read.db"):
        shutil.copy(source, folder / name)
        with Library.open(folder / name) as library:
            index_folders(library, encoder, [folder / "written"])
            searcher = Searcher(library, encoder)
            if name == "unread.db":
                library.forget_texts()
                before, first = _hits(searcher), _first(searcher, plain)
                continue
            report = read_texts(library, open_reader())
            each = report.seconds / max(1, report.read)
            print(f"{report.read} read, {report.with_text} with text, {each:.3f} s a photo")
            print(library.text_counts(), flush=True)
            after, then = _hits(searcher), _first(searcher, plain)
    _print("text not read", before)
    _print("text read", after)
    if show:
        for kind, query, place in after:
            if place != 1:
                print(f"  {kind}: {query!r} at {place}")
    for name, part in (("own", slice(0, len(PLAIN))), ("captions", slice(len(PLAIN), None))):
        if not plain[part]:
            continue
        same = sum(a[:1] == b[:1] for a, b in zip(first[part], then[part], strict=True))
        five = [sum(bool(held & set(one)) for one in some[part]) for some in (first, then)]
        print(
            f"plain requests ({name}): {len(plain[part])}, first hit the same in {same}; "
            f"a photo with text in the first five of {five[0]} before, {five[1]} after"
        )
        if show:
            for query, a, b in zip(plain[part], first[part], then[part], strict=True):
                if a[:1] != b[:1]:
                    print(f"  {query!r}: {a[:1]} {b[:1]}")


Row = tuple[str, str, int | None]
"""Kind, request, and the place of its photo among the first five."""


def _hits(searcher: Searcher) -> list[Row]:
    rows: list[Row] = []
    for photo in PHOTOS:
        for query, names in zip(photo.queries, _first(searcher, photo.queries), strict=True):
            rows.append(
                (photo.kind, query, names.index(photo.name) + 1 if photo.name in names else None)
            )
    return rows


def _first(searcher: Searcher, queries: Sequence[str]) -> list[list[str]]:
    """The names of the first hits of each query, searched as ``photopal search`` does."""
    asked = [request_query(content_of(text) or text) for text in queries]
    found = searcher.search_many(asked, SearchOptions(SHOWN))
    return [[hit.path.name for hit in result.hits] for result in found]


def _print(title: str, rows: Sequence[Row]) -> None:
    by_kind: dict[str, list[int | None]] = defaultdict(list)
    for kind, _, place in rows:
        by_kind[kind].append(place)
        by_kind["all"].append(place)
    shown = []
    for kind, places in by_kind.items():
        one, five = (sum(p is not None and p <= k for p in places) for k in (1, SHOWN))
        shown.append(f"{kind} {100 * one / len(places):.1f}/{100 * five / len(places):.1f}")
    print(f"{title}: hit@1/hit@{SHOWN} %  " + "  ".join(shown) + f"  (n={len(rows)})")


if __name__ == "__main__":
    main()
