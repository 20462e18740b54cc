"""Load what the page works with, once per process and before the first visitor."""

import logging
from typing import TYPE_CHECKING

from bot.assistant.loading import load_assistant
from bot.errors import HistoryError
from bot.history import History, history_path
from bot.page.kept_choices import KeptChoices
from bot.page.services import PageServices, SharedCopies
from bot.page.startup import Step
from bot.settings import Settings
from retrieval.library import Library
from retrieval.paths import home
from retrieval.photos.thumbnails import Thumbnails
from retrieval.threads import leave_a_core_to_python

if TYPE_CHECKING:
    from retrieval.encoders.base import Encoder

log = logging.getLogger(__name__)


def load_services(
    settings: Settings, *, encoder: "Encoder | None" = None, on_step: Step = lambda step: None
) -> PageServices:
    """The assistant and what the page adds to it.

    Args:
        settings: library, encoder and LLM.
        encoder: one that is loaded already.
        on_step: told in a few words what is being done.

    Raises:
        LibraryNotFound, LibraryEmpty, EncoderMismatch, EncoderUnavailable: one line each.
    """
    leave_a_core_to_python()
    loaded = load_assistant(settings, encoder=encoder, on_step=on_step)
    replay = None
    if settings.replay is not None:
        from bot.page.replay_files import ReplayFiles, replay_files

        files = replay_files(settings.replay)
        replay = ReplayFiles(files, loaded.suggester, loaded.assistant.searcher)
    history, problem = _open_history(settings)
    return PageServices(
        settings=settings,
        assistant=loaded.assistant,
        library=loaded.library,
        thumbnails=Thumbnails(home() / "thumbnails"),
        shared=SharedCopies(),
        choices=KeptChoices(home() / "page" / "choices.json"),
        samples=_holds_samples(loaded.library),
        replay=replay,
        history=history,
        history_problem=problem,
    )


def _open_history(settings: Settings) -> tuple[History | None, str]:
    """The history, or why there is none: the page works without it and says so."""
    try:
        return History.open(settings.history or history_path(), later=True), ""
    except HistoryError as error:
        log.warning("%s", error)
        return None, str(error)


def _holds_samples(library: Library) -> bool:
    roots = library.roots()
    return bool(roots) and all(root == home() / "samples" for root in roots)
