"""Load the assistant and what it works with, once per process."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.assistant.assistant import Assistant
from bot.assistant.choices import Choices
from bot.assistant.session import Session
from bot.settings import Settings
from retrieval.errors import LibraryEmpty
from retrieval.library import Library
from retrieval.paths import home

if TYPE_CHECKING:
    from bot.suggest import Suggester
    from retrieval.encoders.base import Encoder

MAX_PHOTOS = 12


def _say_nothing(step: str) -> None:
    """For whoever does not want to know how far the loading is."""


@dataclass(frozen=True)
class LoadedAssistant:
    """The assistant, and the parts that front ends use themselves.

    Attributes:
        settings: as started, with the encoder that the library belongs to.
        assistant: answers messages.
        library: open for reading; whoever loaded this closes it.
        suggester: with the LLM where there is one; for replay.
    """

    settings: Settings
    assistant: Assistant
    library: Library
    suggester: "Suggester"

    def choices(self, photos: int | None = None) -> Choices:
        """What a session begins with."""
        return Choices(
            photos=min(photos or self.settings.photos, MAX_PHOTOS),
            always_on=self.settings.always_on,
            hints=False,
            use_llm=self.assistant.llm is not None,
        )


def load_assistant(
    settings: Settings,
    *,
    encoder: "Encoder | None" = None,
    on_step: Callable[[str], None] = _say_nothing,
) -> LoadedAssistant:
    """Open the library, load its encoder, make the describers, and warm everything up.

    Args:
        settings: library, encoder and LLM.
        encoder: one that is loaded already.
        on_step: told in a few words what is being done.

    Raises:
        LibraryNotFound, LibraryEmpty, EncoderMismatch, EncoderUnavailable: one line each.
    """
    library = Library.read(settings.library_path)
    try:
        if not library.searchable_count():
            raise LibraryEmpty("the library holds no photo yet: run 'photopal index FOLDER' first")
        return _loaded(settings, library, encoder, on_step)
    except BaseException:
        library.close()
        raise


def _loaded(
    settings: Settings,
    library: Library,
    encoder: "Encoder | None",
    on_step: Callable[[str], None],
) -> LoadedAssistant:
    on_step("Loading the encoder")
    from bot.describe.llm import describer_chain
    from bot.describe.phrases import PhraseDescriber
    from bot.intent.understanding import Understanding
    from bot.suggest import Suggester
    from retrieval.encoders import load_encoder
    from retrieval.encoders.batching import InferenceThread
    from retrieval.encoders.cached import CachedTextEncoder
    from retrieval.encoders.starter import StarterEncoder
    from retrieval.search import Searcher

    if "encoder" not in settings.model_fields_set and library.encoder_name:
        settings = settings.model_copy(update={"encoder": library.encoder_name})
    if encoder is None:
        encoder = load_encoder(settings.encoder)
    on_step("Reading the library")
    # What several talks want embedded at about the same time is embedded together.
    together = InferenceThread()
    cached = CachedTextEncoder(encoder, thread=together)
    searcher = Searcher(library, cached)
    describer = PhraseDescriber(cached)
    alone = settings.model_copy(update={"llm_mode": "off"})
    offline = Suggester(searcher, describer_chain(alone, describer))
    llm, writer = None, None
    if settings.uses_llm:
        from bot.llm.outage import Outage
        from bot.llm.reply import reply_chain

        outage = Outage()
        llm = Suggester(searcher, describer_chain(settings, describer, outage=outage))
        writer = reply_chain(settings, outage=outage)
    base = encoder.text_base if isinstance(encoder, StarterEncoder) else None
    understanding = Understanding(base, together)
    assistant = Assistant(
        offline, searcher, understanding, home() / "shared", llm=llm, writer=writer
    )
    on_step("Warming up")
    # The first search loads an index and more; the first message should not wait for that, and a
    # library that cannot be searched is refused here.
    assistant.respond(Session(), "show me a photo of a dog on the beach", Choices(photos=1))
    return LoadedAssistant(settings, assistant, library, llm or offline)
