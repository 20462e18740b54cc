"""Days and places of a folder's photos, as a library of the product would know them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from retrieval.encoders.base import Embeddings
from retrieval.files import content_hash
from retrieval.filters import Filter
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.paths import home, make_private_folder


class FactsOnly:
    """Stands in for an encoder where a library is asked for facts alone: every vector is alike."""

    name = "facts only"
    dim = 1
    image_size = 32
    max_text_tokens = 1
    fingerprint = text_fingerprint = "facts-only"

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """Ones [n, 1]."""
        return np.ones((len(images), 1), dtype=np.float32)

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Ones [n, 1]."""
        return np.ones((len(texts), 1), dtype=np.float32)

    def count_tokens(self, text: str) -> int:
        """One."""
        return 1

    def reference_statistics(self) -> tuple[Embeddings, Embeddings] | None:
        """None."""
        return None


def open_facts(folder: Path) -> Library:
    """A library of this folder without vectors that mean anything.

    It is kept under ``$PHOTOPAL_HOME/bench/facts``: a second call reads only what has changed. It
    holds the files to the product's own rules of what a photo's day and place are.

    Args:
        folder: with links resolved.
    """
    place = make_private_folder(home() / "bench" / "facts")
    library = Library.open(place / f"{content_hash(str(folder).encode())}.db", create=True)
    index_folders(library, FactsOnly(), [folder])
    return library


def photos_matching(library: Library, wanted: Filter) -> frozenset[Path]:
    """The files of the photos that a filter lets through."""
    photos = library.photos(library.ids_matching(wanted).tolist())
    return frozenset(photo.path for photo in photos.values())
