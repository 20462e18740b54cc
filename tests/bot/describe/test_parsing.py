"""The forgiving parser of the LLM's answers."""

import json
from datetime import date
from typing import Any

import pytest

from bot.describe.answer import answer_schema
from bot.describe.parsing import parse_answer
from bot.descriptors import MAX_FIELD_CHARS
from bot.errors import LLMAnswerUnusable
from retrieval.search.filters import DateRange, Place

GOOD = (
    '{"main_subject": "a cat", "foreground_objects": "a chair", "background_scene": "a kitchen", '
    '"events": "sleeping", "materials_and_attributes": "black fur", "share": true, '
    '"confidence": 0.8}'
)

FIELDS_ONLY = GOOD.replace(', "share": true, "confidence": 0.8', "")


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"Sure! Here is the description:\n\n{GOOD}\n\nLet me know {{if}} it helps.",
        f"<think>A cat {{maybe}} a dog?</think>\n{GOOD}",
        GOOD.replace("0.8}", "0.8,}"),
        GOOD.replace('"', "'"),
        GOOD.replace('"', "'").replace("true", "True"),
        GOOD.replace("main_subject", "Main Subject").replace("events", "EVENTS"),
        GOOD.replace("main_subject", "mainSubject").replace("foreground_objects", "objects"),
        GOOD.replace('"a chair"', '["a chair"]'),
        GOOD.replace('"a chair"', '{"near": "a chair"}'),
        GOOD.replace("true", '"yes"').replace("0.8", '"80%"'),
        '{"descriptors": ' + FIELDS_ONLY + ', "share": true, "confidence": 0.8}',
        f'{{"name": "photo_description", "arguments": {GOOD}}}',
        f"[{GOOD}]",
        GOOD[:-1],
        "{}\n" + GOOD,
    ],
)
def test_every_spelling_is_read(text: str) -> None:
    found = parse_answer(text)
    descriptors, share, confidence = found.descriptors, found.share, found.confidence
    assert descriptors.main_subject == "a cat"
    assert descriptors.foreground_objects == "a chair"
    assert descriptors.events == "sleeping"
    assert share is True
    assert confidence == pytest.approx(0.8)


def test_an_answer_that_was_cut_off_keeps_what_it_said() -> None:
    found = parse_answer(GOOD[: GOOD.index("black")])
    descriptors, share, confidence = found.descriptors, found.share, found.confidence
    assert descriptors.main_subject == "a cat"
    assert descriptors.materials_and_attributes == ""
    assert share is False
    assert confidence == 0.5


def test_lines_will_do_as_a_last_resort() -> None:
    text = "**Main subject:** a cat\n- Background scene: a kitchen\nShare: yes\nHope it helps!"
    found = parse_answer(text)
    descriptors, share = found.descriptors, found.share
    assert descriptors.main_subject == "a cat"
    assert descriptors.background_scene == "a kitchen"
    assert share is True


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n ",
        "I'm sorry, but I can't help with that.",
        "Event: none in particular.",
        "{}",
        "[]",
        "null",
        '"main_subject"',
        '{"colour": "red"}',
        "{" * 20_000,
        "[" * 20_000,
        '{"a":' * 4_000,
        "{'" * 10_000,
        "{x}" * 6_000,
        "<think>" * 3_000,
        "\x00\ud800",
    ],
)
@pytest.mark.timeout(60)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(LLMAnswerUnusable):
        parse_answer(text)


def test_fields_stay_bounded_whatever_is_sent() -> None:
    loud = {"main_subject": "cat " * 2_000, "events": ["run", "jump"] * 500, "confidence": 1e9}
    found = parse_answer(json.dumps(loud))
    descriptors, confidence = found.descriptors, found.confidence
    assert all(len(text) <= MAX_FIELD_CHARS for text in descriptors.model_dump().values())
    assert descriptors.events == "run, jump"
    assert confidence == 1.0


@pytest.mark.parametrize(
    ("sent", "read"),
    [("NaN", 0.5), ("-3", 0.0), ('"high"', 0.5), ("null", 0.5), ("1", 1.0), ("Infinity", 1.0)],
)
def test_confidence_is_a_fraction(sent: str, read: float) -> None:
    assert parse_answer(GOOD.replace("0.8", sent)).confidence == read


def test_words_for_nothing_are_nothing() -> None:
    found = parse_answer(GOOD.replace("sleeping", "None").replace("a chair", "N/A"))
    descriptors = found.descriptors
    assert descriptors.events == descriptors.foreground_objects == ""


def strings_in(schema: Any) -> list[dict[str, Any]]:
    """All schemas of strings, however deep."""
    if isinstance(schema, list):
        return [one for item in schema for one in strings_in(item)]
    if not isinstance(schema, dict):
        return []
    here = [schema] if schema.get("type") == "string" else []
    return here + [one for item in schema.values() for one in strings_in(item)]


def objects_in(schema: Any) -> list[dict[str, Any]]:
    """All schemas of objects, however deep."""
    if isinstance(schema, list):
        return [one for item in schema for one in objects_in(item)]
    if not isinstance(schema, dict):
        return []
    here = [schema] if "properties" in schema else []
    return here + [one for item in schema.values() for one in objects_in(item)]


