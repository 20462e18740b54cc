"""The engine that starts the workers, gives them partitions and brings their answers: Daft.

Daft's own runner starts worker processes on this machine. On a cluster, ``DAFT_RUNNER=ray`` with
``RAY_ADDRESS`` lets the same plan run on Ray. Why Daft, and how far it reaches: ``SCALE.md``
beside this file.
"""

import contextlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from retrieval.errors import EngineUnavailable, WorkerDied

ENGINES = ("daft",)
"""Names of the engines that can be chosen."""

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
    """Daft, with one class instance a worker process."""

    def __init__(self) -> None:
        """Nothing is started yet.

        Raises:
            EngineUnavailable: Daft or pyarrow is missing.
        """
        # Daft reports its use to its makers unless told not to.
        os.environ.setdefault("DO_NOT_TRACK", "true")
        os.environ.setdefault("DAFT_PROGRESS_BAR", "0")
        try:
            import daft
            import pyarrow.parquet  # noqa: F401
        except ImportError as error:
            raise EngineUnavailable(
                f'the engine daft is not installed: pip install "photopal[bulk]" ({error})'
            ) from error
        self._daft = daft

    def run(self, start: Callable[[], Work], inputs: Sequence[str], workers: int) -> Iterator[str]:
        """See :class:`Engine`."""
        daft = self._daft

        @daft.cls(max_concurrency=workers, use_process=True)
        class Process:
            def __init__(self) -> None:
                self.work = start()

            @daft.method(return_dtype=daft.DataType.string())
            def __call__(self, text: str) -> str:
                return self.work(text)

        # One input a batch: whoever is free takes the next one.
        frame = daft.from_pydict({"input": list(inputs)}).into_batches(1)
        answers = frame.select(Process()(daft.col("input")).alias("answer")).iter_rows()
        with _quiet("daft_local_execution", "daft"):
            try:
                for row in answers:
                    yield str(row["answer"])
            except GeneratorExit:
                raise
            except Exception as error:
                raise WorkerDied(f"a worker process ended ({_line(error)})") from error
            finally:
                answers.close()


@contextlib.contextmanager
def _quiet(*names: str) -> Iterator[None]:
    """Without the log lines of a library whose errors are told otherwise."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
