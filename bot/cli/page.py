"""Open the chat page over a library, or over the sample photos."""

from typing import TYPE_CHECKING, Any

from bot.cli.factories import open_encoder, with_encoder_of
from bot.cli.indexing import index_with_progress
from bot.cli.output import note, working
from bot.cli.plugins import require_packages

if TYPE_CHECKING:
    from bot.accounts import Accounts
    from bot.settings import Settings
    from retrieval.encoders.base import Encoder

SAMPLE_PACKAGES = ("skimage", "sklearn")
"""The sample photos lie in these packages."""


def open_page(
    settings: "Settings",
    browser: bool,
    encoder: "Encoder | None" = None,
    accounts: "Accounts | None" = None,
) -> None:
    """Run the page until it is stopped.

    Args:
        settings: library, encoder, LLM, host and port.
        browser: show the page in a browser once it answers.
        encoder: the library's, when it is loaded already.
        accounts: who may log in, each to their own library; None: one library for all.

    Raises:
        LibraryNotFound: there is no library; said at once.
    """
    if accounts is None:
        from retrieval.library import Library

        with Library.read(settings.library_path) as library:
            settings = with_encoder_of(library, settings)
    _serve(settings, browser, encoder=encoder, accounts=accounts)


def open_sample_page(settings: "Settings", browser: bool) -> None:
    """As :func:`open_page`, over the sample photos, which are set up while the page waits.

    Raises:
        CommandUnavailable: a package that holds some of the photos is not installed.
    """
    # Said before the page is up; it asks again when it is.
    require_packages("demo", "demo", SAMPLE_PACKAGES)
    _serve(settings, browser, prepare=prepare_samples)


def prepare_samples(settings: "Settings") -> "tuple[Settings, Encoder]":
    """Install and index the sample photos; returns settings that use them, and the encoder.

    Raises:
        CommandUnavailable: a package that holds some of the photos is not installed.
    """
    require_packages("demo", "demo", SAMPLE_PACKAGES)
    from retrieval.encoders import STARTER
    from retrieval.library import Library
    from retrieval.paths import home
    from retrieval.photos.samples import install_samples

    folder = home() / "samples"
    with working("Setting up the sample photos …"):
        install_samples(folder)
    path = home() / "samples.db"
    with Library.open(path, create=True) as library:
        encoder = open_encoder(STARTER)
        index_with_progress(library, encoder, [folder])
    return settings.model_copy(update={"library": path, "encoder": STARTER}), encoder


def _serve(settings: "Settings", browser: bool, **given: Any) -> None:
    """Run the page, telling the terminal how far it is; ``given`` as for :func:`bot.page.run`."""
    from bot.page import run

    run(
        settings,
        open_browser=browser,
        on_ready=_tell,
        on_open=_tell_start,
        on_step=_tell_step,
        **given,
    )


def _tell_start(address: str) -> None:
    note(f"Photopal is getting ready at {address} …")


def _tell_step(step: str) -> None:
    note(f"  {step} …")


def _tell(address: str) -> None:
    note(f"Photopal is at {address} (Ctrl-C stops it)")
