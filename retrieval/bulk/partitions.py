"""What workers found out about some hundred files each, kept as Parquet until the library has it.

A partition file is written whole or not at all, so that whatever happens to a worker costs one
partition. One row is one file: what tells it from another that is put in its place later, the
hash of its content, its metadata and vector, or why it could not be read.
"""

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.files import replacing
from retrieval.indexing.reader import FileRead
from retrieval.paths import make_private_folder
from retrieval.photos.metadata import Metadata
from retrieval.photos.remote import path_from
from retrieval.photos.scan import ScannedFile

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = "1"
"""Of the columns; partition files of another version are left aside."""

_SUFFIX = ".parquet"


class Partitions:
    """The partition files of one encoder in a folder."""

    def __init__(self, folder: Path, fingerprint: str, dim: int) -> None:
        """Nothing is read or written yet.

        Args:
            folder: where they lie; made when the first one is written.
            fingerprint: of the encoder whose vectors they hold.
            dim: length of its vectors.
        """
        self.folder = folder
        self.fingerprint = fingerprint
        self.dim = dim

    def write(self, name: str, reads: Sequence[FileRead]) -> None:
        """Write a partition file; one of the same name is replaced.

        Raises:
            OSError: it cannot be written.
        """
        import pyarrow.parquet as parquet

        make_private_folder(self.folder)
        with replacing(self.folder / f"{name}{_SUFFIX}", mode=0o600) as temporary:
            parquet.write_table(self._table(reads), temporary, compression="zstd")

    def read(self, name: str) -> list[FileRead]:
        """The rows of a partition file; none when it is gone, damaged, or of another encoder."""
        import pyarrow as pa
        import pyarrow.parquet as parquet

        try:
            table = parquet.read_table(self.folder / f"{name}{_SUFFIX}", memory_map=False)
        except (OSError, pa.ArrowException):
            return []
        about = table.schema.metadata or {}
        if any(about.get(key) != value for key, value in self._about().items()):
            return []
        return list(self._reads(table))

    def names(self) -> list[str]:
        """Of all partition files in the folder, in the order of their names."""
        return sorted(path.stem for path in self.folder.glob(f"[!.]*{_SUFFIX}"))

    def clear(self) -> None:
        """Remove all partition files, and the folder when nothing else lies in it."""
        for path in self.folder.glob(f"*{_SUFFIX}*"):
            # Also what a worker that was killed had begun to write.
            path.unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    # -- rows ------------------------------------------------------------------------------

    def _about(self) -> Mapping[bytes, bytes]:
        return {b"photopal": VERSION.encode(), b"fingerprint": self.fingerprint.encode()}

    def _table(self, reads: Sequence[FileRead]) -> "pa.Table":
        import pyarrow as pa

        told = [read.metadata for read in reads]
        columns: dict[str, Any] = {
            # Names that are no valid text exist, so paths are bytes.
            "path": pa.array([os.fsencode(read.file.path) for read in reads], pa.binary()),
            "size": pa.array([read.file.size for read in reads], pa.int64()),
            "mtime_ns": pa.array([read.file.mtime_ns for read in reads], pa.int64()),
            "ctime_ns": pa.array([read.file.ctime_ns for read in reads], pa.int64()),
            "inode": pa.array([read.file.inode for read in reads], pa.uint64()),
            "content_hash": pa.array([read.content_hash for read in reads], pa.string()),
            "reason": pa.array([read.reason for read in reads], pa.string()),
            "remark": pa.array([read.remark for read in reads], pa.string()),
            "vector": pa.array([read.vector for read in reads], pa.list_(pa.float32())),
        }
        for name, kind in _metadata_columns().items():
            columns[name] = pa.array([getattr(one, name, None) for one in told], kind)
        return pa.table(columns).replace_schema_metadata(dict(self._about()))

    def _reads(self, table: "pa.Table") -> Iterator[FileRead]:
        column = table["vector"].combine_chunks()
        vectors = iter(column.flatten().to_numpy().reshape(-1, self.dim))
        present = column.is_valid().to_pylist()
        for row, has_vector in zip(table.drop(["vector"]).to_pylist(), present, strict=True):
            metadata = None
            if row["width"] is not None:
                metadata = Metadata(**{name: row[name] for name in _metadata_columns()})
            yield FileRead(
                ScannedFile(
                    path_from(os.fsdecode(row["path"])),
                    row["size"],
                    row["mtime_ns"],
                    ctime_ns=row["ctime_ns"],
                    inode=row["inode"],
                ),
                content_hash=row["content_hash"],
                metadata=metadata,
                reason=row["reason"],
                remark=row["remark"],
                vector=next(vectors).copy() if has_vector else None,
            )


def stamp(file: ScannedFile) -> tuple[object, ...]:
    """What tells a file from another that is put in its place."""
    return file.path, file.size, file.mtime_ns, file.ctime_ns, file.inode


def _metadata_columns() -> "dict[str, pa.DataType]":
    import pyarrow as pa

    kinds = {"width": pa.int32(), "height": pa.int32(), "orientation": pa.int8()}
    kinds |= {"latitude": pa.float64(), "longitude": pa.float64()}
    return {
        field.name: kinds.get(field.name, pa.string()) for field in dataclasses.fields(Metadata)
    }
