"""From a recipe's words to an embedder."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from retrieval.encoders import PRESETS
from retrieval.encoders.base import Encoder
from retrieval.encoders.device import choose_device
from retrieval.encoders.folder import fingerprint_of
from retrieval.encoders.registry import STARTER
from retrieval.errors import EncoderUnavailable
from training.bench.base import Embedder
from training.bench.embedders.backbones import find_backbone
from training.bench.embedders.bert_resnet import find_bert_resnet
from training.bench.embedders.blip import BlipCaptioner, BlipReranker, BlipTowers
from training.bench.embedders.captions import CaptionSource, GivenCaptions, WrittenCaptions
from training.bench.embedders.checkpoints import find_checkpoint, local_path
from training.bench.embedders.embedder import PhotosOnly, TwoTowerEmbedder
from training.bench.embedders.encoders import EncoderTowers
from training.bench.embedders.networks import TwoTowers
from training.bench.embedders.open_clip import find_open_clip
from training.bench.embedders.sentences import CaptionEmbedder
from training.bench.embedders.specs import (
    BackboneSpec,
    BertResnetSpec,
    BlipSpec,
    CaptionerSpec,
    EmbedderSpec,
    EncoderSpec,
    OpenClipSpec,
    RerankerSpec,
    SentencesSpec,
    StarterSpec,
)
from training.bench.embedders.text_networks import find_sentence_network
from training.bench.embedders.vectors import memory_errors
from training.errors import NeedsHub

LoadEncoder = Callable[[str], Encoder]
"""Loads an encoder of the product, as :func:`retrieval.encoders.load_encoder` does."""

BATCH_SIZE = 32


def load_embedder(
    spec: EmbedderSpec,
    *,
    load_encoder: LoadEncoder,
    device: str = "auto",
    batch_size: int = BATCH_SIZE,
    root: Path | None = None,
) -> Embedder:
    """The embedder of a recipe.

    Models are found at once and, but for the product's encoders, loaded when the first vector is
    wanted or ``cost`` is asked for.

    Args:
        spec: of the recipe.
        load_encoder: loads the product's encoders.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        batch_size: photos or texts at a time; also the embedder's attribute, which may be changed.
        root: that relative paths in the recipe are looked for in, before the working directory.

    Raises:
        NeedsHub: a model must come from a hub that is out of reach or does not have it.
        EncoderUnavailable: there is no such model, or a package is missing.
        EncoderFolderInvalid: a model's folder is damaged, or its weights are not safetensors.
        OutOfMemory: it does not fit into memory.
    """
    finder = _Finder(load_encoder, choose_device(device), batch_size, root)
    with memory_errors(f"loading {_title(spec)}"):
        return finder.embedder(spec)


def load_reranker(
    spec: RerankerSpec,
    *,
    device: str = "auto",
    batch_size: int = BATCH_SIZE,
    root: Path | None = None,
) -> BlipReranker:
    """What orders the first photos of a ranking anew; see :func:`load_embedder`."""
    with memory_errors(f"loading {spec.name}"):
        return BlipReranker(
            find_checkpoint(spec.name, root), spec.first, choose_device(device), batch_size
        )


class _Finder:
    """Makes embedders with one device and one place for relative paths."""

    def __init__(
        self, load_encoder: LoadEncoder, device: torch.device, batch_size: int, root: Path | None
    ) -> None:
        self._load_encoder = load_encoder
        self._device = device
        self._batch_size = batch_size
        self._root = root

    def embedder(self, spec: EmbedderSpec) -> Embedder:
        if isinstance(spec, SentencesSpec):
            fingerprint, load = find_sentence_network(spec.name, self._root, self._device)
            return CaptionEmbedder(
                _title(spec),
                fingerprint,
                load,
                self._captions(spec),
                batch_size=self._batch_size,
            )
        found, towers = self._towers(spec)
        return TwoTowerEmbedder(
            _title(spec),
            found,
            towers,
            query="photo" if isinstance(spec, BackboneSpec) else spec.query,
            batch_size=self._batch_size,
        )

    def _towers(self, spec: Any) -> tuple[str, Callable[[], TwoTowers]]:
        match spec:
            case EncoderSpec():
                return self._encoder(spec.name, None)
            case StarterSpec():
                return self._encoder(spec.folder or STARTER, spec.channel)
            case OpenClipSpec():
                return find_open_clip(spec, self._root, self._device)
            case BlipSpec():
                checkpoint = find_checkpoint(spec.name, self._root)
                return checkpoint.fingerprint, partial(BlipTowers.load, checkpoint, self._device)
            case BackboneSpec():
                fingerprint, load = find_backbone(spec.name, self._root, self._device)
                return fingerprint, lambda: PhotosOnly(load(), spec.name)
            case BertResnetSpec():
                return find_bert_resnet(spec, self._root, self._device, self._batch_size)
        raise TypeError(f"no embedder of the kind {type(spec).__name__}")

    def _encoder(self, name: str, channel: str | None) -> tuple[str, Callable[[], TwoTowers]]:
        folder = local_path(name, self._root) if name != STARTER else None
        here = folder is not None and folder.is_dir()
        try:
            encoder = self._load_encoder(str(folder) if here else name)
        except EncoderUnavailable as error:
            if here or name == STARTER or not ("/" in name or name in PRESETS):
                raise
            raise NeedsHub(str(error)) from error
        fingerprint = fingerprint_of(
            "encoder", encoder.fingerprint, encoder.text_fingerprint, channel
        )
        return fingerprint, lambda: EncoderTowers(encoder, channel)

    def _captions(self, spec: SentencesSpec) -> CaptionSource:
        if spec.captions != "model":
            return GivenCaptions(spec.captions, spec.seed)
        captioner = spec.captioner or CaptionerSpec()
        checkpoint = find_checkpoint(captioner.name, self._root)
        fingerprint = fingerprint_of(
            "written", checkpoint.fingerprint, captioner.beams, captioner.max_tokens
        )
        return WrittenCaptions(
            captioner.name,
            fingerprint,
            partial(BlipCaptioner, checkpoint, captioner, self._device),
        )


def _title(spec: EmbedderSpec) -> str:
    """A name for reports: short, and another one for what differs in vectors."""
    match spec:
        case StarterSpec():
            return " ".join(filter(None, [spec.folder or STARTER, spec.channel]))
        case OpenClipSpec():
            return " ".join(filter(None, [spec.name, spec.pretrained]))
        case SentencesSpec():
            captions = {"one": "one caption", "all": "all captions", "model": "written captions"}
            return f"{spec.name}, {captions[spec.captions]}"
        case BertResnetSpec():
            return f"{spec.text} + {spec.image}, {spec.projection} projection"
    return spec.name
