"""Load the assistant and what it works with, once per process."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.assistant.assistant import Assistant
from bot.assistant.choices import Choices
from bot.assistant.session import Session
from bot.settings import Settings
from retrieval.errors import LibraryEmpty
from retrieval.library import Library
from retrieval.paths import home

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from bot.conversation import Conversation
    from bot.descriptors import Description
    from bot.intent.understanding import Understanding
    from bot.llm.reply import ReplyRequest
    from bot.suggest import Suggester
    from retrieval.encoders.base import Encoder
    from retrieval.encoders.batching import InferenceThread
    from retrieval.encoders.cached import CachedTextEncoder

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


@dataclass(frozen=True)
class Parts:
    """What the assistants of several libraries share, since it is large or knows of no library.

    Attributes:
        settings: with the encoder that is loaded.
        encoder: keeps the vectors of texts, and embeds those of all talks together.
        understanding: what a message wants.
        describer: describes photos without an LLM.
        llm: describes with the LLM; None when there is none.
        writer: streams the words of an LLM.
        together: embeds the texts of all talks together.
    """

    settings: Settings
    encoder: "CachedTextEncoder"
    understanding: "Understanding"
    describer: "Runnable[Conversation, Description]"
    llm: "Runnable[Conversation, Description] | None"
    writer: "Runnable[ReplyRequest, str] | None"
    together: "InferenceThread"

    def another(self, name: str) -> "Encoder":
        """Another encoder, for a library that has got one since. Raises EncoderUnavailable."""
        from retrieval.encoders import load_encoder
        from retrieval.encoders.cached import CachedTextEncoder

        return CachedTextEncoder(load_encoder(name), thread=self.together)

    @classmethod
    def load(cls, settings: Settings, encoder: "Encoder | None" = None) -> "Parts":
        """Load them.

        Args:
            settings: encoder and LLM.
            encoder: one that is loaded already.

        Raises:
            EncoderUnavailable: the encoder cannot be loaded.
            DescriberUnavailable: the small language model was chosen and is not installed.
        """
        from bot.describe.llm import describer_chain
        from bot.describe.offline import offline_describer
        from bot.intent.understanding import Understanding
        from retrieval.encoders import load_encoder
        from retrieval.encoders.batching import InferenceThread
        from retrieval.encoders.cached import CachedTextEncoder
        from retrieval.encoders.starter import StarterEncoder

        if encoder is None:
            encoder = load_encoder(settings.encoder)
        # What several talks want embedded at about the same time is embedded together.
        together = InferenceThread()
        cached = CachedTextEncoder(encoder, thread=together)
        describer = offline_describer(settings.describer, cached, in_chat=True)
        alone = settings.model_copy(update={"llm_mode": "off"})
        llm, writer = None, None
        if settings.uses_llm:
            from bot.llm.outage import Outage
            from bot.llm.reply import reply_chain

            outage = Outage()
            llm = describer_chain(settings, describer, outage=outage)
            writer = reply_chain(settings, outage=outage)
        base = encoder.serving if isinstance(encoder, StarterEncoder) else None
        return cls(
            settings,
            cached,
            Understanding(base, together),
            describer_chain(alone, describer),
            llm,
            writer,
            together,
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

    def parts(chosen: Settings) -> Parts:
        on_step("Loading the encoder")
        loaded = Parts.load(chosen, encoder)
        on_step("Reading the library")
        return loaded

    return open_assistant(settings, home() / "shared", parts, on_step=on_step)


def open_assistant(
    settings: Settings,
    share_folder: Path,
    parts: Callable[[Settings], Parts],
    *,
    on_step: Callable[[str], None] = _say_nothing,
) -> LoadedAssistant:
    """Open a library and warm its assistant up.

    Args:
        settings: with the library.
        share_folder: where copies for sharing are written.
        parts: the parts for settings with the encoder that the library belongs to.
        on_step: told in a few words what is being done.

    Raises:
        LibraryNotFound, LibraryEmpty, EncoderMismatch, EncoderUnavailable: one line each.
    """
    library = Library.read(settings.library_path)
    try:
        if not library.searchable_count():
            raise LibraryEmpty("the library holds no photo yet: run 'photopal index FOLDER' first")
        if "encoder" not in settings.model_fields_set and library.encoder_name:
            settings = settings.model_copy(update={"encoder": library.encoder_name})
        return _assembled(settings, library, share_folder, parts(settings), on_step)
    except BaseException:
        library.close()
        raise


def _assembled(
    settings: Settings,
    library: Library,
    share_folder: Path,
    parts: Parts,
    on_step: Callable[[str], None],
) -> LoadedAssistant:
    from bot.suggest import Suggester
    from retrieval.search import FollowingSearcher
    from retrieval.vectors import open_index

    index = partial(open_index, library, settings.vectors, settings.vector_token)
    searcher = FollowingSearcher(library, parts.encoder, parts.another, index)
    offline = Suggester(searcher, parts.describer)
    llm = Suggester(searcher, parts.llm) if parts.llm is not None else None
    assistant = Assistant(
        offline, searcher, parts.understanding, share_folder, llm=llm, writer=parts.writer
    )
    on_step("Warming up")
    # The first search loads an index and more; the first message should not wait for that, and a
    # library that cannot be searched is refused here.
    assistant.respond(Session(), "show me a photo of a dog on the beach", Choices(photos=1))
    return LoadedAssistant(settings, assistant, library, llm or offline)
