"""One suite for all engines behind ``VectorIndex``, then what only a server can do wrong.

The server is a real one on this machine. It is started once for all tests of this file.
"""

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.cli.main import run
from retrieval.errors import (
    VectorIndexBehind,
    VectorServerAway,
    VectorServerError,
    VectorServerRefused,
)
from retrieval.library import Library
from retrieval.vectors import VectorIndex, open_index, save_index
from retrieval.vectors import milvus_collection as bounds
from retrieval.vectors.faiss_index import FaissIndex
from retrieval.vectors.milvus_address import MilvusAddress
from retrieval.vectors.milvus_collection import MilvusCollection
from retrieval.vectors.milvus_index import MAX_RANGES, MilvusIndex, covering
from tests.support.fake_encoder import ColourEncoder
from tests.support.milvus_server import RealMilvus
from tests.support.pictures import paint
from tests.support.vector_library import clustered, put_vectors

DIM = 24
COUNT = 600
Opener = Callable[..., VectorIndex]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealMilvus]:
    server = RealMilvus(tmp_path_factory.mktemp("milvus"))
    yield server
    server.remove()


class LiteCollection(MilvusCollection):
    """A file of milvus-lite, which does not tell a collection's description."""

    def owner(self) -> str | None:
        if super().owner() is None:
            return None
        stamp = self.stamp()
        return stamp.uid if stamp else ""


@pytest.fixture
def collection(server: RealMilvus) -> Iterator[MilvusCollection]:
    """An empty place on the server."""
    name = f"c{time.monotonic_ns()}"
    collection = MilvusCollection(MilvusAddress(server.uri, name))
    yield collection
    with contextlib.suppress(VectorServerError):
        collection.drop()


@pytest.fixture
def rows() -> np.ndarray:
    """Vectors in clusters; the first 60 are the same one."""
    rows = clustered(COUNT, DIM, clusters=20)
    rows[:60] = rows[0]
    return rows


@pytest.fixture
def filled(library: Library, rows: np.ndarray) -> Library:
    put_vectors(library, rows)
    return library


def milvus_over(collection: MilvusCollection, library: Library, **options: Any) -> MilvusIndex:
    index = MilvusIndex(collection, **{"small_subset": 0, **options})
    index.sync(library)
    return index


@pytest.fixture(params=["faiss", "milvus", "milvus-lite"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], VectorIndex]]:
    """Opens another index, as another process would, over the same file or collection."""
    if request.param == "faiss":
        yield lambda: FaissIndex(tmp_path / "index.faiss")
    elif request.param == "milvus":
        collection = request.getfixturevalue("collection")
        yield lambda: MilvusIndex(MilvusCollection(collection.address), small_subset=0)
    else:
        collection = LiteCollection(MilvusAddress(str(tmp_path / "lite.db"), "photos"))
        yield lambda: MilvusIndex(collection, small_subset=0)
        collection.close()


def agree(
    index: VectorIndex, library: Library, query: np.ndarray, k: int, allowed: Any = None
) -> list[int]:
    """The ids that an engine finds, which are those of comparing with every vector.

    Photos whose scores differ by less than single precision can tell may change places.
    """
    ids = library.searchable_ids()
    if allowed is not None:
        ids = np.intersect1d(ids, allowed)
    scores = library.vectors(ids.tolist()) @ query
    order = np.lexsort((ids, -scores))[:k]
    found, told = index.search(query, k, allowed)[0]
    assert len(set(found.tolist())) == len(found) == len(order)
    assert np.isin(found, ids).all()
    assert np.allclose(told, scores[order], atol=2e-6)
    assert np.allclose(told, library.vectors(found.tolist()) @ query, atol=2e-6)
    ties = found[:-1] > found[1:]
    assert not (ties & (told[:-1] == told[1:])).any()
    return found.tolist()


# -- what every engine does ------------------------------------------------------------------


