"""The starter encoder's own weights: what sits on top of the two frozen networks.

A photo's vector has two parts, and so has a text's:

* *scene*: two heads trained together on captioned photos (symmetric InfoNCE), which know what
  people do where.
* *concept*: the photo's class probabilities, spread over the classes' names in the text
  network's space (ConSE, Norouzi et al. 2013, https://arxiv.org/abs/1312.5650), which know a
  thousand kinds of things by name: ``c(x) = normalise(sum_i p_i(x)^power * a_i)``. The names'
  vectors ``a_i`` are whitened, so that neighbouring names stay apart.

Both are unit vectors. A text says itself how much it is about a thing's name: with the gate
``g(t)`` in [0, 1], trained to tell names from captions,

    ``text = [sqrt(1 - g) scene(t), sqrt(g) concept(t)]``,
    ``photo = [scene(x), concept(x)] / sqrt 2``

are unit vectors again, and one dot product adds up what both parts know.
"""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from retrieval.encoders.starter.layout import (
    CLASSES,
    CONCEPT_DIM,
    PHOTO_FEATURES,
    SCENE_DIM,
    STATE_DIM,
)
from retrieval.encoders.starter.packing import pack_rows

HIDDEN = 1024
POOLS = 4
CLASS_POWER = 0.7
FEATURE_LIMIT = 6.0


class ResidualHead(nn.Module):
    """A linear map plus a small network beside it: [n, inputs] to [n, outputs]."""

    def __init__(self, inputs: int, outputs: int, hidden: int, dropout: float) -> None:
        """Sizes of the layers; dropout acts in training alone."""
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.expand = nn.Linear(inputs, hidden)
        self.contract = nn.Linear(hidden, outputs)
        self.dropout = nn.Dropout(dropout)

    def forward(self, values: Tensor) -> Tensor:
        """The sum of both ways."""
        values = self.dropout(values)
        hidden = self.dropout(F.gelu(self.expand(values)))
        out: Tensor = self.linear(values) + self.contract(hidden)
        return out


class ImageHead(nn.Module):
    """Features [n, 4864] and class probabilities [n, 1000] to photo vectors."""

    mean: Tensor
    deviation: Tensor
    class_vectors: Tensor

    def __init__(
        self, dropout: float = 0.3, hidden: int = HIDDEN, features: int = PHOTO_FEATURES
    ) -> None:
        """Untrained.

        Args:
            dropout: share of inputs and inner values that are left out, in training alone.
            hidden: width inside.
            features: how many of the features it looks at, from the first. Encoders that were
                made before there were more look at those of the last map, 2,560.
        """
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("deviation", torch.ones(features))
        self.register_buffer("class_vectors", torch.zeros(CLASSES, CONCEPT_DIM))
        self.head = ResidualHead(features, SCENE_DIM, hidden, dropout)

    def standardised(self, features: Tensor) -> Tensor:
        """Features [n, 4864] in units of their deviation, outliers cut."""
        standard = (features[:, : len(self.mean)] - self.mean) / self.deviation
        return standard.clamp(-FEATURE_LIMIT, FEATURE_LIMIT)

    def scene(self, features: Tensor) -> Tensor:
        """Unit vectors [n, 512]."""
        return F.normalize(self.head(self.standardised(features)), dim=-1)

    def concept(self, probabilities: Tensor) -> Tensor:
        """Unit vectors [n, 384]."""
        return F.normalize(probabilities.pow(CLASS_POWER) @ self.class_vectors, dim=-1)

    def forward(self, features: Tensor, probabilities: Tensor) -> Tensor:
        """Unit vectors [n, 896]."""
        both = torch.cat([self.scene(features), self.concept(probabilities)], dim=1)
        return both / 2**0.5


