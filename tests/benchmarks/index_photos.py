"""How fast an encoder loads and indexes a folder, and how much memory that takes.

python -m tests.benchmarks.index_photos DIR [--encoder starter]
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

from retrieval.encoders import load_encoder
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.search import Query, Searcher, SearchOptions


def main() -> None:
    """Print one JSON object: seconds to load, photos/s, milliseconds a query, peak megabytes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--encoder", default="starter")
    parser.add_argument("--queries", type=int, default=50)
    arguments = parser.parse_args()

    started = time.perf_counter()
    encoder = load_encoder(arguments.encoder)
    loaded = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        library = Library.open(Path(folder) / "library.db", create=True)
        report = index_folders(library, encoder, [arguments.folder])
        searcher = Searcher(library, encoder)
        searcher.search(Query.of("a dog on a beach"), SearchOptions(10))
        started = time.perf_counter()
        for number in range(arguments.queries):
            searcher.search(Query.of(f"a dog and {number} people on a beach"), SearchOptions(10))
        query = (time.perf_counter() - started) / arguments.queries
        library.close()
    print(
        json.dumps(
            {
                "load_seconds": round(loaded, 2),
                "indexed": report.indexed,
                "failed": len(report.failed),
                "photos_per_second": round(report.photos_per_second, 1),
                "query_milliseconds": round(1000 * query, 1),
                "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
