"""The base of :mod:`retrieval.vectors.clustered` on disk: written once, in one step, never changed.

``library.ivf/`` holds a folder for each base (one, but for the moment in which another takes its
place)::

    <token>/rows.npy        the vectors, 32-bit floats, in the order of the ids
    <token>/ids.npy         the photos' ids, in growing order
    <token>/statistics.npy  mean and covariance of a sample
    <token>/codes.faiss     FAISS's index
    <token>/base.json       whose it is, and size and CRC-32 of the files above

It is written under another name and renamed when it is whole, so that a killed process leaves what
was there before. A process that uses an old base keeps it until it ends, though its files are
deleted.

At start every file but the vectors is read and its checksum compared: FAISS trusts what it reads.
Of the vectors, the size is compared only, since two gigabytes would have to be read. A damaged one
changes the score of one photo and can do no other harm; :func:`is_whole` reads them all.
"""

import contextlib
import json
import os
import secrets
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.files import flush_file, flush_folder, write_text
from retrieval.library.lock import WriteLock
from retrieval.vectors.base import STATISTICS_SAMPLE, Ids, Vectors, mean_and_covariance
from retrieval.vectors.clustered import POINTS_PER_LIST, Base, lists_for, trained_codes
from retrieval.vectors.flat import load_faiss

BASE_FORMAT = 1

STAMP = "base.json"
_ROWS, _IDS, _STATISTICS, _CODES = "rows.npy", "ids.npy", "statistics.npy", "codes.faiss"
_PART = ".part"
_AT_ONCE = 20_000
_CHECKSUM_BLOCK = 1 << 22
_TRIES = 3


@dataclass(frozen=True)
class BaseStamp:
    """Whose base it is.

    Attributes:
        uid: of the library.
        fingerprint: of the encoder.
        change: the library's change number then.
        count: vectors.
        dim: their length.
        lists: of the IVF index.
        files: size in bytes and CRC-32 of each file, by name.
        format: of the folder.
    """

    uid: str
    fingerprint: str
    change: int
    count: int
    dim: int
    lists: int
    files: dict[str, tuple[int, int]]
    format: int = BASE_FORMAT


def base_folder(index: Path) -> Path:
    """Where the bases of an index lie."""
    return index.with_suffix(".ivf")


def stamps(folder: Path) -> dict[str, BaseStamp]:
    """The bases that are there, by their tokens, the newest first; unreadable ones left out."""
    found: dict[str, BaseStamp] = {}
    with contextlib.suppress(OSError):
        for path in folder.glob(f"*/{STAMP}"):
            with contextlib.suppress(OSError, TypeError, ValueError):
                stamp = BaseStamp(**json.loads(path.read_text(encoding="utf-8")))
                if stamp.format == BASE_FORMAT and path.parent.suffix != _PART:
                    found[path.parent.name] = stamp
    return dict(sorted(found.items(), key=lambda item: -item[1].change))


def open_base(folder: Path, uid: str, fingerprint: str, dim: int) -> tuple[Base, int] | None:
    """The newest base of a library that is whole, and the change number it was made at."""
    # Another process may put a newer one in the place of the one that is just being opened.
    for _ in range(_TRIES):
        own = {
            token: stamp
            for token, stamp in stamps(folder).items()
            if (stamp.uid, stamp.fingerprint, stamp.dim) == (uid, fingerprint, dim)
        }
        for token, stamp in own.items():
            base = _open(folder / token, stamp)
            if base is not None:
                return base, stamp.change
        if not own:
            return None
    return None


def _open(folder: Path, stamp: BaseStamp) -> Base | None:
    faiss = load_faiss()
    try:
        for name, (size, checksum) in stamp.files.items():
            path = folder / name
            if path.stat().st_size != size:
                return None
            if name != _ROWS and checksum_of(path) != checksum:
                return None
        ids: Ids = np.load(folder / _IDS)
        rows: Vectors = np.load(folder / _ROWS, mmap_mode="r")
        mean, *covariance = np.load(folder / _STATISTICS)
        codes = faiss.read_index(os.fspath(folder / _CODES))
    except (OSError, ValueError, TypeError, RuntimeError, MemoryError):
        return None
    shape = (stamp.count, stamp.dim)
    fits = ids.shape == shape[:1] and rows.shape == shape and rows.dtype == np.float32
    if not (fits and rows.flags.c_contiguous and (codes.ntotal, codes.d) == shape):
        return None
    return Base(ids, rows, codes, (mean, np.stack(covariance)), folder.name)


