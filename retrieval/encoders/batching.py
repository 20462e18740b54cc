"""One thread that embeds the texts of all who wait, together.

A text alone costs the network nearly as much as four: most of the time goes into fetching its
weights. And two threads that embed at once fight for the same cores. So whoever wants texts
embedded hands them to one thread and waits; what gathers while it works makes up its next batch.
"""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

log = logging.getLogger(__name__)

Rows = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Rows]
"""Texts to their vectors [n, dim]; the vector of a text depends on no other text."""

MAX_TEXTS = 32
"""Texts that are embedded together. More gain little, and the first one waits for all."""


@dataclass(frozen=True)
class _Job:
    """Texts that somebody waits for."""

    embed: Embed
    texts: Sequence[str]
    done: "Future[Rows]" = field(default_factory=Future)


class InferenceThread:
    """Embeds texts for many threads, one batch at a time. Safe to use from any of them.

    The thread starts with the first text and ends with the process, or by :meth:`close`.

    Example::

        together = InferenceThread()
        vectors = together.run(encoder.encode_texts, ["a dog"])
    """

    def __init__(self, max_texts: int = MAX_TEXTS) -> None:
        """``max_texts``: the most that one batch holds, unless one caller alone brings more."""
        self._max_texts = max_texts
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._waiting: list[_Job] = []
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def run(self, embed: Embed, texts: Sequence[str]) -> Rows:
        """The vectors [n, dim] of texts, embedded with those that others ask of ``embed``.

        Texts that are handed in at about the same time for an equal ``embed`` become one call of
        it. When that call fails, each caller's texts are tried alone, so that nobody suffers from
        another one's.

        Raises:
            Exception: what ``embed`` raised for these texts.
        """
        self._started()
        job = _Job(embed, list(texts))
        self._jobs.put(job)
        return job.done.result()

    def close(self) -> None:
        """End the thread after the work at hand."""
        with self._start:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            thread.join()

    def _started(self) -> None:
        with self._start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="inference", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while self._gather():
            self._embed(self._next_batch())
        # Nobody is left waiting for a thread that has ended.
        while self._waiting:
            self._embed(self._next_batch())

    def _gather(self) -> bool:
        """Wait for a job and take all that are there; False when the thread is to end."""
        while True:
            try:
                job = self._jobs.get(block=not self._waiting)
            except queue.Empty:
                return True
            if job is None:
                return False
            self._waiting.append(job)
            if self._jobs.empty():
                return True

    def _next_batch(self) -> list[_Job]:
        """The job that has waited longest, and the others of its kind that fit in beside it."""
        first, *others = self._waiting
        batch, left, room = [first], [], self._max_texts - len(first.texts)
        for job in others:
            if job.embed == first.embed and len(job.texts) <= room:
                batch.append(job)
                room -= len(job.texts)
            else:
                left.append(job)
        self._waiting = left
        return batch

    def _embed(self, jobs: Sequence[_Job]) -> None:
        texts = [text for job in jobs for text in job.texts]
        # Two chats may ask for one text at the same moment.
        distinct = list(dict.fromkeys(texts))
        try:
            vectors = jobs[0].embed(distinct)
            if len(vectors) != len(distinct):
                raise ValueError(f"{len(vectors)} vectors for {len(distinct)} texts")
        except Exception as error:
            if len(jobs) == 1:
                jobs[0].done.set_exception(error)
                return
            log.debug("embedding %d texts together failed", len(texts), exc_info=True)
            for job in jobs:
                self._embed([job])
            return
        place = {text: at for at, text in enumerate(distinct)}
        for job in jobs:
            job.done.set_result(vectors[[place[text] for text in job.texts]])


def batched(embed: Embed, thread: InferenceThread) -> Embed:
    """``embed``, but done by the inference thread together with what others ask of it."""

    def together(texts: Sequence[str]) -> Any:
        return thread.run(embed, texts)

    return together
