"""``photopal chat``: the chat page over the library."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.factories import open_encoder
from bot.cli.options import (
    BaseUrlOption,
    BrowserOption,
    DebugOption,
    EncoderOption,
    HostOption,
    LibraryOption,
    MaxTokensOption,
    ModelOption,
    OfflineOption,
    PasswordOption,
    PortOption,
    flag,
    load_settings,
)
from bot.cli.output import note
from bot.cli.page import open_page, prepare_samples

if TYPE_CHECKING:
    from bot.settings import Settings
    from retrieval.encoders.base import Encoder


def chat(
    context: typer.Context,
    host: HostOption = None,
    port: PortOption = None,
    password: PasswordOption = None,
    lan: Annotated[
        bool,
        flag(
            "--share-on-lan",
            help="Let other devices of your network in: shows the password and a QR code.",
        ),
    ] = False,
    browser: BrowserOption = True,
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
    max_tokens: MaxTokensOption = None,
    offline: OfflineOption = False,
    replay: Annotated[
        Path | None,
        typer.Option(
            "--replay",
            metavar="FILE",
            help="PhotoChat's JSON, or a folder of it, to replay in the page.",
        ),
    ] = None,
    photos: Annotated[
        Path | None,
        typer.Option(
            "--photos",
            metavar="DIR",
            help="With --replay: the dialogues' photos, in place of the library.",
        ),
    ] = None,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    debug: DebugOption = False,
) -> None:
    """Open the chat page over your photos."""
    if lan and host is not None:
        raise typer.BadParameter("--share-on-lan chooses the host: leave --host away")
    settings = load_settings(
        context,
        library=library,
        encoder=encoder,
        replay=replay,
        host=host,
        port=port,
        password=password,
        base_url=base_url,
        model=model,
        max_tokens=max_tokens,
        offline=offline,
    )
    loaded: Encoder | None = None
    if settings.replay is not None:
        from bot.page.replay_files import replay_files

        replay_files(settings.replay)
    if photos is not None:
        from bot.cli.replay_opening import gallery_library

        loaded = open_encoder(settings.encoder)
        path = gallery_library(photos, loaded)
        settings = settings.model_copy(update={"library": path})
    elif settings.replay is not None and settings.library is None:
        settings, loaded = _with_some_library(settings)
    if lan:
        from bot.cli.lan import share_on_lan

        settings = share_on_lan(settings)
    open_page(settings, browser, loaded)


def _with_some_library(settings: "Settings") -> "tuple[Settings, Encoder | None]":
    """A replay by label texts needs no photos, but the page does: the samples stand in."""
    if settings.library_path.exists():
        return settings, None
    note("There is no library yet: the chat is over the sample photos.")
    return prepare_samples(settings)
