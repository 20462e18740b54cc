"""A chat page with accounts in a process of its own.

``python -m tests.support.accounts_server PORT`` with PHOTOPAL_HOME set. The accounts have the
passwords in :data:`PASSWORDS`. Anna's library holds the sample photos, bert's red ones under the
same numbers, and carl has none. As in :mod:`tests.support.page_server`, photos are found by the
words of their file names.
"""

import sys
from pathlib import Path

from PIL import Image

from bot.accounts import Accounts
from bot.settings import Settings
from retrieval.paths import home, make_private_folder
from tests.support.cheap_passwords import cheap_accounts
from tests.support.loop_watch import watch_event_loops
from tests.support.page_server import WordEncoder, fill_library, make_photos

PASSWORDS = {name: f"{name} rows across the lake" for name in ("anna", "bert", "carl")}
BERTS_PHOTOS = 5
BERTS_COLOUR = (200, 30, 30)


def make_accounts(encoder: WordEncoder) -> Accounts:
    """The accounts and their photos, unless they are there from an earlier start."""
    accounts = cheap_accounts(home())
    if accounts.all():
        return accounts
    people = {name: accounts.add(name, password) for name, password in PASSWORDS.items()}
    make_photos(home() / "annas")
    _make_red_photos(home() / "berts")
    for name in ("anna", "bert"):
        make_private_folder(people[name].folder)
        fill_library(people[name].library, home() / f"{name}s", encoder)
    return accounts


def _make_red_photos(folder: Path) -> None:
    folder.mkdir(parents=True)
    for number in range(BERTS_PHOTOS):
        Image.new("RGB", (640, 480), BERTS_COLOUR).save(folder / f"secret-moon-{number}.jpg")


def main(port: int) -> None:
    """Serve until the process is ended."""
    from bot.page.launch import run

    encoder = WordEncoder()
    accounts = make_accounts(encoder)
    watch_event_loops(lambda what: print(what, flush=True), encoder)
    run(
        Settings.load(port=port),
        open_browser=False,
        on_ready=lambda address: print("READY", address, flush=True),
        encoder=encoder,  # type: ignore[arg-type]
        accounts=accounts,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
