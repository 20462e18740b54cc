"""The starter's networks in torch: for training, and to embed where nothing faster is there."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from retrieval.encoders.device import choose_dtype
from retrieval.encoders.folder import (
    fingerprint_of,
    hash_files,
    hash_tensors,
    read_weights,
    write_weights,
)
from retrieval.encoders.starter.bases import (
    ImageBase,
    TextBase,
    load_image_base,
    load_text_base,
    pixels_of,
)
from retrieval.encoders.starter.heads import (
    CLASS_POWER,
    FEATURE_LIMIT,
    ImageHead,
    TextHead,
    pack,
    unpack,
)
from retrieval.encoders.starter.layout import PREPROCESSING, SCENE_NAME
from retrieval.encoders.starter.packages import IMAGE_WEIGHTS_SHA256, text_folder
from retrieval.encoders.starter.scene import changed, copy_of, holds, pack_changes, unpack_changes
from retrieval.errors import EncoderFolderInvalid

Rows = NDArray[np.float32]


@dataclass(eq=False)
class Networks:
    """Two base networks and the heads on top of them.

    Attributes:
        image_base: frozen.
        text_base: frozen; the concept part and its gate read texts by it.
        image_head: on top of the image base.
        text_head: on top of the text bases.
        scene_base: the fine-tuned text network of the scene part; None for ``text_base``.
        changes: what the scene network was read from; None for one that was not.
    """

    image_base: ImageBase
    text_base: TextBase
    image_head: ImageHead
    text_head: TextHead
    scene_base: TextBase | None = None
    changes: dict[str, NDArray[Any]] | None = None
    reduced: bool = field(init=False)

    def __post_init__(self) -> None:
        """Set the heads to evaluate, and choose the precision."""
        self.image_head.eval()
        self.text_head.eval()
        self.reduced = choose_dtype(torch.device("cpu")) is torch.bfloat16

    @classmethod
    def load(cls, folder: Path, tensors: Mapping[str, NDArray[Any]]) -> Self:
        """Load from an encoder folder and the packages.

        Args:
            folder: may hold the changes of a scene network.
            tensors: of the heads, as :meth:`packed` wrote them.

        Raises:
            EncoderUnavailable: a package with a base network is missing or changed.
            EncoderFolderInvalid: the folder's weights are damaged or of another shape.
        """
        try:
            image_head = ImageHead(
                hidden=len(tensors["image.head.expand.weight"]),
                features=len(tensors["image.mean"]),
            )
            unpack(image_head, _part(tensors, "image."))
            text_head = read_text_head(tensors)
            text_base = load_text_base()
            scene_base, changes = read_scene_base(folder, text_base)
        except (KeyError, ValueError, RuntimeError) as error:
            raise EncoderFolderInvalid(
                f"the weights in {folder} do not fit the starter encoder: make it again with "
                "photopal train"
            ) from error
        return cls(load_image_base(), text_base, image_head, text_head, scene_base, changes)

    def fingerprints(self) -> tuple[str, str]:
        """Of all that a photo's vector depends on, and a text's."""
        scene = self.scene_base.network.state_dict() if self.scene_base is not None else None
        return _fingerprints(self.image_head.state_dict(), self.text_head.state_dict(), scene)

    def write(self, folder: Path) -> tuple[dict[str, NDArray[Any]], tuple[str, str]]:
        """Write what a scene network changed; the base networks stay in their packages.

        Returns:
            The heads' tensors, to be written by the caller, and both fingerprints of the weights
            as written, which are what anybody loads.
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
            changes = self.changes
            if changes is None or not holds(*networks, changes):
                changes = pack_changes(*networks)
            scene = changed(self.text_base.network, changes)
            write_weights(folder / SCENE_NAME, changes)
        else:
            (folder / SCENE_NAME).unlink(missing_ok=True)
        return tensors, _fingerprints(rounded[0], rounded[1], scene)

    def features(self, images: Sequence[Image.Image]) -> Tensor:
        """The image base's features [n, 4864]."""
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self.reduced):
            pooled: Tensor = self.image_base(pixels_of(images))
        return pooled

    def image_vectors(self, images: Sequence[Image.Image]) -> Rows:
        """Unit vectors [n, 896] of RGB pictures."""
        features = self.features(images)
        with torch.inference_mode():
            vectors = self.image_head(features, self.image_base.probabilities(features))
        unit: Rows = vectors.numpy()
        return unit

    def text_vectors(self, texts: Sequence[str]) -> Rows:
        """Unit vectors [n, 896] of texts of up to 128 tokens."""
        scene_states = None
        with torch.inference_mode():
            # Reduced precision in the base alone keeps a cosine of 0.9999 with the full one.
            with torch.autocast("cpu", torch.bfloat16, enabled=self.reduced):
                states, present = self.text_base.states(texts)
                if self.scene_base is not None:
                    scene_states = self.scene_base.states(texts)[0].float()
            vectors: Rows = self.text_head(states.float(), present, scene_states).numpy()
        return vectors

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, the two special ones included."""
        return self.text_base.count_tokens(text)

    def count_parameters(self) -> int:
        """Numbers that make up the base networks and the heads."""
        scene = [] if self.scene_base is None else [self.scene_base.network]
        parts = [self.image_base, self.text_base.network, self.image_head, self.text_head, *scene]
        return sum(weight.numel() for part in parts for weight in part.parameters())

    def vocabulary(self) -> dict[str, int]:
        """The number of every token."""
        return self.text_base.vocabulary()

    def sentence_vectors(self, texts: Sequence[str]) -> Rows:
        """all-MiniLM's own sentence vectors [n, 384]."""
        return self.text_base.sentence_vectors(texts)


