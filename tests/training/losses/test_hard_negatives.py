"""Hard negatives: close, but clearly further away than the own photo."""

import pytest
import torch
import torch.nn.functional as F

from training.losses.hard_negatives import mine
from training.losses.masking import extra_mask

TEXT = torch.tensor([[1.0, 0.0]])


def at(*cosines: float) -> torch.Tensor:
    """Photos that score so with the text."""
    rows = torch.tensor(cosines)
    return torch.stack([rows, (1 - rows**2).sqrt()], dim=1)


def test_the_best_below_the_margin_hardest_first() -> None:
    # The own photo scores 0.8: 0.95 x 0.8 = 0.76 is the limit.
    photos = at(0.8, 0.9, 0.77, 0.75, 0.5, 0.7)
    mined = mine(TEXT, photos, torch.tensor([0]), count=3, duplicates=None)
    assert mined.tolist() == [[3, 5, 4]]


def test_without_a_margin_all_below_the_own_photo() -> None:
    photos = at(0.8, 0.9, 0.77, 0.75)
    assert mine(TEXT, photos, torch.tensor([0]), count=1, margin=0, duplicates=None).tolist() == [
        [2]
    ]


def test_the_limit_of_a_negative_score_lies_below_it() -> None:
    photos = torch.cat([at(-0.5), at(-0.51), at(-0.9)])
    assert mine(TEXT, photos, torch.tensor([0]), count=1, duplicates=None).tolist() == [[2]]


def test_some_of_the_hardest_are_skipped() -> None:
    photos = at(0.8, 0.7, 0.6, 0.5)
    mined = mine(TEXT, photos, torch.tensor([0]), count=2, skip=1, duplicates=None)
    assert mined.tolist() == [[2, 3]]


def test_near_duplicates_of_the_own_photo_are_never_taken() -> None:
    photos = at(0.8, 0.75, 0.2)
    assert float(photos[0] @ photos[1]) > 0.95
    assert mine(TEXT, photos, torch.tensor([0]), count=1).tolist() == [[2]]


def test_what_is_missing_is_filled_with_the_own_photo_which_the_losses_mask() -> None:
    photos = at(0.8, 0.9, 0.5)
    mined = mine(TEXT, photos, torch.tensor([0]), count=3, duplicates=None)
    assert mined.tolist() == [[2, 0, 0]]
    assert extra_mask(torch.tensor([0]), mined[0], photos).tolist() == [[False, True, True]]


def test_a_single_photo_has_no_negative() -> None:
    assert mine(TEXT, at(0.8), torch.tensor([0]), count=2).tolist() == [[0, 0]]


def test_the_same_as_looking_at_every_photo() -> None:
    generator = torch.Generator().manual_seed(0)
    photos = F.normalize(torch.randn(700, 16, generator=generator), dim=1)
    texts = F.normalize(torch.randn(40, 16, generator=generator), dim=1)
    own = torch.randint(700, (40,), generator=generator)
    mined = mine(texts, photos, own, count=5)
    scores = texts @ photos.T
    own_scores = scores.gather(1, own[:, None])
    # Many own photos rank in the hundreds here: the search has to go deep.
    assert ((scores > own_scores).sum(1) > 300).any()
    taboo = (scores >= own_scores - 0.05 * own_scores.abs()) | (photos[own] @ photos.T >= 0.95)
    best = scores.masked_fill(taboo, -torch.inf).topk(5, dim=1)
    enough = best.values.isfinite().all(dim=1)
    assert enough.sum() > 30
    assert torch.equal(mined[enough], best.indices[enough])


@pytest.mark.parametrize(
    "wrong", [{"count": 0}, {"count": 1, "margin": 1.0}, {"count": 1, "skip": -1}]
)
def test_numbers_without_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="needed"):
        mine(TEXT, at(0.8), torch.tensor([0]), **wrong)  # type: ignore[arg-type]
