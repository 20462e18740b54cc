"""A picture and words as one query, by a small network that was trained for an encoder.

Scores of a picture and of words that are merely added find what fits one of them: "like this dog,
but in the snow" finds snow, or dogs. After the Combiner of CLIP4Cir (Baldrati et al. 2022,
"Conditioned and composed image retrieval combining and partially fine-tuning CLIP-based features")
a network with one hidden layer adds to the fused vector what the two say together:

    q = unit( fused + W3 relu(W2 [relu(W1 p), relu(W1' t)]) )

It lies in the encoder's folder and is made by ``python -m training.bench.composed.make --install``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.encoders.folder import read_weights, write_weights
from retrieval.errors import EncoderFolderInvalid

Vectors = NDArray[np.float32]

COMBINER_NAME = "combiner.safetensors"
_LAYERS = ("photo.0", "text.0", "joined.0", "added")


@dataclass(frozen=True)
class PictureCombiner:
    """The network.

    Attributes:
        tensors: ``weight`` and ``bias`` of its four layers: of the picture, of the text, hidden,
            and what is added.
        share: of the picture beside the words, with which it was trained.
        made_by: the fingerprints of the encoder; for another encoder it is of no use.
    """

    tensors: Mapping[str, Vectors]
    share: float
    made_by: str

    @classmethod
    def load(cls, folder: Path) -> "PictureCombiner":
        """Read the combiner of an encoder folder.

        Raises:
            EncoderFolderInvalid: it is missing, damaged or something else.
        """
        path = folder / COMBINER_NAME
        stored = read_weights(path)
        try:
            made_by = bytes(stored["made_by"]).decode("ascii")
            share = float(stored["share"][0])
            tensors = {
                f"{layer}.{part}": stored[f"{layer}.{part}"].astype(np.float32)
                for layer in _LAYERS
                for part in ("weight", "bias")
            }
            found = cls(tensors, share, made_by)
            found._added(*np.zeros((2, tensors["photo.0.weight"].shape[1]), np.float32))
        except (KeyError, ValueError, IndexError) as error:
            raise EncoderFolderInvalid(f"{path} is no combiner") from error
        return found

    def save(self, folder: Path) -> None:
        """Write it into an encoder folder, in half precision."""
        tensors: dict[str, NDArray[Any]] = {
            **{name: tensor.astype(np.float16) for name, tensor in self.tensors.items()},
            "share": np.array([self.share], np.float32),
            "made_by": np.frombuffer(self.made_by.encode("ascii"), np.uint8),
        }
        write_weights(folder / COMBINER_NAME, tensors)

    def compose(self, picture: Vectors, text: Vectors, fused: Vectors, share: float) -> Vectors:
        """The query vector [dim], of unit length.

        What the network adds counts less where the picture or the words hardly count: nothing for
        a share of 0 or 1.

        Args:
            picture: unit vector [dim].
            text: unit vector [dim].
            fused: both by :func:`retrieval.search.fusion.fuse`.
            share: of the picture in it.
        """
        both = share * (1 - share) / (self.share * (1 - self.share))
        query = fused + np.float32(min(1.0, both)) * self._added(picture, text)
        unit: Vectors = (query / np.linalg.norm(query)).astype(np.float32)
        return unit

    def _added(self, picture: Vectors, text: Vectors) -> Vectors:
        sides = [self._hidden("photo.0", picture), self._hidden("text.0", text)]
        return self._linear("added", self._hidden("joined.0", np.concatenate(sides)))

    def _hidden(self, layer: str, inputs: Vectors) -> Vectors:
        return np.maximum(self._linear(layer, inputs), 0)

    def _linear(self, layer: str, inputs: Vectors) -> Vectors:
        found: Vectors = self.tensors[f"{layer}.weight"] @ inputs + self.tensors[f"{layer}.bias"]
        return found
