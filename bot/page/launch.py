"""Start the chat page: check where it may listen, load everything once, serve until stopped."""

import errno
import logging
import os
import socket
import threading
import time
import webbrowser
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import SettingsInvalid
from bot.settings import Settings
from retrieval.errors import LibraryEmpty

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from bot.accounts import Accounts
    from bot.page.people import People
    from bot.page.services import PageServices
    from retrieval.encoders.base import Encoder

log = logging.getLogger(__name__)

EMPTY_SECONDS = 2.0
"""Between two looks at a library that is empty still."""

# Chainlit acts on these: it would store chats in a database, send them to a service, or answer
# on other channels, because of a variable that is there for something else.
FOREIGN_VARIABLES = (
    "DATABASE_URL",
    "LITERAL_API_KEY",
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "TEAMS_APP_ID",
    "TEAMS_APP_PASSWORD",
    "DISCORD_BOT_TOKEN",
    "CHAINLIT_CUSTOM_AUTH",
    "CHAINLIT_ROOT_PATH",
    "CHAINLIT_PARENT_ROOT_PATH",
    "CHAINLIT_URL",
    "CHAINLIT_AUTH_COOKIE_NAME",
    "CHAINLIT_COOKIE_SAMESITE",
)


Prepare = Callable[[Settings], "tuple[Settings, Encoder]"]
"""Makes a library ready, and loads its encoder, before the page works with them."""


def run(
    settings: Settings,
    *,
    open_browser: bool = True,
    on_ready: Callable[[str], None] | None = None,
    on_open: Callable[[str], None] | None = None,
    on_step: Callable[[str], None] | None = None,
    encoder: "Encoder | None" = None,
    prepare: Prepare | None = None,
    make_services: "Callable[[Settings], PageServices] | None" = None,
    accounts: "Accounts | None" = None,
) -> None:
    """Serve the page until it is stopped by Ctrl-C or a signal.

    The page is there at once and shows how far the loading is; while the library is empty, it
    tells what to do and waits for the first photos.

    Args:
        settings: host, port, password, library, encoder and LLM.
        open_browser: show the page as soon as it answers.
        on_ready: called with the page's address once the chat is there.
        on_open: called with the address once it answers, though it may still be getting ready.
        on_step: told in a few words what is being done meanwhile.
        encoder: the library's, when it is loaded already.
        prepare: makes the library first; what it returns is used from then on.
        make_services: loads what the page works with; the real thing unless a test says otherwise.
        accounts: who may log in, each to a library of their own; None: one library for all.

    Raises:
        SettingsInvalid: the host demands a login, or the port is taken.
        RetrievalError: the library or the encoder cannot be used.
    """
    check_host(settings, with_accounts=accounts is not None)
    # Taken before the slow loading, so that a port in use is told at once.
    listener = listen(settings.host, settings.port)
    port = listener.getsockname()[1]
    address = page_address(settings.host, port)

    def opened() -> None:
        if on_open is not None:
            on_open(address)
        if open_browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    def ready() -> None:
        if on_ready is not None:
            on_ready(address)

    def load(step: Callable[[str], None]) -> "ASGIApp":
        chosen, loaded = settings, encoder
        if prepare is not None:
            step("Setting up the photos")
            chosen, loaded = prepare(settings)
        people = _people(chosen, loaded, make_services, accounts, step)
        step("Preparing the page")
        set_environment(chosen, port, with_accounts=accounts is not None)
        from bot.page.server import make_app

        return make_app(people, ready)

    try:
        from bot.page.startup import serve

        debug = log.isEnabledFor(logging.DEBUG)
        serve(listener, load, debug=debug, on_open=opened, on_step=on_step)
    finally:
        listener.close()


def _people(
    settings: Settings,
    encoder: "Encoder | None",
    make_services: "Callable[[Settings], PageServices] | None",
    accounts: "Accounts | None",
    step: Callable[[str], None],
) -> "People":
    """Who uses the page, and what they work with."""
    if accounts is not None:
        from bot.page.loading import load_people

        return load_people(settings, accounts, encoder=encoder, on_step=step)
    from bot.page.people import People

    return People.sharing(_services(settings, encoder, make_services, step))


