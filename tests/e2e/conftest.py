"""Real chat pages in processes of their own, and a real browser to look at them."""

import os
import queue
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple"
WORDS_SERVER = (sys.executable, "-m", "tests.support.page_server")
DEMO = (str(Path(sys.executable).with_name("photopal")), "demo", "--no-browser", "--port")
READY = re.compile(r"(?:READY|Photopal is at) (http://\S+)")
START_SECONDS = 120
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


class PageServer:
    """A running chat page: its address, its home folder, and what it wrote to the terminal."""

    def __init__(self, home: Path, *command: str, **extra: str) -> None:
        self.home = home
        kept = {
            name: value
            for name, value in os.environ.items()
            if name == "PHOTOPAL_CACHE"
            or not name.startswith(("PHOTOPAL_", "OPENAI_", "CHAINLIT_"))
        }
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = home / "started-here"
        self.folder.mkdir()
        self._command = [*(command or WORDS_SERVER), str(self.port)]
        self._environment = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "PHOTOPAL_HOME": str(home),
            "HF_HUB_OFFLINE": "1",
            **extra,
        }
        self.start()

    def change(self, **environment: str) -> None:
        """Other variables of the environment, for its next start."""
        self._environment.update(environment)

    def start(self) -> None:
        """Start it, also once more after :meth:`stop` or :meth:`kill`, on the same port."""
        self.process = subprocess.Popen(
            self._command,
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._ready: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            address = self._ready.get(timeout=START_SECONDS)
        except queue.Empty:
            address = None
        if address is None:
            self.stop()
            raise AssertionError("the page did not start:\n" + self.log)
        self.address = address.replace("localhost", "127.0.0.1")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if found := READY.search(line):
                self._ready.put(found[1])
        self._ready.put(None)

    @property
    def log(self) -> str:
        """All that the process wrote so far."""
        return "".join(self.lines)

    def kill(self) -> None:
        """End the process at once, as a power cut does."""
        self.process.kill()
        self.process.wait(15)
        self._reader.join(5)

    def stop(self) -> int:
        """End the process as Ctrl-C does; its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(15)
        self._reader.join(5)
        return self.process.returncode


@pytest.fixture
def start_page(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., PageServer]]:
    """Starts pages: ``start_page("name", PHOTOPAL_PASSWORD="…")``; they end with the test.

    Each holds half a gigabyte.
    """
    yield from _pages(tmp_path_factory)


@pytest.fixture(scope="module")
def start_module_page(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., PageServer]]:
    """As ``start_page``, for pages that all tests of a module look at."""
    yield from _pages(tmp_path_factory)


@pytest.fixture(scope="session")
def start_shared_page(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., PageServer]]:
    """As ``start_page``, for pages that many modules look at."""
    yield from _pages(tmp_path_factory)


def _pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., PageServer]]:
    servers: list[PageServer] = []

    def start(name: str, *command: str, **environment: str) -> PageServer:
        server = PageServer(tmp_path_factory.mktemp(name), *command, **environment)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def open_server(start_shared_page: Callable[..., PageServer]) -> PageServer:
    """A page without a password and without an LLM."""
    return start_shared_page("open")


@pytest.fixture(scope="session")
def locked_server(start_shared_page: Callable[..., PageServer]) -> PageServer:
    """A page with a password."""
    return start_shared_page("locked", PHOTOPAL_PASSWORD=PASSWORD)


@pytest.fixture(scope="session")
def demo_server(start_shared_page: Callable[..., PageServer]) -> PageServer:
    """What ``photopal demo`` opens: the sample photos, the real encoder."""
    return start_shared_page("demo", *DEMO)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Headless Chromium; the tests that need it are skipped where there is none.

    Not for the whole session: while it is open its event loop counts as running, and tests of
    other modules have loops of their own.
    """
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chosen = os.environ.get("PHOTOPAL_TEST_BROWSER")
    path = chosen or next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_api.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        except sync_api.Error as error:
            pytest.skip(f"no Chromium: {str(error).splitlines()[0]}")
        yield browser
        browser.close()
