"""A small network that turns a photo's and a text's vector into a query vector.

After the Combiner of CLIP4Cir (Baldrati et al. 2022, "Conditioned and composed image retrieval
combining and partially fine-tuning CLIP-based features"): both vectors are projected, joined, and a
hidden layer makes of them a vector that is added to a weighted sum of the two. Here that sum is the
product's late fusion of standardised scores, and the last layer begins at zero: training starts at
late fusion, and what it adds is what it gains.

    q = unit( late(p, t) + W3 relu(W2 [relu(W1 p), relu(W1' t)]) )

A folder holds ``combiner.json`` (:class:`Settings`) and ``weights.safetensors``.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor, nn

from retrieval.encoders.folder import read_weights, write_weights
from retrieval.errors import EncoderFolderInvalid
from retrieval.files import write_text
from retrieval.search.combining import PictureCombiner
from training.errors import EvaluationError

SETTINGS_NAME = "combiner.json"
WEIGHTS_NAME = "weights.safetensors"

Vectors = NDArray[np.float32]


class Settings(BaseModel):
    """What a combiner is made for, and how large it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dim: int = Field(ge=1, le=65_536, description="Numbers in a vector.")
    photo: float = Field(ge=0, le=1, description="Share of the photo in the sum that it adds to.")
    projected: int = Field(default=256, ge=1, le=8_192, description="Numbers of each projection.")
    hidden: int = Field(default=512, ge=1, le=8_192, description="Of the hidden layer.")
    dropout: float = Field(default=0.5, ge=0, lt=1, description="While it is trained.")
    made_by: str = Field(default="", description="Both fingerprints of the encoder.")
    seed: int = Field(default=20, description="Of its training.")
    figures: dict[str, float] = Field(default_factory=dict, description="On held-out photos.")


class Combiner(nn.Module):
    """The network. Its inputs and outputs are unit vectors [n, dim]."""

    def __init__(self, settings: Settings) -> None:
        """Weights at random, except the last layer's, which are zero."""
        super().__init__()
        self.settings = settings
        self.photo = _layer(settings.dim, settings.projected, settings.dropout)
        self.text = _layer(settings.dim, settings.projected, settings.dropout)
        self.joined = _layer(2 * settings.projected, settings.hidden, settings.dropout)
        self.added = nn.Linear(settings.hidden, settings.dim)
        nn.init.zeros_(self.added.weight)
        nn.init.zeros_(self.added.bias)

    def forward(self, photos: Tensor, texts: Tensor, fused: Tensor) -> Tensor:
        """Query vectors.

        Args:
            photos: that are shown.
            texts: that say what else is asked for.
            fused: both by late fusion.
        """
        joined = torch.cat([self.photo(photos), self.text(texts)], dim=1)
        return F.normalize(fused + self.added(self.joined(joined)), dim=1)

    def compose(self, photos: Vectors, texts: Vectors, fused: Vectors) -> Vectors:
        """As :meth:`forward`, for numpy arrays and without gradients."""
        self.eval()
        with torch.inference_mode():
            found = self(*(torch.from_numpy(one) for one in (photos, texts, fused)))
        composed: Vectors = found.numpy()
        return composed


def install_combiner(combiner: Combiner, encoder: Path) -> None:
    """Write a combiner into an encoder's folder, for the product's search."""
    settings = combiner.settings
    PictureCombiner(_tensors(combiner), settings.photo, settings.made_by).save(encoder)


def _tensors(combiner: Combiner) -> dict[str, Vectors]:
    return {name: one.detach().numpy() for name, one in combiner.state_dict().items()}


def save_combiner(combiner: Combiner, folder: Path) -> None:
    """Write a combiner's folder; the settings last, so that a folder that has them is whole."""
    write_weights(folder / WEIGHTS_NAME, _tensors(combiner))
    write_text(folder / SETTINGS_NAME, combiner.settings.model_dump_json(indent=2) + "\n")


def read_combiner(folder: Path) -> Combiner:
    """Read a combiner's folder.

    Raises:
        EvaluationError: it is missing, damaged, or its weights are of other sizes.
    """
    path = folder / SETTINGS_NAME
    try:
        settings = Settings.model_validate_json(path.read_bytes())
        tensors = read_weights(folder / WEIGHTS_NAME)
        combiner = Combiner(settings)
        combiner.load_state_dict({name: torch.from_numpy(one) for name, one in tensors.items()})
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise EvaluationError(f"{path} holds no combiner: {where}: {first['msg']}") from None
    except EncoderFolderInvalid as error:
        raise EvaluationError(str(error)) from error
    except (RuntimeError, TypeError) as error:
        raise EvaluationError(f"the weights in {folder} are of other sizes than it says") from error
    return combiner


def _layer(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(dropout))
