"""Puts a data set together, with a hash of all that it holds."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from training.bench.base import BenchDataset, BenchPhoto, BenchQuery, Missing
from training.errors import DatasetInvalid


def assembled(
    name: str,
    photos: Sequence[BenchPhoto],
    queries: Sequence[BenchQuery],
    relevant: Mapping[str, Mapping[str, int]],
    missing: Iterable[Missing] = (),
    protocol: str = "",
) -> BenchDataset:
    """The data set of these parts, with its content hash.

    Raises:
        DatasetInvalid: an id is used twice, a query has nothing that is right, or there is no
            query or no photo at all.
    """
    if not photos:
        raise DatasetInvalid(f"{name}: no photo to rank")
    if not queries:
        raise DatasetInvalid(f"{name}: no query")
    for what, ids in (("photo", [p.id for p in photos]), ("query", [q.id for q in queries])):
        if len(set(ids)) < len(ids):
            twice = next(one for place, one in enumerate(ids) if one in ids[:place])
            raise DatasetInvalid(f"{name}: the {what} {twice} is there twice")
    for query in queries:
        if not relevant.get(query.id):
            raise DatasetInvalid(f"{name}: no photo is right for the query {query.id}")
    dataset = BenchDataset(
        name, tuple(photos), tuple(queries), relevant, tuple(missing), protocol=protocol
    )
    return replace(dataset, content_hash=hash_of(dataset))


def hash_of(dataset: BenchDataset) -> str:
    """Hash (32 hex digits) of a data set.

    It covers names, captions, texts, relevance and all else that the data set holds, and of each
    photo the size of its file. It does not read the photos: one that is changed and has the same
    name and the same number of bytes goes unnoticed.
    """
    digest = hashlib.blake2b(digest_size=16)

    def add(*values: Any) -> None:
        digest.update(json.dumps(values, ensure_ascii=True).encode() + b"\n")

    pools: dict[frozenset[str] | None, int] = {None: 0}
    add(dataset.name, dataset.protocol)
    for photo in dataset.photos:
        add(*_photo(photo))
    for query in dataset.queries:
        if query.pool not in pools:
            # Thousands of queries share a pool: it is written once.
            pools[query.pool] = len(pools)
            add(sorted(query.pool or ()))
        add(
            query.id,
            query.text,
            _photo(query.photo) if query.photo is not None else None,
            query.minus,
            query.kind,
            repr(query.asked) if query.asked is not None else None,
            sorted(query.excluded),
            pools[query.pool],
            sorted(dataset.relevant.get(query.id, {}).items()),
        )
    for one in dataset.missing:
        add(one.name, one.reason)
    return digest.hexdigest()


def _photo(photo: BenchPhoto) -> tuple[str, int, tuple[str, ...]]:
    return photo.id, _size(photo.path), photo.captions


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
