"""One collection of a Milvus server, with bounded waits and typed errors.

A photo is a row: ``id`` (the photo's), ``vector`` and an empty ``stamp``. One more row, with the id
:data:`STAMP_ID`, tells in ``stamp`` which state of which library the others were made from. It is
a row and no property of the collection, because servers before 2.4 forget properties when they
are restarted (milvus-io/milvus pull request 30145). Which library owns the collection stands in
its description, which is written once.

One shard keeps all rows in one order of time: who sees the stamp sees all that was written before.
"""

import contextlib
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from retrieval.errors import (
    VectorIndexBehind,
    VectorServerAway,
    VectorServerError,
    VectorServerRefused,
)
from retrieval.vectors.base import Ids, Ranking, Vectors
from retrieval.vectors.milvus_address import MilvusAddress

CONNECT_SECONDS = 5.0
"""The longest wait for a server to take a connection."""
ANSWER_SECONDS = 8.0
"""The longest wait for the answer to a search or a look-up."""
WRITE_SECONDS = 120.0
"""The longest wait for rows to be written, an index to be made or a collection to be loaded."""

MAX_LIMIT = 16_384
"""Rows that Milvus gives for one question at most."""
STAMP_ID = -1
_STAMP_LENGTH = 1_000
_OWNER = "Photopal library "
_ROWS_AT_ONCE = 1_000
_MISSING = (4, 100)
_NOT_LOADED = (101, 103)

Kind = Literal["FLAT", "IVF_FLAT"]
Consistency = Literal["Strong", "Eventually"]


@dataclass(frozen=True)
class ServerStamp:
    """What the rows of a collection were made from.

    Attributes:
        uid: of the library.
        fingerprint: of the encoder.
        change: the library's change number then.
        count: photos; -1 while the collection is being filled for the first time.
        written: the server's time of the last row before, which a reader waits for; 0: not known.
    """

    uid: str
    fingerprint: str
    change: int
    count: int
    written: int = 0


