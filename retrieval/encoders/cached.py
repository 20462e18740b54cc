"""An encoder that embeds a text once."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from PIL import Image

from retrieval.encoders.base import Embeddings, Encoder

MAX_TEXTS = 512
"""Vectors kept: at 896 floats each, two megabytes."""


class CachedTextEncoder:
    """An encoder that keeps the vectors of the texts that it embedded last.

    Describing a message and searching for it embed the same windows of the dialogue, and the next
    message shares most of its texts with this one. Everything else is the wrapped encoder's. Safe
    to use from several threads; two that ask for one new text at once may both embed it.

    Example::

        encoder = CachedTextEncoder(load_encoder("starter"))
        Suggester(Searcher(library, encoder), describer_chain(settings, PhraseDescriber(encoder)))
    """

    def __init__(self, encoder: Encoder, max_texts: int = MAX_TEXTS) -> None:
        """Wrap ``encoder``, whose weights must not change from now on."""
        self.encoder = encoder
        self.name = encoder.name
        self.dim = encoder.dim
        self.image_size = encoder.image_size
        self.max_text_tokens = encoder.max_text_tokens
        self.fingerprint = encoder.fingerprint
        self.text_fingerprint = encoder.text_fingerprint
        self.folder = getattr(encoder, "folder", None)
        self._max_texts = max_texts
        self._vectors: OrderedDict[str, Embeddings] = OrderedDict()
        self._lock = threading.Lock()

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """Unit vectors [n, dim] of pictures; nothing is kept."""
        return self.encoder.encode_images(images)

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Unit vectors [n, dim] of texts; only those that are not kept are embedded."""
        wanted = list(dict.fromkeys(texts))
        with self._lock:
            found = {text: self._vectors[text] for text in wanted if text in self._vectors}
        new = [text for text in wanted if text not in found]
        if new or not wanted:
            found.update(zip(new, self.encoder.encode_texts(new), strict=True))
        with self._lock:
            for text in wanted:
                self._vectors[text] = found[text]
                self._vectors.move_to_end(text)
            while len(self._vectors) > self._max_texts:
                self._vectors.popitem(last=False)
        if not wanted:
            return np.zeros((0, self.dim), dtype=np.float32)
        return np.stack([found[text] for text in texts])

    def count_tokens(self, text: str) -> int:
        """Tokens that this text takes up, special tokens included."""
        return self.encoder.count_tokens(text)

    def reference_statistics(self) -> tuple[Embeddings, Embeddings] | None:
        """Mean [dim] and covariance [dim, dim] of photos of all kinds, or None."""
        return self.encoder.reference_statistics()
