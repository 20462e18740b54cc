"""CLIP, SigLIP and SigLIP 2: any checkpoint of these families, by hub name or folder.

What the hub calls ``google/siglip2-base-patch32-256`` is, by its ``config.json``, a SigLIP model
with another vocabulary; only the NaFlex checkpoints are of the model type ``siglip2``.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import torch
from PIL import Image

from retrieval.encoders.base import Embeddings
from retrieval.encoders.device import choose_device, choose_dtype
from retrieval.encoders.folder import (
    MANIFEST_NAME,
    Manifest,
    fingerprint_of,
    hash_tensors,
    is_encoder_folder,
    read_manifest,
    require_safetensors,
    write_manifest,
)
from retrieval.encoders.hub import OnDownload, fetch
from retrieval.encoders.open_clip import (
    is_open_clip,
    read_open_clip,
    write_preprocessor,
)
from retrieval.encoders.pixels import Pixels, SquarePixels, read_pixels
from retrieval.encoders.quantized import (
    Choice,
    QuantizedStore,
    QuantizedTower,
    convert,
    is_installed,
)
from retrieval.encoders.quiet import quiet_transformers
from retrieval.encoders.shorten import shorten_text
from retrieval.encoders.tokens import Tokens, read_tokens
from retrieval.encoders.varied import varied_pictures
from retrieval.errors import EncoderFolderInvalid
from retrieval.paths import cache

Item = TypeVar("Item")

KIND = "clip"
FAMILIES = ("clip", "siglip", "siglip2")
_VISION = ("vision_model.", "visual_projection.")
_TEXT = ("text_model.", "text_projection.")
_BASE_FILES = (
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "merges.txt",
    "spiece.model",
)


class ClipEncoder:
    """An ``Encoder`` around a CLIP or SigLIP model of transformers.

    For training, ``model`` is the torch module, and ``image_features`` and ``text_features``
    give vectors with their gradients; load with ``dtype="float32"`` then.

    Attributes:
        name: hub name or folder, whatever ``load_encoder`` takes to load it again.
        base: the checkpoint that a fine-tuned one came from; None for an original.
        model: the two towers. Whoever takes hold of them may change them, so that torch embeds
            from then on.
        fingerprint: of image tower, projection and preprocessing. Precision, device and the text
            tower do not count: a library stays valid when only they change.
        text_fingerprint: of text tower, projection and vocabulary.
    """

    def __init__(
        self,
        model: Any,
        tokens: Tokens,
        pixels: Pixels,
        *,
        name: str,
        source: Path,
        base: str | None = None,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float32,
        batch_size: int | None = None,
    ) -> None:
        """Use ``ClipEncoder.load``."""
        device = device or torch.device("cpu")
        self.name = name
        self.base = base
        self._model = model
        self._quantized: QuantizedTower | None = None
        self.image_size = pixels.side
        self.max_text_tokens = tokens.max_tokens
        self.batch_size = batch_size or (32 if device.type == "cpu" else 128)
        self._tokens = tokens
        self._pixels = pixels
        self._source = source
        self.fingerprint, self.text_fingerprint = self._fingerprints()
        model.to(device=device, dtype=dtype).eval()
        with torch.inference_mode():
            self.dim = int(self.text_features([""]).shape[1])

    @classmethod
    def load(
        cls,
        source: str | Path,
        *,
        device: str = "auto",
        dtype: str = "auto",
        batch_size: int | None = None,
        on_download: OnDownload | None = None,
        quantized: bool = False,
    ) -> Self:
        """Load a checkpoint.

        Args:
            source: an encoder folder of kind ``clip``, a folder with a transformers checkpoint,
                or a hub name. An encoder folder without ``config.json`` holds only the weights
                that differ from its ``base``.
            device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
            dtype: ``auto`` (bfloat16 where the processor is good at it), ``float32`` or
                ``bfloat16``.
            batch_size: pictures or texts at a time; by default 32 on a CPU, 128 elsewhere.
            on_download: told of the progress when files come from the hub.
            quantized: embed pictures in whole numbers where a CPU gains by that, see
                :mod:`retrieval.encoders.quantized`; for embedding only.

        Raises:
            EncoderUnavailable: the hub is out of reach, or has no such model.
            EncoderFolderInvalid: not of these families, incomplete, damaged, or a pickle.
        """
        chosen_device = choose_device(device)
        chosen_dtype = choose_dtype(chosen_device, dtype)
        folder = Path(source).expanduser()
        local = folder.is_dir()
        checkpoint = folder.resolve() if local else fetch(str(source), on_download=on_download)
        manifest = _manifest(checkpoint)
        changes: Path | None = None
        if manifest is not None and manifest.base and not (checkpoint / "config.json").is_file():
            changes, checkpoint = checkpoint, _base_folder(checkpoint, manifest.base, on_download)
        model, tokens, pixels = _read_checkpoint(checkpoint)
        if changes is not None:
            _apply_changes(model, changes)
        encoder = cls(
            model,
            tokens,
            pixels,
            name=str(folder.resolve()) if local else str(source),
            source=checkpoint,
            base=manifest.base if manifest else None,
            device=chosen_device,
            dtype=chosen_dtype,
            batch_size=batch_size,
        )
        if manifest is not None:
            encoder._check(changes or checkpoint, manifest)
        if quantized and chosen_device.type == "cpu" and isinstance(pixels, SquarePixels):
            encoder._quantized = _quantized_tower(encoder.fingerprint)
        return encoder

    @property
    def model(self) -> Any:
        """The torch module, which embeds from now on."""
        self._quantized = None
        return self._model

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """Unit vectors [n, dim] of pictures of any size and mode."""
        quantized = self._quantized
        network = quantized.network(len(images), self._convert) if quantized and images else None
        if network is not None:
            return _unit(network.rows(images, self._input), self.name)
        return self._in_batches(images, self.image_features)

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Unit vectors [n, dim] of texts.

        A text with more tokens than the tower takes (77 for CLIP, 64 for SigLIP) is shortened by
        meaning before, never cut mid-phrase: it keeps its first phrases, as many as fit
        (``shorten_text``). Put what matters first, or shorten descriptor fields by their
        importance with ``shorten_fields`` and ``count_tokens``.
        """
        fitting = [shorten_text(text, self.max_text_tokens, self.count_tokens) for text in texts]
        return self._in_batches(fitting, self.text_features)

    def count_tokens(self, text: str) -> int:
        """Tokens that this text takes up, special tokens included."""
        return self._tokens.count(text)

    def count_parameters(self) -> int:
        """Numbers that make up both towers."""
        return sum(weight.numel() for weight in self._model.parameters())

    def reference_statistics(self) -> tuple[Embeddings, Embeddings] | None:
        """None: these checkpoints come without statistics of photos of all kinds."""
        return None

    def image_features(self, images: Sequence[Image.Image]) -> torch.Tensor:
        """Vectors [n, dim] as the tower gives them, not of unit length; gradients flow."""
        inputs = self._pixels.batch(images)
        pixels = inputs["pixel_values"].to(self._device, self._dtype)
        others = {
            name: tensor.to(self._device)
            for name, tensor in inputs.items()
            if name != "pixel_values"
        }
        features = self._model.get_image_features(pixel_values=pixels, **others)
        return _pooled(features)

    def text_features(self, texts: Sequence[str]) -> torch.Tensor:
        """Vectors [n, dim] as the tower gives them, not of unit length; gradients flow.

        Texts that are too long lose what is over; ``encode_texts`` is kinder.
        """
        numbers = self._tokens.batch(texts).to(self._device)
        return _pooled(self._model.get_text_features(input_ids=numbers))

    def save(self, folder: Path, *, extra: Mapping[str, Any] | None = None) -> Manifest:
        """Write a whole encoder folder, with the weights as they are now.

        The fingerprints written are made anew: training that moved only the text tower leaves
        ``fingerprint`` as it was, and with it every library indexed before.

        Args:
            folder: made when missing.
            extra: anything JSON-able to keep in ``encoder.json`` (settings, figures).

        Returns:
            What was written into ``encoder.json``.
        """
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST_NAME).unlink(missing_ok=True)
        with quiet_transformers():
            self._model.save_pretrained(folder, safe_serialization=True)
        for name in _BASE_FILES:
            if (self._source / name).is_file() and self._source != folder.resolve():
                (folder / name).write_bytes((self._source / name).read_bytes())
        if is_open_clip(self._source):
            write_preprocessor(self._pixels, folder)
        fingerprint, text_fingerprint = self._fingerprints()
        manifest = Manifest(
            kind=KIND,
            dim=self.dim,
            fingerprint=fingerprint,
            text_fingerprint=text_fingerprint,
            base=self.base or self.name,
            preprocessing=self._pixels.describe(),
            extra=extra or {},
        )
        write_manifest(folder, manifest)
        return manifest

    @property
    def _device(self) -> torch.device:
        device: torch.device = self._model.device
        return device

    @property
    def _dtype(self) -> torch.dtype:
        dtype: torch.dtype = self._model.dtype
        return dtype

    def _fingerprints(self) -> tuple[str, str]:
        """Hashes of all that vectors of photos, and of texts, depend on, as it is now."""
        image = fingerprint_of(
            _hash_tower(self._model, _VISION),
            _shape_of(self._model.config, self._model.config.vision_config),
            self._pixels.describe(),
        )
        text = fingerprint_of(
            _hash_tower(self._model, _TEXT),
            _shape_of(self._model.config, self._model.config.text_config),
            self._tokens.fingerprint(),
        )
        return image, text

    def _convert(self) -> tuple[Choice, bytes]:
        tower = _ImageTower(self._model).eval()
        return convert(tower, varied_pictures(self.image_size), self._input)

    def _input(self, image: Image.Image) -> Embeddings:
        pixels: Embeddings = self._pixels.batch([image])["pixel_values"].numpy()
        return pixels

    def _check(self, folder: Path, manifest: Manifest) -> None:
        if (manifest.dim, manifest.fingerprint) != (self.dim, self.fingerprint):
            raise EncoderFolderInvalid(
                f"{folder}: the weights are not those that {MANIFEST_NAME} describes: "
                "copy the folder again, or train it again"
            )

    def _in_batches(
        self, items: Sequence[Item], forward: Callable[[Sequence[Item]], torch.Tensor]
    ) -> Embeddings:
        starts = range(0, len(items), self.batch_size)
        batches = [items[start : start + self.batch_size] for start in starts]
        with torch.inference_mode():
            found = [forward(batch).float().cpu().numpy() for batch in batches]
            vectors = [_unit(rows, self.name) for rows in found]
        return np.concatenate([np.zeros((0, self.dim), dtype=np.float32), *vectors])


