"""Find the photos in object storage, by the rules of :mod:`retrieval.photos.scan` for folders."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from retrieval.errors import FolderNotFound, StorageError
from retrieval.photos.left_out import Overlooked, is_other_media, left_out
from retrieval.photos.reading import MAX_FILE_BYTES, PHOTO_SUFFIXES
from retrieval.photos.remote import RemotePath, changed_ns, version
from retrieval.photos.scan import CACHE_SIGNATURE, CACHE_TAG, ScannedFile

UNUSUAL_KEY = "its key has an empty or '.' part and cannot be a path"


def scan_storage(root: RemotePath, overlooked: Overlooked) -> Iterator[ScannedFile]:
    """All photos whose keys lie below a folder in storage, in the order of their keys.

    One request lists a thousand objects; none is opened. Size, time of the last change and ETag
    (as the number of the file) tell whether an object has to be read again.

    Args:
        root: where to look.
        overlooked: gets what was found besides photos.

    Raises:
        FolderNotFound: nothing lies there.
        StorageError: the storage is out of reach, or may not be listed.
    """
    root.check_folder()
    try:
        found = root.below()
    except FileNotFoundError as error:
        raise FolderNotFound(f"nothing lies at {root} any more") from error
    except OSError as error:
        raise StorageError(f"{root} cannot be listed: {error.strerror or error}") from error
    folders = _Folders(root, found, overlooked)
    for address in sorted(found):
        about = found[address]
        # Consoles of storage services make empty objects for folders.
        if about.get("type") == "directory" or address.endswith("/"):
            continue
        path = RemotePath(address)
        if path.name.startswith(".") or not folders.looked_through(path.parent):
            continue
        suffix = path.suffix.lower()
        if is_other_media(suffix):
            overlooked.media.append(path)
        elif suffix in PHOTO_SUFFIXES:
            yield _object(path, address, about)


def _object(path: RemotePath, address: str, about: Mapping[str, Any]) -> ScannedFile:
    size = int(about.get("size") or 0)
    problem = None
    if str(path) != address:
        problem = UNUSUAL_KEY
    elif size > MAX_FILE_BYTES:
        problem = f"over the limit of {MAX_FILE_BYTES >> 20:,} MB"
    return ScannedFile(path, size, changed_ns(about), problem, inode=version(path, about))


class _Folders:
    """Which folders are looked through, each found out once."""

    def __init__(self, root: RemotePath, found: Mapping[str, Any], overlooked: Overlooked) -> None:
        self.overlooked = overlooked
        self._known: dict[RemotePath, bool] = {root: True}
        self._inside: dict[RemotePath, set[str]] = defaultdict(set)
        self._tagged: set[RemotePath] = set()
        seen: set[RemotePath] = {root}
        for address in found:
            path = RemotePath(address)
            if path.name == CACHE_TAG and path.parent != root and _is_cache_tag(path):
                self._tagged.add(path.parent)
            folder = path.parent
            while folder not in seen and folder.is_relative_to(root):
                seen.add(folder)
                self._inside[folder.parent].add(folder.name.lower())
                folder = folder.parent

    def looked_through(self, folder: RemotePath) -> bool:
        """Whether neither the folder nor one that it lies in is left out."""
        if folder not in self._known:
            above = self.looked_through(folder.parent)
            self._known[folder] = above and self._wanted(folder)
        return self._known[folder]

    def _wanted(self, folder: RemotePath) -> bool:
        siblings = self._inside[folder.parent]
        what = left_out(folder.name, folder.parent.name, siblings)
        if what is None and folder in self._tagged:
            what = "caches (CACHEDIR.TAG)"
        if what is not None:
            self.overlooked.folders[what] += 1
        return what is None and not folder.name.startswith(".")


def _is_cache_tag(path: RemotePath) -> bool:
    try:
        return path.read_bytes().startswith(CACHE_SIGNATURE)
    except OSError:
        return False
