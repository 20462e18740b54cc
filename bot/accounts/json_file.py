"""A small JSON file that several processes read and change: whole, private, of a known version."""

import contextlib
import json
import threading
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from bot.errors import AccountError
from retrieval.files import PRIVATE, write_text
from retrieval.paths import make_private_folder

LOCK_SECONDS = 10.0

Content = dict[str, Any]


class JsonFile:
    """One JSON object in a file that only this user can read. Safe to use from several threads.

    Reading costs a look at the file's date where nothing changed, so it may be done at every
    request. What another process wrote is seen with the next reading.
    """

    def __init__(self, path: Path, kind: str, version: int = 1) -> None:
        """Nothing is read yet.

        Args:
            path: of the file; none is an empty object.
            kind: what it holds, for messages.
            version: of its shape; a file of a later one is refused.
        """
        self.path = path
        self.kind = kind
        self.version = version
        self._guard = threading.Lock()
        self._seen: tuple[tuple[int, int, int] | None, Content] | None = None

    def read(self) -> Content:
        """What the file holds now; do not change it.

        Raises:
            AccountError: it cannot be read, is damaged, or was written by a newer version.
        """
        with self._guard:
            identity = self._identity()
            if self._seen is None or self._seen[0] != identity:
                self._seen = identity, self._load() if identity is not None else {}
            return self._seen[1]

    @contextlib.contextmanager
    def changing(self) -> Iterator[Content]:
        """What the file holds, to be changed; it is written when the block ends well.

        Raises:
            AccountError: as :meth:`read`, or it cannot be written.
        """
        try:
            make_private_folder(self.path.parent)
            lock = self.path.with_name(f".{self.path.name}.lock")
            with FileLock(lock, timeout=LOCK_SECONDS, mode=PRIVATE):
                content = deepcopy(self.read())
                yield content
                text = json.dumps(
                    {"version": self.version, **content}, ensure_ascii=False, indent=1
                )
                write_text(self.path, text + "\n", mode=PRIVATE)
        except Timeout as error:
            raise AccountError(
                f"another process is changing {self.path}: try again in a moment"
            ) from error
        except OSError as error:
            raise AccountError(f"cannot write {self.path}: {error.strerror or error}") from error

    def _identity(self) -> tuple[int, int, int] | None:
        """Changes whenever the file is replaced; None where there is none."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise AccountError(f"cannot read {self.path}: {error.strerror or error}") from error
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _load(self) -> Content:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise AccountError(f"cannot read {self.path}: {error.strerror or error}") from error
        except ValueError as error:
            raise AccountError(
                f"{self.path} does not hold {self.kind} (it is no JSON): put back a copy of it"
            ) from error
        version = content.pop("version", None) if isinstance(content, dict) else None
        if type(version) is not int:
            raise AccountError(f"{self.path} does not hold {self.kind}: put back a copy of it")
        if version > self.version:
            raise AccountError(
                f"{self.path} was written by a newer version of Photopal: upgrade Photopal; the "
                "file is left untouched"
            )
        return dict(content)