def _services(
    settings: Settings,
    encoder: "Encoder | None",
    make_services: "Callable[[Settings], PageServices] | None",
    step: Callable[[str], None],
) -> "PageServices":
    """What the page works with; where the library is empty, as soon as it is no longer so."""
    from bot.page.loading import load_services
    from bot.page.startup import EMPTY

    load = make_services or partial(load_services, encoder=encoder, on_step=step)
    while True:
        try:
            return load(settings)
        except LibraryEmpty:
            step(f"{EMPTY}: run photopal index ~/Pictures, and the page opens by itself")
            _wait_for_photos(settings)


def _wait_for_photos(settings: Settings) -> None:
    from retrieval.library import Library

    while True:
        time.sleep(EMPTY_SECONDS)
        with Library.read(settings.library_path) as library:
            if library.searchable_count():
                return


def check_host(settings: Settings, *, with_accounts: bool = False) -> None:
    """Refuse to show somebody's photos to the network without a login."""
    public = not settings.is_local or settings.public_url is not None
    if public and settings.password is None and not with_accounts:
        what = "PHOTOPAL_PUBLIC_URL" if settings.is_local else "--host"
        value = "" if settings.is_local else f" {settings.host}"
        raise SettingsInvalid(
            f"{what}{value} shows your photos to the network: set a password with --password or "
            f"PHOTOPAL_PASSWORD, add accounts with photopal user add, or leave {what} away"
        )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises SettingsInvalid in one clear line."""
    name = host.strip("[]")
    try:
        family, kind, _, _, where = socket.getaddrinfo(
            name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise SettingsInvalid(f"--host {host}: there is no such address here") from error
    listener = socket.socket(family, kind)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(128)
    except PermissionError as error:
        listener.close()
        raise SettingsInvalid(
            f"port {port} needs administrator rights: choose another one with --port"
        ) from error
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise SettingsInvalid(
                f"port {port} is taken by another program (or another photopal chat): choose "
                f"another one, as in --port {port + 1 if port < 65535 else 8001}"
            ) from error
        raise SettingsInvalid(f"cannot listen on {host}, port {port}: {error.strerror}") from error
    return listener


def page_address(host: str, port: int) -> str:
    """The address to open in a browser on this machine."""
    name = host.strip("[]")
    if name in ("0.0.0.0", "", "127.0.0.1"):
        name = "localhost"
    elif name == "::":
        name = "::1"
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def set_environment(settings: Settings, port: int, *, with_accounts: bool = False) -> None:
    """What Chainlit reads from the environment, once, when it is first imported."""
    from bot.page.app_root import Login, prepare_app_root
    from bot.page.login.secret import cookie_secret
    from retrieval.paths import home, make_private_folder

    try:
        folder = make_private_folder(make_private_folder(home()) / "page")
        # One folder a port: two pages never share one, since the port is taken already.
        login: Login = "password" if settings.password else "none"
        root = prepare_app_root(folder / f"port-{port}", "accounts" if with_accounts else login)
        password = settings.password.get_secret_value() if settings.password else ""
        secret = cookie_secret(folder, password)
    except OSError as error:
        raise SettingsInvalid(
            f"cannot write to {home()}: {error.strerror or error}; set PHOTOPAL_HOME to a "
            "folder of yours"
        ) from error
    by_provider = with_accounts and settings.oauth is not None
    foreign = [] if by_provider else [name for name in os.environ if name.startswith("OAUTH_")]
    for name in (*FOREIGN_VARIABLES, *foreign):
        os.environ.pop(name, None)
    if settings.public_url is not None:
        # Where a login provider sends people back to.
        os.environ["CHAINLIT_URL"] = settings.public_url
    os.environ["CHAINLIT_APP_ROOT"] = str(root)
    os.environ["CHAINLIT_AUTH_SECRET"] = secret
    # Chainlit would load a file of secrets from the folder that the command was called in.
    os.environ["CHAINLIT_ENV_FILE"] = str(Path(root) / "none.env")
    if not log.isEnabledFor(logging.DEBUG):
        for name in ("chainlit", "socketio", "engineio", "httpx", "uvicorn"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
