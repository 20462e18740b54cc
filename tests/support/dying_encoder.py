"""An encoder in whose process a worker dies once, as by ``kill -9``, in the middle of its work."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from retrieval.encoders.base import Embeddings
from tests.support.fake_encoder import ColourEncoder


class DyingEncoder(ColourEncoder):
    """Knows colours. One process among all that have it ends with the second batch it gets.

    Every batch leaves a file in ``folder``: who embedded how many.
    """

    def __init__(self, folder: Path, deaths: int = 1) -> None:
        super().__init__()
        self.folder = folder
        self.deaths = deaths

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        if self.calls:
            self._die_once()
        vectors = super().encode_images(images)
        name = f"{os.getpid()}-{len(self.calls)}-{len(images)}.batch"
        (self.folder / name).touch()
        return vectors

    def _die_once(self) -> None:
        for number in range(self.deaths):
            try:
                (self.folder / f"death-{number}").touch(exist_ok=False)
            except FileExistsError:
                continue
            os.kill(os.getpid(), signal.SIGKILL)


def workers(folder: Path) -> set[str]:
    """The processes that embedded something."""
    return {path.name.split("-")[0] for path in folder.glob("*.batch")}
