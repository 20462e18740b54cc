"""Precomputed embeddings: the vectors of photos, computed once and kept for the next run."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from retrieval.encoders.base import Encoder
from retrieval.encoders.folder import fingerprint_of
from retrieval.errors import UnreadableImage
from retrieval.photos.reading import open_image
from training.encoders.augmentations import augmented
from training.encoders.base import TrainableEncoder
from training.encoders.cache import keep, read_kept
from training.errors import PhotosUnusable

OnProgress = Callable[[int, int], None]
"""Told how many photos are done, and of how many."""

Embed = Callable[[Sequence[Image.Image]], Tensor]
"""Pictures to vectors [n, dim]."""

_SIDE_FACTOR = 2
_READERS = 2


def embed_photos(
    encoder: Encoder,
    photos: Sequence[Path],
    cache: Path | None = None,
    *,
    batch_size: int = 32,
    on_progress: OnProgress | None = None,
) -> Tensor:
    """Unit vectors [m, encoder.dim] of photos as the search has them, float32, on the CPU.

    Args:
        encoder: embeds them.
        photos: files; all of them readable.
        cache: folder that keeps the vectors by the encoder's fingerprint and every photo's name,
            size and time of change.
        batch_size: photos at a time.
        on_progress: called after each batch.

    Raises:
        PhotosUnusable: a photo cannot be read.
    """

    def embed(images: Sequence[Image.Image]) -> Tensor:
        return torch.from_numpy(encoder.encode_images(images))

    files = {0: _cache_file(encoder.fingerprint, encoder.dim, photos, cache, 0)}
    side = encoder.image_size * _SIDE_FACTOR
    return _read_or_embed(embed, photos, files, encoder.dim, side, batch_size, on_progress)[0]


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
        cache: as for :func:`embed_photos`, one file a view. Not used where photo vectors move.
        views: how many of each photo (see :func:`training.encoders.augmentations.augmented`).
        batch_size: photos at a time.
        on_progress: called after each batch.

    Raises:
        PhotosUnusable: a photo cannot be read.
    """
    if trainable.moves_photos:
        cache = None
    encoder = trainable.encoder
    files = {
        view: _cache_file(encoder.fingerprint, trainable.dim, photos, cache, view)
        for view in range(views)
    }
    side = encoder.image_size * _SIDE_FACTOR
    was_training = trainable.module.training
    trainable.module.eval()
    try:
        with torch.no_grad():
            return _read_or_embed(
                trainable.photo_vectors,
                photos,
                files,
                trainable.dim,
                side,
                batch_size,
                on_progress,
            )
    finally:
        trainable.module.train(was_training)


def _read_or_embed(
    embed: Embed,
    photos: Sequence[Path],
    files: Mapping[int, Path | None],
    dim: int,
    side: int,
    batch_size: int,
    on_progress: OnProgress | None,
) -> Tensor:
    """Vectors [views, m, dim]: those that are kept, and the others computed and kept."""
    found: dict[int, Tensor] = {}
    for view, file in files.items():
        vectors = (read_kept(file) or {}).get("vectors")
        if vectors is not None and vectors.shape == (len(photos), dim):
            found[view] = vectors
    missing = {view: torch.zeros(len(photos), dim) for view in files if view not in found}
    done = 0
    for batch in _read_ahead(photos, side, batch_size) if missing else ():
        names = [path.name for path in photos[done : done + len(batch)]]
        for view, vectors in missing.items():
            seen = [augmented(image, view, name) for image, name in zip(batch, names, strict=True)]
            vectors[done : done + len(batch)] = embed(seen).float().cpu()
        done += len(batch)
        if on_progress is not None:
            on_progress(done, len(photos))
    for view, vectors in missing.items():
        keep(files[view], {"vectors": vectors})
    if not missing and on_progress is not None:
        on_progress(len(photos), len(photos))
    return torch.stack([(found | missing)[view] for view in files])


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
    fingerprint: str, dim: int, photos: Sequence[Path], cache: Path | None, view: int
) -> Path | None:
    if cache is None:
        return None
    stats = [(path.name, status.st_size, status.st_mtime_ns) for path, status in _stats(photos)]
    key = fingerprint_of(fingerprint, dim, stats)
    return cache / f"photos.{key}.view{view}.safetensors"


def _stats(photos: Sequence[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    for path in photos:
        try:
            yield path, path.stat()
        except OSError as error:
            raise PhotosUnusable(f"{path} cannot be read: {error.strerror}") from error
