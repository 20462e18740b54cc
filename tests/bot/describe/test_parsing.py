"""The forgiving parser of the LLM's answers."""

import json

import pytest

from bot.describe.llm import answer_schema
from bot.describe.parsing import parse_answer
from bot.descriptors import MAX_FIELD_CHARS
from bot.errors import LLMAnswerUnusable

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
    descriptors, share, confidence = parse_answer(text)
    assert descriptors.main_subject == "a cat"
    assert descriptors.foreground_objects == "a chair"
    assert descriptors.events == "sleeping"
    assert share is True
    assert confidence == pytest.approx(0.8)


def test_an_answer_that_was_cut_off_keeps_what_it_said() -> None:
    descriptors, share, confidence = parse_answer(GOOD[: GOOD.index("black")])
    assert descriptors.main_subject == "a cat"
    assert descriptors.materials_and_attributes == ""
    assert share is False
    assert confidence == 0.5


def test_lines_will_do_as_a_last_resort() -> None:
    text = "**Main subject:** a cat\n- Background scene: a kitchen\nShare: yes\nHope it helps!"
    descriptors, share, _ = parse_answer(text)
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
    descriptors, _, confidence = parse_answer(json.dumps(loud))
    assert all(len(text) <= MAX_FIELD_CHARS for text in descriptors.model_dump().values())
    assert descriptors.events == "run, jump"
    assert confidence == 1.0


@pytest.mark.parametrize(
    ("sent", "read"),
    [("NaN", 0.5), ("-3", 0.0), ('"high"', 0.5), ("null", 0.5), ("1", 1.0), ("Infinity", 1.0)],
)
def test_confidence_is_a_fraction(sent: str, read: float) -> None:
    assert parse_answer(GOOD.replace("0.8", sent))[2] == read


def test_words_for_nothing_are_nothing() -> None:
    descriptors, _, _ = parse_answer(GOOD.replace("sleeping", "None").replace("a chair", "N/A"))
    assert descriptors.events == descriptors.foreground_objects == ""


def test_schema_bounds_every_string() -> None:
    schema = answer_schema()["schema"]
    properties = schema["properties"]
    strings = [entry for entry in properties.values() if entry["type"] == "string"]
    assert len(strings) == 5
    assert all(entry["maxLength"] == MAX_FIELD_CHARS for entry in strings)
    assert properties["share"] == {"type": "boolean"}
    assert (properties["confidence"]["minimum"], properties["confidence"]["maximum"]) == (0, 1)
    # What servers in strict mode demand.
    assert schema["additionalProperties"] is False
    assert schema["required"] == list(properties)
