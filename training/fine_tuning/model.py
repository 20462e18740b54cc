"""Encoder and loss as one module: from a batch to its loss."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from training.losses.masking import FalseNegativeMask, batch_mask, extra_mask

if TYPE_CHECKING:
    from training.encoders.base import TrainableEncoder
    from training.losses import Loss

GALLERY_MOST = 16_384
"""Photos of a gallery that a text is told apart from in one step; of more, some are drawn."""


class TuningModel(nn.Module):
    """What the Trainer trains.

    Attributes:
        photo_embeddings: unit vectors [views, photos, dim] of the training photos. Where photo
            vectors are constants they are what is trained against; where they move, the encoder
            computes them anew for each batch, and these are what they were when the epoch began
            (for mined negatives and false negatives).
        mined: places of each text's hard negatives among the photos [texts, k].
    """

    photo_embeddings: Tensor | None
    mined: Tensor | None

    def __init__(
        self,
        trainable: "TrainableEncoder",
        loss_fn: "Loss",
        photo_embeddings: Tensor | None,
        *,
        gallery: bool = False,
        masking: bool = True,
    ) -> None:
        """Put together.

        Args:
            trainable: its ``module`` and the loss are what is trained.
            loss_fn: gives the loss.
            photo_embeddings: unit vectors [views, photos, dim] of the training photos; None when
                neither constants nor masks are needed.
            gallery: whether each text is told apart from all training photos.
            masking: whether near-duplicates of a text's photo, and the photo itself where another
                text of the batch has it, are no negatives. The published baseline masks nothing.
        """
        super().__init__()
        self.trainable = trainable
        self.module = trainable.module
        self.loss_fn = loss_fn
        self.gallery = gallery
        self.masking = masking
        self.register_buffer("photo_embeddings", photo_embeddings, persistent=False)
        self.register_buffer("mined", None, persistent=False)
        self._compared: Tensor | None = None
        self._mask: FalseNegativeMask | None = None

    def forward(
        self,
        texts: Mapping[str, Tensor],
        photos: Tensor,
        rows: Tensor,
        images: Sequence[Any] | None = None,
    ) -> dict[str, Tensor]:
        """The loss of a batch.

        Args:
            texts: what ``trainable.tokenize`` made of n texts.
            photos: place of each text's photo [n].
            rows: place of each text in the data set [n].
            images: the photos themselves, where their vectors move.
        """
        said = self.trainable.text_vectors(texts)
        seen = self._drawn(photos) if images is None else self.trainable.photo_vectors(images)
        device = said.device.type
        # A scale of 20 to 100 leaves nothing of a bfloat16 score's digits.
        with torch.autocast(device, enabled=False):
            extra, extra_places = self._extra(photos, rows, seen)
            same = torch.zeros(len(photos), len(photos), dtype=torch.bool, device=photos.device)
            if self.masking:
                same = batch_mask(photos, self._false_negatives())
            extra_same = None
            if extra_places is not None:
                extra_same = extra_mask(photos, extra_places, self._false_negatives())
            loss = self.loss_fn(said.float(), seen.float(), same, extra, extra_same)
        return {"loss": loss}

    def _false_negatives(self) -> FalseNegativeMask | None:
        """Which photos are near-duplicates; found once for as long as the embeddings stay."""
        if not self.masking or self.photo_embeddings is None:
            return None
        if self._mask is None or self._compared is not self.photo_embeddings:
            self._mask = FalseNegativeMask(self.photo_embeddings[0])
            self._compared = self.photo_embeddings
        return self._mask

    def _drawn(self, photos: Tensor) -> Tensor:
        """One view of each photo, drawn."""
        assert self.photo_embeddings is not None
        views = torch.randint(len(self.photo_embeddings), photos.shape, device=photos.device)
        return self.photo_embeddings[views, photos]

    def _extra(
        self, photos: Tensor, rows: Tensor, seen: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """Further photos as negatives of every text, and their places."""
        if self.gallery:
            assert self.photo_embeddings is not None
            count = self.photo_embeddings.shape[1]
            places = torch.arange(count, device=photos.device)
            if count > GALLERY_MOST:
                places = torch.randperm(count, device=photos.device)[:GALLERY_MOST]
            return self._drawn(places), places
        vectors, found = [], []
        if self.mined is not None:
            assert self.photo_embeddings is not None
            places = self.mined[rows].flatten().unique()
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
