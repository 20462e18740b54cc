"""What photos show, in words: people's captions, or a model's."""

from collections.abc import Callable, Sequence
from functools import cached_property
from random import Random
from typing import Literal, Protocol

from retrieval.encoders.folder import fingerprint_of
from training.bench.base import BenchPhoto
from training.bench.embedders.blip import BlipCaptioner
from training.bench.embedders.photos import photo_batches
from training.bench.embedders.vectors import memory_errors
from training.errors import QueryUnsuitable


class CaptionSource(Protocol):
    """Gives each photo a text.

    Attributes:
        fingerprint: of all that the texts depend on besides the photos.
    """

    fingerprint: str

    def texts(self, photos: Sequence[BenchPhoto], batch_size: int) -> list[str]:
        """A text for each photo.

        Raises:
            QueryUnsuitable: a photo has no caption.
        """
        ...

    def count_parameters(self) -> int:
        """Numbers that make up the model that writes them; 0 where people did."""
        ...


class GivenCaptions:
    """People's captions: one of each photo at random, or all of them joined."""

    def __init__(self, which: Literal["one", "all"], seed: int = 0) -> None:
        """``seed``: of the choice, which depends on the photo's id and on nothing else."""
        self._which = which
        self._seed = seed
        self.fingerprint = fingerprint_of("given", which, seed if which == "one" else None)

    def texts(self, photos: Sequence[BenchPhoto], batch_size: int) -> list[str]:
        """See :class:`CaptionSource`."""
        return [self._text(photo) for photo in photos]

    def count_parameters(self) -> int:
        """0."""
        return 0

    def _text(self, photo: BenchPhoto) -> str:
        captions = [caption.strip() for caption in photo.captions if caption.strip()]
        if not captions:
            raise QueryUnsuitable(f"photo {photo.id} has no caption, and captions are embedded")
        if self._which == "all":
            return " ".join(captions)
        # A seed in the form of a text is hashed whole, so that neighbours have nothing in common.
        return Random(f"{self._seed} {photo.id}").choice(captions)


class WrittenCaptions:
    """Captions that a model writes; it is loaded when the first is wanted."""

    def __init__(self, name: str, fingerprint: str, load: Callable[[], BlipCaptioner]) -> None:
        """Nothing is loaded yet.

        Args:
            name: of the model, for messages.
            fingerprint: of the model and its settings.
            load: the model.
        """
        self._name = name
        self._load = load
        self.fingerprint = fingerprint

    def texts(self, photos: Sequence[BenchPhoto], batch_size: int) -> list[str]:
        """See :class:`CaptionSource`.

        Raises:
            PhotoUnreadable: one cannot be read.
            OutOfMemory: a batch is too large.
        """
        captioner = self._captioner
        texts: list[str] = []
        with memory_errors(f"{min(batch_size, len(photos))} photos at a time by {self._name}"):
            for images in photo_batches(photos, captioner.side, batch_size):
                texts += captioner.captions(images)
        return texts

    def count_parameters(self) -> int:
        """Loads the model."""
        return self._captioner.count_parameters()

    @cached_property
    def _captioner(self) -> BlipCaptioner:
        with memory_errors(f"loading {self._name}"):
            return self._load()
