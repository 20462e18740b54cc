"""The protocol over HTTP, behind the gate that the API has, too."""

from starlette.types import ASGIApp

from bot.access.gate import Gate
from bot.access.tokens import Token
from bot.mcp.server import MAX_MESSAGE_BYTES, PhotopalServer
from bot.monitoring import Metrics, Observer, RequestLog
from bot.page.hosts import AllowedHosts

PATH = "/mcp"


def make_http_app(
    server: PhotopalServer, hosts: AllowedHosts, token: Token, log: RequestLog | None = None
) -> ASGIApp:
    """The server as an application; every request shows the token.

    Args:
        server: with its tools.
        hosts: names that mean this server.
        token: what every request must show.
        log: gets a line a request; None for no log.
    """
    gate = Gate(server.streamable_http_app(), hosts, token, max_body=MAX_MESSAGE_BYTES)
    return Observer(gate, Metrics(), log)
