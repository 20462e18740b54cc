"""What the page lets a person choose, and how it says things."""

import asyncio

import pytest
from pydantic import SecretStr

from bot.assistant.choices import MAX_PHOTOS, Choices
from bot.page.login.password import PasswordGate
from bot.page.sentences import duration, plain, plain_text, step_text


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


def test_the_step_shows_what_was_looked_for_and_times_but_no_markup() -> None:
    looked_for = {
        "your words": "on *Monday*",
        "main_subject": "a | cat ![x](http://e) <b>",
        "events": "sleeps",
        "background_scene": " ",
    }
    text = step_text(looked_for, {"understand": 0.0123, "search": 2.3}, searched=1234)
    assert "| Your words | on \\*Monday\\* |" in text
    assert "| Main subject | a \\| cat \\!\\[x\\]\\(http://e\\) \\<b\\> |" in text
    assert "| What happens | sleeps |" in text
    assert "Scene" not in text
    assert "1,234 photos compared (understand 12 ms and search 2.3 s)." in text


def test_a_step_that_looked_for_nothing_says_so() -> None:
    text = step_text({}, {}, searched=1)
    assert "nothing that a photo could show" in text
    assert text.endswith("1 photo compared.")


def test_durations_and_plain_text() -> None:
    assert duration(0.0) == "1 ms"
    assert duration(61) == "61.0 s"
    assert plain("a\nb") == "a b"
    assert plain_text("a *b*\n\nc") == "a \\*b\\*\n\nc"


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