class WholeImageNetwork(nn.Module):
    """From pixels [n, 3, 240, 240] to unit vectors [n, 896]."""

    def __init__(self, networks: Networks) -> None:
        """The networks are shared, not copied."""
        super().__init__()
        self.base = networks.image_base
        self.head = networks.image_head

    def forward(self, pixels: Tensor) -> Tensor:
        """Base and head."""
        features = self.base(pixels)
        vectors: Tensor = self.head(features, self.base.probabilities(features))
        return vectors


class TokenStatesNetwork(nn.Module):
    """From token numbers and mask [n, tokens] to all-MiniLM's states [n, tokens, 384]."""

    def __init__(self, base: TextBase) -> None:
        """The network is shared, not copied."""
        super().__init__()
        self.network = base.network

    def forward(self, numbers: Tensor, mask: Tensor) -> Tensor:
        """The last layer's states."""
        states: Tensor = self.network(input_ids=numbers, attention_mask=mask).last_hidden_state
        return states


class TextVectorNetwork(nn.Module):
    """From token numbers, mask and all-MiniLM's states to unit vectors [n, 896]."""

    def __init__(self, networks: Networks) -> None:
        """The networks are shared, not copied."""
        super().__init__()
        self.head = networks.text_head
        scene = networks.scene_base
        self.scene = None if scene is None else TokenStatesNetwork(scene)

    def forward(self, numbers: Tensor, mask: Tensor, states: Tensor) -> Tensor:
        """Scene network, if there is one, and head."""
        scene_states = states if self.scene is None else self.scene(numbers, mask)
        vectors: Tensor = self.head(states, mask.bool(), scene_states)
        return vectors


def _fingerprints(
    image_head: Mapping[str, Any], text_head: Mapping[str, Any], scene: Mapping[str, Any] | None
) -> tuple[str, str]:
    text = [hash_tensors(text_head)]
    if scene is not None:
        text.append(hash_tensors(scene))
    base = [IMAGE_WEIGHTS_SHA256, PREPROCESSING, CLASS_POWER, FEATURE_LIMIT]
    weights = text_folder() / "model.safetensors"
    return (
        fingerprint_of("starter image", base, hash_tensors(image_head)),
        fingerprint_of("starter text", hash_files([weights]), *text),
    )


def read_text_head(tensors: Mapping[str, NDArray[Any]]) -> TextHead:
    """The text head among the tensors of an encoder folder.

    Raises:
        KeyError, ValueError, RuntimeError: it is missing or of another shape.
    """
    hidden, pools = len(tensors["text.values.weight"]), len(tensors["text.attention.weight"])
    head = TextHead(hidden=hidden, pools=pools)
    unpack(head, _part(tensors, "text."))
    return head.eval()


def _part(tensors: Mapping[str, NDArray[Any]], part: str) -> dict[str, NDArray[Any]]:
    return {
        name.removeprefix(part): tensor for name, tensor in tensors.items() if name.startswith(part)
    }


def read_scene_base(
    folder: Path, text_base: TextBase
) -> tuple[TextBase | None, dict[str, NDArray[Any]] | None]:
    """The fine-tuned text network of an encoder folder and its changes; None where it has none.

    Raises:
        EncoderFolderInvalid: the file is damaged.
        KeyError, ValueError: it is of another network.
    """
    if not (folder / SCENE_NAME).exists():
        return None, None
    changes = read_weights(folder / SCENE_NAME)
    scene_base = copy_of(text_base)
    unpack_changes(scene_base.network, text_base.network, changes)
    return scene_base, changes
