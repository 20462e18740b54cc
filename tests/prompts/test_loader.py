"""Prompt files and their loader."""

import json

import pytest

from bot.describe.answer import DescribeAnswer
from bot.describe.parsing import parse_answer
from prompts.loader import PromptNotFound, load_prompt


def test_newest_version_by_default() -> None:
    prompt = load_prompt("describe")
    assert (prompt.name, prompt.version) == ("describe", 2)
    assert load_prompt("describe", 2) == prompt


def test_unknown_prompts_are_told() -> None:
    with pytest.raises(PromptNotFound, match="no prompt nonsense"):
        load_prompt("nonsense")
    with pytest.raises(PromptNotFound, match="version 99"):
        load_prompt("describe", 99)
    with pytest.raises(PromptNotFound):
        load_prompt("../describe")


def test_every_shot_has_the_shape_that_is_asked_for() -> None:
    prompt = load_prompt("describe")
    assert len(prompt.examples) >= 4
    for example in prompt.examples:
        assert example.question.startswith("<conversation owner=")
        assert example.question.endswith("</conversation>")
        DescribeAnswer.model_validate_json(example.answer)
        assert list(json.loads(example.answer)) == list(DescribeAnswer.model_fields)
        assert ' today="20' in example.question
    shares = [parse_answer(example.answer).share for example in prompt.examples]
    assert True in shares and False in shares


def test_reply_prompt_has_instructions_only() -> None:
    prompt = load_prompt("reply")
    assert "never say what a photo shows" in prompt.system
    assert prompt.examples == ()
