"""``photopal demo``: the chat over a library of sample photos."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.chat import open_page
from bot.cli.factories import open_encoder
from bot.cli.indexing import index_with_progress
from bot.cli.options import (
    BaseUrlOption,
    BrowserOption,
    DebugOption,
    HostOption,
    ModelOption,
    OfflineOption,
    PasswordOption,
    PortOption,
    flag,
    load_settings,
)
from bot.cli.output import note, working

if TYPE_CHECKING:
    from bot.settings import Settings
    from retrieval.encoders.base import Encoder


def demo(
    context: typer.Context,
    host: HostOption = None,
    port: PortOption = None,
    password: PasswordOption = None,
    browser: BrowserOption = True,
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
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
        offline=offline,
    )
    settings, encoder = prepare_samples(settings)
    if prepare:
        note(f"The sample library is ready: {settings.library_path}")
        return
    open_page(settings, browser, encoder)


def prepare_samples(settings: "Settings") -> "tuple[Settings, Encoder]":
    """Install and index the sample photos; returns settings that use them, and the encoder."""
    from retrieval.encoders import STARTER
    from retrieval.library import Library
    from retrieval.paths import home
    from retrieval.photos.samples import install_samples

    folder = home() / "samples"
    with working("Setting up the sample photos …"):
        install_samples(folder)
    path = home() / "samples.db"
    with Library.open(path, create=True) as books:
        encoder = open_encoder(STARTER)
        index_with_progress(books, encoder, [folder])
    return settings.model_copy(update={"library": path, "encoder": STARTER}), encoder
