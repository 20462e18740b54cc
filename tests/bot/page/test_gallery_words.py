"""The gallery's and the viewer's words: the same in every language, and every one that is said."""

import json
import re
from importlib.resources import files

PUBLIC = files("bot.page").joinpath("public")
BLANKS = re.compile(r"\{\w+\}")
SAID = re.compile(r"""say\(\s*"((?:[^"\\]|\\.)+)\"""")
CHOSEN = re.compile(r"""say\(\s*[^"()]+\?\s*"([^"]+)"\s*:\s*"([^"]+)\"""")


def words() -> dict[str, dict[str, str]]:
    text = PUBLIC.joinpath("words.js").read_text(encoding="utf-8")
    found = re.search(r"const WORDS = (\{.*?\n\});", text, re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


def test_each_language_says_the_same_things() -> None:
    german, chinese = words()["de"], words()["zh"]
    assert german.keys() == chinese.keys()
    for texts in (german, chinese):
        for english, text in texts.items():
            assert text.strip()
            assert sorted(BLANKS.findall(text)) == sorted(BLANKS.findall(english)), english


def test_whatever_is_said_is_translated() -> None:
    known = words()["de"].keys()
    scripts = ["viewer.js", "pictures.js", "elements/PhotoGallery.jsx", "elements/SharedPhoto.jsx"]
    for name in scripts:
        text = PUBLIC.joinpath(*name.split("/")).read_text(encoding="utf-8")
        said = set(SAID.findall(text)) | {one for pair in CHOSEN.findall(text) for one in pair}
        assert said
        assert said <= known, name
