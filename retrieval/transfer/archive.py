"""Read the files of an export, from a folder or a .zip, that anybody may have made."""

import contextlib
import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

from retrieval.errors import ExportInvalid
from retrieval.library.schema import latest_version
from retrieval.transfer.manifest import (
    MANIFEST,
    MAX_LINE,
    MAX_MANIFEST_BYTES,
    ExportedFile,
    Manifest,
)

MAX_VECTOR_FILE = 1 << 30
_BLOCK = 1 << 20
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)


class Archive:
    """The files of an export. Nothing is unpacked: only files that the manifest names are read."""

    def __init__(self, path: Path) -> None:
        """Use :meth:`open` instead."""
        self.path = path
        self._zip: zipfile.ZipFile | None = None
        with self._errors():
            if not path.is_dir():
                self._zip = zipfile.ZipFile(path)
            text = self._start(MANIFEST, MAX_MANIFEST_BYTES)
        try:
            with self._errors():
                self.manifest = Manifest.from_json(
                    text.decode("utf-8"), newest_schema=latest_version()
                )
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open an export and read its manifest.

        Raises:
            ExportInvalid: it is none, is cut off, or a newer version wrote it.
            OSError: it cannot be read.
        """
        return cls(Path(path).expanduser().absolute())

    def close(self) -> None:
        """Close the file."""
        if self._zip is not None:
            self._zip.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check(self) -> None:
        """Compare size and checksum of every file with what the manifest says.

        Raises:
            ExportInvalid: one of them differs, or is missing.
        """
        for name, told in self.manifest.files.items():
            checksum, size = hashlib.blake2b(digest_size=16), 0
            with self._errors(), self._file(name) as file:
                while block := file.read(_BLOCK):
                    checksum.update(block)
                    size += len(block)
                    if size > told.size:
                        break
            if size != told.size or checksum.hexdigest() != told.checksum:
                raise self.wrong(f"{name} in it is not what it was when it was written")

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a checked file."""
        with self._errors(), self._file(name) as file:
            while line := file.readline(MAX_LINE):
                yield line

    def content(self, name: str, told: ExportedFile) -> bytes:
        """A checked file of vectors."""
        if told.size > MAX_VECTOR_FILE:
            raise self.wrong(f"{name} in it is too large")
        with self._errors(), self._file(name) as file:
            return file.read(told.size)

    def _start(self, name: str, most: int) -> bytes:
        with self._file(name) as file:
            return file.read(most)

    def _file(self, name: str) -> IO[bytes]:
        if self._zip is None:
            return open(self.path / name, "rb")
        return self._zip.open(name)

    def wrong(self, what: str) -> ExportInvalid:
        """The error that says what is wrong with it."""
        return ExportInvalid(f"{self.path} cannot be taken in: {what}; nothing was changed")

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except ExportInvalid as error:
            raise self.wrong(str(error)) from error
        except (KeyError, FileNotFoundError) as error:
            if not self.path.exists():
                raise ExportInvalid(f"there is no {self.path}: check the path") from error
            raise self.wrong("it is no export of a library, or files of it are missing") from error
        except (*_DAMAGED, UnicodeDecodeError) as error:
            raise self.wrong("it is cut off or damaged, or no export of a library") from error