class _ImageTower(torch.nn.Module):
    """From pixels to vectors, without the text tower."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.tower = model.vision_model
        self.projection = getattr(model, "visual_projection", torch.nn.Identity())

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Vectors [n, dim] of pixels [n, 3, side, side]."""
        vectors: torch.Tensor = self.projection(self.tower(pixel_values=pixels).pooler_output)
        return vectors


def _quantized_tower(fingerprint: str) -> QuantizedTower | None:
    if not is_installed():
        return None
    return QuantizedTower(QuantizedStore(cache() / "networks"), fingerprint)


def _read_checkpoint(folder: Path) -> tuple[Any, Tokens, Pixels]:
    if is_open_clip(folder):
        return read_open_clip(folder)
    config = _read_config(folder)
    require_safetensors(folder)
    family: str = config.model_type
    # NaFlex takes pictures of any proportions.
    side = None if family == "siglip2" else int(config.vision_config.image_size)
    pixels = read_pixels(folder, family, side)
    text = config.text_config
    tokens = read_tokens(folder, family, text.max_position_embeddings, text.vocab_size)
    return _read_model(folder, config), tokens, pixels


def _read_config(folder: Path) -> Any:
    from transformers import AutoConfig

    if not (folder / "config.json").is_file():
        raise EncoderFolderInvalid(
            f"{folder} holds no encoder: it has neither {MANIFEST_NAME} nor config.json"
        )
    try:
        with quiet_transformers():
            config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # a config is checked by classes of its own, each with its errors
        raise EncoderFolderInvalid(f"{folder}: its config.json cannot be read: {error}") from error
    if config.model_type not in FAMILIES:
        raise EncoderFolderInvalid(
            f"{folder} is a {config.model_type} model: "
            f"only those of the types {', '.join(FAMILIES)} embed pictures and texts here"
        )
    return config


