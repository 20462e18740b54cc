"""What a training needs of an encoder, and which of its parameters the optimizer moves."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from PIL import Image
from torch import Tensor, nn

from retrieval.encoders.base import Encoder
from retrieval.encoders.folder import Manifest
from training.errors import TrainingError

Tune = Literal["text", "both", "head"]
"""What moves: ``text``, the whole text side; ``both``, the image side too; ``head``, only the
last layers of the text side, over network outputs that are computed once."""

TUNES: tuple[Tune, ...] = ("text", "both", "head")


class TrainableEncoder(Protocol):
    """An encoder while it is trained.

    ::

        trainable = make_trainable(load_encoder("starter"), tune="text")
        inputs = trainable.tokenize(["a dog on a beach"])
        texts = trainable.text_vectors(inputs)    # [1, dim], with gradients
        loss.backward()
        trainable.save(Path("tuned"))             # load_encoder reads it

    Attributes:
        encoder: the encoder; it is changed in place, and its own ``encode_texts`` answers with
            the weights as they are now.
        module: everything that is trained and what it is wired to; its ``state_dict`` is what a
            checkpoint holds. ``requires_grad`` says what moves.
        dim: length of the vectors that are trained, which may be a part of the encoder's.
        moves_photos: whether photo vectors change (``tune="both"``): a library has to be
            embedded again then.
    """

    module: nn.Module
    dim: int
    moves_photos: bool

    @property
    def encoder(self) -> Encoder:
        """The encoder that is trained."""
        ...

    def tokenize(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """What :meth:`text_vectors` takes in, first dimension n; too long texts are shortened."""
        ...

    def text_vectors(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Unit vectors [n, dim], with gradients."""
        ...

    def photo_vectors(self, images: Sequence[Image.Image]) -> Tensor:
        """Unit vectors [n, dim] of RGB pictures, with gradients only when they move."""
        ...

    def trained_part(self, vectors: Tensor) -> Tensor:
        """Unit vectors [n, dim]: what is trained of the encoder's vectors [n, encoder.dim]."""
        ...

    def parameter_groups(self, learning_rate: float, weight_decay: float) -> list[dict[str, Any]]:
        """Groups for the optimizer, of the parameters that move."""
        ...

    def cache_texts(self, texts: Sequence[str], cache: Path | None = None) -> None:
        """Run the locked network over texts now, so that :meth:`tokenize` looks them up.

        Does nothing unless ``tune="head"``; texts that are not cached are computed when asked for.

        Args:
            texts: any, repeated ones cost once.
            cache: folder that keeps the result for the next time.
        """
        ...

    def save(self, folder: Path, extra: Mapping[str, Any] | None = None) -> Manifest:
        """Write an encoder folder that ``load_encoder`` reads; what is trained stays as it is."""
        ...


def parameter_groups(
    parameters: Iterable[nn.Parameter], learning_rate: float, weight_decay: float
) -> list[dict[str, Any]]:
    """At most two groups: matrices decay, vectors and scalars (biases, norms) do not.

    Decoupled weight decay (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101) pulls
    weights to zero; for a bias, a norm's gain or a temperature zero is no simpler value.
    Parameters that do not require gradients are left out.
    """
    moving = [parameter for parameter in parameters if parameter.requires_grad]
    decayed = [parameter for parameter in moving if parameter.ndim > 1]
    kept = [parameter for parameter in moving if parameter.ndim <= 1]
    groups = [
        {"params": decayed, "lr": learning_rate, "weight_decay": weight_decay},
        {"params": kept, "lr": learning_rate, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def lock(module: nn.Module) -> None:
    """No parameter of a module moves."""
    module.requires_grad_(False)


def lock_layers(layers: nn.ModuleList, embeddings: nn.Module, count: int) -> None:
    """The lowest layers of a transformer, and its embeddings when there is any, do not move.

    Raises:
        TrainingError: it has fewer layers.
    """
    if not 0 <= count <= len(layers):
        raise TrainingError(f"cannot lock {count} layers: the text tower has {len(layers)}")
    if count:
        lock(embeddings)
    for layer in layers[:count]:
        lock(layer)
