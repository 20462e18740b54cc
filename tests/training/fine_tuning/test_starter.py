"""The starter fine-tuned on a handful of photos: what anybody runs who installs nothing else."""

from collections.abc import Callable

import pytest
import torch

from retrieval.encoders import load_encoder
from training.errors import EncoderNotTrainable
from training.fine_tuning.config import TrainConfig
from training.fine_tuning.run import fine_tune


@pytest.mark.parametrize("tune", ["text", "head"])
def test_the_starter_is_trained_and_its_libraries_stay_valid(
    config: Callable[..., TrainConfig], tune: str
) -> None:
    chosen = config(encoder="starter", tune=tune, epochs=1, learning_rate=1e-3, wise=False)
    result = fine_tune(chosen)
    assert result.library_stays_valid
    original, tuned = load_encoder("starter"), load_encoder(chosen.out)
    assert tuned.fingerprint == original.fingerprint
    assert tuned.text_fingerprint != original.text_fingerprint
    texts = ["a red wall", "nothing but blue"]
    moved = torch.from_numpy(tuned.encode_texts(texts) - original.encode_texts(texts)).norm(dim=1)
    assert (moved > 1e-3).all()


def test_the_starters_image_side_never_moves(config: Callable[..., TrainConfig]) -> None:
    chosen = config(encoder="starter", tune="both")
    with pytest.raises(EncoderNotTrainable, match="--tune text"):
        fine_tune(chosen)
    assert not chosen.out.exists()
