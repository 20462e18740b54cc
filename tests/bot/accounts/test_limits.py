"""How often passwords may be guessed; the time is told by the test."""

import pytest

from bot.accounts.limits import MAX_KEYS, GuessLimits, LeakyBuckets
from bot.errors import TooManyGuesses


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock) -> GuessLimits:
    return GuessLimits(clock)


def wrong(limits: GuessLimits, name: str, address: str) -> int:
    """How many wrong guesses are allowed in a row."""
    for number in range(1000):
        try:
            limits.guess(name, address)
        except TooManyGuesses:
            return number
    raise AssertionError("there is no limit")


def test_a_few_guesses_then_one_a_minute(limits: GuessLimits, clock: Clock) -> None:
    assert wrong(limits, "anna", "10.0.0.1") == 5
    with pytest.raises(TooManyGuesses, match="wait 60 s") as raised:
        limits.guess("anna", "10.0.0.1")
    clock.seconds += raised.value.seconds
    assert wrong(limits, "anna", "10.0.0.1") == 1
    clock.seconds += 3600
    assert wrong(limits, "anna", "10.0.0.1") == 5


def test_an_address_that_tries_many_names(limits: GuessLimits) -> None:
    tried = sum(wrong(limits, f"name{number}", "10.0.0.1") for number in range(50))
    assert tried == 20
    limits.guess("anna", "10.0.0.2")


def test_a_name_that_many_addresses_try(limits: GuessLimits) -> None:
    tried = [wrong(limits, "anna", f"10.0.{number}.1") for number in range(30)]
    assert tried[:4] == [5, 5, 5, 5]
    # Each new address has two guesses all the same: one of them is the person.
    assert set(tried[4:]) == {2}
    limits.guess("bert", "10.1.1.1")


def test_the_person_gets_in_from_another_address(limits: GuessLimits) -> None:
    for number in range(100):
        wrong(limits, "anna", f"10.0.{number}.1")
    limits.guess("anna", "192.168.1.5")
    limits.right("anna", "192.168.1.5")


def test_right_ones_do_not_count(limits: GuessLimits) -> None:
    for _ in range(100):
        limits.guess("anna", "10.0.0.1")
        limits.right("anna", "10.0.0.1")
    assert wrong(limits, "anna", "10.0.0.1") == 5


def test_an_ipv6_network_is_one_visitor(limits: GuessLimits) -> None:
    tried = sum(wrong(limits, "anna", f"2001:db8:1:1::{number:x}") for number in range(1, 50))
    assert tried == 5
    assert wrong(limits, "anna", "2001:db8:1:2::1") == 5
    assert wrong(limits, "bert", "10.0.0.7") == 5
    assert wrong(limits, "bert", "::ffff:10.0.0.7") == 0
    assert wrong(limits, "bert", "not an address") == 5


def test_the_memory_is_bounded(clock: Clock) -> None:
    buckets = LeakyBuckets(3, 1.0, clock)
    for number in range(MAX_KEYS + 100):
        buckets.add(number)
    assert len(buckets._levels) == MAX_KEYS
