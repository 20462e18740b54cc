"""What a session holds and says."""

import asyncio

import pytest
from pydantic import SecretStr

from bot.conversation import Conversation, Turn
from bot.descriptors import Description, Descriptors
from bot.page.choices import MAX_PHOTOS, Choices
from bot.page.memory import MAX_MESSAGE_CHARS, MAX_TURNS, Transcript
from bot.page.password import PasswordGate
from bot.page.sentences import duration, found, plain, step_text


@pytest.mark.parametrize(
    ("values", "photos"),
    [
        ({"photos": 3}, 3),
        ({"photos": 3.0}, 3),
        ({"photos": -5}, 1),
        ({"photos": 10**9}, MAX_PHOTOS),
        ({"photos": float("nan")}, 6),
        ({"photos": "many"}, 6),
        ({"photos": True}, 6),
        ({"photos": None}, 6),
        ({}, 6),
    ],
)
def test_the_number_of_photos_is_bounded(values: dict[str, object], photos: int) -> None:
    assert Choices.of(values, Choices(), llm=False).photos == photos


def test_switches_and_an_llm_that_does_not_exist() -> None:
    chosen = Choices.of({"always_on": True, "use_llm": True}, Choices(), llm=True)
    assert chosen == Choices(always_on=True, use_llm=True)
    assert not Choices.of({"use_llm": True}, Choices(), llm=False).use_llm
    assert Choices.of({"always_on": "yes"}, chosen, llm=True) == chosen


def test_a_transcript_is_bounded_and_keeps_the_newest() -> None:
    transcript = Transcript()
    for number in range(MAX_TURNS + 5):
        transcript.user_says(f"message {number}")
    turns = transcript.conversation().turns
    assert len(turns) == MAX_TURNS
    assert turns[-1].text == f"message {MAX_TURNS + 4}"
    assert transcript.conversation().owner == turns[-1].speaker


def test_a_long_message_keeps_its_end() -> None:
    transcript = Transcript()
    assert transcript.user_says("word " * 20_000 + "show me the cat") is True
    text = transcript.conversation().turns[0].text
    assert len(text) <= MAX_MESSAGE_CHARS
    assert text.startswith("word ")
    assert text.endswith("show me the cat")
    assert transcript.user_says("看" * 9_000) is True
    assert len(transcript.conversation().turns[1].text) == MAX_MESSAGE_CHARS


def test_what_cannot_be_encoded_is_replaced() -> None:
    transcript = Transcript()
    transcript.user_says("cat \udcff\x00 dog")
    transcript.conversation().turns[0].text.encode()
    assert "\x00" not in transcript.conversation().turns[0].text


def test_a_share_is_noted() -> None:
    transcript = Transcript()
    transcript.user_says("look at my cat")
    transcript.user_shares()
    assert [turn.shares_photo for turn in transcript.conversation().turns] == [False, True]


def test_what_photos_were_shown_for_is_settled() -> None:
    transcript = Transcript()
    transcript.user_says("my cat")
    transcript.user_says("look")
    assert len(transcript.open_conversation().turns) == 2
    transcript.settle()
    assert len(transcript.open_conversation().turns) == 2, "with nothing new, all of it"
    transcript.user_says("a temple")
    assert [turn.text for turn in transcript.open_conversation().turns] == ["a temple"]
    assert len(transcript.conversation().turns) == 3
    for number in range(MAX_TURNS + 5):
        transcript.user_says(f"message {number}")
    assert len(transcript.open_conversation().turns) == MAX_TURNS


def test_own_sentences_are_no_part_of_it() -> None:
    transcript = Transcript()
    transcript.bot_says("  ")
    assert not transcript.conversation().turns


def test_the_step_shows_descriptors_and_times_but_no_markup() -> None:
    description = Description(
        descriptors=Descriptors(main_subject="a | cat ![x](http://e) <b>", events="sleeps"),
        context=Conversation((Turn("user", "on *Monday*"),)),
    )
    text = step_text(description, {"describe": 0.0123, "search": 2.3}, searched=1234)
    assert "| Main subject | a \\| cat \\!\\[x\\]\\(http://e\\) \\<b\\> |" in text
    assert "| What happens | sleeps |" in text
    assert "Scene" not in text
    assert "\\*Monday\\*" in text
    assert "The offline describer took 12 ms; searching 1,234 photos took 2.3 s." in text


def test_lines() -> None:
    assert found(0).startswith("Nothing")
    assert found(1) == "This one fits best."
    assert "3" in found(3)
    assert duration(0.0) == "1 ms"
    assert duration(61) == "61.0 s"
    assert plain("a\nb") == "a b"


async def test_passwords_are_checked_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asleep, real = list[float](), asyncio.sleep

    async def sleep(seconds: float) -> None:
        assert not asleep, "two guesses at once"
        asleep.append(seconds)
        await real(0)
        pauses.append(asleep.pop())

    pauses: list[float] = []
    monkeypatch.setattr(asyncio, "sleep", sleep)
    gate = PasswordGate(SecretStr("пароль 1"), pause=0.05)
    assert await gate.accepts("пароль 1")
    guesses = ["", "x", "пароль 1 ", "\udcff"]
    assert not any(await asyncio.gather(*map(gate.accepts, guesses)))
    assert pauses == [0.05] * len(guesses)
