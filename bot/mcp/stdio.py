"""The protocol over standard input and output."""

from contextlib import suppress
from typing import TextIO

import anyio
from mcp.server.stdio import stdio_server

from bot.mcp.server import PhotopalServer


def serve_stdio(server: PhotopalServer, stream: TextIO) -> None:
    """Answer what comes on standard input, until that ends.

    Args:
        server: with its tools.
        stream: to the client; nobody else may write to it. Closed in the end.
    """
    try:
        anyio.run(_serve, server, stream)
    except* BrokenPipeError:
        # Nobody reads any more: that is the client's way to go.
        pass
    finally:
        with suppress(OSError):
            stream.close()


async def _serve(server: PhotopalServer, stream: TextIO) -> None:
    # FastMCP's own run_stdio_async() would write to sys.stdout, where anybody may print.
    lowlevel = server._mcp_server
    async with stdio_server(stdout=anyio.wrap_file(stream)) as (incoming, outgoing):
        await lowlevel.run(incoming, outgoing, lowlevel.create_initialization_options())
