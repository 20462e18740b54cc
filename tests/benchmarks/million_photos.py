"""How a library of a million photos is searched: recall, milliseconds, start, memory, adding.

python -m tests.benchmarks.million_photos [--photos 1000000] [--dim 512] [--folder DIR]

Makes a library file with clustered vectors (no photo files: they all count as being there),
indexes it, and asks it in a process of its own. There are two kinds of queries: pictures, which
lie among the photos, and texts, which lie apart from all of them, as those of CLIP do. Each search
is timed in turn with a plain scan of all vectors, so that their ratio holds on a busy machine.
Recall is against exact answers. Prints a table, and one JSON object with ``--json``. A folder that
is given is kept and used again; a million photos of 512 components take 6 GB.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.filters import DateRange, Filter
from retrieval.library import Library
from retrieval.search import Query, QueryPicture, Searcher, SearchOptions
from retrieval.search.calibration import made_by
from retrieval.search.hubness import QueryBank
from retrieval.vectors import open_index
from retrieval.vectors.base import mean_and_covariance
from retrieval.vectors.base_files import base_folder

Vectors = NDArray[np.float32]

K = 30
QUERIES = 40
BANK = 2_000
DAYS = 6_000
_BLOCK = 20_000
_INSERT = (
    "INSERT INTO photo (path, content_hash, size, mtime_ns, width, height, status, indexed_at, "
    "taken_on, city, region, country, camera) "
    "VALUES (?, ?, 1, 1, 4000, 3000, 'present', '', ?, ?, '', ?, ?)"
)


class VectorEncoder:
    """Texts are numbers of vectors that were made before."""

    name = "vectors"
    fingerprint = "vectors"
    text_fingerprint = "vectors"
    image_size = 224
    max_text_tokens = 64

    def __init__(self, texts: Vectors, photos: Vectors, folder: Path | None) -> None:
        """``texts`` [n, dim] are what :meth:`encode_texts` gives; a folder may hold a bank."""
        self.dim = texts.shape[1]
        self.texts = texts
        self.statistics = mean_and_covariance(photos)
        self.folder = folder

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """The vector whose number a text is."""
        rows: Vectors = self.texts[[int(text) for text in texts]]
        return rows

    def encode_images(self, images: Sequence[Any]) -> Vectors:
        """None is ever asked for."""
        raise NotImplementedError

    def count_tokens(self, text: str) -> int:
        """One."""
        return 1

    def reference_statistics(self) -> tuple[Vectors, Vectors]:
        """Of a sample of the photos."""
        return self.statistics


class World:
    """Where vectors lie: topics, events in them, photos in those; texts apart from all."""

    def __init__(self, photos: int, dim: int) -> None:
        """The same for the same numbers."""
        self.random = np.random.default_rng(0)
        spectrum = np.arange(1, dim + 1, dtype=np.float32) ** -0.5
        self.spectrum = spectrum / np.linalg.norm(spectrum)
        self.turn = np.linalg.qr(self.random.normal(size=(dim, dim)))[0].astype(np.float32)
        topics = self.noise(max(5, photos // 5_000))
        events = max(10, photos // 100)
        near = topics[self.random.integers(0, len(topics), events)]
        self.events = 0.7 * near + 0.7 * self.noise(events)
        size = 1 / (np.arange(events) + 10) ** 0.7
        self.sizes = size / size.sum()
        self.common, self.apart = self.noise(1), 1.5 * self.noise(1)

    def noise(self, count: int) -> Vectors:
        """Vectors of about unit length with a spectrum that falls, as encoders give them."""
        dim = len(self.spectrum)
        drawn = self.random.normal(size=(count, dim)).astype(np.float32)
        rows: Vectors = (drawn * self.spectrum) @ self.turn
        return rows

    def photos(self, count: int) -> Vectors:
        """Photos, and pictures to search with."""
        events = self.random.choice(len(self.events), count, p=self.sizes)
        return _unit(self.common + self.events[events] + 0.8 * self.noise(count))

    def texts(self, count: int) -> Vectors:
        """Texts: some two thirds of what they have in common with photos is their own."""
        events = self.random.choice(len(self.events), count, p=self.sizes)
        return _unit(self.apart + 0.6 * self.events[events] + 0.9 * self.noise(count))


def make(path: Path, photos: int, dim: int) -> None:
    """A library of photos at ``path``; beside it the queries, and what they score exactly."""
    world = World(photos, dim)
    queries = np.concatenate([world.photos(QUERIES), world.texts(QUERIES)])
    scores = np.empty((len(queries), photos), dtype=np.float32)
    with Library.open(path, create=True) as library:
        library.set_encoder("vectors", "vectors", dim)
        for start in range(0, photos, _BLOCK):
            rows = world.photos(min(_BLOCK, photos - start))
            scores[:, start : start + len(rows)] = queries @ rows.T
            add_photos(library, rows, start)
    np.savez(path.with_suffix(".queries.npz"), queries=queries, bank=world.texts(BANK))
    np.save(path.with_suffix(".scores.npy"), scores)


def add_photos(library: Library, rows: Vectors, start: int) -> None:
    """Write photos with these vectors, whose ids follow ``start``."""
    days = np.datetime64("2009-01-01") + np.arange(start, start + len(rows)) % DAYS
    with library.transaction():
        photos, vectors, names = [], [], []
        for number, (day, row) in enumerate(zip(days.astype(str), rows, strict=True), start):
            place = f"City {number % 211}", f"Country {number % 23}"
            path = f"/photos/{day[:4]}/{day[5:7]}/IMG_{number:07}.jpg"
            photos.append((path, f"{number:032x}", day, *place, f"Camera {number % 5}"))
            vectors.append((number + 1, "vectors", library.change, row.tobytes()))
            names.append((number + 1, f"{day[:4]}"))
        library._many(_INSERT, photos)
        library._many("INSERT INTO vector VALUES (?, ?, ?, ?)", vectors)
        library._many("INSERT INTO photo_name (rowid, words) VALUES (?, ?)", names)


def index(path: Path) -> dict[str, Any]:
    """Make the index for the first time."""
    with Library.open(path) as library:
        made = open_index(library)
        read = _timed(lambda: made.sync(library))
        return {
            "read_seconds": read,
            "save_seconds": _timed(made.save),
            "peak_megabytes": _memory("VmHWM"),
        }


def add(path: Path, dim: int) -> dict[str, Any]:
    """Add a hundred photos to what is there."""
    with Library.open(path) as library:
        made = open_index(library)
        start = _timed(lambda: made.sync(library))
        add_photos(library, _unit(np.random.default_rng(1).normal(size=(100, dim))), _most(library))
        sync, save = _timed(lambda: made.sync(library)), _timed(made.save)
        return {"start_seconds": start, "sync_seconds": sync, "save_seconds": save}


def ask(path: Path, bank_folder: Path) -> dict[str, Any]:
    """Open the library and ask it, as a chat does."""
    given = np.load(path.with_suffix(".queries.npz"))
    queries: Vectors = given["queries"]
    _count_all_as_there()
    started, worked = time.perf_counter(), time.process_time()
    with Library.read(path) as library:
        made = open_index(library)
        made.sync(library)
        made.search(queries[:1], K)
        result: dict[str, Any] = {
            "start_seconds": round(time.perf_counter() - started, 2),
            "start_cpu_seconds": round(time.process_time() - worked, 2),
        }
        result["kind"], photos = made.kind(library), _scores(path, 0).size
        encoder = VectorEncoder(queries, made.vectors(made.ids()[:: max(1, photos // 5000)]), None)
        QueryBank.of(given["bank"], encoder.statistics[1], made_by(encoder)).save(bank_folder)
        plain = Searcher(library, encoder, made)
        whole = Searcher(library, VectorEncoder(queries, encoder.texts[:2], bank_folder), made)
        days = library.facts()
        assert days.first is not None
        for name, chosen in _filters().items():
            allowed = library.ids_matching(chosen) if chosen else None
            fits = np.zeros(photos, dtype=bool)
            fits[slice(None) if allowed is None else allowed[allowed <= photos] - 1] = True
            options = SearchOptions(K, filter=chosen)
            figures: dict[str, Any] = {"photos": int(fits.sum())}
            for kind, numbers in (
                ("picture", range(QUERIES)),
                ("text", range(QUERIES, 2 * QUERIES)),
            ):
                bare, through, exactly = _Clock(), _Clock(), []
                for number in numbers:
                    best = _best(np.where(fits, _scores(path, number), -np.inf))
                    with bare:
                        found = made.search(queries[number : number + 1], K, allowed)[0][0]
                    exactly.append(np.isin(best, found).mean())
                    query = _query(kind, number, queries)
                    hits = plain.search(query, options).hits
                    exactly.append(np.isin(best, [hit.photo_id for hit in hits]).mean())
                    with through:
                        whole.search(query, options)
                figures[kind] = {
                    "bare_ms": _middle(bare.wall),
                    "bare_cpu_ms": _middle(bare.processor),
                    "searcher_ms": _middle(through.wall),
                    "searcher_cpu_ms": _middle(through.processor),
                    "recall": round(float(np.mean(exactly[::2])), 4),
                    "searcher_recall": round(float(np.mean(exactly[1::2])), 4),
                }
            result[name] = figures
        result["memory_megabytes"] = _memory("VmRSS")
        result["peak_megabytes"] = _memory("VmHWM")
        result["flat"] = _against_flat(path, made, queries)
    return result


def _against_flat(path: Path, made: Any, queries: Vectors) -> dict[str, float] | None:
    """Milliseconds of a scan of all vectors, and of a search, in turns."""
    import faiss

    stored = sorted(base_folder(path.with_suffix(".faiss")).glob("*/rows.npy"))
    if not stored:
        return None
    rows = np.load(stored[0])
    flat = faiss.IndexFlatIP(rows.shape[1])
    flat.add(rows)
    del rows
    scan: list[float] = []
    search: list[float] = []
    for query in queries[::4]:
        scan.append(_timed(partial(flat.search, query[None], K)))
        search.append(_timed(partial(made.search, query[None], K)))
    ratios = np.array(scan) / np.array(search)
    return {
        "flat_ms": _middle(scan),
        "search_ms": _middle(search),
        "ratio": float(np.median(ratios)),
    }


class _Clock:
    """Seconds that have passed in its blocks, and seconds that the processor worked for them.

    On a machine that does other work too, the second are what is taken when it does not.
    """

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.processor: list[float] = []

    def __enter__(self) -> None:
        self._at = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.wall.append(time.perf_counter() - self._at[0])
        self.processor.append(time.process_time() - self._at[1])


def _filters() -> dict[str, Filter]:
    first = np.datetime64("2009-01-01")

    def days(count: int) -> Filter:
        last = (first + count - 1).astype(object)
        return Filter(dates=(DateRange(first.astype(object), last),))

    return {
        "everything": Filter(),
        "half": days(DAYS // 2),
        "5 %": days(DAYS // 20),
        "1 %": days(DAYS // 100),
        "0.1 %": days(DAYS // 1000),
    }


def _query(kind: str, number: int, queries: Vectors) -> Query:
    if kind == "text":
        return Query.of(str(number))
    return Query(parts=(), pictures=(QueryPicture(queries[number]),))


def _scores(path: Path, number: int) -> Vectors:
    """What the photos score for a query; mapped for a moment only, as it is no part of a search."""
    scores: Vectors = np.array(np.load(path.with_suffix(".scores.npy"), mmap_mode="r")[number])
    return scores


def _best(scores: Vectors) -> NDArray[np.int64]:
    best = np.argpartition(-scores, K)[:K]
    return best[np.isfinite(scores[best])] + 1


def _count_all_as_there() -> None:
    from retrieval.search.hits import ExistingFiles

    setattr(ExistingFiles, "has", lambda self, path: True)  # noqa: B010


def _most(library: Library) -> int:
    return int(library.searchable_ids()[-1])


def _unit(rows: NDArray[Any]) -> Vectors:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return round(time.perf_counter() - started, 4)


def _middle(seconds: list[float]) -> float:
    return round(1000 * float(np.median(seconds)), 1)


def _memory(name: str) -> int:
    """Megabytes of this process, ``VmRSS`` or ``VmHWM``, as Linux tells them."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(f"{name}:"))


