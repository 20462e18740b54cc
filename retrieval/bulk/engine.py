"""The engine that starts the workers, gives them partitions and brings their answers: Daft.

Daft's own runner starts worker processes on this machine. On a cluster, ``DAFT_RUNNER=ray`` with
``RAY_ADDRESS`` lets the same plan run on Ray. Why Daft, and how far it reaches: ``SCALE.md``
beside this file.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from retrieval.errors import EngineUnavailable, WorkerDied
from retrieval.photos.isolation import end_process

ENGINES = ("daft",)
"""Names of the engines that can be chosen."""

_START = (
    "import sys; sys.path[:] = {path!r}; from retrieval.bulk.engine_process import main; main()"
)

Work = Callable[[str], str]


class Engine(Protocol):
    """Runs work on many inputs in several processes."""

    def run(self, start: Callable[[], Work], inputs: Sequence[str], workers: int) -> Iterator[str]:
        """The answers to these inputs, in any order, each as soon as it is there.

        Args:
            start: called once in each worker process; what it returns does the work.
            inputs: each is given to one worker.
            workers: processes.

        Raises:
            EngineUnavailable: its package is missing.
            WorkerDied: a worker process ended; answers that were given stay good.
        """
        ...


def open_engine(name: str) -> Engine:
    """The engine of this name.

    Raises:
        EngineUnavailable: there is none, or its package is missing.
    """
    if name not in ENGINES:
        raise EngineUnavailable(f"there is no engine {name!r}: choose {' or '.join(ENGINES)}")
    return DaftEngine()


class DaftEngine:
    """Daft in a process of its own (:mod:`retrieval.bulk.engine_process`), with its workers."""

    def __init__(self) -> None:
        """Nothing is started yet.

        Raises:
            EngineUnavailable: Daft or pyarrow is missing.
        """
        # Daft reports its use to its makers unless told not to.
        os.environ.setdefault("DO_NOT_TRACK", "true")
        os.environ.setdefault("DAFT_PROGRESS_BAR", "0")
        try:
            import daft.pickle
            import pyarrow.parquet  # noqa: F401
        except ImportError as error:
            raise EngineUnavailable(
                f'the engine daft is not installed: pip install "photopal[bulk]" ({error})'
            ) from error
        self._dumps = daft.pickle.dumps

    def run(self, start: Callable[[], Work], inputs: Sequence[str], workers: int) -> Iterator[str]:
        """See :class:`Engine`."""
        process = subprocess.Popen(
            [sys.executable, "-c", _START.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # An interrupt from the keyboard is for the caller, which ends this process.
            start_new_session=True,
        )
        try:
            yield from _talk(process, self._dumps((start, list(inputs), workers)))
        finally:
            _end(process)


def _talk(process: "subprocess.Popen[bytes]", task: bytes) -> Iterator[str]:
    to, answers = process.stdin, process.stdout
    assert to is not None and answers is not None
    try:
        to.write(b"%d\n" % len(task) + task)
        to.flush()
    except BrokenPipeError as error:
        raise WorkerDied("the engine did not start") from error
    for line in answers:
        answer = json.loads(line)
        if answer is None:
            return
        if isinstance(answer, list):
            raise WorkerDied(f"a worker process ended: {answer[0]}")
        yield answer
    raise WorkerDied("the engine ended")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the engine and its workers, busy or not."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    end_process(process)
