"""The folder that Chainlit runs from: our settings, words and look, made afresh at every start."""

import json
import re
import shutil
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bot.errors import SettingsInvalid

OUTSIDE_LINK = re.compile(r"\s*<link\b[^>]*\bhref=\"https?://[^>]*>", re.DOTALL)


def prepare_app_root(root: Path) -> Path:
    """Make ``root`` the Chainlit application folder and return it.

    Whatever an earlier start left there is replaced, so an upgrade of Photopal or Chainlit never
    meets stale files. Nothing of the user's lives in it.
    """
    if root.exists():
        shutil.rmtree(root)
    (root / ".chainlit" / "translations").mkdir(parents=True)
    with as_file(files("bot.page")) as here:
        shutil.copyfile(here / "chainlit.toml", root / ".chainlit" / "config.toml")
        shutil.copyfile(here / "about.md", root / "chainlit.md")
        shutil.copyfile(here / "about.md", root / "chainlit_en-US.md")
        shutil.copytree(here / "public", root / "public")
        words = json.loads((here / "words.json").read_text(encoding="utf-8"))
    _write_translation(root / ".chainlit" / "translations" / "en-US.json", words)
    _copy_frontend(root / "build")
    return root


def _write_translation(target: Path, words: dict[str, str]) -> None:
    """Chainlit's English with our words in place of some of it."""
    source = _chainlit_folder() / "translations" / "en-US.json"
    translation: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    for dotted, text in words.items():
        *parents, last = dotted.split(".")
        branch = translation
        for name in parents:
            branch = branch[name]
        branch[last] = text
    target.write_text(json.dumps(translation, ensure_ascii=False, indent=2), encoding="utf-8")


def _copy_frontend(build: Path) -> None:
    """Chainlit's own frontend, but with a start page that asks nothing of other hosts.

    As shipped it loads a web font and a stylesheet for formulas from two content networks, which
    tells them of every visit; the page looks the same without.
    """
    build.mkdir()
    shipped = _chainlit_folder() / "frontend" / "dist"
    html = (shipped / "index.html").read_text(encoding="utf-8")
    (build / "index.html").write_text(OUTSIDE_LINK.sub("", html), encoding="utf-8")
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
