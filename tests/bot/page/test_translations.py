"""The interface's words in each of its languages."""

import json
import re
from pathlib import Path

import pytest

from bot.page.app_root import prepare_app_root
from bot.page.words import LANGUAGES, Words

BLANKS = re.compile(r"\{\w+\}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_says_the_same_things(language: str) -> None:
    english, words = Words.of("en").texts, Words.of(language).texts
    assert set(words) == set(english)
    for key, text in words.items():
        assert text.strip()
        assert BLANKS.findall(text) == BLANKS.findall(english[key]), key
    if language != "en":
        assert sum(words[key] == english[key] for key in words) == 0


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("zh-CN", "zh"),
        ("zh_Hant_TW", "zh"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_browsers_language_is_spoken_or_english(tag: str | None, language: str) -> None:
    assert Words.of(tag).language == language


def test_chainlit_finds_our_words_in_every_language(tmp_path: Path) -> None:
    root = prepare_app_root(tmp_path / "page")

    def placeholder(tag: str) -> str:
        file = root / ".chainlit" / "translations" / f"{tag}.json"
        return str(json.loads(file.read_text(encoding="utf-8"))["chat"]["input"]["placeholder"])

    for tag in ("de", "de-DE", "de-CH"):
        assert placeholder(tag) == Words.of("de").texts["chat.input.placeholder"]
    for tag in ("zh-CN", "zh-TW"):
        assert placeholder(tag) == Words.of("zh").texts["chat.input.placeholder"]
    for tag in ("en-US", "fr-FR", "ja"):
        assert placeholder(tag) == Words.of("en").texts["chat.input.placeholder"]
    for tag, opening in (("_de-DE", "Bitte um ein Foto"), ("_zh-CN", "说出想要"), ("", "Ask for")):
        about = (root / f"chainlit{tag}.md").read_text(encoding="utf-8")
        assert about.split("\n\n")[1].startswith(opening)
