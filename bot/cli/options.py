"""Options that several commands share, and the settings that they make."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.settings import Settings


def flag(*names: str, help: str) -> Any:
    """A switch, shown without a type."""
    return typer.Option(*names, help=help, metavar="", show_default=False)


LibraryOption = Annotated[
    str | None,
    typer.Option(
        "--library",
        metavar="PATH",
        help="The library to use (default: the one under PHOTOPAL_HOME).",
    ),
]
EncoderOption = Annotated[
    str | None,
    typer.Option(
        "--encoder",
        metavar="NAME",
        help="starter, a preset (clip-b32, siglip2-b32 …), a folder, or a hub name.",
    ),
]
UserOption = Annotated[
    str | None,
    typer.Option("--user", metavar="NAME", help="The library of an account of the page."),
]
DebugOption = Annotated[bool, flag("--debug", help="Show where an error came from.")]
JsonOption = Annotated[
    bool,
    flag("--json", help="One JSON object on standard output."),
]
CountOption = Annotated[
    int, typer.Option("-k", "--count", metavar="K", min=1, max=100_000, help="How many photos.")
]
CutoffOption = Annotated[bool, flag("--cutoff", help="Leave out photos that do not fit.")]
CollapseOption = Annotated[
    bool,
    flag("--collapse", help="Show similar photos as one."),
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option("--base-url", metavar="URL", help="An OpenAI-compatible LLM server."),
]
ModelOption = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="The LLM's name on that server.")
]
MaxTokensOption = Annotated[
    int | None,
    typer.Option(
        "--max-tokens",
        metavar="N",
        help="Tokens of an LLM's answer, its thoughts included.",
    ),
]
OfflineOption = Annotated[bool, flag("--offline", help="Never ask an LLM.")]
HostOption = Annotated[
    str | None,
    typer.Option("--host", help="Where to listen; any but 127.0.0.1 demands a login."),
]
PortOption = Annotated[int | None, typer.Option("--port", metavar="N", help="Port of the page.")]
PasswordOption = Annotated[
    str | None,
    typer.Option(
        "--password",
        help="Password of the page; better given as PHOTOPAL_PASSWORD, where no one sees it.",
    ),
]
BrowserOption = Annotated[bool, flag("--browser/--no-browser", help="Open the page in a browser.")]


@dataclass(frozen=True)
class Shared:
    """The options given before the command's name."""

    library: Path | None = None
    encoder: str | None = None


def library_of(user: str | None, library: str | None) -> str | None:
    """The library that ``--user`` or ``--library`` names; None for neither.

    Raises:
        AccountUnknown: there is no such account.
    """
    if user is None:
        return library
    if library is not None:
        raise typer.BadParameter("--user names a library already: leave --library away")
    from bot.accounts import Accounts

    return str(Accounts().find(user).library)


def load_settings(context: typer.Context, **options: Any) -> "Settings":
    """Settings of the environment and of the options; an option after the command wins."""
    from bot.settings import Settings

    shared = context.obj if isinstance(context.obj, Shared) else Shared()
    library = options.pop("library", None)
    options["library"] = Path(library).expanduser().absolute() if library else shared.library
    options["encoder"] = options.get("encoder") or shared.encoder
    if options.pop("offline", False):
        options["llm_mode"] = "off"
    return Settings.load(**options)