def _step(name: str, path: Path, dim: int) -> dict[str, Any]:
    """One step in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "tests.benchmarks.million_photos", "--step", name]
    command += ["--dim", str(dim), "--folder", str(path.parent), "--json"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def run(folder: Path, photos: int, dim: int) -> dict[str, Any]:
    """All steps; those whose result is there already are left out."""
    path = folder / "library.db"
    result: dict[str, Any] = {"photos": photos, "dim": dim}
    if not path.with_suffix(".scores.npy").exists():
        make(path, photos, dim)
    if not path.with_suffix(".faiss").exists():
        result["index"] = _step("index", path, dim)
    result["ask"] = _step("ask", path, dim)
    result["add"] = _step("add", path, dim)
    return result


def main() -> None:
    """Make, index, ask and add; print what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--step", choices=("index", "ask", "add"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "library.db"
        if arguments.step == "index":
            result = index(path)
        elif arguments.step == "add":
            result = add(path, arguments.dim)
        elif arguments.step == "ask":
            result = ask(path, Path(temporary))
        else:
            result = run(folder, arguments.photos, arguments.dim)
    if arguments.json:
        print(json.dumps(result))
        return
    for step in ("index", "add", "ask"):
        figures = {k: v for k, v in result.get(step, {}).items() if not isinstance(v, dict)}
        print(f"{step:6}", "  ".join(f"{name} {value}" for name, value in figures.items()))
    print("flat  ", result["ask"]["flat"])
    print(f"{'':31}bare ms      searcher ms   recall@30")
    print(f"{'filter':11}{'photos':>10}  query    wall   cpu    wall   cpu    bare  searcher")
    for name in _filters():
        figures = result["ask"][name]
        for kind in ("picture", "text"):
            one = figures[kind]
            print(
                f"{name:11}{figures['photos']:10,}  {kind:8}"
                f"{one['bare_ms']:5.1f}{one['bare_cpu_ms']:6.1f}"
                f"{one['searcher_ms']:8.1f}{one['searcher_cpu_ms']:6.1f}"
                f"{one['recall']:8.4f}{one['searcher_recall']:8.4f}"
            )


if __name__ == "__main__":
    main()
