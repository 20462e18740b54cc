"""Photos that are no negatives."""

import pytest
import torch
import torch.nn.functional as F

from training.losses.masking import FalseNegativeMask, batch_mask, extra_mask

# Photos 0 and 1 are near-duplicates (cosine 0.99), 2 and 3 stand alone.
PHOTOS = F.normalize(
    torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.14, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), dim=1
)


def test_a_photo_met_twice_is_no_negative() -> None:
    same = batch_mask(torch.tensor([2, 3, 2]))
    assert same.tolist() == [[False, False, True], [False, False, False], [True, False, False]]


def test_near_duplicates_are_no_negatives() -> None:
    places = torch.tensor([0, 1, 2])
    assert not batch_mask(places).any()
    assert batch_mask(places, PHOTOS).nonzero().tolist() == [[0, 1], [1, 0]]
    assert not batch_mask(places, PHOTOS, threshold=0.995).any()


def test_a_text_knows_its_photo_among_the_extra_ones() -> None:
    places, extra = torch.tensor([0, 2]), torch.arange(4)
    assert extra_mask(places, extra, once=False).tolist() == [
        [True, False, False, False],
        [False, False, True, False],
    ]
    assert extra_mask(places, extra, PHOTOS, once=False).tolist() == [
        [True, True, False, False],
        [False, False, True, False],
    ]


def test_what_is_in_the_batch_does_not_count_again() -> None:
    left = ~extra_mask(torch.tensor([0, 2]), torch.arange(4), PHOTOS)
    # Photo 1 is a near-duplicate of the first text's photo, but a fair negative of the second's.
    assert left.tolist() == [[False, False, False, True], [False, True, False, True]]


def test_one_photo_alone() -> None:
    assert batch_mask(torch.tensor([0]), PHOTOS).tolist() == [[False]]


@pytest.mark.parametrize("threshold", [0.5, 0.3, -1.0])
def test_near_duplicates_found_once_are_those_found_each_time(threshold: float) -> None:
    generator = torch.Generator().manual_seed(0)
    photos = F.normalize(torch.randn(1300, 8, generator=generator), dim=1)
    found = FalseNegativeMask(photos, threshold)
    places = torch.randint(1300, (50,), generator=generator)
    extra = torch.randint(1300, (400,), generator=generator)
    for once in (True, False):
        expected = extra_mask(places, extra, photos, threshold, once=once)
        assert torch.equal(extra_mask(places, extra, found, once=once), expected)
    assert torch.equal(batch_mask(places, found), batch_mask(places, photos, threshold))


def test_photos_that_all_differ_have_no_near_duplicates() -> None:
    found = FalseNegativeMask(torch.eye(4))
    assert torch.equal(found.same(torch.arange(4), torch.arange(4)), torch.eye(4).bool())
    assert found.same(torch.tensor([2]), torch.tensor([], dtype=torch.long)).shape == (1, 0)