class MilvusCollection:
    """A collection that may be there or not; connects when it is first needed.

    Every method raises :class:`retrieval.errors.VectorServerAway` when the server does not answer
    in time, :class:`retrieval.errors.VectorServerRefused` when it wants another token, and
    :class:`retrieval.errors.VectorIndexBehind` when the collection is not there.
    """

    def __init__(self, address: MilvusAddress) -> None:
        """Nothing is sent yet."""
        self.address = address
        self._client: Any = None
        self._guard = threading.Lock()

    # -- the collection ----------------------------------------------------------------------

    def owner(self) -> str | None:
        """The uid of the library that made it; empty where that was none, None without one."""
        with self._errors() as client:
            if not client.has_collection(self.address.collection, timeout=ANSWER_SECONDS):
                return None
            about = client.describe_collection(self.address.collection, timeout=ANSWER_SECONDS)
            text = str(about.get("description", ""))
            return text.removeprefix(_OWNER) if text.startswith(_OWNER) else ""

    def create(self, uid: str, dim: int, kind: Kind, nlist: int) -> None:
        """Make it, empty and loaded.

        Args:
            uid: of the library that owns it.
            dim: of the vectors.
            kind: of the index.
            nlist: cells of an approximate index.
        """
        from pymilvus import DataType

        with self._errors() as client:
            schema = client.create_schema(
                auto_id=False, enable_dynamic_field=False, description=f"{_OWNER}{uid}"
            )
            schema.add_field("id", DataType.INT64, is_primary=True)
            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dim)
            schema.add_field("stamp", DataType.VARCHAR, max_length=_STAMP_LENGTH)
            client.create_collection(
                self.address.collection,
                schema=schema,
                index_params=_index_params(client, kind, nlist),
                num_shards=1,
                timeout=WRITE_SECONDS,
            )

    def load(self) -> None:
        """Have the server load it, unless it has."""
        from pymilvus.client.types import LoadState

        name = self.address.collection
        with self._errors() as client:
            if client.get_load_state(name, timeout=ANSWER_SECONDS)["state"] != LoadState.Loaded:
                client.load_collection(name, timeout=WRITE_SECONDS)

    def drop(self) -> None:
        """Take it away, with all that is in it."""
        with self._errors() as client:
            client.drop_collection(self.address.collection, timeout=WRITE_SECONDS)

    def dim(self) -> int:
        """Length of its vectors."""
        with self._errors() as client:
            about = client.describe_collection(self.address.collection, timeout=ANSWER_SECONDS)
        found = [one["params"]["dim"] for one in about["fields"] if one["name"] == "vector"]
        return int(found[0]) if found else 0

    def has_index(self) -> bool:
        """Whether it has one; without, it cannot be loaded."""
        with self._errors() as client:
            return bool(client.list_indexes(self.address.collection, timeout=ANSWER_SECONDS))

    def kind(self) -> tuple[Kind, int]:
        """The kind of its index, and the number of cells of an approximate one."""
        with self._errors() as client:
            about = client.describe_index(
                self.address.collection, index_name="vector", timeout=ANSWER_SECONDS
            )
        if about and about.get("index_type") == "IVF_FLAT":
            return "IVF_FLAT", int(about.get("nlist", 128))
        return "FLAT", 0

    def set_kind(self, kind: Kind, nlist: int) -> None:
        """Make an index of another kind over the same rows; no search is answered meanwhile."""
        name = self.address.collection
        with self._errors() as client:
            client.release_collection(name, timeout=WRITE_SECONDS)
            client.drop_index(name, index_name="vector", timeout=WRITE_SECONDS)
            client.create_index(
                name, index_params=_index_params(client, kind, nlist), timeout=WRITE_SECONDS
            )
            client.load_collection(name, timeout=WRITE_SECONDS)

    # -- rows --------------------------------------------------------------------------------

    def stamp(self, consistency: Consistency = "Strong") -> ServerStamp | None:
        """What its rows were made from; None where that was never told, or cannot be read.

        Args:
            consistency: ``Strong`` waits until all that was ever written can be seen, up to half
                a second; ``Eventually`` may give an earlier stamp.
        """
        rows = self._query(ids=[STAMP_ID], output_fields=["stamp"], consistency_level=consistency)
        try:
            return ServerStamp(**json.loads(rows[0]["stamp"])) if rows else None
        except (KeyError, TypeError, ValueError):
            return None

    def set_stamp(self, stamp: ServerStamp, dim: int) -> None:
        """Tell what the rows are made from now."""
        row = {
            "id": STAMP_ID,
            "vector": np.zeros(dim, np.float32),
            "stamp": json.dumps(asdict(stamp)),
        }
        with self._errors() as client:
            client.upsert(self.address.collection, [row], timeout=WRITE_SECONDS)

    def ids(self) -> Ids:
        """The ids of all photos in it, in growing order."""
        found: list[int] = []
        last = STAMP_ID
        while True:
            rows = self._query(
                filter=f"id > {last}",
                output_fields=["id"],
                limit=MAX_LIMIT,
                consistency_level="Strong",
            )
            some = [int(row["id"]) for row in rows]
            found += some
            if len(some) < MAX_LIMIT:
                return np.array(sorted(found), dtype=np.int64)
            last = max(some)

    def count(self, written: int) -> int:
        """Number of photos in it, with all that was written up to that time of the server."""
        rows = self._query(filter="id >= 0", output_fields=["count(*)"], **_since(written))
        return int(rows[0]["count(*)"])

    def upsert(self, ids: Ids, rows: Vectors) -> None:
        """Write photos with their vectors [n, dim]; those that are there are replaced."""
        for start in range(0, len(ids), _ROWS_AT_ONCE):
            some = slice(start, start + _ROWS_AT_ONCE)
            data = [
                {"id": int(photo_id), "vector": row, "stamp": ""}
                for photo_id, row in zip(ids[some], rows[some], strict=True)
            ]
            with self._errors() as client:
                client.upsert(self.address.collection, data, timeout=WRITE_SECONDS)

    def delete(self, ids: Ids) -> None:
        """Take photos out."""
        for start in range(0, len(ids), _ROWS_AT_ONCE):
            some = ids[start : start + _ROWS_AT_ONCE].tolist()
            with self._errors() as client:
                client.delete(self.address.collection, ids=some, timeout=WRITE_SECONDS)

    def last_written(self) -> int:
        """The server's time of the last row that this process wrote; 0 when it wrote none."""
        try:
            from pymilvus.client.cache import GlobalCache
        except ImportError:
            return 0
        endpoint = self.address.uri.partition("://")[2]
        known = GlobalCache.collection_ts.get(endpoint, "default", self.address.collection)
        return int(known or 0)

    def search(
        self, query: Vectors, limit: int, condition: str, written: int, nprobe: int
    ) -> Ranking:
        """The nearest rows of a query [dim], best first, the stamp's row perhaps among them.

        Args:
            query: unit vector.
            limit: how many, at most :data:`MAX_LIMIT`.
            condition: a boolean expression over ``id``; empty for all rows.
            written: all that was written up to this time of the server is seen.
            nprobe: cells of an approximate index that are looked into.
        """
        with self._errors() as client:
            (hits,) = client.search(
                self.address.collection,
                data=[query],
                anns_field="vector",
                filter=condition,
                limit=limit,
                search_params={"metric_type": "IP", "params": {"nprobe": nprobe}},
                timeout=ANSWER_SECONDS,
                **_since(written),
            )
            ids = np.fromiter((hit["id"] for hit in hits), np.int64, len(hits))
            scores = np.fromiter((hit["distance"] for hit in hits), np.float32, len(hits))
        return ids, scores

    # -- inside ------------------------------------------------------------------------------

    def _query(self, **asked: Any) -> list[dict[str, Any]]:
        with self._errors() as client:
            found = client.query(self.address.collection, timeout=ANSWER_SECONDS, **asked)
            return list(found)

    def _connected(self) -> Any:
        with self._guard:
            if self._client is None:
                self._client = _pymilvus().MilvusClient(
                    uri=self.address.uri, token=self.address.token, timeout=CONNECT_SECONDS
                )
            return self._client

    def close(self) -> None:
        """End the connection; the next question makes another one."""
        with self._guard:
            client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.close()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[Any]:
        """The client; whatever it raises becomes an error of ours."""
        milvus = _pymilvus()
        import grpc

        try:
            yield self._connected()
        except milvus.MilvusException as error:
            raise self._typed(error.code, str(error.message), error) from error
        except (grpc.RpcError, grpc.FutureTimeoutError, OSError) as error:
            raise self._typed(-1, str(error), error) from error

    def _typed(self, code: int, said: str, error: Exception) -> VectorServerError:
        text = said.casefold()
        if code in _MISSING or "can't find collection" in text or "collection not found" in text:
            return VectorIndexBehind(
                f"the collection {self.address} is not there: make it with photopal index"
            )
        if code in _NOT_LOADED or "not loaded" in text:
            return VectorIndexBehind(
                f"the collection {self.address} is not loaded: photopal index loads it"
            )
        if "auth" in text or "permission" in text:
            return VectorServerRefused(
                f"the vector server {self.address.uri} wants another token or user: set "
                "PHOTOPAL_MILVUS_TOKEN, a token or user:password"
            )
        # A broken connection is not used again: the server may be another one next time.
        self.close()
        return VectorServerAway(
            f"the vector server {self.address.uri} does not answer ({_reason(said, error)}): "
            "start it, or search in this machine's memory with PHOTOPAL_VECTORS=local"
        )


