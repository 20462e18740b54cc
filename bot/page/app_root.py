"""The folder that Chainlit runs from: our settings, words and look, made afresh at every start."""

import json
import re
import shutil
from collections.abc import Mapping
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from bot.errors import SettingsInvalid
from bot.page.words import ENGLISH, Words

SHIPPED = {"de": "de-DE", "zh": "zh-CN"}
LANGUAGE_OF = {
    tag: tag.partition("-")[0]
    for tag in ("de", "de-DE", "de-AT", "de-CH", "zh", "zh-CN", "zh-TW", "zh-HK", "zh-SG")
}
"""What browsers call the languages that the interface speaks besides English."""

Login = Literal["none", "password", "accounts"]
"""What a page asks for before it shows anything."""

_WRONG = ("auth.login.errors.default", "auth.login.errors.credentialsSignin")

OUTSIDE_LINK = re.compile(r"\s*<link\b[^>]*\bhref=\"https?://[^>]*>", re.DOTALL)


def prepare_app_root(root: Path, login: Login = "password") -> Path:
    """Make ``root`` the Chainlit application folder and return it.

    Whatever an earlier start left there is replaced, so an upgrade of Photopal or Chainlit never
    meets stale files. Nothing of the user's lives in it.

    Args:
        root: the folder.
        login: what is asked for; without a login the page offers no way to log out.
    """
    if root.exists():
        shutil.rmtree(root)
    (root / ".chainlit" / "translations").mkdir(parents=True)
    with as_file(files("bot.page")) as here:
        shutil.copyfile(here / "chainlit.toml", root / ".chainlit" / "config.toml")
        shutil.copyfile(here / "about.md", root / "chainlit.md")
        for tag, language in LANGUAGE_OF.items():
            about = here / "translations" / f"about_{language}.md"
            shutil.copyfile(about, root / f"chainlit_{tag}.md")
        shutil.copytree(here / "public", root / "public")
    _write_translations(root / ".chainlit" / "translations", login)
    _copy_frontend(root / "build", login)
    return root


def _write_translations(folder: Path, login: Login) -> None:
    """Chainlit's words in our languages, with ours in place of some; in all others English.

    Chainlit adds its own file for each language that has none here. It says what this page is not.
    """
    shipped = _chainlit_folder() / "translations"
    for tag in {file.stem for file in shipped.glob("*.json")} | set(LANGUAGE_OF):
        language = LANGUAGE_OF.get(tag, ENGLISH)
        source = shipped / f"{SHIPPED.get(language, 'en-US')}.json"
        words = Words.of(language)
        ours = dict(words.chainlit)
        if login == "accounts":
            wrong = words.say("login.wrong")
            ours |= dict.fromkeys(_WRONG, wrong)
        _write_translation(folder / f"{tag}.json", source, ours)


def _write_translation(target: Path, source: Path, ours: Mapping[str, str]) -> None:
    translation: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    for dotted, text in ours.items():
        *parents, last = dotted.split(".")
        branch = translation
        for name in parents:
            branch = branch.setdefault(name, {})
        branch[last] = text
    target.write_text(json.dumps(translation, ensure_ascii=False, indent=2), encoding="utf-8")


def _copy_frontend(build: Path, login: Login) -> None:
    """Chainlit's own frontend, but with a start page that asks nothing of other hosts.

    As shipped it loads a web font and a stylesheet for formulas from two content networks, which
    tells them of every visit; the page looks the same without.
    """
    build.mkdir()
    shipped = _chainlit_folder() / "frontend" / "dist"
    html = (shipped / "index.html").read_text(encoding="utf-8")
    html = OUTSIDE_LINK.sub("", html)
    html = html.replace("<html ", f'<html data-login="{login}" ', 1)
    (build / "index.html").write_text(html, encoding="utf-8")
    try:
        (build / "assets").symlink_to(shipped / "assets", target_is_directory=True)
    except OSError:
        # Windows allows links to few users only.
        shutil.copytree(
            shipped / "assets", build / "assets", ignore=shutil.ignore_patterns("*.map")
        )


def _chainlit_folder() -> Path:
    """Where Chainlit is installed, found without importing it: an import reads the settings."""
    found = find_spec("chainlit")
    if found is None or not found.submodule_search_locations:
        raise SettingsInvalid("the chat page needs the package chainlit: install photopal again")
    return Path(found.submodule_search_locations[0])
