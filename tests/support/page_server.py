"""A chat page in a process of its own, for tests that talk to it over HTTP or in a browser.

``python -m tests.support.page_server PORT`` with PHOTOPAL_HOME set. The library holds the sample
photos and some near-copies; photos are found by the words of their file names, so that a test of
the page does not depend on how good an encoder is. ``READY address`` is printed once it answers.
What blocks the event loop is told in the log (:mod:`tests.support.loop_watch`). A text with the
word "lighthouse" is not embedded before the file that TEST_GATE names is there.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from bot.settings import Settings
from retrieval.encoders.base import Embeddings
from retrieval.library import Library
from retrieval.paths import home
from retrieval.photos.metadata import read_metadata
from retrieval.photos.samples import install_samples
from tests.support.loop_watch import watch_event_loops

WORDS = ("cat", "rocket", "temple", "flower", "coffee", "astronaut", "moon", "space", "photo")
SAME = {"launch": "rocket", "china": "temple", "chinese": "temple"}
ALSO = {"astronaut": "space", "moon": "space", "rocket": "space", "galaxies": "space"}


class WordEncoder:
    """Photos and texts that hold the same word are alike; all others are at right angles."""

    name = "words"
    dim = len(WORDS) + 2
    image_size = 224
    max_text_tokens = 1000
    fingerprint = "words-1"
    text_fingerprint = "words-1"

    def encode_texts(self, texts: Sequence[str], *, file_names: bool = False) -> Embeddings:
        """One axis a word; one for texts, and one for files, without any known word."""
        gate = os.environ.get("TEST_GATE")
        while gate and "lighthouse" in " ".join(texts) and not os.path.exists(gate):
            time.sleep(0.02)
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            # A copy's number counts a little, so that the original comes first.
            copies = sum(letter.isdigit() for letter in text)
            vectors[row, -1] += 0.1 * copies
            for word in text.lower().replace(",", " ").replace(".", " ").replace("-", " ").split():
                word = SAME.get(word, word)
                for known in {word, ALSO.get(word)} & set(WORDS):
                    vectors[row, WORDS.index(str(known))] += 1
            if not vectors[row, :-2].any():
                vectors[row, -1 if file_names else -2] = 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """Pictures alone say nothing here."""
        return self.encode_texts([""] * len(images))

    def count_tokens(self, text: str) -> int:
        """Words."""
        return len(text.split())

    def reference_statistics(self) -> tuple[Embeddings, Embeddings]:
        """Photos of all kinds lie near the origin."""
        return np.zeros(self.dim, np.float32), (np.eye(self.dim) * 0.01).astype(np.float32)


def make_photos(folder: Path) -> None:
    """The samples, three near-copies of the cat, and a picture with a place in its EXIF."""
    install_samples(folder)
    with Image.open(folder / "cat.png") as cat:
        for number in (2, 3, 4):
            cat.convert("RGB").save(folder / f"cat-{number}.jpg", quality=60 + 8 * number)
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera Works"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 30.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    with Image.open(folder / "rocket.jpg") as rocket:
        rocket.convert("RGB").save(folder / "rocket-2.jpg", exif=exif, quality=90)


def fill_library(path: Path, folder: Path, encoder: WordEncoder) -> None:
    """A library whose vectors come from the file names."""
    with Library.open(path, create=True) as library:
        library.set_encoder(encoder.name, encoder.fingerprint, encoder.dim)
        library.set_roots([folder])
        for file in sorted(folder.iterdir()):
            if file.suffix in (".jpg", ".png"):
                add_photo(library, file, encoder)


def add_photo(library: Library, file: Path, encoder: WordEncoder | None = None) -> int:
    """Take a photo into the library, with the vector of its file's name; its id."""
    status, encoder = file.stat(), encoder or WordEncoder()
    return library.put_photo(
        file,
        photo_id=None,
        content_hash=f"{abs(hash(file.name)):032x}"[:32],
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        metadata=read_metadata(file),
        vector=encoder.encode_texts([file.stem], file_names=True)[0],
    )


def main(port: int) -> None:
    """Make the library when there is none, and serve it until the process is ended."""
    import bot.page.loading
    from bot.page.launch import run

    folder, path = home() / "samples", home() / "samples.db"
    encoder = WordEncoder()
    if not path.exists():
        make_photos(folder)
        fill_library(path, folder, encoder)
    settings = Settings.load(library=path, port=port)

    def report(what: str) -> None:
        print(what, flush=True)

    watch_event_loops(report, encoder)

    def services(chosen: Settings) -> object:
        return bot.page.loading.load_services(chosen, encoder=encoder)

    run(
        settings,
        open_browser=False,
        on_ready=lambda address: print("READY", address, flush=True),
        make_services=services,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
