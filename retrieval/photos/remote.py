"""Photos in object storage: paths such as ``s3://bucket/2024/beach.jpg`` that can be read.

Whatever fsspec knows can be named: ``s3://`` (needs s3fs), ``gs://`` (gcsfs), ``abfs://`` (adlfs)
and so on. Keys, region and endpoint come from where the client of that storage looks for them,
for S3 from ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_ENDPOINT_URL`` or
``~/.aws``; none of them is ever stored.
"""

import os
import re
import stat
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from retrieval.errors import FolderNotFound, StorageError

if TYPE_CHECKING:
    _Path = Path
else:
    _Path = type(Path())

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_LOCAL = frozenset({"file", "local"})
_ETAGS = ("ETag", "etag", "md5Hash", "content_md5", "checksum")
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "created")

_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    # A listing that is kept would hide what other programs put there meanwhile.
    "s3": {
        "use_listings_cache": False,
        "config_kwargs": {
            "connect_timeout": 5,
            "read_timeout": 60,
            "retries": {"max_attempts": 3, "mode": "standard"},
            "max_pool_connections": 32,
        },
    }
}

T = TypeVar("T")


def path_from(text: str | os.PathLike[str]) -> Path:
    """The path that a person wrote: an address with ``://`` is one in storage.

    Example::

        path_from("s3://bucket/photos")  # RemotePath
        path_from("file:///home/ann/Pictures"), path_from("~/Pictures")  # paths of this machine
    """
    name = os.fspath(text)
    scheme = _SCHEME.match(name)
    if scheme is None:
        return Path(name)
    return Path(name[scheme.end() :]) if scheme[1].lower() in _LOCAL else RemotePath(name)


class RemotePath(_Path):
    """The address of an object, or of the folder of all whose keys begin with it.

    It takes the place of a :class:`~pathlib.Path` wherever photos are named, compared, sorted and
    read. :meth:`is_file` and :meth:`exists` say yes unasked: the storage answers one request for
    each photo otherwise, and the last look through it saw the object. Whether it is there still
    shows when it is read.
    """

    __slots__ = ()

    def __str__(self) -> str:
        """The address; this is also what the library stores."""
        # A path keeps one slash of each pair.
        return super().__str__().replace(os.sep, "/").replace(":/", "://", 1)

    @property
    def store(self) -> str:
        """Its first part, such as ``s3://bucket``."""
        return "//".join(self.parts[:2])

    def is_absolute(self) -> bool:
        """Always."""
        return True

    def absolute(self) -> "RemotePath":
        """Itself."""
        return self

    def expanduser(self) -> "RemotePath":
        """Itself."""
        return self

    def resolve(self, strict: bool = False) -> "RemotePath":
        """Itself: there are no links."""
        return self

    def is_file(self, **_: Any) -> bool:
        """Yes, as far as is known without asking the storage."""
        return True

    def exists(self, **_: Any) -> bool:
        """Yes, as far as is known without asking the storage."""
        return True

    def is_dir(self, **_: Any) -> bool:
        """Whether objects lie below it now; no, too, when the storage is out of reach."""
        try:
            self.check_folder()
        except (FolderNotFound, StorageError):
            return False
        return True

    def check_folder(self) -> None:
        """Make sure that there is such a folder, and that it may be listed.

        Raises:
            FolderNotFound: nothing lies there, or one object only.
            StorageError: no such bucket, no permission, out of reach, no package to reach it.
        """
        if urlsplit(str(self)).password is not None:
            raise FolderNotFound("leave the password out of the address: it would be stored")
        try:
            found = self._ask(lambda files, key: files.info(key))
        except FileNotFoundError as error:
            store = RemotePath(self.store)
            if store != self and _is_there(store):
                raise FolderNotFound(f"nothing lies at {self}: check the address") from error
            raise StorageError(f"there is no {store}: check the name") from error
        except PermissionError as error:
            raise StorageError(
                f"no permission to list {self}: check the keys and what they allow"
            ) from error
        except OSError as error:
            raise StorageError(f"{self} cannot be listed: {_line(error)}") from error
        if found.get("type") != "directory":
            raise FolderNotFound(f"{self} is a single object, not a folder")

    def read_bytes(self) -> bytes:
        """The object.

        Raises:
            OSError: it is gone, may not be read, and so on.
            StorageError: the storage is out of reach.
        """
        return bytes(self._ask(lambda files, key: files.cat_file(key)))

    def stat(self, **_: Any) -> os.stat_result:
        """Size, time of the last change and :func:`version` (as inode), asked for now.

        Raises:
            OSError, StorageError: as :meth:`read_bytes`.
        """
        about = self._ask(lambda files, key: files.info(key))
        changed = changed_ns(about)
        seconds = changed // 1_000_000_000
        kind = stat.S_IFDIR if about.get("type") == "directory" else stat.S_IFREG
        size = int(about.get("size") or 0)
        numbers = (kind | 0o444, version(self, about) or 0, 0, 1, 0, 0, size, 0, seconds, 0)
        return os.stat_result(numbers, {"st_mtime_ns": changed})

    def below(self) -> dict[str, dict[str, Any]]:
        """All objects below, by address, with what the storage tells of each.

        Raises:
            OSError, StorageError: as :meth:`read_bytes`.
        """

        def find(files: Any, key: str) -> dict[str, dict[str, Any]]:
            found = files.find(key, detail=True)
            # File systems name the objects with or without scheme and host.
            start = len(key)
            return {
                f"{self}/{name[start:].removeprefix('/')}": about for name, about in found.items()
            }

        return self._ask(find)

    def _ask(self, work: Callable[[Any, str], T]) -> T:
        """Do something with the file system of fsspec and the name of this object in it."""
        try:
            return work(*_filesystem(str(self)))
        except (OSError, StorageError):
            raise
        except Exception as error:
            # Clients raise errors of their own kinds when they cannot reach the storage.
            raise StorageError(f"{self.store} cannot be reached: {_line(error)}") from error


def real_path(path: Path) -> Path:
    """A path as the library keeps it: absolute and without links; an address as it is."""
    if isinstance(path, RemotePath):
        return path
    return Path(os.path.realpath(path.expanduser()))


def version(path: Path, about: Mapping[str, Any]) -> int | None:
    """A number that changes with the content of an object, made of its address and ETag.

    None when the storage gives none. The address is part of it, since equal contents have equal
    ETags and are photos of their own all the same.
    """
    for name in _ETAGS:
        if about.get(name):
            digest = blake2b(f"{path}\0{about[name]}".encode("utf-8", "replace"), digest_size=7)
            return int.from_bytes(digest.digest())
    return None


def changed_ns(about: Mapping[str, Any]) -> int:
    """When an object was changed last, in nanoseconds; 0 when the storage does not tell."""
    for name in _TIMES:
        value = about.get(name)
        if isinstance(value, datetime):
            return round(value.timestamp() * 1e6) * 1000
        if isinstance(value, int | float):
            return round(value * 1e6) * 1000
    return 0


def _filesystem(address: str) -> tuple[Any, str]:
    import fsspec

    scheme = address.partition("://")[0]
    options = _OPTIONS.get(scheme, {})
    try:
        files, key = fsspec.core.url_to_fs(address, **options)
    except ImportError as error:
        raise StorageError(
            f"{scheme}:// needs one more package ({_line(error)}); "
            'for s3:// run pip install "photopal[bulk]"'
        ) from error
    except ValueError as error:
        raise StorageError(f"{address} cannot be read: {_line(error)}") from error
    return files, str(key)


def _is_there(folder: RemotePath) -> bool:
    try:
        folder.stat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