def test_schema_bounds_every_string_and_demands_every_key() -> None:
    schema = answer_schema()["schema"]
    properties = schema["properties"]
    assert all("maxLength" in entry or "enum" in entry for entry in strings_in(schema))
    assert properties["main_subject"] == {"type": "string", "maxLength": MAX_FIELD_CHARS}
    assert properties["share"] == {"type": "boolean"}
    assert (properties["confidence"]["minimum"], properties["confidence"]["maximum"]) == (0, 1)
    assert "$" not in json.dumps(schema)
    for part in objects_in(schema):
        # What servers in strict mode demand.
        assert part["additionalProperties"] is False
        assert part["required"] == list(part["properties"])


PLAN = {
    **json.loads(GOOD),
    "move": "Refine",
    "when": {"from": "2024-06-01", "to": "2024-08-31"},
    "where": {"city": "Porto", "country": "Portugal"},
    "exclude": "the singer",
}


def test_the_whole_plan_is_read() -> None:
    found = parse_answer(json.dumps(PLAN))
    assert found.move == "refine"
    assert found.when == (DateRange(date(2024, 6, 1), date(2024, 8, 31)),)
    assert found.where == (Place(city="Porto", country="Portugal"),)
    assert found.exclude == "the singer"
    assert found.source == "llm"


def test_an_answer_of_the_first_version_is_read() -> None:
    found = parse_answer(GOOD)
    assert (found.move, found.when, found.where, found.exclude) == ("", (), (), "")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (None, ()),
        ("null", ()),
        ("", ()),
        ({"from": None, "to": None}, ()),
        ({"from": "2024-02-31", "to": "soon"}, ()),
        ("2024", (DateRange(date(2024, 1, 1), date(2024, 12, 31)),)),
        (2024, (DateRange(date(2024, 1, 1), date(2024, 12, 31)),)),
        ("2024-02", (DateRange(date(2024, 2, 1), date(2024, 2, 29)),)),
        ("2024-06/2024-08", (DateRange(date(2024, 6, 1), date(2024, 8, 31)),)),
        ({"from": "2020-05-01", "to": None}, (DateRange(date(2020, 5, 1), None),)),
        ({"start": "2021", "end": "2020"}, (DateRange(date(2020, 1, 1), date(2021, 12, 31)),)),
        ("2020-05-01T10:00:00Z", (DateRange(date(2020, 5, 1), date(2020, 5, 1)),)),
        (["2019", {"from": "2021", "to": "2021"}], (
            DateRange(date(2019, 1, 1), date(2019, 12, 31)),
            DateRange(date(2021, 1, 1), date(2021, 12, 31)),
        )),
        (True, ()),
        ([[[[["2019"]]]]], (DateRange(date(2019, 1, 1), date(2019, 12, 31)),)),
    ],
)  # fmt: skip
def test_times_in_many_spellings(sent: object, read: tuple[DateRange, ...]) -> None:
    assert parse_answer(json.dumps({**PLAN, "when": sent})).when == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (None, ()),
        ("none", ()),
        ({"city": "", "country": ""}, ()),
        ({"city": None, "country": "Japan"}, (Place(country="Japan"),)),
        ("Lisbon, Portugal", (Place(city="Lisbon", country="Portugal"),)),
        ([{"city": "Rome"}, "Oslo"], (Place(city="Rome"), Place(city="Oslo"))),
        ({"city": ["x"], "country": 3}, ()),
        (7, ()),
    ],
)
def test_places_in_many_spellings(sent: object, read: tuple[Place, ...]) -> None:
    assert parse_answer(json.dumps({**PLAN, "where": sent})).where == read


@pytest.mark.parametrize("move", ["dance", None, 3, "", ["more"], "MORE "])
def test_moves_that_nobody_knows_are_none(move: object) -> None:
    found = parse_answer(json.dumps({**PLAN, "move": move}))
    assert found.move == ("more" if "ore" in str(move).lower() else "")


DRAFT = GOOD.replace("a cat", "a draft")


@pytest.mark.parametrize(
    "text",
    [
        f"<think>Perhaps {DRAFT}?</think>{GOOD}",
        f"[THINK]Perhaps {DRAFT}[/THINK]{GOOD}",
        f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>"
        + GOOD,
        f"Draft: {DRAFT}\nFinal: {GOOD}",
        f"{DRAFT}\n{GOOD}\nI hope that {{helps}}.",
        f"{GOOD}\n{GOOD[:40]}",
        json.dumps(GOOD),
        json.dumps({"answer": GOOD}),
        GOOD.replace('"a chair"', '"a 12" chair"'),
        GOOD.replace('"a chair",', '"a chair", // close by\n'),
        GOOD.replace('"events"', '/* what happens */ "events"'),
        GOOD.replace('"a chair"', "“a chair”"),
    ],
)
def test_the_last_whole_object_counts_however_it_is_written(text: str) -> None:
    found = parse_answer(text)
    assert found.descriptors.main_subject == "a cat"
    assert found.descriptors.events == "sleeping"
    assert "chair" in found.descriptors.foreground_objects
    assert found.share


@pytest.mark.parametrize(
    "text", [f"<think>{GOOD}", f"<thought>{GOOD}</thought>", f"{GOOD}</think>"]
)
def test_a_draft_in_thoughts_is_no_answer(text: str) -> None:
    with pytest.raises(LLMAnswerUnusable):
        parse_answer(text)
