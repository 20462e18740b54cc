"""``photopal demo``: the chat over a library of sample photos."""

from typing import Annotated

import typer

from bot.cli.options import (
    BaseUrlOption,
    BrowserOption,
    DebugOption,
    HostOption,
    MaxTokensOption,
    ModelOption,
    OfflineOption,
    PasswordOption,
    PortOption,
    flag,
    load_settings,
)
from bot.cli.output import note
from bot.cli.page import open_sample_page, prepare_samples


def demo(
    context: typer.Context,
    host: HostOption = None,
    port: PortOption = None,
    password: PasswordOption = None,
    browser: BrowserOption = True,
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
    max_tokens: MaxTokensOption = None,
    offline: OfflineOption = False,
    prepare: Annotated[
        bool,
        flag("--prepare", help="Only set up the sample library; no chat."),
    ] = False,
    debug: DebugOption = False,
) -> None:
    """Try Photopal over real sample photos: no key, no download, no set-up."""
    settings = load_settings(
        context,
        host=host,
        port=port,
        password=password,
        base_url=base_url,
        model=model,
        max_tokens=max_tokens,
        offline=offline,
    )
    if prepare:
        settings, _ = prepare_samples(settings)
        note(f"The sample library is ready: {settings.library_path}")
        return
    open_sample_page(settings, browser)
