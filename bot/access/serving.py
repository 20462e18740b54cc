"""Serve an application for other programs on a socket, until it is stopped."""

import asyncio
import socket
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp

GRACE_SECONDS = 2
BODY_SECONDS = 30
"""How long a connection that says nothing is kept."""


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serve on a socket that already listens, until Ctrl-C.

    Nothing of a request is logged here: its path may hold what somebody looked for.
    """
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=BODY_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with suppress(KeyboardInterrupt):
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))
