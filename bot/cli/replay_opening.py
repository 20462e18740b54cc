"""What a replay needs: the describer, an encoder, and the photos if there are any."""

import hashlib
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.factories import open_encoder, with_encoder_of
from bot.cli.indexing import index_with_progress
from bot.cli.output import note
from bot.dialogues.labels import sentence_embedder
from bot.dialogues.replay import PhotoGallery, Replayer, open_gallery
from retrieval.errors import LibraryNotFound
from retrieval.library import Library
from retrieval.paths import home, make_private_folder

if TYPE_CHECKING:
    from bot.dialogues.dialogue import DialogueSet
    from bot.settings import Settings
    from retrieval.encoders.base import Encoder


def open_replayer(
    settings: "Settings", dialogues: "DialogueSet", photos: Path | None, stack: ExitStack
) -> Replayer:
    """The replayer over ``photos``, else over the library, else over label texts.

    Args:
        settings: library, encoder and LLM.
        dialogues: of the file.
        photos: a folder; it is indexed into a library of its own under ``PHOTOPAL_HOME``.
        stack: closes what was opened.
    """
    from bot.describe.llm import describer_chain
    from bot.describe.offline import offline_describer
    from retrieval.search import Searcher
    from retrieval.vectors import open_index

    # Label texts are compared as ``photopal evaluate`` does: see sentence_embedder.
    chosen = settings.encoder if "encoder" in settings.model_fields_set else "starter"
    gallery: PhotoGallery | None = None
    if photos is not None:
        encoder = open_encoder(settings.encoder)
        books = stack.enter_context(Library.read(gallery_library(photos, encoder)))
        gallery = open_gallery(Searcher(books, encoder))
        there = sum(gallery.photo_of(dialogue) is not None for dialogue in dialogues)
        if there < len(dialogues):
            note(
                f"photopal: {photos} holds the photos of {there:,} of {len(dialogues):,} dialogues"
            )
    else:
        library = _library_with_photos(settings, dialogues, stack)
        if library is not None:
            settings = with_encoder_of(library, settings)
        encoder = open_encoder(settings.encoder)
        if library is not None:
            index = open_index(library, settings.vectors, settings.vector_token)
            gallery = open_gallery(Searcher(library, encoder, index))
        else:
            note(
                "photopal: no photos here (--photos DIR gives them): their labels are ranked "
                "in their place"
            )
    describer = offline_describer(settings.describer, encoder)
    embed = sentence_embedder(open_encoder(chosen)) if chosen != "starter" else None
    return Replayer(
        describer_chain(settings, describer), encoder, dialogues.dialogues, gallery, embed
    )


def gallery_library(photos: Path, encoder: "Encoder") -> Path:
    """The library of a folder of photos, brought up to date; one for each encoder."""
    folder = Path(photos).expanduser().resolve()
    name = hashlib.sha256(f"{folder}\n{encoder.fingerprint}".encode()).hexdigest()[:16]
    make_private_folder(home())
    path = make_private_folder(home() / "galleries") / f"{folder.name[:40]}-{name}.db"
    with Library.open(path, create=True) as books:
        report = index_with_progress(books, encoder, [folder])
    if report.failed:
        first = report.failed[0]
        note(
            f"photopal: {len(report.failed):,} photos could not be read, such as "
            f"{first.path}: {first.reason}"
        )
    return path


def _library_with_photos(
    settings: "Settings", dialogues: "DialogueSet", stack: ExitStack
) -> Library | None:
    """The library, if it holds the photo of at least one of the dialogues."""
    from bot.dialogues.photo_names import PhotoNames

    try:
        library = stack.enter_context(Library.read(settings.library_path))
    except LibraryNotFound:
        if settings.library is not None:
            raise
        return None
    names = PhotoNames(photo.path for photo in library.photos_with("present"))
    found = any(names.find(dialogue) for dialogue in dialogues)
    return library if found and library.searchable_count() else None
