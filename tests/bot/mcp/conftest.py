"""A real ``photopal mcp`` over stdio, asked by the client of the package ``mcp``."""

import asyncio
import sys
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult, InitializeResult

from tests.support.programs_server import COMMAND, environment

Value = TypeVar("Value")


class McpClient:
    """A client with a server of its own. Its loop runs in a thread, so that tests are plain."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self.errors = folder / "stderr.txt"
        self.initialized: InitializeResult
        self.session: ClientSession
        self._loop = asyncio.new_event_loop()
        self._ready: Future[None] = Future()
        self._done = asyncio.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._ready.result(200)

    def call(self, tool: str, **arguments: Any) -> CallToolResult:
        return self.run(self.session.call_tool(tool, arguments))

    def run(self, coroutine: Coroutine[Any, Any, Value]) -> Value:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(200)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(60)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._hold())
        self._loop.close()

    async def _hold(self) -> None:
        server = StdioServerParameters(
            command=sys.executable,
            args=[*COMMAND[1:], "mcp"],
            env=environment(self.home),
            cwd=self.home,
        )
        try:
            with self.errors.open("w") as errors:
                async with (
                    stdio_client(server, errlog=errors) as (incoming, outgoing),
                    ClientSession(incoming, outgoing) as session,
                ):
                    self.initialized = await session.initialize()
                    self.session = session
                    self._ready.set_result(None)
                    await self._done.wait()
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            raise


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[McpClient]:
    opened = McpClient(tmp_path_factory.mktemp("mcp"))
    yield opened
    opened.close()
