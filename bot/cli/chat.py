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
    from bot.accounts import Accounts
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
    """Open the chat page over your photos.

    Where there are accounts (photopal user), everybody logs in and sees their own photos only.
    """
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
    accounts = _accounts()
    if accounts is not None and photos is not None:
        raise typer.BadParameter("with accounts everybody has their own: leave --photos away")
    loaded: Encoder | None = None
    if settings.replay is not None:
        from bot.page.replay_files import replay_files

        replay_files(settings.replay)
    if photos is not None:
        from bot.cli.replay_opening import gallery_library

        loaded = open_encoder(settings.encoder)
        path = gallery_library(photos, loaded)
        settings = settings.model_copy(update={"library": path})
    elif settings.replay is not None and settings.library is None and accounts is None:
        settings, loaded = _with_some_library(settings)
    if lan:
        from bot.cli.lan import share_on_lan

        settings = share_on_lan(settings, with_accounts=accounts is not None)
    if accounts is not None:
        _tell_what_accounts_replace(settings)
    open_page(settings, browser, loaded, accounts)


def _accounts() -> "Accounts | None":
    """The accounts, where there are any."""
    from bot.accounts import Accounts

    accounts = Accounts()
    return accounts if accounts.all() else None


def _tell_what_accounts_replace(settings: "Settings") -> None:
    if settings.library is not None:
        note("There are accounts, so each person sees their own library and not the one named.")
    if settings.password is not None:
        note("There are accounts, so the page's one password lets nobody in.")


def _with_some_library(settings: "Settings") -> "tuple[Settings, Encoder | None]":
    """A replay by label texts needs no photos, but the page does: the samples stand in."""
    if settings.library_path.exists():
        return settings, None
    note("There is no library yet: the chat is over the sample photos.")
    return prepare_samples(settings)
