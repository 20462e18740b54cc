"""WiSE-FT: the ends are the ends, and the best figure wins."""

import pytest
import torch
from torch import nn

from training.encoders.wise_ft import choose_alpha, interpolate


def states() -> tuple[nn.Linear, dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    module = nn.Linear(3, 2)
    original = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    tuned = {name: tensor + torch.randn_like(tensor) for name, tensor in original.items()}
    return module, original, tuned


def test_the_ends_are_the_originals_to_the_last_bit() -> None:
    module, original, tuned = states()
    for alpha, end in ((0.0, original), (1.0, tuned)):
        interpolate(module, original, tuned, alpha)
        assert all(torch.equal(end[name], t) for name, t in module.state_dict().items())


def test_between_them_is_the_weighted_mean() -> None:
    module, original, tuned = states()
    interpolate(module, original, tuned, 0.25)
    torch.testing.assert_close(module.weight, 0.75 * original["weight"] + 0.25 * tuned["weight"])


def test_whole_numbers_are_not_averaged() -> None:
    module = nn.BatchNorm1d(2)
    original = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    tuned = {**original, "num_batches_tracked": torch.tensor(7)}
    interpolate(module, original, tuned, 0.5)
    assert module.num_batches_tracked == 7


def test_the_best_alpha_is_chosen_and_installed() -> None:
    module, original, tuned = states()
    wanted = torch.lerp(original["weight"], tuned["weight"], 0.6)

    def nearness() -> float:
        return -float((module.weight.detach() - wanted).abs().sum())

    alpha, figures = choose_alpha(module, original, tuned, nearness)
    assert alpha == 0.6
    assert max(figures.values()) == pytest.approx(0, abs=1e-6)
    assert set(figures) == {0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 1}
    torch.testing.assert_close(module.weight.detach(), wanted)


def test_of_equal_figures_the_training_is_kept() -> None:
    module, original, tuned = states()
    assert choose_alpha(module, original, tuned, lambda: 1.0)[0] == 1.0
    assert torch.equal(module.weight, tuned["weight"])
