"""The pictures that a person showed in a chat: small copies in a folder, deleted with the chat."""

import logging
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from bot.errors import HistoryError
from retrieval.files import PRIVATE, content_hash, write_bytes
from retrieval.paths import make_private_folder

log = logging.getLogger(__name__)

MAX_PICTURE_BYTES = 4_000_000
MAX_CHAT_BYTES = 50_000_000
MAX_BYTES = 2_000_000_000
"""Of one picture, of those of one chat, and of all together."""

NAME = re.compile(r"[0-9a-f]{32}\.jpg")


def new_name() -> str:
    """A name for a picture that is to be kept; nobody can guess it."""
    return f"{uuid4().hex}.jpg"


class ChatPictures:
    """Pictures by their chat and a name of :func:`new_name`.

    Args:
        folder: of all of them; made when the first one is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, chat_id: str, name: str, content: bytes) -> None:
        """Keep a picture; it is there whole or not at all.

        Args:
            chat_id: of which chat.
            name: of :func:`new_name`.
            content: a JPEG made from the pixels alone.

        Raises:
            HistoryError: there is no room for it.
        """
        folder = self._folder(chat_id)
        if (
            len(content) > MAX_PICTURE_BYTES
            or _size(folder) + len(content) > MAX_CHAT_BYTES
            or _size(self.folder) + len(content) > MAX_BYTES
        ):
            raise HistoryError("too many pictures are kept: delete chats that you do not need")
        try:
            make_private_folder(make_private_folder(self.folder) / folder.name)
            write_bytes(folder / name, content, mode=PRIVATE)
        except OSError as error:
            raise HistoryError(
                f"the picture cannot be written: {error.strerror or error}"
            ) from error

    def path(self, chat_id: str, name: str) -> Path | None:
        """The file of a picture; None where it is not there."""
        if NAME.fullmatch(name) is None:
            return None
        path = self._folder(chat_id) / name
        return path if path.is_file() else None

    def read(self, chat_id: str, name: str) -> bytes | None:
        """A picture as a JPEG; None where it is not there."""
        path = self.path(chat_id, name)
        try:
            return None if path is None else path.read_bytes()
        except OSError:
            log.debug("a picture of a chat cannot be read", exc_info=True)
            return None

    def delete(self, chat_ids: Iterable[str]) -> None:
        """Delete all pictures of these chats.

        Raises:
            HistoryError: one cannot be deleted.
        """
        for chat_id in chat_ids:
            try:
                shutil.rmtree(self._folder(chat_id))
            except FileNotFoundError:
                continue
            except OSError as error:
                raise HistoryError(
                    f"the chat's pictures cannot be deleted: {error.strerror or error}"
                ) from error

    def _folder(self, chat_id: str) -> Path:
        # A browser chooses the id of its chat, and could write anything there.
        return self.folder / content_hash(chat_id.encode("utf-8", "replace"))


def _size(folder: Path) -> int:
    """Bytes of all files in a folder and its folders."""
    size = 0
    for one in folder.rglob("*.jpg"):
        # Its chat may be deleted meanwhile.
        with suppress(FileNotFoundError):
            size += one.stat().st_size
    return size
