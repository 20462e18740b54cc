"""The starter encoder: the embedded default, ready without any download."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from retrieval.encoders.base import Embeddings
from retrieval.encoders.compiled import NetworkStore, is_installed
from retrieval.encoders.folder import (
    Manifest,
    read_manifest,
    read_weights,
    write_manifest,
    write_weights,
)
from retrieval.encoders.shorten import shorten_text
from retrieval.encoders.starter.layout import (
    DIM,
    IMAGE_SIDE,
    MAX_TEXT_TOKENS,
    PREPROCESSING,
    SCENE_DIM,
    WEIGHTS_NAME,
)
from retrieval.encoders.starter.serving import CompiledStarter
from retrieval.errors import EncoderFolderInvalid
from retrieval.paths import cache

if TYPE_CHECKING:
    import torch

    from retrieval.encoders.starter.bases import ImageBase, TextBase
    from retrieval.encoders.starter.heads import ImageHead, TextHead
    from retrieval.encoders.starter.networks import Networks

_IMAGE_BATCH = 32
_TEXT_BATCH = 64

T = TypeVar("T")


class StarterEncoder:
    """EfficientNet-Lite1 and all-MiniLM-L6-v2 joined by small heads of our own.

    Its vectors have 896 numbers: 512 learned from captioned photos, 384 from class names (see
    :mod:`retrieval.encoders.starter.heads`). A text of more than 128 tokens is shortened phrase by
    phrase, never inside one.

    It embeds by compiled networks where there are some, and then needs no torch. Whoever takes
    hold of one of its networks (``text_head`` and the others), to train it say, gets torch's; from
    then on these embed, since they may change.
    """

    name = "starter"
    dim = DIM
    image_size = IMAGE_SIDE
    max_text_tokens = MAX_TEXT_TOKENS

    def __init__(
        self,
        networks: "Networks | None",
        reference: tuple[Embeddings, Embeddings] | None = None,
        *,
        compiled: CompiledStarter | None = None,
        stored: tuple[Path, Manifest] | None = None,
    ) -> None:
        """Join the parts; :meth:`load` is the usual way.

        Args:
            networks: torch's; None where they can be read from ``stored``.
            reference: mean and covariance of everyday photos.
            compiled: the same networks compiled.
            stored: the folder that it was read from, and its manifest.
        """
        self._networks = networks
        self._reference = reference
        self._compiled = compiled
        self._loading = threading.RLock()
        self.folder = stored[0] if stored else None
        self.earlier = stored[1].earlier if stored else ()
        if networks is not None:
            self.fingerprint, self.text_fingerprint = networks.fingerprints()
        elif stored is not None:
            manifest = stored[1]
            self.fingerprint = manifest.fingerprint
            self.text_fingerprint = manifest.text_fingerprint
        else:
            raise ValueError("an encoder needs networks, or a folder that holds them")
        self._source = self.folder

    @classmethod
    def load(cls, folder: Path | None = None, *, compiled: bool = False) -> Self:
        """Load from an encoder folder, by default the one that comes with Photopal.

        Args:
            folder: with ``encoder.json``.
            compiled: embed by compiled networks where OpenVINO runs, which takes some seconds
                more at the first time and keeps them in :func:`retrieval.paths.cache`.

        Raises:
            EncoderUnavailable: a package with a base network is missing or changed.
            EncoderFolderInvalid: the folder's weights are missing, damaged or of another shape.
        """
        folder = folder or Path(__file__).with_name("weights")
        manifest = read_manifest(folder)
        tensors = read_weights(folder / WEIGHTS_NAME)
        stored = (folder, manifest)
        store = NetworkStore(cache() / "networks") if compiled and is_installed() else None
        if store is not None:
            ready = CompiledStarter.open(folder, manifest, tensors, store)
            if ready is not None:
                return cls(None, _reference_of(folder, tensors), compiled=ready, stored=stored)
        networks = _networks_of(folder, tensors)
        encoder = cls(networks, _reference_of(folder, tensors), stored=stored)
        if encoder.fingerprint != manifest.fingerprint:
            raise EncoderFolderInvalid(
                f"{folder} holds other weights than its encoder.json says: copy the folder again"
            )
        if store is not None:
            encoder._compiled = CompiledStarter.make(networks, folder, manifest, tensors, store)
            if encoder._compiled is not None:
                encoder._networks = None
        return encoder

    @property
    def networks(self) -> "Networks":
        """Torch's networks, which embed from now on.

        Raises:
            EncoderUnavailable, EncoderFolderInvalid: see :meth:`load`.
        """
        with self._loading:
            if self._networks is None:
                assert self._source is not None
                tensors = read_weights(self._source / WEIGHTS_NAME)
                self._networks = _networks_of(self._source, tensors)
            self._compiled = None
            return self._networks

    @property
    def image_base(self) -> "ImageBase":
        """Sees photos; frozen."""
        return self.networks.image_base

    @property
    def image_head(self) -> "ImageHead":
        """On top of the image base."""
        return self.networks.image_head

    @property
    def text_base(self) -> "TextBase":
        """Reads texts; frozen."""
        return self.networks.text_base

    @property
    def text_head(self) -> "TextHead":
        """On top of the text bases."""
        return self.networks.text_head

    @property
    def scene_base(self) -> "TextBase | None":
        """The fine-tuned text network of the scene part; None where ``text_base`` does it."""
        return self.networks.scene_base

    @scene_base.setter
    def scene_base(self, base: "TextBase | None") -> None:
        self.networks.scene_base = base

    @property
    def serving(self) -> "CompiledStarter | Networks":
        """What embeds at present: the compiled networks, or torch's."""
        compiled = self._compiled
        return self.networks if compiled is None else compiled

    def save(
        self,
        folder: Path,
        extra: dict[str, object] | None = None,
        earlier: tuple[str, ...] = (),
    ) -> Manifest:
        """Write the heads as an encoder folder; the base networks stay in their packages.

        Of a fine-tuned scene network its difference from the text base is written. The encoder
        itself stays as it is.

        Args:
            folder: made where it is not there.
            extra: for the manifest.
            earlier: fingerprints of earlier image sides for these very texts.

        Returns:
            The manifest. Its fingerprints are of the weights as written, which are what anybody
            loads.
        """
        tensors, (fingerprint, text_fingerprint) = self.networks.write(folder)
        if self._reference is not None:
            mean, covariance = self._reference
            tensors["background.mean"] = mean
            tensors["background.covariance"] = covariance.astype(np.float16)
        write_weights(folder / WEIGHTS_NAME, tensors)
        manifest = Manifest(
            kind=self.name,
            base="efficientnet-lite1 + all-MiniLM-L6-v2",
            dim=DIM,
            preprocessing=PREPROCESSING,
            fingerprint=fingerprint,
            text_fingerprint=text_fingerprint,
            earlier=earlier,
            extra=extra or {},
        )
        write_manifest(folder, manifest)
        return manifest

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """Unit vectors [n, 896] of RGB pictures of any size."""
        embed = self.serving.image_vectors
        vectors = [embed(part) for part in _batches(images, _IMAGE_BATCH)]
        return np.concatenate(vectors) if vectors else np.zeros((0, DIM), np.float32)

    def prepare_texts(self) -> None:
        """Compile the text networks in the background, where compiled ones serve."""
        if self._compiled is not None:
            self._compiled.prepare_texts()

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Unit vectors [n, 896] of texts; too long ones are shortened phrase by phrase."""
        serving = self.serving
        short = [shorten_text(text, MAX_TEXT_TOKENS, serving.count_tokens) for text in texts]
        # Texts of like length go together: padding costs as much as words.
        order = sorted(range(len(short)), key=lambda place: len(short[place]))
        vectors = np.zeros((len(short), DIM), np.float32)
        for places in _batches(order, _TEXT_BATCH):
            vectors[list(places)] = serving.text_vectors([short[place] for place in places])
        return vectors

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, the two special ones included."""
        return self.serving.count_tokens(text)

    def count_parameters(self) -> int:
        """Numbers that make up the networks, base networks included."""
        networks = self._networks
        if networks is None:
            # Those that embed are compiled and stay so.
            assert self._source is not None
            networks = _networks_of(self._source, read_weights(self._source / WEIGHTS_NAME))
        return networks.count_parameters()

    def reference_statistics(self) -> tuple[Embeddings, Embeddings] | None:
        """Mean [896] and covariance [896, 896] of 6,000 everyday photos."""
        return self._reference

    def scenes(self, texts: Sequence[str]) -> Embeddings:
        """The scene parts [n, 512] of texts' vectors, at unit length."""
        scenes = self.encode_texts(texts)[:, :SCENE_DIM]
        unit: Embeddings = scenes / np.maximum(np.linalg.norm(scenes, axis=1, keepdims=True), 1e-6)
        return unit

    def features(self, images: Sequence[Image.Image]) -> "torch.Tensor":
        """The image base's features [n, 4864], which training caches."""
        return self.networks.features(images)


def _networks_of(folder: Path, tensors: Mapping[str, NDArray[Any]]) -> "Networks":
    from retrieval.encoders.starter.networks import Networks

    return Networks.load(folder, tensors)


def _reference_of(
    folder: Path, tensors: Mapping[str, NDArray[Any]]
) -> tuple[Embeddings, Embeddings] | None:
    if "background.mean" not in tensors:
        return None
    try:
        mean = np.asarray(tensors["background.mean"], dtype=np.float32)
        covariance = np.asarray(tensors["background.covariance"], dtype=np.float32)
    except KeyError:
        mean = covariance = np.zeros(0, np.float32)
    if mean.shape != (DIM,) or covariance.shape != (DIM, DIM):
        raise EncoderFolderInvalid(
            f"the weights in {folder} do not fit the starter encoder: make it again with "
            "photopal train"
        )
    return mean, covariance


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
