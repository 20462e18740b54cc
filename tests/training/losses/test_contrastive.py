"""Losses against values worked out by hand and against plain loops with raw exp."""

import math
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from training.errors import TrainingError
from training.losses import LOSSES, OneDirectionalInfoNCE, SigmoidLoss, SymmetricInfoNCE, make_loss
from training.losses.contrastive import masked_cross_entropy

NAMES = tuple(LOSSES)


def unit(*shape: int, seed: int = 0) -> Tensor:
    vectors = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(vectors, dim=-1)


def nothing(n: int, m: int | None = None) -> Tensor:
    return torch.zeros(n, m or n, dtype=torch.bool)


def plain_infonce(
    texts: Tensor, photos: Tensor, temperature: float, masked: Tensor, smoothing: float = 0.0
) -> float:
    """The formula as it is written, one exp at a time; photos may outnumber the texts."""
    total = 0.0
    for i in range(len(texts)):
        there = [j for j in range(len(photos)) if j == i or not masked[i, j]]
        raw = {j: math.exp(float(texts[i] @ photos[j]) / temperature) for j in there}
        share = {j: raw[j] / sum(raw.values()) for j in there}
        total -= (1 - smoothing) * math.log(share[i])
        total -= smoothing / len(there) * sum(math.log(share[j]) for j in there)
    return total / len(texts)


def test_one_directional_of_two_pairs_by_hand() -> None:
    # Texts and photos are the axes, cosine 1 on the diagonal and 0 off it:
    # L = -log(e / (e + 1)) at a temperature of 1.
    axes = torch.eye(2)
    loss = OneDirectionalInfoNCE(temperature=1.0)(axes, axes, nothing(2))
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-1)), abs=1e-6)


def test_vectors_that_are_all_alike_cost_log_n() -> None:
    alike = torch.tensor([[1.0, 0.0]]).repeat(4, 1)
    for loss_fn in (OneDirectionalInfoNCE(), SymmetricInfoNCE()):
        assert loss_fn(alike, alike, nothing(4)).item() == pytest.approx(math.log(4), abs=1e-6)


def test_sigmoid_of_two_pairs_by_hand() -> None:
    # Scale 10, bias -10: fitting pairs have logit 0, the others -10.
    axes = torch.eye(2)
    expected = math.log(2) + math.log(1 + math.exp(-10))
    assert SigmoidLoss()(axes, axes, nothing(2)).item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_published_loss_is_that_of_a_plain_loop(smoothing: float) -> None:
    texts, photos = unit(6, 8), unit(6, 8, seed=1)
    loss_fn = OneDirectionalInfoNCE(label_smoothing=smoothing)
    expected = plain_infonce(texts, photos, 0.07, nothing(6), smoothing)
    assert loss_fn(texts, photos, nothing(6)).item() == pytest.approx(expected, abs=1e-5)


def test_symmetric_is_the_mean_of_both_directions() -> None:
    texts, photos = unit(6, 8), unit(6, 8, seed=1)
    masked = nothing(6)
    masked[0, 3] = masked[3, 0] = True
    expected = (
        plain_infonce(texts, photos, 0.05, masked) + plain_infonce(photos, texts, 0.05, masked)
    ) / 2
    assert SymmetricInfoNCE()(texts, photos, masked).item() == pytest.approx(expected, abs=1e-5)


def test_extra_negatives_count_where_a_text_chooses() -> None:
    texts, photos, extra = unit(4, 8), unit(4, 8, seed=1), unit(3, 8, seed=2)
    extra_same = nothing(4, 3)
    extra_same[2, 1] = True
    masked = torch.cat([nothing(4), extra_same], dim=1)
    there = plain_infonce(texts, torch.cat([photos, extra]), 0.5, masked)
    back = plain_infonce(photos, texts, 0.5, nothing(4))
    loss_fn = SymmetricInfoNCE(temperature=0.5)
    got = loss_fn(texts, photos, nothing(4), extra, extra_same).item()
    assert got == pytest.approx((there + back) / 2, abs=1e-5)
    assert got > loss_fn(texts, photos, nothing(4)).item()
    # Without a mask for them all count.
    assert loss_fn(texts, photos, nothing(4), extra).item() > got


