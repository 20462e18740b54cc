"""What the page works with: the assistant, the library, the copies that were shared."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.assistant import Assistant
from bot.page.answering import Answering
from bot.page.kept_choices import KeptChoices
from bot.settings import Settings
from retrieval.library import Library, Photo

if TYPE_CHECKING:
    from bot.history import History
    from bot.page.replay_files import ReplayFiles
    from retrieval.photos.thumbnails import Thumbnails


@dataclass(frozen=True)
class SharedCopy:
    """A copy that was made for sharing, without any hidden data."""

    photo: Photo
    path: Path


class SharedCopies:
    """The copies that were shared since the start, by photo; only these can be downloaded."""

    def __init__(self) -> None:
        self._copies: dict[int, SharedCopy] = {}
        self._guard = threading.Lock()

    def remember(self, photo: Photo, path: Path) -> None:
        """A copy of a photo was shared."""
        with self._guard:
            self._copies[photo.id] = SharedCopy(photo, path)

    def get(self, photo_id: int) -> SharedCopy | None:
        """The newest copy of a photo, if it was shared and is still there."""
        with self._guard:
            copy = self._copies.get(photo_id)
        return copy if copy is not None and copy.path.is_file() else None


@dataclass(frozen=True)
class PageServices:
    """Everything that the page needs for one person, or for all who share a library.

    Attributes:
        settings: as started.
        assistant: answers messages.
        library: open for reading.
        thumbnails: small pictures, made once.
        shared: the copies that were shared.
        choices: what people set.
        samples: whether the library holds the bundled sample photos.
        replay: the dialogue files that may be replayed; None when there are none.
        history: where chats are kept; None when it cannot be opened.
        history_problem: why it cannot, as one line.
        answering: the threads that answers are made in.
    """

    settings: Settings
    assistant: Assistant
    library: Library
    thumbnails: "Thumbnails"
    shared: SharedCopies
    choices: KeptChoices
    samples: bool = False
    replay: "ReplayFiles | None" = None
    history: "History | None" = None
    history_problem: str = ""
    answering: Answering = field(default_factory=Answering)