def test_answers_filters_and_ties_are_those_of_comparing_everything(
    engine: Callable[[], VectorIndex], filled: Library, rows: np.ndarray
) -> None:
    index = engine()
    assert index.sync(filled) == COUNT
    assert index.save()
    assert index.state(filled) == "fresh"
    index = engine()
    index.sync(filled)
    ids = filled.searchable_ids()
    assert index.ids().tolist() == ids.tolist()
    random = np.random.default_rng(3)
    for query, k in ((rows[300], 30), (rows[450], 400), (rows[0], 7)):
        for allowed in (
            None,
            ids[100:500],
            ids[::2],
            np.sort(random.choice(ids, 15, replace=False)),
            np.asarray([*ids[5:50], 10_000_000]),
            ids[:0],
        ):
            agree(index, filled, query, k, allowed)
    assert index.search(rows[0], 3)[0][0].tolist() == ids[:3].tolist()
    two = index.search(rows[[300, 450]], 5)
    assert [one[0].tolist() for one in two] == [
        agree(index, filled, rows[number], 5) for number in (300, 450)
    ]
    assert np.array_equal(index.vectors(ids[[3, 1]]), rows[[3, 1]])
    mean, covariance = index.statistics()
    assert np.allclose(mean, rows.mean(axis=0), atol=1e-5)
    assert np.allclose(covariance, np.cov(rows.T), atol=1e-4)


def test_it_follows_the_library_before_and_after_it_is_saved(
    engine: Callable[[], VectorIndex], filled: Library, rows: np.ndarray
) -> None:
    index = engine()
    index.sync(filled)
    index.save()
    ids = filled.searchable_ids()
    query = rows[350]
    new = put_vectors(filled, query[None], first=COUNT)
    filled.remove_photos([int(ids[350])])
    filled.set_hidden(int(ids[3]), True)
    with Library.read(filled.path) as reader:
        other = engine()
        other.sync(reader)
        assert other.state(reader) == "stale"
        for one in (index, other):
            one.sync(reader)
            assert agree(one, filled, query, 400)[0] == new[0]
            assert one.search(rows[0], 4)[0][0].tolist() == ids[[0, 1, 2, 4]].tolist()
    filled.set_hidden(int(ids[3]), False)
    index.sync(filled)
    assert index.save()
    assert index.state(filled) == "fresh"
    other = engine()
    other.sync(filled)
    agree(other, filled, query, 400)
    assert index.sync(filled) == 0


def test_another_encoder_makes_all_old(
    engine: Callable[[], VectorIndex], filled: Library, rows: np.ndarray
) -> None:
    index = engine()
    index.sync(filled)
    index.save()
    filled.set_encoder("other", "other", 8)
    put_vectors(filled, clustered(300, 8), first=COUNT)
    filled.set_encoder("other", "other", 8)
    index.sync(filled)
    assert index.save()
    assert len(index) == 300
    query = filled.vectors(filled.searchable_ids()[:1].tolist())[0]
    agree(index, filled, query, 9)


# -- what only a server does -----------------------------------------------------------------


