"""Encoder and loss as one module: from a batch to its loss."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from training.losses.masking import NEAR_DUPLICATE, batch_mask, extra_mask

if TYPE_CHECKING:
    from training.encoders.base import TrainableEncoder
    from training.losses import Loss

GALLERY_MOST = 16_384
"""Photos of a gallery that a text is told apart from in one step; of more, some are drawn."""


class TuningModel(nn.Module):
    """What the Trainer trains.

    Photo vectors come from ``bank`` where they are constants; where they move, from the encoder, and
    the bank holds what they were when the epoch began (for mined negatives and near-duplicates).
    """

    bank: Tensor | None
    mined: Tensor | None

    def __init__(
        self,
        trainable: "TrainableEncoder",
        loss_fn: "Loss",
        bank: Tensor | None,
        *,
        gallery: bool = False,
        masking: bool = True,
    ) -> None:
        """Put together.

        Args:
            trainable: its ``module`` and the loss are what is trained.
            loss_fn: gives the loss.
            bank: unit vectors [views, photos, dim] of the training photos; None when neither
                constants nor masks are needed.
            gallery: whether each text is told apart from all photos of the bank.
            masking: whether near-duplicates of a text's photo, and the photo itself where another
                text of the batch has it, are no negatives. The published baseline masks nothing.
        """
        super().__init__()
        self.trainable = trainable
        self.module = trainable.module
        self.loss_fn = loss_fn
        self.gallery = gallery
        self.masking = masking
        self.register_buffer("bank", bank, persistent=False)
        self.register_buffer("mined", None, persistent=False)

    def forward(
        self,
        texts: Mapping[str, Tensor],
        photos: Tensor,
        items: Tensor,
        images: Sequence[Any] | None = None,
    ) -> dict[str, Tensor]:
        """The loss of a batch.

        Args:
            texts: what ``trainable.tokenize`` made of n texts.
            photos: place of each text's photo [n].
            items: place of each text among the epoch's items [n].
            images: the photos themselves, where their vectors move.
        """
        said = self.trainable.text_vectors(texts)
        seen = self._drawn(photos) if images is None else self.trainable.photo_vectors(images)
        device = said.device.type
        # A scale of 20 to 100 leaves nothing of a bfloat16 score's digits.
        with torch.autocast(device, enabled=False):
            extra, extra_places = self._extra(photos, items, seen)
            same = torch.zeros(len(photos), len(photos), dtype=torch.bool, device=photos.device)
            if self.masking:
                same = batch_mask(photos, self._false_negatives)
            extra_same = None
            if extra_places is not None:
                extra_same = extra_mask(photos, extra_places, self._false_negatives, NEAR_DUPLICATE)
            loss = self.loss_fn(said.float(), seen.float(), same, extra, extra_same)
        return {"loss": loss}

    @property
    def _false_negatives(self) -> Tensor | None:
        """The vectors by which photos are found to be near-duplicates."""
        return self.bank[0] if self.masking and self.bank is not None else None

    def _drawn(self, photos: Tensor) -> Tensor:
        """One view of each photo, drawn."""
        assert self.bank is not None
        views = torch.randint(len(self.bank), photos.shape, device=photos.device)
        return self.bank[views, photos]

    def _extra(
        self, photos: Tensor, items: Tensor, seen: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """Further photos as negatives of every text, and their places."""
        if self.gallery:
            assert self.bank is not None
            count = self.bank.shape[1]
            places = torch.arange(count, device=photos.device)
            if count > GALLERY_MOST:
                places = torch.randperm(count, device=photos.device)[:GALLERY_MOST]
            return self._drawn(places), places
        vectors, found = [], []
        if self.mined is not None:
            assert self.bank is not None
            places = self.mined[items].flatten().unique()
            vectors.append(self._drawn(places))
            found.append(places)
        if (others := _of_other_processes(photos, seen)) is not None:
            vectors.append(others[0])
            found.append(others[1])
        if not vectors:
            return None, None
        return torch.cat(vectors), torch.cat(found)


def _of_other_processes(photos: Tensor, seen: Tensor) -> tuple[Tensor, Tensor] | None:
    """What the other processes of a distributed run have in their batches, without gradients."""
    import torch.distributed as dist

    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return None
    world, own = dist.get_world_size(), dist.get_rank()
    vectors = [torch.empty_like(seen) for _ in range(world)]
    places = [torch.empty_like(photos) for _ in range(world)]
    dist.all_gather(vectors, seen.detach().contiguous())
    dist.all_gather(places, photos.contiguous())
    others = [number for number in range(world) if number != own]
    return torch.cat([vectors[n] for n in others]), torch.cat([places[n] for n in others])
