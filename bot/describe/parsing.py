"""From the text of an LLM's answer to a description: a parser that forgives much."""

import json
import re
from collections.abc import Iterator
from typing import Any

from bot.describe.answer import ALIASES, description_of, holds_fields, known_values
from bot.descriptors import FIELDS, Description
from bot.errors import LLMAnswerUnusable
from bot.llm.thoughts import without_thoughts

MAX_ANSWER_CHARS = 20_000
"""More than this is never read: the asked answer has about a thousand characters."""

MAX_SPANS = 20
MAX_REPAIRS = 3
MAX_REPAIR_CHARS = 4_000
MAX_REPAIR_DEPTH = 30
"""Repairing what is broken takes time by the square of its length and depth."""

_LABELLED = re.compile(r'^[\s>*#"\'-]*([A-Za-z][A-Za-z_ ]{2,40}?)[\s*"\']*[:=](.*)$')


def parse_answer(text: str) -> Description:
    """The description out of whatever the LLM wrote; its ``source`` is ``llm``.

    Takes JSON alone, in a fence, amid prose or within a JSON string; trailing commas, single
    quotes, comments, a stray quote and Python's ``True``; an answer that was cut off; lists for
    strings; other spellings of the keys; the object nested in another one; and, as a last resort,
    ``Main subject: …`` lines. Thoughts are left out, and of several objects the last whole one
    counts: what comes before it are drafts.

    Raises:
        LLMAnswerUnusable: nothing of the asked shape is in there.
    """
    # The answer stands at the end, after all thoughts; what runs on and on may begin with it.
    parts = [text[-MAX_ANSWER_CHARS:]]
    if len(text) > MAX_ANSWER_CHARS:
        parts.append(text[:MAX_ANSWER_CHARS])
    said = [part for part in map(without_thoughts, parts) if part.strip()]
    if not said:
        raise LLMAnswerUnusable("the LLM's answer was empty")
    for part in said:
        for candidate in _candidates(part):
            known = known_values(candidate)
            if holds_fields(known):
                return description_of(known)
    raise LLMAnswerUnusable("the LLM's answer held no description")


def _candidates(text: str) -> Iterator[Any]:
    """Values that the text may mean: whole objects, the last first, then what can be repaired."""
    whole = _read_json(text.strip())
    if isinstance(whole, str):
        yield whole
    spans = _spans(text)[-MAX_SPANS:]
    for span in reversed(spans):
        value = _read_json(span)
        if value is not None:
            yield value
    for span in reversed(spans[-MAX_REPAIRS:]):
        repaired = _repaired(span[:MAX_REPAIR_CHARS])
        # What broke off before it said anything is no answer.
        if any(known_values(repaired).get(name) for name in FIELDS):
            yield repaired
    yield _read_lines(text)


def _spans(text: str) -> list[str]:
    """Outermost ``{…}`` stretches, braces inside strings not counted; the last may be open."""
    spans: list[str] = []
    depth, start, inside, escaped = 0, 0, False, False
    for place, char in enumerate(text):
        if inside:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                inside = False
        elif char == '"' and depth:
            inside = True
        elif char == "{":
            if not depth:
                start = place
            depth += 1
        elif char == "}" and depth:
            depth -= 1
            if not depth:
                spans.append(text[start : place + 1])
    if depth:
        spans.append(text[start:])
    return spans


def _read_json(text: str) -> Any:
    for attempt in (text, re.sub(r",(\s*[}\]])", r"\1", text)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _repaired(text: str) -> Any:
    """What a text means that is Python's notation, or JSON that is broken or unfinished."""
    import json_repair

    if text.count("{") + text.count("[") > MAX_REPAIR_DEPTH:
        return None
    try:
        return json_repair.loads(text)
    except (ValueError, RecursionError, IndexError):
        return None


def _read_lines(text: str) -> Any:
    found: dict[str, str] = {}
    for line in text.splitlines():
        if match := _LABELLED.match(line):
            found.setdefault(match.group(1).strip(), match.group(2).strip(" \t\"'*,"))
    named = {ALIASES.get(re.sub(r"[^a-z]+", "_", key.lower())) for key in found}
    # One line may be chance in any prose; two are meant.
    return found if sum(name in FIELDS for name in named) >= 2 else None
