"""The starter's networks compiled: pictures and texts to vectors without torch."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from retrieval.encoders.compiled import (
    CompiledNetwork,
    NetworkStore,
    convert,
    converted_or_none,
)
from retrieval.encoders.folder import Manifest, fingerprint_of, hash_files, hash_tensors
from retrieval.encoders.starter.layout import (
    IMAGE_SIDE,
    MAX_TEXT_TOKENS,
    SCENE_NAME,
    STATE_DIM,
)
from retrieval.encoders.starter.packages import image_weights, text_folder
from retrieval.encoders.starter.preparing import mean_states, squares

if TYPE_CHECKING:
    from retrieval.encoders.starter.networks import Networks

_LAYOUT = 1
"""Counts up when the compiled networks take or give something else than before."""

_PICTURES_TOGETHER = 4
_SIDE_BY_SIDE = 64

Rows = NDArray[np.float32]
Numbers = NDArray[np.int64]
Tensors = Mapping[str, NDArray[Any]]


class Sentences:
    """all-MiniLM compiled: texts to token numbers, states and sentence vectors."""

    def __init__(self, states: CompiledNetwork) -> None:
        """``states``: from numbers and mask [n, tokens] to states [n, tokens, 384]."""
        from tokenizers import Tokenizer

        self._network = states
        file = str(text_folder() / "tokenizer.json")
        self._whole = Tokenizer.from_file(file)
        self._whole.no_padding()
        self._whole.no_truncation()
        self._fitted = Tokenizer.from_file(file)
        self._fitted.enable_padding()
        self._fitted.enable_truncation(MAX_TEXT_TOKENS)

    def prepare(self) -> None:
        """Compile the network in the background."""
        self._network.prepare()

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, the two special ones included."""
        return len(self._whole.encode(text).ids)

    def vocabulary(self) -> dict[str, int]:
        """The number of every token."""
        numbers: dict[str, int] = self._whole.get_vocab()
        return numbers

    def tokenize(self, texts: Sequence[str]) -> tuple[Numbers, Numbers]:
        """Token numbers and which of them are there, both [n, tokens]."""
        pieces = self._fitted.encode_batch(list(texts))
        return (
            np.array([piece.ids for piece in pieces], dtype=np.int64),
            np.array([piece.attention_mask for piece in pieces], dtype=np.int64),
        )

    def states(self, numbers: Numbers, mask: Numbers) -> Rows:
        """Token states [n, tokens, 384]."""
        return self._network(numbers, mask)

    def sentence_vectors(self, texts: Sequence[str]) -> Rows:
        """all-MiniLM's own sentence vectors [n, 384]."""
        numbers, mask = self.tokenize(texts)
        return mean_states(self.states(numbers, mask), mask.astype(bool))


class CompiledStarter:
    """Pictures and texts to vectors, by compiled networks."""

    def __init__(
        self, images: CompiledNetwork, sentences: Sentences, texts: CompiledNetwork
    ) -> None:
        """Use :meth:`open` or :meth:`make`.

        Args:
            images: from pixels to vectors.
            sentences: the text base.
            texts: from numbers, mask and states to vectors.
        """
        self._images = images
        self._texts = texts
        self.sentences = sentences

    @classmethod
    def open(
        cls, folder: Path, manifest: Manifest, tensors: Tensors, store: NetworkStore
    ) -> Self | None:
        """The networks of an encoder folder that were converted before; None when they were not.

        Raises:
            EncoderUnavailable: a package with a base network is missing.
        """
        keys = _Keys(folder, manifest, tensors)
        # Side by side: nearly all of it is hashing files.
        with ThreadPoolExecutor() as pool:
            kept = [
                pool.submit(store.read, keys.images, streams=_SIDE_BY_SIDE),
                pool.submit(store.read, keys.states),
                pool.submit(store.read, keys.texts),
            ]
            images, states, texts = (one.result() for one in kept)
        if images is None or states is None or texts is None:
            return None
        return cls(images, Sentences(states), texts)

    @classmethod
    def make(
        cls,
        networks: "Networks",
        folder: Path,
        manifest: Manifest,
        tensors: Tensors,
        store: NetworkStore,
    ) -> Self | None:
        """Convert networks and keep them for the next time; None when that does not work."""
        return converted_or_none(
            lambda: cls._make(networks, _Keys(folder, manifest, tensors), store)
        )

    @classmethod
    def _make(cls, networks: "Networks", keys: "_Keys", store: NetworkStore) -> Self:
        import torch

        from retrieval.encoders.starter.networks import (
            TextVectorNetwork,
            TokenStatesNetwork,
            WholeImageNetwork,
        )

        side = IMAGE_SIDE
        images = convert(
            WholeImageNetwork(networks).eval(),
            [torch.zeros(2, 3, side, side)],
            [[-1, 3, side, side]],
        )
        words = [torch.ones(2, 7, dtype=torch.int64), torch.ones(2, 7, dtype=torch.int64)]
        words[1][0, 5:] = 0
        states = convert(TokenStatesNetwork(networks.text_base).eval(), words, [[-1, -1], [-1, -1]])
        texts = convert(
            TextVectorNetwork(networks).eval(),
            [*words, torch.randn(2, 7, STATE_DIM)],
            [[-1, -1], [-1, -1], [-1, -1, STATE_DIM]],
        )
        return cls(
            store.keep(keys.images, images, streams=_SIDE_BY_SIDE),
            Sentences(store.keep(keys.states, states)),
            store.keep(keys.texts, texts),
        )

    def prepare_texts(self) -> None:
        """Compile the text networks in the background, so that the first text waits less."""
        self.sentences.prepare()
        self._texts.prepare()

    def image_vectors(self, images: Sequence[Image.Image]) -> Rows:
        """Unit vectors [n, 896] of RGB pictures."""
        return self._images.rows(images, _PICTURES_TOGETHER, squares)

    def text_vectors(self, texts: Sequence[str]) -> Rows:
        """Unit vectors [n, 896] of texts of up to 128 tokens."""
        numbers, mask = self.sentences.tokenize(texts)
        return self._texts(numbers, mask, self.sentences.states(numbers, mask))

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, the two special ones included."""
        return self.sentences.count_tokens(text)

    def vocabulary(self) -> dict[str, int]:
        """The number of every token."""
        return self.sentences.vocabulary()

    def sentence_vectors(self, texts: Sequence[str]) -> Rows:
        """all-MiniLM's own sentence vectors [n, 384]."""
        return self.sentences.sentence_vectors(texts)


class _Keys:
    """What the compiled networks were made from: other weights are other networks."""

    def __init__(self, folder: Path, manifest: Manifest, tensors: Tensors) -> None:
        changes = [path for path in [folder / SCENE_NAME] if path.exists()]
        weights = _looks(text_folder() / "model.safetensors")
        image, text = _part(tensors, "image."), _part(tensors, "text.")
        # Encoders whose text side alone was trained share the image network.
        self.images = fingerprint_of(
            "images", _LAYOUT, manifest.fingerprint, image, _looks(image_weights())
        )
        self.states = fingerprint_of("states", _LAYOUT, weights)
        self.texts = fingerprint_of(
            "texts", _LAYOUT, manifest.text_fingerprint, text, hash_files(changes), weights
        )


def _part(tensors: Tensors, part: str) -> str:
    return hash_tensors({name: one for name, one in tensors.items() if name.startswith(part)})


def _looks(path: Path) -> list[int]:
    """By what a package's file is told from another version of it, without reading it."""
    try:
        found = path.stat()
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns]
