"""Messages are read on one day, in a library that knows a few places."""

from collections.abc import Callable
from datetime import date

import pytest

from bot.intent.plan import Plan, TalkState
from bot.intent.understanding import Understanding
from bot.intent.where import KnownPlaces
from retrieval.filters import Place

NOW = date(2026, 6, 10)
FRESH = TalkState()
ROME = Place("Rome", "Latium", "Italy")
KYOTO = Place("Kyoto", "Kyoto", "Japan")
PORTO = Place("Porto", "Norte", "Portugal")


@pytest.fixture(scope="session")
def understanding() -> Understanding:
    return Understanding()


@pytest.fixture(scope="session")
def places() -> KnownPlaces:
    return KnownPlaces({ROME: 23, KYOTO: 12, PORTO: 5})


@pytest.fixture
def plan(understanding: Understanding, places: KnownPlaces) -> Callable[..., Plan]:
    def of(message: str, state: TalkState = FRESH) -> Plan:
        return understanding.plan(message, state, now=NOW, places=places)

    return of
