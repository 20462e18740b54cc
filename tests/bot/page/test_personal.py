"""The pages of many people: opened once, dropped when there are many, never mixed up."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

# Chainlit reads its environment when it is first imported, so not in this process.
SCRIPT = """
import asyncio, gc, os, sys, threading, weakref
from pathlib import Path
from types import SimpleNamespace

folder = Path(sys.argv[1])
os.environ["CHAINLIT_APP_ROOT"] = str(folder)
os.environ["CHAINLIT_AUTH_SECRET"] = "s" * 64
from chainlit.config import config
from chainlit.session import ws_sessions_id
from bot.errors import AccountUnknown
from bot.page.personal import OPEN_LIBRARIES, PersonalPages
from bot.page.people import People
from bot.settings import Settings
from retrieval.errors import LibraryEmpty
from tests.support.cheap_passwords import cheap_accounts

accounts = cheap_accounts(folder)
opened, kept = [], weakref.WeakSet()


class Services(SimpleNamespace):
    __hash__ = object.__hash__


def services(person):
    assert threading.current_thread() is not threading.main_thread(), "not on the event loop"
    accounts.find(person)
    opened.append(person)
    if person == "empty":
        raise LibraryEmpty("no photo in /secret/place")
    library = SimpleNamespace(uid=f"{person}'s", searchable_count=lambda: 2, change=0)
    made = Services(
        settings=Settings(), history=None, history_problem="", library=library, samples=False,
        replay=None, choices=None,
        assistant=SimpleNamespace(llm=None, share_folder=folder / person),
    )
    kept.add(made)
    return made


async def main():
    pages = PersonalPages(People(Settings(), None, "", services, accounts))
    pages.register()
    names = [f"user{number}" for number in range(OPEN_LIBRARIES + 4)]
    for name in [*names, "empty"]:
        accounts.add(name, None)
    first, again, other = await asyncio.gather(
        pages.of("user0"), pages.of("user0"), pages.of("user1")
    )
    assert first is again and first is not other
    assert sorted(opened) == ["user0", "user1"], "each once, however many ask"
    assert await pages.library_of("user0") == "user0's"
    assert await pages.library_of("owner") is None and await pages.library_of("nobody") is None
    assert await pages.library_of("empty") is None
    assert "empty" in opened

    # Every callback that Chainlit has leads to the person's own page.
    for name, callback in config.code.action_callbacks.items():
        assert "PersonalPages" in callback.__qualname__, (name, callback.__qualname__)
    assert "share_photo" in config.code.action_callbacks

    # Who has a chat open is not dropped.
    ws_sessions_id["s"] = SimpleNamespace(user=SimpleNamespace(identifier="user0"))
    del first, again, other
    for name in names:
        await pages.of(name)
    gc.collect()
    assert len(kept) == OPEN_LIBRARIES, len(kept)
    assert pages.photos() == 2 * OPEN_LIBRARIES
    opened.clear()
    await pages.of("user0")
    assert opened == []
    await pages.of("user1")
    assert opened == ["user1"]

    # An account that is made anew under the same name has a page of its own.
    before = await pages.of("user0")
    accounts.remove("user0")
    try:
        await pages.of("user0")
    except AccountUnknown:
        pass
    else:
        raise AssertionError
    accounts.add("user0", None, library=folder / "other.db")
    assert await pages.of("user0") is not before

    (profile,) = await pages._profiles(SimpleNamespace(identifier="empty"), "de-DE")
    assert "--user empty" in profile.markdown_description
    assert "noch keine Fotos" in profile.markdown_description
    assert "/secret" not in profile.markdown_description


asyncio.run(main())
print("fine")
"""


def test_homes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout == "fine\n", done.stderr
