"""Want of memory comes under one name, so that the bench can take smaller batches."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.support.fake_encoder import ColourEncoder
from tests.training.bench.embedders.conftest import Load
from training.bench.base import BenchPhoto, BenchQuery
from training.bench.embedders import OutOfMemory


class Greedy(ColourEncoder):
    """Wants more memory than there is for more than two pictures or texts."""

    def __init__(self, wants: Any) -> None:
        super().__init__()
        self._wants = wants

    def encode_images(self, images: Sequence[Image.Image]) -> Any:
        if len(images) > 2:
            self._wants()
        return super().encode_images(images)

    def encode_texts(self, texts: Sequence[str]) -> Any:
        if len(texts) > 2:
            self._wants()
        return super().encode_texts(texts)


def _too_much() -> None:
    torch.empty(1 << 55)


def _far_too_much() -> None:
    np.ones(1 << 55)


@pytest.mark.parametrize("wants", [_too_much, _far_too_much])
def test_a_smaller_batch_goes_on(wants: Any, photos: list[BenchPhoto], load: Load) -> None:
    embedder = load(
        {"kind": "encoder", "name": "greedy"}, load_encoder=lambda name: Greedy(wants), batch_size=8
    )
    asked = [BenchQuery(photo.id, photo.id) for photo in photos]
    with pytest.raises(OutOfMemory, match="8 photos at a time"):
        embedder.embed_photos(photos)
    with pytest.raises(OutOfMemory, match="8 texts at a time"):
        embedder.embed_queries(asked)
    embedder.batch_size = 2  # type: ignore[attr-defined]
    assert len(embedder.embed_photos(photos)) == len(embedder.embed_queries(asked)) == len(photos)


def test_other_errors_of_torch_stay_what_they_are(photos: list[BenchPhoto], load: Load) -> None:
    def wrong() -> None:
        torch.ones(2, 3) @ torch.ones(2, 3)

    embedder = load({"kind": "encoder", "name": "wrong"}, load_encoder=lambda name: Greedy(wrong))
    with pytest.raises(RuntimeError, match="shapes"):
        embedder.embed_photos(photos)


def test_a_model_that_does_not_fit_says_so(load: Load) -> None:
    def loads(name: object) -> Any:
        raise MemoryError

    with pytest.raises(OutOfMemory, match="loading large"):
        load({"kind": "encoder", "name": "large"}, load_encoder=loads)
