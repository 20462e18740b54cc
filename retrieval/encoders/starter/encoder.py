"""The starter encoder: the embedded default, ready without any download."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from retrieval.encoders.base import Embeddings
from retrieval.encoders.device import choose_dtype
from retrieval.encoders.folder import (
    Manifest,
    fingerprint_of,
    hash_files,
    hash_tensors,
    read_manifest,
    read_weights,
    write_manifest,
    write_weights,
)
from retrieval.encoders.shorten import shorten_text
from retrieval.encoders.starter.bases import (
    IMAGE_SIDE,
    IMAGE_WEIGHTS_SHA256,
    MAX_TEXT_TOKENS,
    ImageBase,
    TextBase,
    load_image_base,
    load_text_base,
    pixels_of,
    text_base_weights,
)
from retrieval.encoders.starter.heads import (
    CLASS_POWER,
    DIM,
    FEATURE_LIMIT,
    SCENE_DIM,
    ImageHead,
    TextHead,
    pack,
    unpack,
)
from retrieval.encoders.starter.scene import changed, copy_of, holds, pack_changes, unpack_changes
from retrieval.errors import EncoderFolderInvalid

WEIGHTS_NAME = "heads.safetensors"
SCENE_NAME = "scene.safetensors"
PREPROCESSING = {"side": IMAGE_SIDE, "resize": "squash, bicubic", "mean": 127, "scale": 128}
_IMAGE_BATCH = 32
_TEXT_BATCH = 64

T = TypeVar("T")


class StarterEncoder:
    """EfficientNet-Lite1 and all-MiniLM-L6-v2 joined by small heads of our own.

    Its vectors have 896 numbers: 512 learned from captioned photos, 384 from class names (see
    :mod:`retrieval.encoders.starter.heads`). A text of more than 128 tokens is shortened phrase by
    phrase, never inside one.
    """

    name = "starter"
    dim = DIM
    image_size = IMAGE_SIDE
    max_text_tokens = MAX_TEXT_TOKENS

    def __init__(
        self,
        image_base: ImageBase,
        text_base: TextBase,
        image_head: ImageHead,
        text_head: TextHead,
        reference: tuple[Embeddings, Embeddings] | None = None,
        scene_base: TextBase | None = None,
    ) -> None:
        """Join the parts; :meth:`load` is the usual way.

        Args:
            image_base: frozen.
            text_base: frozen; the concept part and its gate read texts by it.
            image_head: on top of the image base.
            text_head: on top of the text bases.
            reference: mean and covariance of everyday photos.
            scene_base: the fine-tuned text network of the scene part; None for ``text_base``.
        """
        self._reduced = choose_dtype(torch.device("cpu")) is torch.bfloat16
        self.image_base = image_base
        self.text_base = text_base
        self.scene_base = scene_base
        self._scene_changes: dict[str, NDArray[Any]] | None = None
        self.folder: Path | None = None
        self.image_head = image_head.eval()
        self.text_head = text_head.eval()
        self._reference = reference
        self.fingerprint, self.text_fingerprint = _fingerprints(
            self.image_head.state_dict(),
            self.text_head.state_dict(),
            scene_base.network.state_dict() if scene_base is not None else None,
        )

    @classmethod
    def load(cls, folder: Path | None = None) -> "StarterEncoder":
        """Load from an encoder folder, by default the one that comes with Photopal.

        Raises:
            EncoderUnavailable: a package with a base network is missing or changed.
            EncoderFolderInvalid: the folder's weights are missing, damaged or of another shape.
        """
        folder = folder or Path(__file__).with_name("weights")
        manifest = read_manifest(folder)
        tensors = read_weights(folder / WEIGHTS_NAME)
        try:
            image_head = ImageHead(hidden=len(tensors["image.head.expand.weight"]))
            text_head = TextHead(
                hidden=len(tensors["text.values.weight"]),
                pools=len(tensors["text.attention.weight"]),
            )
            for part, head in (("image.", image_head), ("text.", text_head)):
                own = {
                    name.removeprefix(part): tensor
                    for name, tensor in tensors.items()
                    if name.startswith(part)
                }
                unpack(head, own)
            reference = _read_reference(tensors)
            text_base = load_text_base()
            scene_base, changes = _read_scene_base(folder, text_base)
        except (KeyError, ValueError, RuntimeError) as error:
            raise EncoderFolderInvalid(
                f"the weights in {folder} do not fit the starter encoder: make it again with "
                "photopal train"
            ) from error
        encoder = cls(load_image_base(), text_base, image_head, text_head, reference, scene_base)
        encoder._scene_changes = changes
        encoder.folder = folder
        if encoder.fingerprint != manifest.fingerprint:
            raise EncoderFolderInvalid(
                f"{folder} holds other weights than its encoder.json says: copy the folder again"
            )
        return encoder

    def save(self, folder: Path, extra: dict[str, object] | None = None) -> Manifest:
        """Write the heads as an encoder folder; the base networks stay in their packages.

        Of a fine-tuned scene network its difference from the text base is written. The encoder
        itself stays as it is.

        Returns:
            The manifest. Its fingerprints are of the weights as written, which are what anybody
            loads.
        """
        tensors: dict[str, NDArray[Any]] = {}
        rounded = []
        for part, head in (("image.", self.image_head), ("text.", self.text_head)):
            packed = pack(head)
            as_written = copy.deepcopy(head)
            unpack(as_written, packed)
            rounded.append(as_written.state_dict())
            tensors |= {part + name: values for name, values in packed.items()}
        scene = None
        if self.scene_base is not None:
            networks = self.scene_base.network, self.text_base.network
            changes = self._scene_changes
            if changes is None or not holds(*networks, changes):
                changes = pack_changes(*networks)
            scene = changed(self.text_base.network, changes)
            write_weights(folder / SCENE_NAME, changes)
        else:
            (folder / SCENE_NAME).unlink(missing_ok=True)
        fingerprint, text_fingerprint = _fingerprints(rounded[0], rounded[1], scene)
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
            extra=extra or {},
        )
        write_manifest(folder, manifest)
        return manifest

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """Unit vectors [n, 896] of RGB pictures of any size."""
        vectors = [self._encode_pixels(part) for part in _batches(images, _IMAGE_BATCH)]
        return np.concatenate(vectors) if vectors else np.zeros((0, DIM), np.float32)

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Unit vectors [n, 896] of texts; too long ones are shortened phrase by phrase."""
        short = [shorten_text(text, MAX_TEXT_TOKENS, self.count_tokens) for text in texts]
        # Texts of like length go together: padding costs as much as words.
        order = sorted(range(len(short)), key=lambda place: len(short[place]))
        vectors = np.zeros((len(short), DIM), np.float32)
        with torch.inference_mode():
            for places in _batches(order, _TEXT_BATCH):
                # Reduced precision in the base alone keeps a cosine of 0.9999 with the full one.
                batch = [short[place] for place in places]
                scene_states = None
                with torch.autocast("cpu", torch.bfloat16, enabled=self._reduced):
                    states, present = self.text_base.states(batch)
                    if self.scene_base is not None:
                        scene_states = self.scene_base.states(batch)[0].float()
                vectors[list(places)] = self.text_head(
                    states.float(), present, scene_states
                ).numpy()
        return vectors

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, the two special ones included."""
        return self.text_base.count_tokens(text)

    def reference_statistics(self) -> tuple[Embeddings, Embeddings] | None:
        """Mean [896] and covariance [896, 896] of 6,000 everyday photos."""
        return self._reference

    def scenes(self, texts: Sequence[str]) -> Embeddings:
        """The scene parts [n, 512] of texts' vectors, at unit length."""
        scenes = self.encode_texts(texts)[:, :SCENE_DIM]
        unit: Embeddings = scenes / np.maximum(np.linalg.norm(scenes, axis=1, keepdims=True), 1e-6)
        return unit

    def features(self, images: Sequence[Image.Image]) -> torch.Tensor:
        """The image base's pooled features [n, 2560], which training caches."""
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self._reduced):
            pooled: torch.Tensor = self.image_base(pixels_of(images))
        return pooled

    def _encode_pixels(self, images: Sequence[Image.Image]) -> Embeddings:
        features = self.features(images)
        with torch.inference_mode():
            vectors = self.image_head(features, self.image_base.probabilities(features))
        unit: Embeddings = vectors.numpy()
        return unit


