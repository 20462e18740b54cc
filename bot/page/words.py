"""The page's words in the languages of its interface: English, German and Chinese.

``translations/`` holds one file a language. Its keys are those of Chainlit's own translations, in
dots, where we say it another way, and ours, which begin with ``page.``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

ENGLISH = "en"
LANGUAGES = (ENGLISH, "de", "zh")
OURS = "page."


@dataclass(frozen=True)
class Words:
    """What the page says in one language.

    Attributes:
        language: "en", "de" or "zh".
        texts: by key.
    """

    language: str
    texts: Mapping[str, str]

    @classmethod
    def of(cls, tag: str | None) -> "Words":
        """For a language tag such as a browser sends ("de-AT"); English for all others."""
        language = (tag or ENGLISH).replace("_", "-").partition("-")[0].lower()
        return _words(language if language in LANGUAGES else ENGLISH)

    def say(self, key: str, **values: object) -> str:
        """One of our own texts, with values in its blanks."""
        return self.texts[OURS + key].format(**values)

    @property
    def chainlit(self) -> Mapping[str, str]:
        """What is said in place of Chainlit's words, by Chainlit's keys in dots."""
        return {key: text for key, text in self.texts.items() if not key.startswith(OURS)}


@cache
def _words(language: str) -> Words:
    file = files("bot.page").joinpath("translations", f"{language}.json")
    return Words(language, json.loads(file.read_text(encoding="utf-8")))
