"""What the page works with: the library, the describers, the copies that were shared."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.settings import Settings
from retrieval.library import Library, Photo

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from bot.llm.reply import ReplyRequest
    from bot.page.replay_files import ReplayFiles
    from bot.suggest import Suggester
    from retrieval.photos.thumbnails import Thumbnails


@dataclass(frozen=True)
class SharedCopy:
    """A copy that was made for sharing, without any hidden data."""

    photo: Photo
    path: Path


class SharedCopies:
    """The copies that were shared since the start, by photo; only these can be downloaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._copies: dict[int, SharedCopy] = {}
        self._guard = threading.Lock()

    def share(self, photo: Photo) -> SharedCopy:
        """Make and remember a copy of a photo. Raises UnreadableImage."""
        from retrieval.paths import make_private_folder
        from retrieval.photos.export import save_shareable_copy

        make_private_folder(self.folder)
        copy = SharedCopy(photo, save_shareable_copy(photo.path, self.folder))
        with self._guard:
            self._copies[photo.id] = copy
        return copy

    def get(self, photo_id: int) -> SharedCopy | None:
        """The newest copy of a photo, if it was shared and is still there."""
        with self._guard:
            copy = self._copies.get(photo_id)
        return copy if copy is not None and copy.path.is_file() else None


@dataclass(frozen=True)
class PageServices:
    """Everything that the page needs, loaded once per process.

    Attributes:
        settings: as started.
        library: open for reading.
        offline: suggests without any LLM.
        llm: suggests with the LLM; None when none is configured.
        reply: streams the LLM's words; None when none is configured.
        thumbnails: small pictures, made once.
        shared: the copies that were shared.
        samples: whether the library holds the bundled sample photos.
        replay: the dialogue files that may be replayed; None when there are none.
    """

    settings: Settings
    library: Library
    offline: "Suggester"
    thumbnails: "Thumbnails"
    shared: SharedCopies
    llm: "Suggester | None" = None
    reply: "Runnable[ReplyRequest, str] | None" = None
    samples: bool = field(default=False)
    replay: "ReplayFiles | None" = None

    def suggester(self, *, use_llm: bool) -> "Suggester":
        """The suggester to use; the offline one when there is no LLM."""
        return self.llm if use_llm and self.llm is not None else self.offline