def write_base(
    folder: Path,
    owner: tuple[str, str, int],
    ids: Ids,
    vectors: Callable[[Ids], Vectors],
) -> None:
    """Make a base of all photos, and remove those that were there.

    Args:
        folder: of the bases.
        owner: the library's uid, the encoder's fingerprint, the change number.
        ids: of the photos, in growing order.
        vectors: gives vectors [n, dim] of photos; asked for some thousands at once.

    Raises:
        OSError, RuntimeError: it cannot be written; FAISS raises RuntimeError on a full disk.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder) as free:
        if not free:
            raise OSError(f"{folder} is being written by another process")
        _remove_all_but(folder, stamps(folder))
        token = f"{owner[2]}-{secrets.token_hex(4)}"
        part = folder / f"{token}{_PART}"
        part.mkdir(mode=0o700)
        try:
            stamp = _write(part, owner, ids, vectors)
            write_text(part / STAMP, json.dumps(asdict(stamp)), mode=0o600)
            os.rename(part, folder / token)
            flush_folder(folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        _remove_all_but(folder, [token])


def remove_bases(folder: Path) -> None:
    """Remove what is there, when a library has become small."""
    if folder.exists():
        with _alone(folder) as free:
            if free:
                _remove_all_but(folder, ())


def is_whole(folder: Path) -> bool:
    """Read every file of the newest base and compare its checksum; true where there is no base."""
    for token, stamp in stamps(folder).items():
        try:
            return all(
                (folder / token / name).stat().st_size == size
                and checksum_of(folder / token / name) == checksum
                for name, (size, checksum) in stamp.files.items()
            )
        except OSError:
            return False
    return True


def checksum_of(path: Path) -> int:
    """CRC-32 of a file."""
    checksum = 0
    with open(path, "rb") as file:
        while block := file.read(_CHECKSUM_BLOCK):
            checksum = zlib.crc32(block, checksum)
    return checksum


def _write(
    part: Path, owner: tuple[str, str, int], ids: Ids, vectors: Callable[[Ids], Vectors]
) -> BaseStamp:
    generator = np.random.default_rng(0)
    sample = vectors(ids[_sample(generator, len(ids), POINTS_PER_LIST * lists_for(len(ids)))])
    dim = sample.shape[1]
    codes = trained_codes(sample, lists_for(len(ids)))
    # Written, not mapped, so that the pages do not count as this process's memory.
    with open(part / _ROWS, "wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (len(ids), dim)}
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(ids), _AT_ONCE):
            rows = np.ascontiguousarray(vectors(ids[start : start + _AT_ONCE]), dtype="<f4")
            file.write(rows.data)
            codes.add(rows)
    np.save(part / _IDS, ids)
    load_faiss().write_index(codes, os.fspath(part / _CODES))
    chosen = ids[_sample(generator, len(ids), STATISTICS_SAMPLE)]
    mean, covariance = mean_and_covariance(vectors(chosen))
    np.save(part / _STATISTICS, np.concatenate([mean[None], covariance]))
    files: dict[str, tuple[int, int]] = {}
    for name in (_ROWS, _IDS, _STATISTICS, _CODES):
        path = part / name
        path.chmod(0o600)
        flush_file(path)
        files[name] = path.stat().st_size, checksum_of(path)
    return BaseStamp(*owner, len(ids), dim, int(codes.nlist), files)


def _sample(generator: np.random.Generator, count: int, size: int) -> Any:
    """Places of some of so many photos, in growing order; always the same ones."""
    return np.sort(generator.choice(count, min(count, size), replace=False))


def _remove_all_but(folder: Path, tokens: Iterable[str]) -> None:
    kept = set(tokens)
    for path in folder.iterdir():
        if path.is_dir() and path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Hold the lock under which bases are written and removed; false where another does."""
    lock = WriteLock(folder / "lock")
    free = lock.acquire()
    try:
        yield free
    finally:
        lock.release()
