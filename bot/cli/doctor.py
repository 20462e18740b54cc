"""``photopal doctor``: is all well with the library and the kept chats, and what can be mended."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import (
    DebugOption,
    JsonOption,
    LibraryOption,
    UserOption,
    flag,
    library_of,
    load_settings,
)
from bot.cli.output import Results, counted, note, printable, results, working

if TYPE_CHECKING:
    from bot.settings import Settings
    from retrieval.care import Diagnosis, Finding


def doctor(
    context: typer.Context,
    repair: Annotated[
        bool, flag("--repair", help="Mend what can be mended without losing anything.")
    ] = False,
    user: UserOption = None,
    as_json: JsonOption = False,
    library: LibraryOption = None,
    debug: DebugOption = False,
) -> None:
    """Examine the library, its index, its thumbnails and the kept chats.

    Exit status 0 when all is well (or mended), 1 when something is not.
    """
    from retrieval.care import examine
    from retrieval.paths import home

    settings = load_settings(context, library=library_of(user, library))
    thumbnails: Path | None = None
    if user is not None:
        from bot.accounts import Accounts

        thumbnails = Accounts().find(user).folder / "thumbnails"
    elif _is_default(settings):
        # Those of the library that is used when none is named.
        thumbnails = home() / "thumbnails"
    with results(as_json) as out:
        with working("Examining the library …"):
            diagnosis = examine(settings.library_path, thumbnails=thumbnails, repair=repair)
            chats = _history_findings(settings, repair)
        if as_json:
            told = diagnosis.as_dict()
            told["history"] = [one.as_dict() for one in chats]
            told["healthy"] = told["healthy"] and all(one.repaired for one in chats)
            out.json(told)
        else:
            _print(out, diagnosis, chats)
        _tell_of_accounts(user)
    if not all(one.repaired for one in [*diagnosis.findings, *chats]):
        raise typer.Exit(1)


def _is_default(settings: "Settings") -> bool:
    from retrieval.paths import default_library_path

    return settings.library_path == default_library_path()


def _history_findings(settings: "Settings", repair: bool) -> "list[Finding]":
    """What is wrong with the kept chats; nothing where they are on a server, or there are none."""
    from bot.history import History, history_path
    from bot.history.database import is_address
    from retrieval.care.doctor import Kind, check_database

    where = settings.history or history_path()
    if is_address(where):
        note("photopal: the kept chats are on a server, which looks after them itself")
        return []
    path = Path(where).expanduser().absolute()
    if not path.exists():
        return []
    kind = Kind("history of chats", lambda new: History.open(new).close())
    return list(check_database(path, kind, repair))


def _print(out: Results, diagnosis: "Diagnosis", chats: "list[Finding]") -> None:
    for one in [*diagnosis.findings, *chats]:
        out.line(f"{'repaired' if one.repaired else 'found':<9} {printable(one.text)}")
        for example in one.examples:
            out.line(f"            {example}")
        if one.advice:
            out.line(f"          → {one.advice}")
    for backup in diagnosis.backups:
        size = f"{backup.size / 1e6:,.1f} MB"
        out.line(
            f"{'kept':<9} {backup.path}: from before an update, {backup.days:.0f} days, {size}"
        )
    photos = counted(diagnosis.photos, "photo")
    found = [one for one in [*diagnosis.findings, *chats] if not one.repaired]
    if found:
        out.line(f"{photos}; {counted(len(found), 'thing')} to look after")
    else:
        out.line(f"{photos}; all is well")


def _tell_of_accounts(user: str | None) -> None:
    """Each account has a library of its own."""
    from bot.accounts import Accounts

    if user is None and (accounts := Accounts().all()):
        names = ", ".join(one.name for one in accounts)
        note(f"photopal: the libraries of accounts are examined by --user: {names}")
