"""The gradient that is written out is that of the formula."""

import pytest
import torch
import torch.nn.functional as F

from training.losses.contrastive import masked_cross_entropy


@pytest.fixture
def logits() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return (3 * torch.randn(4, 7, generator=generator, dtype=torch.float64)).requires_grad_()


@pytest.fixture
def masked() -> torch.Tensor:
    found = torch.zeros(4, 7, dtype=torch.bool)
    found[0, 3] = found[3, 0] = found[1, 5] = True
    found[2] = True
    found.diagonal().fill_(False)
    return found


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_gradients_are_those_of_finite_differences(
    smoothing: float, logits: torch.Tensor, masked: torch.Tensor
) -> None:
    assert torch.autograd.gradcheck(lambda x: masked_cross_entropy(x, masked, smoothing), logits)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_with_nothing_masked_it_is_torchs_own(smoothing: float, logits: torch.Tensor) -> None:
    loss = masked_cross_entropy(logits, torch.zeros(4, 7, dtype=torch.bool), smoothing)
    expected = F.cross_entropy(logits, torch.arange(4), label_smoothing=smoothing)
    assert loss.item() == pytest.approx(expected.item())


def test_masked_columns_get_no_gradient(logits: torch.Tensor, masked: torch.Tensor) -> None:
    masked_cross_entropy(logits, masked, 0.1).backward()
    assert logits.grad is not None
    assert logits.grad[masked].abs().max() == 0.0
    # A text with nothing to be told apart from is content.
    assert logits.grad[2].abs().max() < 1e-12
