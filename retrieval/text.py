"""Text made safe where it enters: a message, an argument, a recording, an LLM's answer."""

import re

MAX_TEXT_CHARS = 20_000
"""What is longer loses its middle; no message, query or answer needs more."""

GAP = " […] "

_SURROGATES = re.compile(r"[\ud800-\udfff]")
# Control characters but tab and line feed, separators of lines and paragraphs, and the marks that
# turn the direction of writing round.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def clean_text(text: str, limit: int = MAX_TEXT_CHARS) -> str:
    """The text as every tokenizer, terminal, database and JSON writer can take it.

    Halves of surrogate pairs are joined where both are there and dropped where one is missing, as
    in JSON such as ``"a rocket \\ud83d"``; control characters become blanks; a text of more than
    ``limit`` characters keeps its beginning and its end.
    """
    if len(text) > limit:
        half = max(0, limit - len(GAP)) // 2
        text = text[:half] + GAP + text[len(text) - half :]
    if _SURROGATES.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    return _CONTROLS.sub(" ", text)
