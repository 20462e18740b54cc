"""The process in which Daft runs: what it prints, and how it ends, stays in here.

Daft handles an interrupt from the keyboard by itself, prints to the standard output, and aborts
the process when that ends while a worker is busy. So it gets a process and a session of its own,
which :class:`retrieval.bulk.engine.DaftEngine` ends at any moment. It also ends, with its
workers, when the program that started it does.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

Work = Callable[[str], str]


def main() -> None:
    """Read the pickled task from the standard input; write an answer a line, as JSON.

    The last line is null after all answers, or a list with what went wrong.
    """
    task = sys.stdin.buffer.read(int(sys.stdin.buffer.readline()))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    threading.Thread(target=_end_with, args=(sys.stdin.buffer,), daemon=True).start()
    last: Any = None
    try:
        import daft.pickle

        start, inputs, workers = daft.pickle.loads(task)
        for answer in run_daft(start, inputs, workers):
            print(json.dumps(answer), file=answers, flush=True)
    except Exception as error:
        last = [" ".join(str(error).split())[:200] or type(error).__name__]
    print(json.dumps(last), file=answers, flush=True)
    # Without waiting for the threads of Daft.
    os._exit(0)


def run_daft(start: Callable[[], Work], inputs: Sequence[str], workers: int) -> Iterator[str]:
    """The answers of the work that ``start`` makes once in each worker process."""
    import daft

    @daft.cls(max_concurrency=workers, use_process=True)
    class Process:
        def __init__(self) -> None:
            self.work = start()

        @daft.method(return_dtype=daft.DataType.string())
        def __call__(self, text: str) -> str:
            return self.work(text)

    # One input a batch: whoever is free takes the next one.
    frame = daft.from_pydict({"input": list(inputs)}).into_batches(1)
    process: Any = Process()
    for row in frame.select(process(daft.col("input")).alias("answer")).iter_rows():
        yield str(row["answer"])


def _end_with(parent: IO[bytes]) -> None:
    """End this session when the other end of the standard input is closed."""
    parent.read()
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