class TextHead(nn.Module):
    """Token states [n, tokens, 384] to text vectors."""

    whitening: Tensor
    gate_weight: Tensor
    gate_bias: Tensor

    def __init__(self, dropout: float = 0.3, hidden: int = HIDDEN, pools: int = POOLS) -> None:
        """Untrained; ``dropout`` acts in training alone, ``hidden`` is the width inside.

        Args:
            dropout: share of inputs and inner values that are left out.
            hidden: width of the inner layers.
            pools: ways to weigh the tokens; each fills ``hidden / pools`` inner values.
        """
        super().__init__()
        self.pools = pools
        self.register_buffer("whitening", torch.eye(STATE_DIM))
        self.register_buffer("gate_weight", torch.zeros(STATE_DIM))
        self.register_buffer("gate_bias", torch.zeros(1))
        self.head = ResidualHead(STATE_DIM, SCENE_DIM, hidden, dropout)
        self.attention = nn.Linear(STATE_DIM, pools)
        self.values = nn.Linear(STATE_DIM, hidden)
        self.contract = nn.Linear(hidden, SCENE_DIM)
        self.dropout = nn.Dropout(dropout)

    def scene(self, states: Tensor, present: Tensor) -> Tensor:
        """Unit vectors [n, 512]: from the mean state, and from states pooled by attention.

        Attention pools values that are a linear map of the states, and its weights add up to one:

            sum_t a_t (W s_t + b) = W (sum_t a_t s_t) + b,

        so that the states are pooled first and each text is mapped once, not each of its tokens.
        """
        logits = self.attention(states).masked_fill(~present[..., None], -1e4)
        even = present[..., None].to(logits.dtype)
        # The mean is one more way to pool: one pass over the states does for all.
        weights = torch.cat([logits.softmax(dim=1), even], dim=2).to(states.dtype)
        pooled_states = torch.einsum("ntp,ntd->npd", weights, states)
        meaning = F.normalize(pooled_states[:, self.pools].float(), dim=-1)
        weight = self.values.weight.unflatten(0, (self.pools, -1))
        pooled = torch.einsum("npd,phd->nph", pooled_states[:, : self.pools], weight).flatten(1)
        pooled = pooled + self.values.bias
        # Unit vectors of 384 numbers are scaled to a variance of one for the head.
        scene = self.head(meaning * STATE_DIM**0.5)
        scene = scene + self.contract(self.dropout(F.gelu(pooled)))
        return F.normalize(scene.float(), dim=-1)

    def concept(self, meaning: Tensor) -> Tensor:
        """Unit vectors [n, 384] of sentence vectors [n, 384]."""
        return F.normalize(meaning @ self.whitening, dim=-1)

    def gate(self, meaning: Tensor) -> Tensor:
        """How much each text [n] is the name of a thing rather than a caption, 0 to 1."""
        return torch.sigmoid(meaning @ self.gate_weight + self.gate_bias)

    def forward(
        self, states: Tensor, present: Tensor, scene_states: Tensor | None = None
    ) -> Tensor:
        """Unit vectors [n, 896].

        Args:
            states: all-MiniLM's token states [n, tokens, 384].
            present: which tokens are there [n, tokens].
            scene_states: the scene network's token states, when it is another one.
        """
        meaning = sentence_vectors(states, present)
        gate = self.gate(meaning)[:, None]
        scene = self.scene(states if scene_states is None else scene_states, present)
        return torch.cat([(1 - gate).sqrt() * scene, gate.sqrt() * self.concept(meaning)], dim=1)


def sentence_vectors(states: Tensor, present: Tensor) -> Tensor:
    """all-MiniLM's own sentence vectors [n, 384]: the mean state, at unit length."""
    weights = present[..., None].to(states.dtype)
    return F.normalize((states * weights).sum(1) / weights.sum(1), dim=-1)


def pack(module: nn.Module) -> dict[str, NDArray[np.generic]]:
    """A head's tensors for the file: matrices as 8-bit rows with a scale each, the rest fp32.

    Rounding a row to 255 steps of its largest weight moves a vector by a cosine of about 1e-4 and
    makes the file a quarter as large.
    """
    packed: dict[str, NDArray[np.generic]] = {}
    for name, tensor in module.state_dict().items():
        values = tensor.detach().cpu().float().numpy()
        if values.ndim == 2:
            packed[name], packed[f"{name}.scale"] = pack_rows(values)
        else:
            packed[name] = values
    return packed


def unpack(module: nn.Module, tensors: Mapping[str, NDArray[np.generic]]) -> None:
    """Load what :func:`pack` made.

    Raises:
        KeyError: a tensor is missing.
        ValueError, RuntimeError: a tensor has another shape.
    """
    state = {}
    for name in module.state_dict():
        values = np.asarray(tensors[name], dtype=np.float32)
        if f"{name}.scale" in tensors:
            values = values * np.asarray(tensors[f"{name}.scale"], dtype=np.float32)[:, None]
        state[name] = torch.from_numpy(values)
    module.load_state_dict(state)
