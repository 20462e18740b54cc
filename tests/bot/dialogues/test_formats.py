"""Dialogue files: PhotoChat's JSON, plain lines, and everything that is neither."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from bot.dialogues.dialogue import Dialogue
from bot.dialogues.reading import REPEATED, parse_dialogues, read_dialogues
from bot.errors import DialogueUnreadable, EmptyDialogue


def photochat(*turns: tuple[int, str, bool], **more: Any) -> dict[str, Any]:
    """A dialogue in PhotoChat's format."""
    return {
        "dialogue": [
            {"message": text, "share_photo": share, "user_id": user} for user, text, share in turns
        ],
        **more,
    }


CAT = photochat(
    (1, "what's up?", False),
    (0, "my cat is being dramatic", False),
    (0, "", True),
    (1, "so cute", False),
    dialogue_id=7,
    photo_url="https://example.org/1.jpg",
)


def texts(dialogue: Dialogue) -> list[str]:
    return [turn.text for turn in dialogue.conversation().turns]


def test_photochat_list_gives_context_before_the_share_and_its_speaker_as_owner() -> None:
    dialogues = parse_dialogues(json.dumps([CAT, CAT]))
    assert len(dialogues) == 1
    assert dialogues.problems == {REPEATED: 1}
    assert dialogues.dialogues[0].id == "7"
    assert texts(dialogues.dialogues[0]) == ["what's up?", "my cat is being dramatic"]
    assert dialogues.dialogues[0].conversation().owner == "0"
    assert len(dialogues.dialogues[0].turns) == 4


def test_one_photochat_object_and_json_lines() -> None:
    assert len(parse_dialogues(json.dumps(CAT, indent=1))) == 1
    assert (
        len(parse_dialogues(f"{json.dumps(CAT)}\n\n{json.dumps({**CAT, 'dialogue_id': 8})}\n")) == 2
    )


def test_bare_list_of_turns_and_chat_roles() -> None:
    (dialogue,) = parse_dialogues('[{"role": "user", "content": "look at the moon"}]')
    assert texts(dialogue) == ["look at the moon"]
    assert dialogue.owner == "user"


def test_logs_of_the_openai_form() -> None:
    log = [
        {"role": "system", "content": "You are a friendly bot that talks about photos a lot."},
        {"role": "user", "content": [{"type": "text", "text": "look at"}, {"type": "image_url"}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "content": "[]", "tool_call_id": "1"},
        {"role": "assistant", "content": "What a moon, it is large and bright and round tonight."},
        {"role": "user", "content": [{"type": "text", "text": "my moon"}, "photo"], "name": "Ann"},
    ]
    (dialogue,) = parse_dialogues(json.dumps({"messages": log}))
    said = [
        "look at",
        "",
        "What a moon, it is large and bright and round tonight.",
        "my moon photo",
    ]
    assert texts(dialogue) == said
    assert dialogue.owner == "user"


def test_in_a_log_of_roles_too_the_one_who_shares_owns_the_photos() -> None:
    log = [
        {"role": "user", "content": "is there one of the cat?"},
        {"role": "assistant", "content": "", "share_photo": True},
    ]
    (dialogue,) = parse_dialogues(json.dumps(log))
    assert dialogue.owner == "assistant"


def test_several_shares_the_first_one_counts() -> None:
    value = photochat((0, "a", False), (1, "", True), (1, "b", False), (0, "", True))
    (dialogue,) = parse_dialogues(json.dumps([value]))
    assert texts(dialogue) == ["a"]
    assert dialogue.owner == "1"


def test_no_share_turn_everything_is_context() -> None:
    (dialogue,) = parse_dialogues(json.dumps([photochat((1, "a", False), (0, "b", False))]))
    assert texts(dialogue) == ["a", "b"]
    assert dialogue.owner == "1"  # both tell as much: who speaks first


def test_without_a_share_the_one_who_tells_owns_the_photos() -> None:
    (dialogue,) = parse_dialogues(
        "B: how was your trip? did you see much of the country?\nA: I was at this temple in China"
    )
    assert dialogue.owner == "A"
    assert parse_dialogues("B: really?\nA: why?").dialogues[0].owner == "B"


def test_plain_lines_with_names_continuations_and_a_share_mark() -> None:
    (dialogue,) = parse_dialogues(
        "Ann Lee: we saw the launch\nfrom the cape at 12:30\nBob: wow\nAnn Lee: [photo]\nBob: nice"
    )
    assert texts(dialogue) == ["we saw the launch from the cape at 12:30", "wow"]
    assert dialogue.owner == "Ann Lee"


def test_plain_lines_without_names_are_turns_of_one_speaker() -> None:
    (dialogue,) = parse_dialogues("my cat is dramatic\nsee http://example.org\n")
    assert texts(dialogue) == ["my cat is dramatic", "see http://example.org"]
    assert len({turn.speaker for turn in dialogue.turns}) == 1


def test_owner_can_be_chosen_and_must_speak() -> None:
    assert parse_dialogues("A: hi\nB: the temple", owner="B").dialogues[0].owner == "B"
    with pytest.raises(DialogueUnreadable, match="nobody called 'C'"):
        parse_dialogues("A: hi", owner="C")


def test_standard_input_and_byte_order_mark() -> None:
    data = io.BytesIO(b"\xef\xbb\xbfA: hello\r\nB: moon\r\n")
    (dialogue,) = read_dialogues("-", stdin=data, plain_text=True)
    assert texts(dialogue) == ["hello", "moon"]


def test_half_an_emoji_is_replaced() -> None:
    (dialogue,) = parse_dialogues('[{"message": "cat \\ud83d", "user_id": 0}]')
    assert texts(dialogue) == ["cat ?"]


@pytest.mark.parametrize("text", ["", "  \n\t\n", "[]"])
def test_nothing_in_the_file(text: str) -> None:
    with pytest.raises(EmptyDialogue):
        parse_dialogues(text)


@pytest.mark.parametrize(
    "value",
    [
        photochat((0, "", True), (1, "nice photo", False)),
        photochat((0, "   ", False), (0, "", True)),
        photochat(),
    ],
)
def test_nothing_said_before_the_photo(value: dict[str, Any]) -> None:
    (dialogue,) = parse_dialogues(json.dumps([value]))
    assert not dialogue.conversation()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[{"dialogue": [', "not valid JSON"),
        ('{"a": 1}', "another shape"),
        ("[1, 2]", "another shape"),
        ('[{"dialogue": "hello"}]', "another shape"),
        ('[{"dialogue": [["A", "hi"]]}]', "another shape"),
        ("[" * 100_000, "nested too deeply|not valid JSON"),
        ('{"dialogue": []}\n{"dialogue": [\n', "not valid JSON"),
    ],
)
def test_wrong_json_is_one_clear_line(text: str, says: str) -> None:
    with pytest.raises(DialogueUnreadable, match=says) as caught:
        parse_dialogues(text, name="talk.json")
    assert "\n" not in str(caught.value)
    assert "talk.json" in str(caught.value)


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(DialogueUnreadable, match="no such file"):
        read_dialogues(tmp_path / "none.json")
    binary = tmp_path / "photo.jpg"
    binary.write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF")
    with pytest.raises(DialogueUnreadable, match="not a text"):
        read_dialogues(binary)
    zeros = tmp_path / "zeros"
    zeros.write_bytes(bytes(64))
    with pytest.raises(DialogueUnreadable, match="not a text"):
        read_dialogues(zeros)
