"""``photopal api`` or ``photopal mcp`` as a process of its own, over photos found by their names.

``python -m tests.support.programs_server api --port 1234`` with PHOTOPAL_HOME set: everything but
the encoder is the real thing, so that tests do not depend on how good an encoder is.
"""

import os
import queue
import socket
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

from retrieval.paths import home
from tests.support.page_server import WordEncoder, fill_library, make_photos

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "tests.support.programs_server")
START_SECONDS = 180


def main(arguments: list[str]) -> int:
    """Make the library when there is none, and run the command."""
    import bot.assistant.loading as loading
    from bot.cli.main import run

    encoder = WordEncoder()
    path = home() / "library.db"
    if not path.exists():
        make_photos(home() / "samples")
        fill_library(path, home() / "samples", encoder)
    loading.load_assistant = partial(loading.load_assistant, encoder=encoder)
    return run(arguments)


def environment(folder: Path, **extra: str) -> dict[str, str]:
    """The environment of such a process, with a home of its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == "PHOTOPAL_CACHE"
        or not name.startswith(("PHOTOPAL_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_", "OTEL_"))
    }
    paths = f"{ROOT}{os.pathsep}{extra.pop('PYTHONPATH', '')}".rstrip(os.pathsep)
    return {**kept, "PYTHONPATH": paths, "PHOTOPAL_HOME": str(folder), **extra}


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RunningServer:
    """A running server: its address, its home, what it wrote to the terminal."""

    def __init__(self, folder: Path, *arguments: str, **extra: str) -> None:
        """Starts the process and waits until it says where it is."""
        self.home = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [*COMMAND, *arguments, "--port", str(self.port)],
            cwd=folder,
            env=environment(folder, **extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._fresh: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        while True:
            line = self._fresh.get(timeout=START_SECONDS)
            if line is None:
                raise RuntimeError("the server ended: " + "".join(self.lines))
            if "is at http" in line:
                return

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            self._fresh.put(line)
        self._fresh.put(None)

    @property
    def output(self) -> str:
        """All that it wrote so far."""
        return "".join(self.lines)

    @property
    def token(self) -> str:
        """The token that it made."""
        return (self.home / "api.token").read_text().strip()

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(20)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
