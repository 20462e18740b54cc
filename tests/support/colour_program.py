"""The real command line with an encoder that knows colours: starts in a second, embeds at once.

``python -m tests.support.colour_program index FOLDER``

``STOP_AT`` names a moment (see :data:`MOMENTS`) at which the process says "here" on standard error
and does not go on, so that whoever started it can kill it just there. ``SLOW`` is a time in
seconds that each batch of photos takes longer, so that there is a middle to kill it in.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from tests.support.fake_encoder import ColourEncoder

MOMENTS = {
    "the index is written": "faiss.write_index",
    "the index is put in place": "retrieval.files.os.replace",
    "a batch is written": "retrieval.library.library.Library.put_photo",
    "a copy is made before migrating": "retrieval.backups.replacing",
    "places are derived after migrating": "retrieval.library.library.derive_all",
    "a thumbnail is written": "PIL.Image.Image.save",
}
"""What is about to be called then."""


def here(*_: object, **__: object) -> None:
    """Say so, and wait to be killed."""
    print("here", file=sys.stderr, flush=True)
    time.sleep(600)


def main() -> None:
    """Run the command."""
    from bot.cli.main import main as photopal

    encoder: Callable[[str], Any] = ColourEncoder
    if "SLOW" in os.environ:
        encoder = SlowEncoder
    with patch("retrieval.encoders.load_encoder", lambda name: encoder(str(name))):
        if "STOP_AT" not in os.environ:
            photopal()
        import faiss  # noqa: F401

        import retrieval.library.library  # noqa: F401

        with patch(MOMENTS[os.environ["STOP_AT"]], here):
            photopal()


class SlowEncoder(ColourEncoder):
    """Takes its time over each batch."""

    def encode_images(self, images: Any) -> Any:
        """As the other, later."""
        time.sleep(float(os.environ["SLOW"]))
        return super().encode_images(images)


if __name__ == "__main__":
    main()
