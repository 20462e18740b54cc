"""``photopal chat``: the chat page over the library."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.factories import open_encoder, with_encoder_of
from bot.cli.options import (
    BaseUrlOption,
    BrowserOption,
    DebugOption,
    EncoderOption,
    HostOption,
    LibraryOption,
    ModelOption,
    OfflineOption,
    PasswordOption,
    PortOption,
    load_settings,
)
from bot.cli.output import note
from retrieval.errors import LibraryEmpty

if TYPE_CHECKING:
    from bot.settings import Settings
    from retrieval.encoders.base import Encoder


def chat(
    context: typer.Context,
    host: HostOption = None,
    port: PortOption = None,
    password: PasswordOption = None,
    browser: BrowserOption = True,
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
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
    open_page(settings, browser, loaded)


def _with_some_library(settings: "Settings") -> "tuple[Settings, Encoder | None]":
    """A replay by label texts needs no photos, but the page does: the samples stand in."""
    if settings.library_path.exists():
        return settings, None
    from bot.cli.demo import prepare_samples

    note("There is no library yet: the chat is over the sample photos.")
    return prepare_samples(settings)


def open_page(settings: "Settings", browser: bool, encoder: "Encoder | None" = None) -> None:
    """Run the page until it is stopped; refuses a missing or empty library at once.

    An encoder that is loaded already, of this library, is not loaded again.
    """
    from retrieval.library import Library

    with Library.read(settings.library_path) as books:
        if not books.searchable_count():
            raise LibraryEmpty(
                "the library holds no photo yet: run 'photopal index ~/Pictures' first"
            )
        settings = with_encoder_of(books, settings)
    from bot.page import run

    note("Photopal is starting …")
    run(settings, open_browser=browser, on_ready=_tell, encoder=encoder)


def _tell(address: str) -> None:
    note(f"Photopal is at {address} (Ctrl-C stops it)")