def _index_params(client: Any, kind: Kind, nlist: int) -> Any:
    params = client.prepare_index_params()
    more = {"params": {"nlist": nlist}} if kind == "IVF_FLAT" else {}
    params.add_index("vector", index_name="vector", index_type=kind, metric_type="IP", **more)
    return params


def _since(written: int) -> dict[str, Any]:
    """Parameters of a question that has to see all that was written up to this time.

    With the time of the write itself the server need not wait: asking for "all that is there
    now" (``Strong``) costs it 200 to 400 ms a question.
    """
    if written:
        return {"consistency_level": "Customized", "guarantee_timestamp": written}
    return {"consistency_level": "Strong"}


def _pymilvus() -> Any:
    """The package, loaded when first needed; it logs every error that we raise ourselves."""
    try:
        import pymilvus
    except ImportError as error:
        raise VectorServerError(
            "a Milvus server needs one more package: pip install 'photopal[milvus]'"
        ) from error
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL + 1)
    return pymilvus


def _reason(said: str, error: Exception) -> str:
    """The first words of what the client says, which may be a whole traceback."""
    code = getattr(error, "code", None)
    if callable(code):
        return str(code().name).replace("_", " ").casefold()
    first = next((line.strip() for line in said.splitlines() if line.strip()), "")
    return (first or type(error).__name__)[:120].rstrip(" :,.")
