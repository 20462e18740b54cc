"""FAISS and a Milvus server over one library: equal answers, milliseconds a query.

python -m tests.benchmarks.vector_engines [--photos 20000] [--dim 512] [--server URL]

Without ``--server``, a server of the package ``milvus`` is started and removed again.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from retrieval.library import Library
from retrieval.vectors import VectorIndex
from retrieval.vectors.faiss_index import FaissIndex
from retrieval.vectors.milvus_address import MilvusAddress
from retrieval.vectors.milvus_collection import MilvusCollection
from retrieval.vectors.milvus_index import MilvusIndex
from tests.support.milvus_server import RealMilvus
from tests.support.vector_library import clustered, put_vectors


def main() -> None:
    """Print a table: what is searched, both engines' milliseconds, how many answers differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=20_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--queries", type=int, default=30)
    parser.add_argument("-k", type=int, default=30)
    parser.add_argument("--server", help="of a server that runs already")
    parser.add_argument("--exact-up-to", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, help="where temporary files may lie")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        server = None if arguments.server else RealMilvus(Path(folder) / "milvus")
        try:
            _compare(arguments, Path(folder), arguments.server or server.uri)
        finally:
            if server is not None:
                server.remove()


def _compare(arguments: argparse.Namespace, folder: Path, uri: str) -> None:
    rows = clustered(arguments.photos, arguments.dim)
    random = np.random.default_rng(1)
    noise = random.normal(size=(arguments.queries, arguments.dim)).astype(np.float32)
    queries = rows[random.integers(len(rows), size=arguments.queries)] + 0.03 * noise
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    collection = MilvusCollection(MilvusAddress.parse(f"{uri}/vector_engines"))
    faiss = FaissIndex(folder / "library.faiss")
    milvus = MilvusIndex(collection, exact_up_to=arguments.exact_up_to)
    with Library.open(folder / "library.db", create=True) as library:
        put_vectors(library, rows)
        for name, index in (("FAISS", faiss), ("Milvus", milvus)):
            started = time.perf_counter()
            index.sync(library)
            index.save()
            print(
                f"{name}: filled in {time.perf_counter() - started:.1f} s, {index.state(library)}"
            )
        print(f"{len(rows):,} x {arguments.dim}, top {arguments.k}; {milvus.kind(library)}")
        print(
            f"{'searched':24} {'FAISS ms':>9} {'Milvus ms':>10} {'overlap':>8} {'same order':>11}"
        )
        ids = library.searchable_ids()
        neighbours = len(ids) // 100
        for name, allowed in (
            ("all", None),
            ("1 % here and there", np.sort(random.choice(ids, neighbours, replace=False))),
            ("1 % side by side", ids[5 * neighbours : 6 * neighbours]),
            ("10 % here and there", np.sort(random.choice(ids, 10 * neighbours, replace=False))),
            ("50 % here and there", np.sort(random.choice(ids, 50 * neighbours, replace=False))),
            ("50 % side by side", ids[20 * neighbours : 70 * neighbours]),
        ):
            _row(name, faiss, milvus, queries, arguments.k, allowed)
    collection.drop()


def _row(
    name: str,
    faiss: VectorIndex,
    milvus: VectorIndex,
    queries: np.ndarray,
    k: int,
    allowed: np.ndarray | None,
) -> None:
    """In turns, so that both see the same load of the machine."""
    times: tuple[list[float], list[float]] = [], []
    overlap, same = [], 0
    for query in queries:
        found = []
        for place, index in enumerate((faiss, milvus)):
            started = time.perf_counter()
            found.append(index.search(query[None], k, allowed)[0][0].tolist())
            times[place].append(1000 * (time.perf_counter() - started))
        overlap.append(len(set(found[0]) & set(found[1])) / max(1, len(found[0])))
        same += found[0] == found[1]
    medians = [float(np.median(one)) for one in times]
    print(
        f"{name:24} {medians[0]:9.1f} {medians[1]:10.1f} {np.mean(overlap):8.4f} "
        f"{same:6} of {len(queries)}"
    )


if __name__ == "__main__":
    main()
