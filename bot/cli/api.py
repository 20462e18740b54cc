"""``photopal api``: the HTTP API for other programs."""

import sys
from typing import Annotated

import typer

from bot.cli.options import (
    BaseUrlOption,
    DebugOption,
    EncoderOption,
    LibraryOption,
    MaxTokensOption,
    ModelOption,
    OfflineOption,
    flag,
    load_settings,
)
from bot.cli.output import note

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8001

ApiHostOption = Annotated[
    str,
    typer.Option("--host", help="Where to listen; any but this machine demands a chosen token."),
]


def api(
    context: typer.Context,
    host: ApiHostOption = DEFAULT_HOST,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=1, max=65535, help="Port of the API.")
    ] = DEFAULT_PORT,
    quiet: Annotated[bool, flag("--quiet", help="Do not log requests.")] = False,
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
    max_tokens: MaxTokensOption = None,
    offline: OfflineOption = False,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    debug: DebugOption = False,
) -> None:
    """Serve an HTTP API over your photos, for other programs on this machine.

    Every request shows the token: the one in PHOTOPAL_API_TOKEN, or the one that is made at the
    first start, in the file api.token under PHOTOPAL_HOME. One line of JSON a request goes to
    standard error, without texts and paths. The token opens one library, --library; the accounts
    of the page (photopal user) do not count here.
    """
    from bot.access.tokens import TOKEN_NAME, token_for
    from bot.page.launch import listen, page_address
    from retrieval.paths import home

    settings = load_settings(
        context,
        library=library,
        encoder=encoder,
        host=host,
        port=port,
        base_url=base_url,
        model=model,
        max_tokens=max_tokens,
        offline=offline,
    )
    token = token_for(settings.is_local, settings.api_token, home())
    # Taken before the slow loading, so that a port in use is told at once.
    listener = listen(settings.host, settings.port)
    with listener:
        note("Photopal's API is starting …")
        from bot.access.serving import serve
        from bot.api import ApiServices, make_api
        from bot.assistant.loading import load_assistant
        from bot.monitoring import RequestLog
        from bot.page.hosts import AllowedHosts

        services = ApiServices.of(load_assistant(settings))
        log = None if quiet else RequestLog(sys.stderr)
        app = make_api(services, AllowedHosts.of(settings.host), token, log)
        address = page_address(settings.host, listener.getsockname()[1])
        where = "PHOTOPAL_API_TOKEN" if settings.api_token else f"{home() / TOKEN_NAME}"
        note(f"Photopal's API is at {address} (Ctrl-C stops it); the token is in {where}")
        serve(app, listener)
