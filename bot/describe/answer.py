"""The shape of the LLM's answer, and a description out of values that only resemble it."""

import json
import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from bot.descriptors import FIELDS, MAX_FIELD_CHARS, Description, Descriptors, Source
from bot.intent.plan import Move
from retrieval.search.filters import DateRange, Place
from retrieval.text import clean_text

Words = Annotated[str, Field(max_length=MAX_FIELD_CHARS)]
Day = Annotated[str, Field(max_length=10)]
Name = Annotated[str, Field(max_length=80)]

MAX_RANGES = 8
MAX_PLACES = 8
MAX_ITEMS = 20


class When(BaseModel):
    """Days, ISO 8601 (``2024-06-01``), both ends included; an open end is null."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None


class Where(BaseModel):
    """A place by the names that people give it; an unknown one is empty."""

    model_config = ConfigDict(extra="forbid")

    city: Name = ""
    country: Name = ""


class DescribeAnswer(BaseModel):
    """The shape the LLM is asked for: the whole plan of the newest message in one answer.

    Every string is bounded in the schema itself: a small model under a grammar would otherwise
    run on inside one string until its tokens are used up. What follows ``confidence`` came with
    the second version of the prompt; answers that were recorded before it lack it.
    """

    model_config = ConfigDict(extra="forbid", title="photo_description")

    main_subject: Words
    foreground_objects: Words
    background_scene: Words
    events: Words
    materials_and_attributes: Words
    share: bool
    confidence: Annotated[float, Field(ge=0, le=1)]
    move: Move | None = None
    when: When | None = None
    where: Where | None = None
    exclude: Words = ""


def answer_schema() -> dict[str, Any]:
    """The JSON schema of the answer in the form that servers take.

    Every string is bounded, every key required (what is not known is empty or null), and nothing is
    referred to: strict servers and grammars of small ones want it so.
    """
    schema = DescribeAnswer.model_json_schema()
    parts = {f"#/$defs/{name}": part for name, part in schema.pop("$defs").items()}
    schema.pop("description")
    return {"name": schema.pop("title"), "strict": True, "schema": _plain_schema(schema, parts)}


def _plain_schema(value: Any, parts: Mapping[str, Any]) -> Any:
    """A schema without references, titles and defaults, all of its keys required."""
    if isinstance(value, list):
        return [_plain_schema(item, parts) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _plain_schema(parts[value["$ref"]], parts)
    kept = {
        key: _plain_schema(item, parts)
        for key, item in value.items()
        if key not in ("title", "default", "description")
    }
    if "properties" in kept:
        kept["required"] = list(kept["properties"])
    return kept


ALIASES: Mapping[str, str] = {
    "mainsubject": "main_subject",
    "subject": "main_subject",
    "foregroundobjects": "foreground_objects",
    "foreground": "foreground_objects",
    "objects": "foreground_objects",
    "prominent_objects": "foreground_objects",
    "prominent_objects_in_the_foreground": "foreground_objects",
    "prominent_objects_in_foreground": "foreground_objects",
    "backgroundscene": "background_scene",
    "background": "background_scene",
    "scene": "background_scene",
    "event": "events",
    "activities": "events",
    "materialsandattributes": "materials_and_attributes",
    "materials_attributes": "materials_and_attributes",
    "materials": "materials_and_attributes",
    "attributes": "materials_and_attributes",
    "share_photo": "share",
    "date": "when",
    "dates": "when",
    "time": "when",
    "place": "where",
    "location": "where",
    "not_this": "exclude",
    "excluded": "exclude",
    **{name: name for name in DescribeAnswer.model_fields},
}
"""Spellings of the keys, in lower case with ``_`` between words."""

_FIRST_KEYS = ("from", "start", "first", "after")
_LAST_KEYS = ("to", "end", "last", "before")
_MOVES = frozenset(move.value for move in Move)
_NOTHING = frozenset({"none", "null", "n/a", "unknown", "not specified", "-"})


def known_values(value: Any, depth: int = 0) -> dict[str, Any]:
    """The entries with known names, from here, an object further in, or JSON within a text."""
    if depth > 3:
        return {}
    if isinstance(value, str) and "{" in value:
        try:
            return known_values(json.loads(value, strict=False), depth + 1)
        except (ValueError, RecursionError):
            return {}
    if isinstance(value, list):
        inside = (known_values(item, depth + 1) for item in reversed(value[-MAX_ITEMS:]))
        return next(filter(holds_fields, inside), {})
    if not isinstance(value, dict):
        return {}
    known: dict[str, Any] = {}
    for key, item in value.items():
        name = ALIASES.get(re.sub(r"[^a-z]+", "_", str(key).lower()).strip("_"))
        if name and name not in known:
            known[name] = item
    if not holds_fields(known):
        for item in value.values():
            inner = known_values(item, depth + 1)
            if holds_fields(inner):
                return {**inner, **known}
    return known


def holds_fields(values: Mapping[str, Any]) -> bool:
    """Whether any of the five fields of a description is there."""
    return any(name in values for name in FIELDS)


def description_of(values: Mapping[str, Any], source: Source = "llm") -> Description:
    """The description out of an answer's values, by the names of :class:`DescribeAnswer`.

    Missing values are empty; what has no sense ("31 February") is left out.
    """
    return Description(
        descriptors=Descriptors(**{name: _phrase(values.get(name)) for name in FIELDS}),
        share=_truth(values.get("share")),
        confidence=_fraction(values.get("confidence")),
        move=_move(values.get("move")),
        when=_ranges(values.get("when")),
        where=_places(values.get("where")),
        exclude=_phrase(values.get("exclude")),
        source=source,
    )


def _phrase(value: Any) -> str:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return _without_repeats(", ".join(_phrase(item) for item in value[:20]))
    if value is None or isinstance(value, bool):
        return ""
    phrase = _without_repeats(clean_text(str(value)).strip())
    return "" if phrase.lower() in _NOTHING else phrase


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


def _move(value: Any) -> str:
    name = re.sub(r"[^a-z]+", "_", str(value or "").lower()).strip("_")
    return name if name in _MOVES else ""


def _ranges(value: Any) -> tuple[DateRange, ...]:
    """Ranges of days out of an object, a text ("2024", "2024-06/2024-08"), or several of them."""
    if isinstance(value, list):
        found = [one for item in value[:MAX_RANGES] for one in _ranges(item)]
        return tuple(dict.fromkeys(found))
    if isinstance(value, Mapping):
        first = next((value[key] for key in _FIRST_KEYS if key in value), "")
        last = next((value[key] for key in _LAST_KEYS if key in value), "")
    elif isinstance(value, (str, int)) and not isinstance(value, bool):
        first, _, last = str(value).partition("/")
        last = last or first
    else:
        return ()
    begin, end = _day(first, end=False), _day(last, end=True)
    if begin is not None and end is not None and end < begin:
        begin, end = _day(last, end=False), _day(first, end=True)
    return (DateRange(begin, end),) if begin or end else ()


_DAY = re.compile(r"\s*(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:[T ].*)?\s*")


def _day(value: Any, *, end: bool) -> date | None:
    """A day of ISO 8601; of a year or a month alone the first day, or the last one."""
    match = _DAY.fullmatch(clean_text(str(value), 40))
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        month = month or (12 if end else 1)
        return date(year or 0, month, day or (monthrange(year or 1, month)[1] if end else 1))
    except ValueError:
        return None


def _places(value: Any) -> tuple[Place, ...]:
    """Places out of an object, a text ("Lisbon, Portugal"), or several of them."""
    if isinstance(value, list):
        found = [one for item in value[:MAX_PLACES] for one in _places(item)]
        return tuple(dict.fromkeys(found))
    if isinstance(value, Mapping):
        city, region, country = (_name(value.get(key)) for key in ("city", "region", "country"))
    elif isinstance(value, str):
        city, _, country = (_name(part) for part in value.partition(","))
        region = ""
    else:
        return ()
    place = Place(city, region, country)
    return (place,) if place else ()


def _name(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    name = " ".join(clean_text(value, 80).split()).strip(" ,")
    return "" if name.lower() in _NOTHING else name
