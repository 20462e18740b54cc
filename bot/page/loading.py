"""Load what the page works with, once per process and before the first visitor."""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bot.accounts import Account, Accounts
from bot.assistant.loading import LoadedAssistant, Parts, load_assistant, open_assistant
from bot.errors import HistoryError
from bot.history import History, history_path
from bot.page.answering import Answering
from bot.page.kept_choices import KeptChoices
from bot.page.people import PartsByEncoder, People
from bot.page.services import PageServices, SharedCopies
from bot.page.startup import Step
from bot.settings import Settings
from retrieval.errors import PhotopalError
from retrieval.library import Library
from retrieval.paths import home
from retrieval.photos.thumbnails import Thumbnails
from retrieval.threads import leave_a_core_to_python

if TYPE_CHECKING:
    from bot.page.replay_files import ReplayFiles
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
    history, problem = _open_history()
    return PageServices(
        settings=settings,
        assistant=loaded.assistant,
        library=loaded.library,
        thumbnails=Thumbnails(home() / "thumbnails"),
        shared=SharedCopies(),
        choices=KeptChoices(home() / "page" / "choices.json"),
        samples=_holds_samples(loaded.library),
        replay=_replay(loaded),
        history=history,
        history_problem=problem,
    )


def load_people(
    settings: Settings,
    accounts: Accounts,
    *,
    encoder: "Encoder | None" = None,
    on_step: Step = lambda step: None,
) -> People:
    """Everybody who has an account, each with a library of their own.

    An encoder is loaded once for all whose libraries belong to it, a library when its owner comes.

    Args:
        settings: encoder and LLM.
        accounts: who may log in.
        encoder: one that is loaded already.
        on_step: told in a few words what is being done.

    Raises:
        AccountError: the accounts cannot be read.
    """
    leave_a_core_to_python()
    on_step("Loading the encoder")
    loaded = {encoder.name: encoder} if encoder is not None else {}
    parts = PartsByEncoder(lambda chosen: Parts.load(chosen, loaded.get(chosen.encoder)))
    history, problem = _open_history()
    choices = KeptChoices(home() / "page" / "choices.json")
    answering = Answering()

    def open_for(account: Account) -> LoadedAssistant:
        chosen = _for_account(settings, account)
        return open_assistant(chosen, account.folder / "shared", parts.of)

    def services(person: str) -> PageServices:
        account = accounts.find(person)
        opened = open_for(account)
        return PageServices(
            settings=opened.settings,
            assistant=opened.assistant,
            library=opened.library,
            thumbnails=Thumbnails(account.folder / "thumbnails"),
            shared=SharedCopies(),
            choices=choices,
            samples=_holds_samples(opened.library),
            replay=_replay(opened),
            history=history,
            history_problem=problem,
            answering=answering,
        )

    _warm_up(accounts.all(), open_for)
    return People(settings, history, problem, services, accounts)


def _warm_up(accounts: Sequence[Account], open_for: Callable[[Account], LoadedAssistant]) -> None:
    """Answer once, so that the first person does not wait for what the first answer loads."""
    for account in accounts:
        try:
            open_for(account).library.close()
        except PhotopalError as error:
            log.debug("nothing to warm up with: %s", error)
        else:
            return


def _for_account(settings: Settings, account: Account) -> Settings:
    """Settings with the library of an account, whose encoder is the library's to say."""
    values = {name: getattr(settings, name) for name in settings.model_fields_set - {"encoder"}}
    return Settings(**{**values, "library": account.library})


def _replay(loaded: LoadedAssistant) -> "ReplayFiles | None":
    if loaded.settings.replay is None:
        return None
    from bot.page.replay_files import ReplayFiles, replay_files

    files = replay_files(loaded.settings.replay)
    return ReplayFiles(files, loaded.suggester, loaded.assistant.searcher)


def _open_history() -> tuple[History | None, str]:
    """The history, or why there is none: the page works without it and says so."""
    try:
        return History.open(history_path()), ""
    except HistoryError as error:
        log.warning("%s", error)
        return None, str(error)


def _holds_samples(library: Library) -> bool:
    roots = library.roots()
    return bool(roots) and all(root == home() / "samples" for root in roots)
