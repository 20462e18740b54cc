"""A small album of coloured pictures with dates and places, and an assistant over it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from langchain_core.runnables import RunnableLambda
from PIL import Image

from bot.assistant import Assistant, Reply, Session
from bot.describe.rules import RuleDescriber
from bot.intent.plan import Move, Plan, TalkState
from bot.suggest import Suggester
from retrieval import Library, Searcher, index_folders
from tests.support.fake_encoder import COLOURS, ColourEncoder
from tests.support.pictures import paint

LISBON, TOKYO = (38.72, -9.14), (35.68, 139.69)
ALBUM = (
    ("red", "2019-05-01", LISBON),
    ("red", "2020-06-02", TOKYO),
    ("red", "2021-07-03", TOKYO),
    ("blue", "2019-08-04", LISBON),
    ("blue", "2022-09-05", TOKYO),
    ("green", "2023-10-06", None),
    ("yellow", None, None),
)
"""Colour, day and place of each photo, in the order of their numbers."""

TODAY = date(2026, 6, 10)


class ScriptedUnderstanding:
    """Knows the messages of a test; everything else is small talk."""

    def __init__(self) -> None:
        self.plans: dict[str, Plan] = {}
        self.states: list[TalkState] = []

    def plan(self, message: str, state: TalkState, *, now: date, places: object) -> Plan:
        self.states.append(state)
        return self.plans.get(message, Plan(Move.SMALL_TALK))

    def knows(self, plans: Mapping[str, Plan]) -> None:
        self.plans.update(plans)


def _exif(day: str | None, place: tuple[float, float] | None) -> Image.Exif:
    data = Image.Exif()
    if day:
        data.get_ifd(0x8769)[0x9003] = f"{day.replace('-', ':')} 10:00:00"
    if place:
        sides = ("N" if place[0] >= 0 else "S", "E" if place[1] >= 0 else "W")
        degrees = [(float(int(abs(v))), round(abs(v) % 1 * 60, 4), 0.0) for v in place]
        data.get_ifd(0x8825).update({1: sides[0], 2: degrees[0], 3: sides[1], 4: degrees[1]})
    return data


@pytest.fixture
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the pictures, one a file: ``0-red.jpg`` …"""
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "home"))
    return save_album(tmp_path / "album", ALBUM)


def save_album(
    folder: Path, album: Sequence[tuple[str, str | None, tuple[float, float] | None]]
) -> Path:
    """Save a picture for each colour, day and place, one a file: ``0-red.jpg`` …"""
    for number, (colour, day, place) in enumerate(album):
        path = paint(folder / f"x{number}.png", COLOURS[colour], seed=number)
        with Image.open(path) as picture:
            picture.save(folder / f"{number}-{colour}.jpg", exif=_exif(day, place), quality=92)
        path.unlink()
    return folder


@pytest.fixture
def understanding() -> ScriptedUnderstanding:
    return ScriptedUnderstanding()


@pytest.fixture
def assistant(
    album: Path, tmp_path: Path, understanding: ScriptedUnderstanding
) -> Iterator[Assistant]:
    encoder = ColourEncoder(background=True)
    with Library.open(tmp_path / "library.db", create=True) as library:
        index_folders(library, encoder, [album])
        # Pictures of one colour are not near-duplicates here.
        searcher = Searcher(library, encoder, duplicate_cosine=1.1)
        suggester = Suggester(searcher, RunnableLambda(RuleDescriber().describe))
        yield Assistant(
            suggester,
            searcher,
            understanding,  # type: ignore[arg-type]
            tmp_path / "shared",
        )


@pytest.fixture
def session() -> Session:
    return Session(now=TODAY)


class Talk:
    """Says plans to an assistant, one after the other."""

    def __init__(
        self, assistant: Assistant, session: Session, understanding: ScriptedUnderstanding
    ) -> None:
        self.assistant, self.session, self.understanding = assistant, session, understanding

    def say(self, plan: Plan, message: str = "") -> Reply:
        """Answer a message that is understood as this plan."""
        message = message or f"message {len(self.session.turns)}"
        self.understanding.knows({message: plan})
        return self.assistant.respond(self.session, message)


@pytest.fixture
def talk(assistant: Assistant, session: Session, understanding: ScriptedUnderstanding) -> Talk:
    return Talk(assistant, session, understanding)
