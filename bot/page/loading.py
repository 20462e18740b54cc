"""Load what the page works with, once per process and before the first visitor."""

from typing import TYPE_CHECKING

from bot.assistant.loading import load_assistant
from bot.page.services import PageServices, SharedCopies
from bot.settings import Settings
from retrieval.library import Library
from retrieval.paths import home
from retrieval.photos.thumbnails import Thumbnails

if TYPE_CHECKING:
    from retrieval.encoders.base import Encoder


def load_services(settings: Settings, *, encoder: "Encoder | None" = None) -> PageServices:
    """The assistant and what the page adds to it.

    Args:
        settings: library, encoder and LLM.
        encoder: one that is loaded already.

    Raises:
        LibraryNotFound, LibraryEmpty, EncoderMismatch, EncoderUnavailable: one line each.
    """
    loaded = load_assistant(settings, encoder=encoder)
    replay = None
    if settings.replay is not None:
        from bot.page.replay_files import ReplayFiles, replay_files

        files = replay_files(settings.replay)
        replay = ReplayFiles(files, loaded.suggester, loaded.assistant.searcher)
    return PageServices(
        settings=settings,
        assistant=loaded.assistant,
        library=loaded.library,
        thumbnails=Thumbnails(home() / "thumbnails"),
        shared=SharedCopies(),
        samples=_holds_samples(loaded.library),
        replay=replay,
    )


def _holds_samples(library: Library) -> bool:
    roots = library.roots()
    return bool(roots) and all(root == home() / "samples" for root in roots)
