"""The LLM's answer: its JSON schema, and a parser that forgives much."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from bot.descriptors import FIELDS, MAX_FIELD_CHARS, Descriptors
from bot.errors import LLMAnswerUnusable

MAX_ANSWER_CHARS = 20_000
"""More than this is never read: the asked answer has about a thousand characters."""

MAX_SPANS = 20
MAX_PARTIAL_CHARS = 4_000
"""Reading what was cut off takes time by the square of its length."""

Words = Annotated[str, Field(max_length=MAX_FIELD_CHARS)]


class DescribeAnswer(BaseModel):
    """The shape the LLM is asked for.

    Every string is bounded in the schema itself: a small model under a grammar would otherwise
    run on inside one string until its tokens are used up.
    """

    model_config = ConfigDict(extra="forbid", title="photo_description")

    main_subject: Words
    foreground_objects: Words
    background_scene: Words
    events: Words
    materials_and_attributes: Words
    share: bool
    confidence: Annotated[float, Field(ge=0, le=1)]


ALIASES: Mapping[str, str] = {
    "main_subject": "main_subject",
    "mainsubject": "main_subject",
    "subject": "main_subject",
    "foreground_objects": "foreground_objects",
    "foregroundobjects": "foreground_objects",
    "foreground": "foreground_objects",
    "objects": "foreground_objects",
    "prominent_objects": "foreground_objects",
    "prominent_objects_in_the_foreground": "foreground_objects",
    "prominent_objects_in_foreground": "foreground_objects",
    "background_scene": "background_scene",
    "backgroundscene": "background_scene",
    "background": "background_scene",
    "scene": "background_scene",
    "events": "events",
    "event": "events",
    "activities": "events",
    "materials_and_attributes": "materials_and_attributes",
    "materialsandattributes": "materials_and_attributes",
    "materials_attributes": "materials_and_attributes",
    "materials": "materials_and_attributes",
    "attributes": "materials_and_attributes",
    "share": "share",
    "share_photo": "share",
    "confidence": "confidence",
}

_THING = re.compile(r'^[\s>*#"\'-]*([A-Za-z][A-Za-z_ ]{2,40}?)[\s*"\']*[:=](.*)$')


def parse_answer(text: str) -> tuple[Descriptors, bool, float]:
    """The descriptors, ``share`` and its confidence, out of whatever the LLM wrote.

    Takes JSON alone, in a fence, or amid prose; trailing commas, single quotes and Python's
    ``True``; an answer that was cut off; lists for strings; other spellings of the keys; the
    object nested in another one; and, as a last resort, ``Main subject: …`` lines.

    Raises:
        LLMAnswerUnusable: nothing of the asked shape is in there.
    """
    text = text[:MAX_ANSWER_CHARS]
    # Thinking models put their thoughts before the answer.
    text = text.rpartition("</think>")[2]
    if not text.strip():
        raise LLMAnswerUnusable("the LLM's answer was empty")
    for candidate in _candidates(text):
        known = _known(candidate)
        if any(name in known for name in FIELDS):
            return _values(known)
    raise LLMAnswerUnusable("the LLM's answer held no description")


def _candidates(text: str) -> Iterator[Any]:
    """Objects that the text may mean, the most literal reading first."""
    spans = _spans(text)
    for span in spans[:MAX_SPANS]:
        for read in (_read_json, _read_python):
            value = read(span)
            if value is not None:
                yield value
    if spans:
        yield _read_partial(spans[-1][:MAX_PARTIAL_CHARS])
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


def _read_python(text: str) -> Any:
    text = re.sub(r"\btrue\b", "True", re.sub(r"\bfalse\b", "False", text))
    try:
        return ast.literal_eval(re.sub(r"\bnull\b", "None", text))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _read_partial(text: str) -> Any:
    from langchain_core.utils.json import parse_partial_json

    try:
        return parse_partial_json(text)
    except (ValueError, RecursionError, IndexError):
        return None


def _read_lines(text: str) -> Any:
    found: dict[str, str] = {}
    for line in text.splitlines():
        if match := _THING.match(line):
            found.setdefault(match.group(1).strip(), match.group(2).strip(" \t\"'*,"))
    # One line may be chance in any prose; two are meant.
    return found if sum(name in FIELDS for name in _known(found)) >= 2 else None


def _known(value: Any, depth: int = 0) -> dict[str, Any]:
    """The entries with known names, from here or from one object further in."""
    if isinstance(value, list) and value:
        return _known(value[0], depth + 1) if depth < 3 else {}
    if not isinstance(value, dict):
        return {}
    known: dict[str, Any] = {}
    for key, item in value.items():
        name = ALIASES.get(re.sub(r"[^a-z]+", "_", str(key).lower()).strip("_"))
        if name and name not in known:
            known[name] = item
    if not any(name in FIELDS for name in known) and depth < 3:
        for item in value.values():
            inner = _known(item, depth + 1)
            if any(name in FIELDS for name in inner):
                return {**inner, **known}
    return known


def _values(known: Mapping[str, Any]) -> tuple[Descriptors, bool, float]:
    descriptors = Descriptors(**{name: _phrase(known.get(name)) for name in FIELDS})
    share = _truth(known.get("share"))
    return descriptors, share, _fraction(known.get("confidence"))


def _phrase(value: Any) -> str:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return _without_repeats(", ".join(_phrase(item) for item in value[:20]))
    if value is None or isinstance(value, bool):
        return ""
    phrase = _without_repeats(str(value).strip())
    return "" if phrase.lower() in ("none", "null", "n/a", "unknown", "not specified") else phrase


def _without_repeats(text: str) -> str:
    """The comma-separated phrases, each once: small models fall into loops."""
    return ", ".join(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _truth(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in ("true", "yes", "y", "1")
    return bool(value) if isinstance(value, (bool, int, float)) else False


def _fraction(value: Any) -> float:
    try:
        number = float(str(value).strip().rstrip("%"))
    except ValueError:
        return 0.5
    if number != number:
        return 0.5
    if 1 < number <= 100:
        number /= 100
    return min(1.0, max(0.0, number))
