"""``photopal user``: the accounts of the page."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.options import DebugOption, JsonOption, flag
from bot.cli.output import counted, note, results

if TYPE_CHECKING:
    from bot.accounts import Account

HELP = """The accounts of the page: with one, everybody logs in and sees their own photos only.

Add yourself first. Then photopal index FOLDER --user NAME, and photopal chat.
"""

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="Letters and digits, or an e-mail address.")
]
FromStdinOption = Annotated[
    bool, flag("--password-stdin", help="Read the password from standard input.")
]


def build_user() -> typer.Typer:
    """The commands under ``photopal user``."""
    app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="rich")
    app.command("add")(add)
    app.command("list")(list_accounts)
    app.command("password")(password)
    app.command("remove")(remove)
    return app


def add(
    name: NameArgument,
    library: Annotated[
        Path | None,
        typer.Option(
            "--library",
            metavar="PATH",
            help="A library that is there already (default: one of their own).",
        ),
    ] = None,
    no_password: Annotated[
        bool,
        flag("--no-password", help="Only a login provider or a proxy may let them in."),
    ] = False,
    from_stdin: FromStdinOption = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Add an account; its password is asked for.

    A page that is running without accounts asks for a login once it is started again.
    """
    from bot.accounts import Accounts, account_name

    if no_password and from_stdin:
        raise typer.BadParameter("--no-password wants none: leave --password-stdin away")
    with results(as_json) as out:
        accounts = Accounts()
        name = account_name(name)
        accounts.require_free(name)
        chosen = None if no_password else _new_password(from_stdin)
        first = not accounts.all()
        account = accounts.add(name, chosen, library=library)
        if as_json:
            out.json(_as_json(account))
        else:
            out.line(f"{account.name} can log in. Their library: {account.library}")
        _tell_what_was_there(account, first=first)


def list_accounts(as_json: JsonOption = False, debug: DebugOption = False) -> None:
    """List the accounts."""
    from bot.accounts import Accounts

    with results(as_json) as out:
        found = Accounts().all()
        if as_json:
            out.json({"users": [_as_json(one) for one in found]})
            return
        for one in found:
            photos = _photos(one)
            count = "no library yet" if photos is None else f"{photos:,} photos"
            how = "" if one.password else ", no password"
            out.line(f"{one.name}  ({count}{how})  {one.library}")
        if not found:
            out.line("There is no account: whoever reaches the page is let in.")


def password(
    name: NameArgument,
    from_stdin: FromStdinOption = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Change a password; whoever is logged in by that account is logged out."""
    from bot.accounts import Accounts

    with results(as_json) as out:
        accounts = Accounts()
        account = accounts.find(name)
        account = accounts.set_password(account.name, _new_password(from_stdin))
        if as_json:
            out.json(_as_json(account))
        else:
            out.line(f"The password of {account.name} is changed; who was logged in is logged out.")


def remove(
    name: NameArgument,
    delete_history: Annotated[
        bool, flag("--delete-history", help="Delete their chats for good as well.")
    ] = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Remove an account; whoever is logged in by it is logged out at once.

    No photo is touched, and their library stays; so do their chats unless you say otherwise.
    """
    from bot.accounts import Accounts

    with results(as_json) as out:
        accounts = Accounts()
        account = accounts.remove(name)
        chats = _chats(account.name, delete=delete_history)
        if as_json:
            left = 0 if delete_history else chats
            deleted = chats if delete_history else 0
            out.json({**_as_json(account), "chats_kept": left, "chats_deleted": deleted})
        else:
            out.line(f"{account.name} is removed and logged out.")
            out.line(f"Their library stays: {account.library}")
            if chats:
                what = "deleted" if delete_history else "kept for an account of that name"
                out.line(f"Their {counted(chats, 'chat')}: {what}")
        if not accounts.all():
            note("That was the last account: the page lets everybody in when it is started again.")


# -- inside ---------------------------------------------------------------------------------


def _new_password(from_stdin: bool) -> str:
    """A password that nobody sees, typed twice.

    Raises:
        PasswordUnfit: not the same twice, or there is nobody to ask.
    """
    from bot.errors import PasswordUnfit

    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise PasswordUnfit(
            "there is nobody to ask for a password: run this in a terminal, or give it by "
            "--password-stdin"
        )
    from getpass import getpass

    chosen = getpass("Password: ", stream=sys.stderr)
    if getpass("Once more: ", stream=sys.stderr) != chosen:
        raise PasswordUnfit("the two passwords differ: nothing was changed")
    return chosen


def _tell_what_was_there(account: "Account", *, first: bool) -> None:
    """Somebody who had this name before may have left photos and chats behind."""
    chats = _chats(account.name)
    if chats:
        note(
            f"An earlier account {account.name} left {counted(chats, 'chat')} behind, which are "
            "theirs now: photopal user remove --delete-history deletes them."
        )
    photos = _photos(account)
    if photos is None:
        note(f"Now give them photos: photopal index FOLDER --user {account.name}")
    elif account.library.parent == account.folder:
        note(
            f"An earlier account {account.name} left a library behind: {counted(photos, 'photo')}."
        )
    if first:
        note("From its next start on, photopal chat asks for a name and a password.")


def _chats(owner: str, *, delete: bool = False) -> int:
    """How many chats of an owner are kept, or were."""
    from bot.errors import HistoryNotFound
    from bot.history import History, history_path
    from bot.settings import Settings

    try:
        with History.open(Settings.load().history or history_path(), create=False) as history:
            return history.delete_all(owner) if delete else len(history.chats(owner=owner))
    except HistoryNotFound:
        return 0


def _photos(account: "Account") -> int | None:
    """How many photos the library of an account holds; None where it cannot be read."""
    from retrieval.errors import LibraryError
    from retrieval.library import Library

    try:
        with Library.read(account.library) as library:
            return library.searchable_count()
    except LibraryError:
        return None


def _as_json(account: "Account") -> dict[str, Any]:
    return {
        "name": account.name,
        "library": str(account.library),
        "photos": _photos(account),
        "has_password": account.password is not None,
        "created_at": account.created_at,
    }
