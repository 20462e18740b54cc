"""Load what the page works with, once per process and before the first visitor."""

from typing import TYPE_CHECKING

from bot.conversation import Conversation, Turn
from bot.page.services import PageServices, SharedCopies
from bot.settings import Settings
from retrieval.errors import LibraryEmpty
from retrieval.library import Library
from retrieval.paths import home

if TYPE_CHECKING:
    from bot.suggest import Suggester
    from retrieval.encoders.base import Encoder


def load_services(settings: Settings, *, encoder: "Encoder | None" = None) -> PageServices:
    """Open the library, load its encoder, make the describers, and warm everything up.

    Args:
        settings: library, encoder and LLM.
        encoder: one that is loaded already.

    Raises:
        LibraryNotFound, LibraryEmpty, EncoderMismatch, EncoderUnavailable: one line each.
    """
    library = Library.read(settings.library_path)
    if not library.searchable_count():
        library.close()
        raise LibraryEmpty("the library holds no photo yet: run 'photopal index FOLDER' first")

    from bot.describe.llm import describer_chain
    from bot.describe.phrases import PhraseDescriber
    from bot.suggest import Suggester
    from retrieval.encoders import load_encoder
    from retrieval.encoders.cached import CachedTextEncoder
    from retrieval.photos.thumbnails import Thumbnails
    from retrieval.search import Searcher

    if encoder is None:
        name = settings.encoder
        if "encoder" not in settings.model_fields_set and library.encoder_name:
            name = library.encoder_name
        encoder = load_encoder(name)
    encoder = CachedTextEncoder(encoder)
    searcher = Searcher(library, encoder)
    alone = settings.model_copy(update={"llm_mode": "off"})
    describer = PhraseDescriber(encoder)
    offline = Suggester(searcher, describer_chain(alone, describer))
    llm, reply = None, None
    if settings.uses_llm:
        from bot.llm.outage import Outage
        from bot.llm.reply import reply_chain

        outage = Outage()
        llm = Suggester(searcher, describer_chain(settings, describer, outage=outage))
        reply = reply_chain(settings, outage=outage)
    _warm_up(offline)
    replay = None
    if settings.replay is not None:
        from bot.page.replay_files import ReplayFiles, replay_files

        replay = ReplayFiles(replay_files(settings.replay), llm or offline, searcher)
    return PageServices(
        settings=settings,
        library=library,
        offline=offline,
        llm=llm,
        reply=reply,
        thumbnails=Thumbnails(home() / "thumbnails"),
        shared=SharedCopies(home() / "shared"),
        samples=_holds_samples(library),
        replay=replay,
    )


def _warm_up(suggester: "Suggester") -> None:
    """The first search loads an index and more; the first visitor should not wait for that.

    A library that cannot be searched is refused here, not at the first message.
    """
    suggester.suggest(Conversation((Turn("user", "show me a photo of a dog on the beach"),)))


def _holds_samples(library: Library) -> bool:
    roots = library.roots()
    return bool(roots) and all(root == home() / "samples" for root in roots)