def _read_model(folder: Path, config: Any) -> Any:
    from transformers import AutoModel

    try:
        with quiet_transformers():
            model, report = AutoModel.from_pretrained(
                folder,
                config=config,
                dtype=torch.float32,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
            )
    except Exception as error:  # a damaged file or a wrong shape raises what it likes
        raise EncoderFolderInvalid(
            f"{folder}: its weights cannot be loaded: {_first_line(error)}"
        ) from error
    missing = sorted(report["missing_keys"])
    if missing:
        raise EncoderFolderInvalid(
            f"{folder}: its weights lack {missing[0]} and {len(missing) - 1} more"
        )
    return model


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _manifest(folder: Path) -> Manifest | None:
    if not is_encoder_folder(folder):
        return None
    manifest = read_manifest(folder)
    if manifest.kind != KIND:
        raise EncoderFolderInvalid(f"{folder} is an encoder of kind {manifest.kind!r}, not {KIND}")
    return manifest


def _base_folder(folder: Path, base: str, on_download: OnDownload | None) -> Path:
    # A base given as a relative path lies beside the folder, so that both can be moved together.
    local = folder.parent / Path(base).expanduser()
    return local.resolve() if local.is_dir() else fetch(base, on_download=on_download)


def _apply_changes(model: Any, folder: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    weights = model.state_dict()
    for path in require_safetensors(folder):
        try:
            changes = load_file(path)
        except (OSError, SafetensorError) as error:
            raise EncoderFolderInvalid(f"{path} is damaged: {error}") from error
        for name, tensor in changes.items():
            if name not in weights or weights[name].shape != tensor.shape:
                raise EncoderFolderInvalid(f"{path}: its {name} does not fit the base model")
            weights[name].copy_(tensor)


def _hash_tower(model: Any, prefixes: tuple[str, ...]) -> str:
    tower = {n: tensor for n, tensor in model.state_dict().items() if n.startswith(prefixes)}
    return hash_tensors(tower, with_names=False)


def _shape_of(config: Any, tower: Any) -> dict[str, Any]:
    # Settings that change the vectors and that the shapes of the weights do not tell.
    names = ("hidden_act", "num_attention_heads", "layer_norm_eps", "patch_size", "eos_token_id")
    return {"type": config.model_type, **{name: getattr(tower, name, None) for name in names}}


def _pooled(features: Any) -> torch.Tensor:
    # transformers 5 wraps the projected vector, transformers 4 returned it bare.
    pooled: torch.Tensor = getattr(features, "pooler_output", features)
    return pooled


def _unit(vectors: Embeddings, name: str) -> Embeddings:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise EncoderFolderInvalid(f"{name} gives vectors without a direction: damaged weights")
    unit: Embeddings = vectors / lengths
    return unit