def test_sigmoid_is_that_of_a_plain_loop() -> None:
    texts, photos, extra = unit(4, 8), unit(4, 8, seed=1), unit(3, 8, seed=2)
    masked, extra_same = nothing(4), nothing(4, 3)
    masked[0, 3] = masked[3, 0] = extra_same[2, 1] = True
    total = 0.0
    columns, left_out = torch.cat([photos, extra]), torch.cat([masked, extra_same], dim=1)
    for i in range(4):
        for j in range(7):
            if not left_out[i, j]:
                sign = 1 if i == j else -1
                logit = 10 * float(texts[i] @ columns[j]) - 10
                total += math.log(1 + math.exp(-sign * logit))
    got = SigmoidLoss()(texts, photos, masked, extra, extra_same).item()
    assert got == pytest.approx(total / 4, abs=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_duplicate_in_the_batch_does_not_raise_the_loss_when_masked(name: str) -> None:
    loss_fn = make_loss(name)
    texts, photos = torch.eye(3), torch.eye(3)
    twice_texts = torch.cat([texts, texts[:1]])
    twice_photos = torch.cat([photos, photos[:1]])
    same = nothing(4)
    same[0, 3] = same[3, 0] = True
    alone = loss_fn(texts, photos, nothing(3))
    unmasked = loss_fn(twice_texts, twice_photos, nothing(4))
    masked = loss_fn(twice_texts, twice_photos, same)
    assert masked.item() < unmasked.item()
    # Rows 1 and 2 see photo 0 twice, which at these scales is next to nothing.
    assert masked.item() == pytest.approx(alone.item(), abs=1e-3)
    assert unmasked.item() > alone.item() + 0.1


@pytest.mark.parametrize("name", NAMES)
def test_the_diagonal_of_the_mask_does_not_count(name: str) -> None:
    loss_fn = make_loss(name)
    texts, photos = unit(4, 8), unit(4, 8, seed=1)
    same = torch.eye(4, dtype=torch.bool)
    assert torch.equal(loss_fn(texts, photos, same), loss_fn(texts, photos, nothing(4)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("smoothing", [0.0, 0.05])
def test_one_pair_works(name: str, smoothing: float) -> None:
    loss_fn = make_loss(name, label_smoothing=smoothing)
    text = unit(1, 8).requires_grad_()
    loss = loss_fn(text, unit(1, 8, seed=1), nothing(1))
    loss.backward()
    assert math.isfinite(loss.item()) and text.grad is not None and text.grad.isfinite().all()
    if name != "sigmoid":
        assert loss.item() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_everything_masked_leaves_nothing_to_tell_apart(name: str) -> None:
    texts = unit(3, 8).requires_grad_()
    loss = make_loss(name)(texts, unit(3, 8, seed=1), torch.ones(3, 3, dtype=torch.bool))
    loss.backward()
    assert math.isfinite(loss.item()) and texts.grad is not None and texts.grad.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_large_scales_stay_finite(name: str) -> None:
    # exp(1 / 0.0005) overflows even in double precision.
    loss_fn = make_loss(name, temperature=5e-4, learned=False)
    texts, photos = torch.eye(4).requires_grad_(), -torch.eye(4)
    loss = loss_fn(texts, photos, nothing(4))
    loss.backward()
    assert loss.item() > 100 and math.isfinite(loss.item())
    assert texts.grad is not None and texts.grad.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_bfloat16_and_autocast_are_judged_in_float32(name: str) -> None:
    loss_fn = make_loss(name)
    texts, photos = unit(8, 16).bfloat16(), unit(8, 16, seed=1).bfloat16()
    exact = loss_fn(texts.float(), photos.float(), nothing(8), photos.float())
    with torch.autocast("cpu", torch.bfloat16):
        loss = loss_fn(texts, photos, nothing(8), photos.float())
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(exact.item(), abs=1e-5)


def descend(loss_fn: torch.nn.Module, texts: Tensor, photos: Tensor, steps: int) -> list[float]:
    optimizer = torch.optim.SGD([*loss_fn.parameters(), texts.requires_grad_()], lr=0.5)
    losses = []
    for _ in range(steps):
        loss = loss_fn(torch.nn.functional.normalize(texts, dim=1), photos, nothing(len(texts)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("name", NAMES)
def test_descending_brings_texts_to_their_photos(name: str) -> None:
    photos = unit(6, 16, seed=1)
    losses = descend(make_loss(name), texts := unit(6, 16), photos, steps=60)
    assert losses[-1] < losses[0] / 2
    with torch.no_grad():
        assert (texts @ photos.T).argmax(1).tolist() == list(range(6))


def test_a_learned_temperature_sinks_but_not_below_its_floor() -> None:
    loss_fn = SymmetricInfoNCE(temperature=0.05, lowest=0.02)
    axes = torch.eye(4)
    seen = []
    optimizer = torch.optim.SGD(loss_fn.parameters(), lr=1e12)
    for _ in range(3):
        loss_fn(axes, axes + 0.1, nothing(4)).backward()
        optimizer.step()
        optimizer.zero_grad()
        loss_fn(axes, axes, nothing(4))
        seen.append(loss_fn.temperature)
    assert min(seen) == pytest.approx(0.02)
    # It comes back from the floor as soon as the loss wants it to.
    wrong = axes.roll(1, dims=0)
    loss_fn(axes, wrong, nothing(4)).backward()
    torch.optim.SGD(loss_fn.parameters(), lr=0.01).step()
    assert loss_fn.temperature > 0.021


def test_a_fixed_temperature_has_nothing_to_train() -> None:
    for loss_fn in (OneDirectionalInfoNCE(), SymmetricInfoNCE(learned=False)):
        assert list(loss_fn.parameters()) == []
    assert OneDirectionalInfoNCE().temperature == pytest.approx(0.07)
    assert [name for name, _ in OneDirectionalInfoNCE(learned=True).named_parameters()]


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_loss_comes_back(name: str) -> None:
    loss_fn = make_loss(name, temperature=0.2)
    other = make_loss(name)
    other.load_state_dict(loss_fn.state_dict())
    assert other.temperature == pytest.approx(0.2)


def test_losses_by_name() -> None:
    loss_fn = make_loss("one_directional", temperature=0.1)
    assert isinstance(loss_fn, OneDirectionalInfoNCE) and loss_fn.temperature == pytest.approx(0.1)
    learned = make_loss("symmetric", learned=False)
    assert isinstance(learned, SymmetricInfoNCE) and not list(learned.parameters())
    assert isinstance(make_loss("sigmoid", label_smoothing=0.05), SigmoidLoss)


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("triplet", {}, "choose of symmetric, one-directional, sigmoid"),
        ("symmetric", {"temperature": 0.0}, "above 0"),
        ("symmetric", {"temperature": math.nan}, "above 0"),
        ("symmetric", {"temperature": 0.001}, "starts at 0.01 or above"),
        ("symmetric", {"label_smoothing": 1.0}, "label smoothing"),
        ("one-directional", {"label_smoothing": -0.1}, "label smoothing"),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, options: dict[str, float], told: str) -> None:
    with pytest.raises(TrainingError, match=told) as refused:
        make_loss(name, **options)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


def test_a_sharper_temperature_cares_more_for_the_hardest_negative() -> None:
    text, own = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.8, 0.6]])
    shares = []
    for temperature in (1.0, 0.3, 0.1):
        extra = torch.tensor([[0.6, 0.8], [0.1, 0.995]], requires_grad=True)
        OneDirectionalInfoNCE(temperature)(text, own, nothing(1), extra).backward()
        assert extra.grad is not None
        hard, easy = extra.grad[:, 0].tolist()
        shares.append(hard / (hard + easy))
    assert all(earlier < later for earlier, later in pairwise(shares))


def test_a_temperature_beyond_its_limits_is_told_as_the_next_step_sees_it() -> None:
    loss_fn = make_loss("symmetric", learned=True)
    with torch.no_grad():
        next(loss_fn.parameters()).fill_(-1e31)
    assert loss_fn.temperature == pytest.approx(1.0)


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
