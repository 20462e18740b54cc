"""The photo bank: what the locked image side says of every photo, computed once."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from retrieval.encoders.folder import fingerprint_of
from retrieval.errors import UnreadableImage
from retrieval.photos.reading import open_image
from training.encoders.augmentations import augmented
from training.encoders.base import TrainableEncoder
from training.encoders.cache import keep, read_kept
from training.errors import PhotosUnusable

OnProgress = Callable[[int, int], None]
"""Told how many photos are done, and of how many."""

_SIDE_FACTOR = 2
_READERS = 2


def precompute_embeddings(
    trainable: TrainableEncoder,
    photos: Sequence[Path],
    cache: Path | None = None,
    *,
    views: int = 1,
    batch_size: int = 32,
    on_progress: OnProgress | None = None,
) -> Tensor:
    """Unit vectors [views, m, dim] of photos, float32, on the CPU, without gradients.

    Args:
        trainable: whose image side embeds them.
        photos: files; all of them readable.
        cache: folder that keeps the vectors, one file a view, by the encoder's fingerprint and
            every photo's name, size and time of change. Not used where photo vectors move.
        views: how many of each photo (see :func:`training.encoders.augmentations.augmented`).
        batch_size: photos at a time.
        on_progress: called after each batch.

    Raises:
        PhotosUnusable: a photo cannot be read.
    """
    if trainable.moves_photos:
        cache = None
    files = [_cache_file(trainable, photos, cache, view) for view in range(views)]
    found: dict[int, Tensor] = {}
    for view, file in enumerate(files):
        vectors = (read_kept(file) or {}).get("vectors")
        if vectors is not None and vectors.shape == (len(photos), trainable.dim):
            found[view] = vectors
    missing = [view for view in range(views) if view not in found]
    if missing:
        computed = _embed(trainable, photos, missing, batch_size, on_progress)
        for view, vectors in computed.items():
            keep(files[view], {"vectors": vectors})
        found |= computed
    elif on_progress is not None:
        on_progress(len(photos), len(photos))
    return torch.stack([found[view] for view in range(views)])


@torch.no_grad()
def _embed(
    trainable: TrainableEncoder,
    photos: Sequence[Path],
    views: Sequence[int],
    batch_size: int,
    on_progress: OnProgress | None,
) -> dict[int, Tensor]:
    was_training = trainable.module.training
    trainable.module.eval()
    vectors = {view: torch.zeros(len(photos), trainable.dim) for view in views}
    done = 0
    try:
        for batch in _read_ahead(photos, trainable.encoder.image_size * _SIDE_FACTOR, batch_size):
            names = [path.name for path in photos[done : done + len(batch)]]
            for view in views:
                seen = [augmented(*pair) for pair in _triples(batch, view, names)]
                part = trainable.photo_vectors(seen).float().cpu()
                vectors[view][done : done + len(batch)] = part
            done += len(batch)
            if on_progress is not None:
                on_progress(done, len(photos))
    finally:
        trainable.module.train(was_training)
    return vectors


def _triples(
    batch: Sequence[Image.Image], view: int, names: Sequence[str]
) -> Iterator[tuple[Image.Image, int, str]]:
    for image, name in zip(batch, names, strict=True):
        yield image, view, name


def _read_ahead(photos: Sequence[Path], side: int, batch_size: int) -> Iterator[list[Image.Image]]:
    with ThreadPoolExecutor(_READERS) as readers:
        ahead: list[Future[Image.Image]] = []
        for start in range(0, len(photos) + batch_size, batch_size):
            paths = photos[start : start + batch_size]
            following = [readers.submit(_open, path, side) for path in paths]
            if ahead:
                yield [read.result() for read in ahead]
            ahead = following


def _open(path: Path, side: int) -> Image.Image:
    try:
        return open_image(path, side)
    except UnreadableImage as error:
        raise PhotosUnusable(f"{path} cannot be read: {error}") from error


def _cache_file(
    trainable: TrainableEncoder, photos: Sequence[Path], cache: Path | None, view: int
) -> Path | None:
    if cache is None:
        return None
    stats = [(path.name, status.st_size, status.st_mtime_ns) for path, status in _stats(photos)]
    key = fingerprint_of(trainable.encoder.fingerprint, trainable.dim, stats)
    return cache / f"photos.{key}.view{view}.safetensors"


def _stats(photos: Sequence[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    for path in photos:
        try:
            yield path, path.stat()
        except OSError as error:
            raise PhotosUnusable(f"{path} cannot be read: {error.strerror}") from error
