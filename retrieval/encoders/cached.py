"""Texts that are embedded once: vectors that are kept, and those that are on their way."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol, runtime_checkable

import numpy as np
from PIL import Image

from retrieval.encoders.base import Embeddings, Encoder
from retrieval.encoders.batching import Embed, InferenceThread, Rows, batched

MAX_TEXTS = 512
"""Vectors kept: at 896 floats each, two megabytes."""


class KeptVectors:
    """The vectors of the texts that were asked for last. Safe to use from several threads.

    A text that another thread is embedding at the moment is waited for, not embedded again.
    """

    def __init__(self, embed: Embed, dim: int, max_texts: int = MAX_TEXTS) -> None:
        """``embed`` must give a text the same vector [dim] for ever."""
        self._embed = embed
        self._dim = dim
        self._max_texts = max_texts
        self._vectors: OrderedDict[str, Future[Rows]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, texts: Sequence[str]) -> Rows:
        """Vectors [n, dim] of texts; only those that are not kept are embedded.

        Raises:
            Exception: what the embedding of one of these texts raised; it is not remembered.
        """
        if not texts:
            return np.zeros((0, self._dim), dtype=np.float32)
        with self._lock:
            new: list[str] = []
            found: dict[str, Future[Rows]] = {}
            for text in dict.fromkeys(texts):
                if text not in self._vectors:
                    new.append(text)
                    self._vectors[text] = Future()
                found[text] = self._vectors[text]
                self._vectors.move_to_end(text)
            while len(self._vectors) > self._max_texts:
                self._vectors.popitem(last=False)
        if new:
            self._fill(new, found)
        return np.stack([found[text].result() for text in texts])

    def _fill(self, new: Sequence[str], found: dict[str, "Future[Rows]"]) -> None:
        try:
            vectors = self._embed(new)
            if len(vectors) != len(new):
                raise ValueError(f"{len(vectors)} vectors for {len(new)} texts")
        except BaseException as error:
            with self._lock:
                for text in new:
                    if self._vectors.get(text) is found[text]:
                        del self._vectors[text]
            for text in new:
                found[text].set_exception(error)
            raise
        for text, vector in zip(new, vectors, strict=True):
            # A view would keep the whole batch alive.
            found[text].set_result(vector.copy())


@runtime_checkable
class PreparesTexts(Protocol):
    """An encoder that can get ready for texts in the background, for whoever is going to ask."""

    def prepare_texts(self) -> None:
        """Return at once; :meth:`Encoder.encode_texts` waits for what is left to be done."""
        ...


class CachedTextEncoder:
    """An encoder that keeps the vectors of the texts that it embedded last.

    Describing a message and searching for it embed the same windows of the dialogue, and the next
    message shares most of its texts with this one. Everything else is the wrapped encoder's. Safe
    to use from several threads: a text that two ask for at once is embedded once.

    Example::

        encoder = CachedTextEncoder(load_encoder("starter"))
        Suggester(Searcher(library, encoder), describer_chain(settings, PhraseDescriber(encoder)))
    """

    def __init__(
        self,
        encoder: Encoder,
        max_texts: int = MAX_TEXTS,
        *,
        thread: InferenceThread | None = None,
    ) -> None:
        """Wrap ``encoder``, whose weights must not change from now on.

        Args:
            encoder: the one that does the work.
            max_texts: vectors that are kept.
            thread: embeds texts together with those of others; None: in the caller's thread.
        """
        self.encoder = encoder
        self.name = encoder.name
        self.dim = encoder.dim
        self.image_size = encoder.image_size
        self.max_text_tokens = encoder.max_text_tokens
        self.fingerprint = encoder.fingerprint
        self.text_fingerprint = encoder.text_fingerprint
        self.earlier: tuple[str, ...] = getattr(encoder, "earlier", ())
        self.folder = getattr(encoder, "folder", None)
        if isinstance(encoder, PreparesTexts):
            encoder.prepare_texts()
        embed = encoder.encode_texts
        self._kept = KeptVectors(batched(embed, thread) if thread else embed, self.dim, max_texts)

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """Unit vectors [n, dim] of pictures; nothing is kept."""
        return self.encoder.encode_images(images)

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Unit vectors [n, dim] of texts; only those that are not kept are embedded."""
        return self._kept.of(texts)

    def count_tokens(self, text: str) -> int:
        """Tokens that this text takes up, special tokens included."""
        return self.encoder.count_tokens(text)

    def reference_statistics(self) -> tuple[Embeddings, Embeddings] | None:
        """Mean [dim] and covariance [dim, dim] of photos of all kinds, or None."""
        return self.encoder.reference_statistics()
