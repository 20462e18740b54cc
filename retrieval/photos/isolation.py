"""Decode in processes of their own, so that a decoder that dies or hangs costs one file.

Plain files (see :mod:`retrieval.photos.plain`) are decoded in the thread that asks: handing each
file over and its picture back costs 1.3 ms for a small JPEG and 6 ms for one of 12 megapixels,
up to a tenth of what indexing it takes.
"""

import contextlib
import json
import queue
import subprocess
import sys
import threading
from typing import IO, Self

from PIL import Image

from retrieval.errors import UnreadableImage
from retrieval.photos.decoding import Decoded, read_photo
from retrieval.photos.metadata import Metadata
from retrieval.photos.plain import is_plain
from retrieval.photos.reading import one_large_picture
from retrieval.photos.worker import ANSWER, REQUEST

SECONDS = 60.0
"""So long a file may take; a photo takes a hundredth of a second to a few seconds."""

DIED = "its decoder died"
HUNG = "its decoder took too long"
TRIED_AGAIN = frozenset({DIED, HUNG})
"""Reasons that may lie in the machine: such a file is tried again the next time."""

_START = "import sys; sys.path[:] = {path!r}; from retrieval.photos.worker import main; main()"


class Decoders:
    """Processes that decode; used from several threads, each of which gets one for a file.

    They are started when they are first needed and end with the ``with`` block.
    """

    def __init__(self, processes: int, seconds: float | None = None) -> None:
        """Nothing is started yet.

        Args:
            processes: how many files are decoded at the same time.
            seconds: time for one file, by default :data:`SECONDS`.
        """
        self.seconds = SECONDS if seconds is None else seconds
        self._free: queue.LifoQueue[_Decoder] = queue.LifoQueue()
        self._all = [_Decoder() for _ in range(max(1, processes))]
        for decoder in self._all:
            self._free.put(decoder)

    def read_photo(self, content: bytes, side: int | None = None) -> Decoded:
        """See :func:`retrieval.photos.decoding.read_photo`.

        Raises:
            UnreadableImage: for whatever is wrong with the file; with one of :data:`TRIED_AGAIN`
                when the process did not survive it.
        """
        if is_plain(content):
            with contextlib.suppress(UnreadableImage):
                return read_photo(content, side, mend=False)
        decoder = self._free.get()
        try:
            return decoder.read_photo(content, side, self.seconds)
        finally:
            self._free.put(decoder)

    def close(self) -> None:
        """End the processes; a file that one of them is busy with is not read to its end."""
        for decoder in self._all:
            decoder.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Decoder:
    """One process, started again when it was lost."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def read_photo(self, content: bytes, side: int | None, seconds: float) -> Decoded:
        process = self._process or self._start()
        hung = threading.Event()

        def give_up() -> None:
            hung.set()
            process.kill()

        watch = threading.Timer(seconds, give_up)
        watch.daemon = True
        watch.start()
        try:
            return _talk(process, content, side)
        except (OSError, EOFError, ValueError):
            self.stop()
            raise UnreadableImage(HUNG if hung.is_set() else DIED) from None
        except UnreadableImage:
            raise
        except BaseException:
            # An answer that was not read to its end belongs to nobody.
            self.stop()
            raise
        finally:
            watch.cancel()

    def _start(self) -> "subprocess.Popen[bytes]":
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._process

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            end_process(process)


def end_process(process: "subprocess.Popen[bytes]") -> None:
    """End a process, busy or not, and close the pipes to it."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if pipe is not None:
                pipe.close()
    process.wait()


def _talk(process: "subprocess.Popen[bytes]", content: bytes, side: int | None) -> Decoded:
    requests, answers = process.stdin, process.stdout
    assert requests is not None and answers is not None
    requests.write(REQUEST.pack(len(content), side or 0))
    requests.write(content)
    requests.flush()
    letter, length = ANSWER.unpack(_exactly(answers, ANSWER.size))
    if letter == b"L":
        with one_large_picture():
            requests.write(b"!")
            requests.flush()
            return _answer(answers, *ANSWER.unpack(_exactly(answers, ANSWER.size)))
    return _answer(answers, letter, length)


def _answer(answers: IO[bytes], letter: bytes, length: int) -> Decoded:
    told = json.loads(_exactly(answers, length))
    if letter == b"U":
        raise UnreadableImage(told["reason"])
    width, height = told["size"]
    pixels = _exactly(answers, 3 * width * height)
    image = Image.frombuffer("RGB", (width, height), pixels, "raw", "RGB", 0, 1)
    return Decoded(image, Metadata(**told["metadata"]), told["remark"])


def _exactly(answers: IO[bytes], length: int) -> bytes:
    found = answers.read(length)
    if len(found) != length:
        raise EOFError
    return found
