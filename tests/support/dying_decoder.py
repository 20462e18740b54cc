"""The process that decodes, with decoders that die or hang on files that say so."""

import os
import time

from retrieval.photos import decoding, worker
from retrieval.photos.decoding import Decoded
from retrieval.photos.reading import Source

DIE, HANG, HUNGRY = b"die of this", b"hang on this", b"eat all memory"


def main() -> None:
    """As :func:`retrieval.photos.worker.main`."""
    sound = decoding.read_photo

    def read_photo(source: Source, side: int | None = None, *, mend: bool = True) -> Decoded:
        content = source if isinstance(source, bytes) else source.read_bytes()
        if DIE in content:
            os.abort()
        if HANG in content:
            time.sleep(600)
        if HUNGRY in content:
            bytearray(worker.MEMORY_BYTES)
        return sound(source, side, mend=mend)

    decoding.read_photo = read_photo
    worker.main()
