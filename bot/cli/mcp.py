"""``photopal mcp``: the MCP server, for assistants of other makers."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.api import DEFAULT_HOST, ApiHostOption
from bot.cli.options import DebugOption, EncoderOption, LibraryOption, flag, load_settings
from bot.cli.output import note, protocol_output

if TYPE_CHECKING:
    from bot.mcp.photo_tools import PhotoTools
    from bot.settings import Settings

DEFAULT_PORT = 8002


def mcp(
    context: typer.Context,
    http: Annotated[bool, flag("--http", help="Serve over HTTP, with the API's token.")] = False,
    host: ApiHostOption = DEFAULT_HOST,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=1, max=65535, help="Port, with --http.")
    ] = DEFAULT_PORT,
    quiet: Annotated[bool, flag("--quiet", help="Do not log requests.")] = False,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    debug: DebugOption = False,
) -> None:
    """Let an assistant such as Claude look up your photos (Model Context Protocol).

    Name this command, without options, in the assistant's list of MCP servers: it speaks over
    standard input and output. The assistant can search, see small pictures of what it found, and
    ask what the library holds; it can change nothing, and no path or original leaves. It sees one
    library, --library; the accounts of the page (photopal user) do not count here.
    """
    settings = load_settings(
        context, library=library, encoder=encoder, host=host, port=port, offline=True
    )
    if http:
        _serve_http(settings, quiet)
    else:
        _serve_stdio(settings)


def _serve_stdio(settings: "Settings") -> None:
    # Before anything else is loaded, since any of it might print.
    stream = protocol_output()
    tools = _tools(settings)
    from bot.mcp.server import make_server
    from bot.mcp.stdio import serve_stdio

    tools.warm_up()
    serve_stdio(make_server(tools), stream)


def _tools(settings: "Settings") -> "PhotoTools":
    """The tools over a library that is there; the encoder is loaded later.

    Raises:
        LibraryNotFound, LibraryEmpty: said at once, not when the first tool is called.
    """
    from retrieval.errors import LibraryEmpty
    from retrieval.library import Library

    with Library.read(settings.library_path) as library:
        if not library.searchable_count():
            raise LibraryEmpty("the library holds no photo yet: run 'photopal index FOLDER' first")
    from bot.assistant.loading import load_assistant
    from bot.mcp.photo_tools import PhotoTools

    return PhotoTools(partial(load_assistant, settings))


def _serve_http(settings: "Settings", quiet: bool) -> None:
    from bot.access.serving import serve
    from bot.access.tokens import token_for
    from bot.mcp.http import PATH, make_http_app
    from bot.mcp.server import make_server
    from bot.monitoring import RequestLog
    from bot.page.hosts import AllowedHosts
    from bot.page.launch import listen, page_address
    from retrieval.paths import home

    tools = _tools(settings)
    token = token_for(settings.is_local, settings.api_token, home())
    with listen(settings.host, settings.port) as listener:
        tools.warm_up()
        log = None if quiet else RequestLog(sys.stderr)
        app = make_http_app(make_server(tools), AllowedHosts.of(settings.host), token, log)
        address = page_address(settings.host, listener.getsockname()[1])
        note(f"Photopal's MCP server is at {address}{PATH} (Ctrl-C stops it)")
        serve(app, listener)