def test_only_the_difference_is_sent_and_an_interrupted_filling_goes_on(
    collection: MilvusCollection,
    filled: Library,
    rows: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[int] = []
    real = MilvusCollection.upsert

    def upsert(self: MilvusCollection, ids: Any, vectors: Any) -> None:
        if sent and sent[-1] < 0:
            raise KeyboardInterrupt
        real(self, ids, vectors)
        sent.append(len(ids))

    monkeypatch.setattr(MilvusCollection, "upsert", upsert)
    monkeypatch.setattr("retrieval.vectors.milvus_index._READ_AT_ONCE", 200)
    index = milvus_over(collection, filled)
    sent.append(-1)
    with pytest.raises(KeyboardInterrupt):
        index.save()
    sent.clear()
    real(collection, filled.searchable_ids()[:200], rows[:200])
    assert index.state(filled) == "stale"
    # What is missing is compared here meanwhile.
    agree(index, filled, rows[350], 9)
    assert index.save()
    assert sent == [200, 200]
    assert index.state(filled) == "fresh"
    sent.clear()
    put_vectors(filled, rows[[5]], first=COUNT)
    index.sync(filled)
    assert index.save()
    assert index.save()
    assert sent == [1]


def test_the_collection_of_another_is_left_untouched(
    collection: MilvusCollection, filled: Library, rows: np.ndarray, tmp_path: Path
) -> None:
    milvus_over(collection, filled).save()
    with Library.open(tmp_path / "second.db", create=True) as second:
        put_vectors(second, rows[:9])
        index = milvus_over(collection, second)
        for act in (index.save, lambda: index.check(second), lambda: index.state(second)):
            with pytest.raises(VectorServerRefused, match="belongs to another library"):
                act()
        with pytest.raises(VectorServerRefused, match="choose another name"):
            index.search(rows[0], 3)
    assert milvus_over(collection, filled).state(filled) == "fresh"


def test_what_others_do_to_the_collection_is_noticed(
    collection: MilvusCollection, filled: Library, rows: np.ndarray
) -> None:
    index = milvus_over(collection, filled)
    index.save()
    index.search(rows[0], 3)
    ids = filled.searchable_ids()
    collection.delete(ids[500:580])
    for one in (index, milvus_over(collection, filled)):
        agree(one, filled, rows[550], 9)
    assert index.state(filled) == "stale"
    assert index.save()
    assert index.state(filled) == "fresh"
    collection.drop()
    assert index.state(filled) == "missing"
    with pytest.raises(VectorIndexBehind, match="photopal index"):
        index.search(rows[0], 3)
    assert index.save()
    agree(index, filled, rows[550], 9)


def test_many_photos_get_an_approximate_index(
    collection: MilvusCollection, filled: Library, rows: np.ndarray
) -> None:
    milvus_over(collection, filled).save()
    index = milvus_over(collection, filled, exact_up_to=300)
    assert index.save()
    assert collection.kind()[0] == "IVF_FLAT"
    # As a process leaves it that is ended while the index is made.
    with collection._errors() as client:
        client.release_collection(collection.address.collection)
        client.drop_index(collection.address.collection, index_name="vector")
    assert index.save()
    assert collection.kind()[0] == "IVF_FLAT"
    assert index.kind(filled).startswith("Milvus, approximate")
    found, ids = 0, filled.searchable_ids()
    for number in range(60, COUNT, 40):
        best = index.search(rows[number], 30)[0][0]
        true = ids[np.argsort(-(rows @ rows[number]))[:30]]
        found += len(np.intersect1d(best, true))
        agree(index, filled, rows[number], 9, ids[number - 40 : number + 10])
    assert found >= 0.97 * 30 * len(range(60, COUNT, 40))


# -- addresses and expressions ---------------------------------------------------------------


def test_an_address_never_shows_its_token() -> None:
    address = MilvusAddress.parse("https://ann:s%40cret@host/photos", "other")
    assert (str(address), address.token) == ("https://host:19530/photos", "ann:s@cret")
    assert "cret" not in repr(address)
    assert MilvusAddress.parse("http://host:1/photos", "other").token == "other"
    for wrong in ("host/x", "ftp://s3cret@host/x", "http://s3cret@host", "http://s3cret@host:x/y"):
        with pytest.raises(VectorServerRefused) as told:
            MilvusAddress.parse(wrong)
        assert "s3cret" not in str(told.value)


def test_ranges_let_all_that_is_wanted_in_and_few_others() -> None:
    random = np.random.default_rng(0)
    rows = np.unique(random.integers(1, 900, 400))
    for count in (1, 2, 40, 150, len(rows)):
        wanted = np.sort(random.choice(rows, count, replace=False))
        text, let_in = covering(wanted, rows)
        assert text.count(">=") <= MAX_RANGES
        inside = [one for one in rows.tolist() if not text or _passes(text, one)]
        assert set(wanted.tolist()) <= set(inside)
        assert let_in == len(inside)
    assert covering(rows[10:20], rows) == (f"(id >= {rows[10]} and id <= {rows[19]})", 10)


def _passes(text: str, number: int) -> bool:
    return bool(eval(text, {"id": number}))


def test_a_server_that_takes_connections_and_says_nothing_is_given_up_soon(
    filled: Library, rows: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "CONNECT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        index = MilvusIndex(
            MilvusCollection(MilvusAddress.parse(f"http://s3cret@127.0.0.1:{port}/x")),
            small_subset=0,
        )
        assert index.sync(filled) == COUNT
        with pytest.raises(VectorServerAway, match="does not answer") as told:
            index.search(rows[0], 3)
        assert "s3cret" not in str(told.value)
        assert isinstance(save_index(index), VectorServerAway)


# -- through the command ---------------------------------------------------------------------


def test_a_server_chosen_lost_and_found_again(
    server: RealMilvus,
    collection: MilvusCollection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Last in the file: the server is stopped and started again."""
    monkeypatch.setattr("retrieval.encoders.load_encoder", lambda name: ColourEncoder(str(name)))
    monkeypatch.setattr(bounds, "CONNECT_SECONDS", 2.0)
    monkeypatch.setattr("retrieval.vectors.milvus_index.SMALL_SUBSET", 0)
    monkeypatch.setattr(
        MilvusIndex.__init__, "__kwdefaults__", {"exact_up_to": 200_000, "small_subset": 0}
    )
    address = str(collection.address)

    def photopal(*arguments: str | Path) -> tuple[int, dict[str, Any], str]:
        status = run([*map(str, arguments), "--json"])
        said = capsys.readouterr()
        return status, json.loads(said.out) if said.out.strip() else {}, said.err

    def found(text: str, *more: str) -> list[str]:
        status, answer, said = photopal("search", text, *more)
        assert status == 0, said
        return [Path(hit["path"]).stem for hit in answer["results"]]

    folder = tmp_path / "photos"
    for seed, colour in enumerate(("red", "green", "blue", "yellow")):
        paint(folder / f"{colour}.png", colour, seed=seed)
    status, _, said = photopal("index", folder, "--vectors", "http://s3cret@127.0.0.1:9/x")
    assert status == 1 and "does not answer" in said and "s3cret" not in said
    status, report, said = photopal("index", folder, "--vectors", address)
    assert (status, report["indexed"], report["index_behind"]) == (0, 4, None), said
    assert said == ""
    index = photopal("status")[1]["index"]
    assert (index["state"], index["server"], index["vectors"]) == ("fresh", address, 4)
    on_server = found("red")
    assert on_server[0] == "red"
    monkeypatch.setenv("PHOTOPAL_VECTORS", "local")
    assert found("red") == on_server
    monkeypatch.delenv("PHOTOPAL_VECTORS")

    server.stop()
    paint(folder / "orange.png", "orange")
    status, report, said = photopal("index")
    assert (status, report["indexed"]) == (1, 1)
    assert address.rpartition("/")[0] in report["index_behind"] and "all is in the library" in said
    status, _, said = photopal("search", "red")
    assert status == 1 and "does not answer" in said and "PHOTOPAL_VECTORS=local" in said
    assert "Traceback" not in said
    index = photopal("status")[1]["index"]
    assert index["state"] == "away" and "does not answer" in index["reason"]
    monkeypatch.setenv("PHOTOPAL_VECTORS", "local")
    assert found("orange", "-k", "1") == ["orange"]
    monkeypatch.delenv("PHOTOPAL_VECTORS")

    server.start()
    # It says that it is well before it has loaded its collections.
    end = time.monotonic() + 90
    while photopal("search", "orange")[0] and time.monotonic() < end:
        time.sleep(0.2)
    assert found("orange", "-k", "1") == ["orange"]
    assert photopal("status")[1]["index"]["state"] == "stale"
    status, report, said = photopal("index")
    assert (status, report["index_behind"]) == (0, None), said
    assert photopal("status")[1]["index"]["vectors"] == 5
    assert found("red") == on_server[:1] + found("red")[1:]
    status, _, said = photopal("index", "--vectors", "local")
    assert status == 0 and address in said
    assert photopal("status")[1]["index"]["state"] == "fresh"
    assert photopal("status")[1]["index"]["server"] is None
    with Library.read(tmp_path / "home" / "library.db") as library:
        assert isinstance(open_index(library), FaissIndex)
