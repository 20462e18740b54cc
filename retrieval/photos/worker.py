"""The process in which files are decoded: what kills or hangs a decoder ends here.

Started by :mod:`retrieval.photos.isolation`. It reads requests from its standard input until that
ends, and answers each on its standard output.

=========  ===========================================================================
request    length of the file (8 bytes), edge (4 bytes, 0: full size), the file
answer     a letter, and the length (4 bytes) and text of a JSON object; after ``D``
           also the pixels of the picture
letters    ``D`` decoded, ``U`` unreadable, ``L`` a large picture: waits for a byte
=========  ===========================================================================
"""

import contextlib
import dataclasses
import json
import os
import signal
import struct
import warnings
from typing import IO

REQUEST = struct.Struct(">QI")
ANSWER = struct.Struct(">cI")

MEMORY_BYTES = 4 << 30
"""Of address space; a file that wants more is refused, and the machine is left in peace."""


def main() -> None:
    """Serve requests until the standard input ends."""
    # An interrupt from the keyboard is for the program that started this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # Libraries that print must not speak into the answers.
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    warnings.simplefilter("ignore")
    _limit_memory()

    from retrieval.photos import reading

    reading.use_lock_for_large_pictures(_Permission(requests, answers))
    while len(head := requests.read(REQUEST.size)) == REQUEST.size:
        length, side = REQUEST.unpack(head)
        _serve(requests.read(length), side or None, answers)


class _Permission(contextlib.AbstractContextManager[None]):
    """Large pictures are decoded one at a time, in all processes: their parent says when."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self.requests = requests
        self.answers = answers

    def __enter__(self) -> None:
        self.answers.write(ANSWER.pack(b"L", 0))
        self.answers.flush()
        self.requests.read(1)

    def __exit__(self, *_: object) -> None:
        pass


def _serve(content: bytes, side: int | None, answers: IO[bytes]) -> None:
    from retrieval.errors import UnreadableImage
    from retrieval.photos.decoding import read_photo
    from retrieval.photos.reading import reason_of

    pixels = b""
    try:
        decoded = read_photo(content, side)
        pixels = decoded.image.tobytes()
        letter = b"D"
        told = {
            "size": decoded.image.size,
            "remark": decoded.remark,
            "metadata": dataclasses.asdict(decoded.metadata),
        }
    except UnreadableImage as error:
        letter, told = b"U", {"reason": str(error)}
    except Exception as error:
        letter, told = b"U", {"reason": reason_of(error)}
    text = json.dumps(told).encode()
    answers.write(ANSWER.pack(letter, len(text)))
    answers.write(text)
    answers.write(pixels)
    answers.flush()


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
