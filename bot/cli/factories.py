"""Open what a command works with: the library, its encoder, the searcher."""

from typing import TYPE_CHECKING

from bot.cli.output import working

if TYPE_CHECKING:
    from bot.settings import Settings
    from retrieval.encoders.base import Encoder
    from retrieval.library import Library
    from retrieval.search import Searcher


def with_encoder_of(library: "Library", settings: "Settings") -> "Settings":
    """Settings whose encoder is the one that made the library, unless one was asked for."""
    name = library.encoder_name
    if "encoder" in settings.model_fields_set or not name:
        return settings
    return settings.model_copy(update={"encoder": name})


def open_encoder(name: str) -> "Encoder":
    """Load an encoder, with a word on the terminal while it takes its time."""
    with working(f"Loading the encoder {name} …") as say:
        from retrieval.encoders import is_prepared, load_encoder

        if not is_prepared(name):
            say("Preparing the encoder for this processor, once …")
        return load_encoder(name)


def open_searcher(settings: "Settings") -> "Searcher":
    """The library's searcher; refuses a missing library before anything heavy is loaded."""
    from retrieval.library import Library

    library = Library.read(settings.library_path)
    encoder = open_encoder(with_encoder_of(library, settings).encoder)
    from retrieval.encoders.cached import CachedTextEncoder
    from retrieval.search import Searcher
    from retrieval.vectors import open_index

    index = open_index(library, settings.vectors, settings.vector_token)
    return Searcher(library, CachedTextEncoder(encoder), index)