def _fingerprints(
    image_head: Mapping[str, Any], text_head: Mapping[str, Any], scene: Mapping[str, Any] | None
) -> tuple[str, str]:
    """Of all that a photo's vector depends on, and a text's."""
    text = [hash_tensors(text_head)]
    if scene is not None:
        text.append(hash_tensors(scene))
    base = [IMAGE_WEIGHTS_SHA256, PREPROCESSING, CLASS_POWER, FEATURE_LIMIT]
    return (
        fingerprint_of("starter image", base, hash_tensors(image_head)),
        fingerprint_of("starter text", hash_files([text_base_weights()]), *text),
    )


def _read_reference(tensors: Mapping[str, NDArray[Any]]) -> tuple[Embeddings, Embeddings] | None:
    if "background.mean" not in tensors:
        return None
    mean = np.asarray(tensors["background.mean"], dtype=np.float32)
    covariance = np.asarray(tensors["background.covariance"], dtype=np.float32)
    if mean.shape != (DIM,) or covariance.shape != (DIM, DIM):
        raise ValueError("reference statistics of another size")
    return mean, covariance


def _read_scene_base(
    folder: Path, text_base: TextBase
) -> tuple[TextBase | None, dict[str, NDArray[Any]] | None]:
    if not (folder / SCENE_NAME).exists():
        return None, None
    changes = read_weights(folder / SCENE_NAME)
    scene_base = copy_of(text_base)
    unpack_changes(scene_base.network, text_base.network, changes)
    return scene_base, changes


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
