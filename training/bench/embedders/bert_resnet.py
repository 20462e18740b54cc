"""The weak baseline: a text network and an image network that never met, joined by projections."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from retrieval.encoders.folder import fingerprint_of, hash_files
from retrieval.paths import home, make_private_folder
from training.bench.base import BenchPhoto
from training.bench.embedders.backbones import find_backbone
from training.bench.embedders.embedder import embed_photos, embed_texts
from training.bench.embedders.networks import ImageNetwork, TextNetwork
from training.bench.embedders.projection import Projection, train_projections
from training.bench.embedders.specs import BertResnetSpec, ProjectionTraining
from training.bench.embedders.text_networks import find_averaged_states
from training.bench.embedders.vectors import unit_vectors
from training.datasets.photos import usable
from training.datasets.read import read_examples
from training.encoders.cache import keep, read_kept
from training.errors import DatasetInvalid, PhotosUnusable

log = logging.getLogger(__name__)


class ProjectedTowers:
    """Two networks and a projection of each one's unit vectors into one space."""

    def __init__(
        self,
        texts: TextNetwork,
        images: ImageNetwork,
        of_texts: Projection,
        of_images: Projection,
    ) -> None:
        """Join them."""
        self._texts = texts
        self._images = images
        self._of_texts = of_texts
        self._of_images = of_images
        self.side = images.side
        self.image_dim = self.text_dim = len(of_images.bias)

    def image_vectors(self, images: Sequence[Image.Image]) -> Any:
        """Array [n, dim]."""
        return self._of_images(unit_vectors(self._images.image_vectors(images), "image network"))

    def text_vectors(self, texts: Sequence[str]) -> Any:
        """Array [n, dim]."""
        return self._of_texts(unit_vectors(self._texts.text_vectors(texts), "text network"))

    def count_parameters(self) -> int:
        """Numbers that make up networks and projections."""
        networks = self._texts.count_parameters() + self._images.count_parameters()
        return networks + self._of_texts.parameters + self._of_images.parameters


def find_bert_resnet(
    spec: BertResnetSpec, root: Path | None, device: torch.device, batch_size: int
) -> tuple[str, Callable[[], ProjectedTowers]]:
    """The fingerprint of the baseline, and what loads it; trained projections are kept on disk.

    Raises:
        NeedsHub, EncoderUnavailable, EncoderFolderInvalid: a network cannot be had.
        DatasetInvalid, PhotosUnusable: what it is trained on cannot be read. Loading raises
            these, too.
    """
    text_print, load_texts = find_averaged_states(spec.text, root, device)
    image_print, load_images = find_backbone(spec.image, root, device)
    networks = (text_print, image_print)
    if spec.train is None:
        random = fingerprint_of("random projection", *networks, spec.dim, spec.seed)
        return random, lambda: _with_random(load_texts(), load_images(), spec)
    data = _TrainingData.find(spec.train, root)
    settings = spec.train.model_dump(exclude={"captions", "photos"})
    trained = fingerprint_of(
        "trained projection", *networks, spec.dim, spec.seed, data.fingerprint, settings
    )

    def load() -> ProjectedTowers:
        texts, images = load_texts(), load_images()
        training = _Training(spec, data, networks, batch_size)
        return ProjectedTowers(texts, images, *training.projections(trained, texts, images))

    return trained, load


def _with_random(texts: TextNetwork, images: ImageNetwork, spec: BertResnetSpec) -> ProjectedTowers:
    rng = np.random.default_rng(spec.seed)
    of_texts = Projection.random(texts.text_dim, spec.dim, rng)
    of_images = Projection.random(images.image_dim, spec.dim, rng)
    return ProjectedTowers(texts, images, of_texts, of_images)


@dataclass(frozen=True)
class _TrainingData:
    """Captions and photos to train on; photos count by name, size and time."""

    captions: Path
    photos: Path
    fingerprint: str

    @classmethod
    def find(cls, how: ProjectionTraining, root: Path | None) -> "_TrainingData":
        base = root or Path()
        captions, photos = base / Path(how.captions), base / Path(how.photos)
        if not captions.is_file():
            raise DatasetInvalid(f"there is no file {captions} to train a projection on")
        if not photos.is_dir():
            raise PhotosUnusable(f"there is no folder {photos} to train a projection on")
        looks = sorted(
            (path.relative_to(photos).as_posix(), path.stat().st_size)
            for path in photos.rglob("*")
            if path.is_file()
        )
        return cls(captions, photos, fingerprint_of(hash_files([captions]), looks))


class _Training:
    """Embeds what is trained on, once, and trains; both are kept for the next time."""

    def __init__(
        self,
        spec: BertResnetSpec,
        data: _TrainingData,
        networks: tuple[str, str],
        batch_size: int,
    ) -> None:
        assert spec.train is not None
        self._spec = spec
        self._how = spec.train
        self._data = data
        self._networks = networks
        self._batch_size = batch_size
        self._folder = make_private_folder(home() / "bench" / "projections")

    def projections(
        self, fingerprint: str, texts: TextNetwork, images: ImageNetwork
    ) -> tuple[Projection, Projection]:
        """Those kept under the fingerprint; else they are trained."""
        file = self._folder / f"{fingerprint}.safetensors"
        kept = read_kept(file)
        if kept is not None:
            return Projection.read(kept, "text."), Projection.read(kept, "image.")
        found = self._features(texts, images)
        both = train_projections(
            found["texts"].numpy(),
            found["photos"].numpy(),
            found["photo_of"].numpy(),
            self._spec.dim,
            self._how,
            self._spec.seed,
            lambda epoch, loss: log.info("projection: epoch %d, held-out loss %.4f", epoch, loss),
        )
        keep(file, both[0].tensors("text.") | both[1].tensors("image."))
        return both

    def _features(self, texts: TextNetwork, images: ImageNetwork) -> Mapping[str, Tensor]:
        name = fingerprint_of("features", *self._networks, self._data.fingerprint)
        file = self._folder / f"{name}.safetensors"
        kept = read_kept(file)
        if kept is not None:
            return kept
        examples, _ = usable(
            list(read_examples([self._data.captions], self._data.photos)),
            folder=self._data.photos,
        )
        places = {path: place for place, path in enumerate(dict.fromkeys(e.path for e in examples))}
        pairs = [(one.path, caption) for one in examples for caption in one.captions]
        if not pairs:
            raise DatasetInvalid(f"{self._data.captions} holds no caption to train on")
        photos = [BenchPhoto(id=path.name, path=path) for path in places]
        log.info("projection: embedding %d photos and %d captions", len(photos), len(pairs))
        found = {
            "photos": embed_photos(images, photos, self._batch_size, self._spec.image),
            "texts": embed_texts(
                texts, [text for _, text in pairs], self._batch_size, self._spec.text
            ),
            "photo_of": np.asarray([places[path] for path, _ in pairs], dtype=np.int64),
        }
        tensors = {key: torch.from_numpy(rows) for key, rows in found.items()}
        keep(file, tensors)
        return tensors
