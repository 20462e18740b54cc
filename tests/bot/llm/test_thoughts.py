"""Thoughts never show and are no answer, whatever marks a model puts around them."""

import pytest

from bot.llm.thoughts import ThoughtFilter, without_thoughts

THOUGHT = "The user wants a cat. Maybe a {draft}, or 2 < 3 [sic]?"
THINKING = [
    f"<think>\n{THOUGHT}\n</think>\n\nHere they are.",
    f"<thinking>{THOUGHT}</thinking>Here they are.",
    f"<Thought>{THOUGHT}</Thought> Here they are.",
    f"<reasoning effort='low'>{THOUGHT}</reasoning>Here they are.",
    f"[THINK]{THOUGHT}[/THINK]Here they are.",
    f"◁think▷{THOUGHT}◁/think▷Here they are.",
    f"<|begin_of_thought|>{THOUGHT}<|end_of_thought|><|begin_of_solution|>Here they are."
    "<|end_of_solution|>",
    f"<|START_THINKING|>{THOUGHT}<|END_THINKING|><|START_RESPONSE|>Here they are.",
    f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>"
    "Here they are.<|return|>",
    f"<|channel|>analysis<|message|>{THOUGHT}<|channel|>commentary to=functions.f<|message|>"
    f"{THOUGHT}<|channel|>final<|message|>Here they are.",
    f"<|channel>thought\n{THOUGHT}<channel|>Here they are.",
    f"<think>one <think>{THOUGHT}</think> two</think>Here they are.",
    f"Okay, so the user asks. {THOUGHT}</think>Here they are.",
    f"<think>a</think><think>{THOUGHT}</think>Here they are.",
]


def streamed(text: str, size: int) -> str:
    reader = ThoughtFilter()
    pieces = [reader.feed(text[at : at + size]) for at in range(0, len(text), size)]
    return "".join([*pieces, reader.end()])


@pytest.mark.parametrize("text", THINKING)
def test_thoughts_are_left_out(text: str) -> None:
    assert without_thoughts(text).strip() == "Here they are."
    for size in (1, 2, 3, 7, 1_000):
        assert streamed(text, size).strip() == "Here they are."


@pytest.mark.parametrize(
    "text",
    [
        f"<think>{THOUGHT}",
        f"[THINK]{THOUGHT}",
        f"<|channel|>analysis<|message|>{THOUGHT}",
        f"<thought>{THOUGHT}</thought>",
    ],
)
def test_thoughts_that_never_end_say_nothing(text: str) -> None:
    assert without_thoughts(text).strip() == ""
    for size in (1, 5, 1_000):
        assert streamed(text, size).strip() == ""


@pytest.mark.parametrize(
    "text",
    [
        "Here they are: 3 < 5 [see below], a <b>bold</b> one.",
        "I think the first one fits, or the second.",
        "Well, here is your cat.",
        "So many! Pick one.",
        "<3 what a cat",
        "Okay.",
        "",
    ],
)
def test_what_is_no_thought_stays(text: str) -> None:
    assert without_thoughts(text) == text
    for size in (1, 4, 1_000):
        assert streamed(text, size) == text


def test_musing_without_marks_is_not_shown() -> None:
    assert streamed("Okay, the user wants a photo of a cat. I should be kind.", 5) == ""


def test_words_are_passed_on_as_they_come() -> None:
    reader = ThoughtFilter()
    assert [reader.feed(word) for word in ("Here", " they", " are")] == ["Here", " they", " are"]


def test_a_model_that_thinks_first_is_held_back() -> None:
    reader = ThoughtFilter(hold=True)
    assert reader.feed("A cat, they say. ") == ""
    assert reader.feed("</think>Here they are") == "Here they are"
    assert reader.unopened
