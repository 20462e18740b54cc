"""What the page says before anything was said, made of the library; settings that are kept."""

from datetime import date
from pathlib import Path

import pytest

from bot.assistant import Assistant, Choices
from bot.page.kept_choices import KeptChoices
from bot.page.launch import _services
from bot.page.starters import SAMPLES, library_line, make_welcome
from bot.settings import Settings
from retrieval.errors import LibraryEmpty, LibraryNotFound
from retrieval.filters import Place
from retrieval.library import Facts, Library
from tests.bot.assistant.conftest import album, assistant, understanding

__all__ = ["album", "assistant", "understanding"]  # fixtures of that file


def test_the_welcome_tells_what_is_there_and_asks_for_it(assistant: Assistant) -> None:
    welcome = make_welcome(assistant, samples=False)
    assert "**7 photos, 2019 to 2023, many from " in welcome.text
    assert welcome.text.count("/thumb?v=") == 7
    assert str(assistant.library.path.parent) not in welcome.text
    labels = [opener.label for opener in welcome.openers]
    assert "That time in Tokyo" in labels
    assert "Something from 2019" in labels
    assert make_welcome(assistant, samples=True).openers == SAMPLES


def test_a_hidden_photo_is_not_in_the_strip(assistant: Assistant) -> None:
    assistant.set_hidden(1, True)
    text = make_welcome(assistant, samples=False).text
    assert "/photos/1/thumb" not in text
    assert "**6 photos" in text


def test_a_few_dated_or_located_photos_do_not_speak_for_all() -> None:
    facts = Facts(
        100, date(2019, 1, 1), date(2019, 1, 2), undated=90, places={Place("Rome", "", "Italy"): 3}
    )
    assert library_line(facts) == "**100 photos.**"
    assert library_line(Facts(1)) == "**1 photo.**"


def test_settings_are_kept_by_person_and_survive_a_broken_file(tmp_path: Path) -> None:
    path = tmp_path / "page" / "choices.json"
    KeptChoices(path).keep("ann", Choices(photos=2, always_on=True))
    KeptChoices(path).keep("ben", Choices(photos=9))
    kept = KeptChoices(path)
    assert kept.of("ann", Choices(), llm=False) == Choices(photos=2, always_on=True)
    assert kept.of("ben", Choices(), llm=False).photos == 9
    assert kept.of("carla", Choices(photos=4), llm=False).photos == 4
    path.write_text("[broken")
    assert kept.of("ann", Choices(photos=4), llm=False).photos == 4
    kept.keep("ann", Choices(photos=3))
    assert kept.of("ann", Choices(), llm=False).photos == 3
    path.write_text('{"ann": {"photos": "many", "hints": 7}}')
    assert kept.of("ann", Choices(photos=4), llm=False) == Choices(photos=4)


def test_an_empty_library_is_waited_for_and_said(
    tmp_path: Path, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.page.launch.EMPTY_SECONDS", 0.0)
    path = tmp_path / "empty.db"
    Library.open(path, create=True).close()
    steps: list[str] = []
    tried = []

    def load(settings: Settings) -> str:
        tried.append(settings)
        if len(tried) < 3:
            # As when photos came, and went again before they were loaded.
            monkeypatch.setattr("retrieval.library.Library.searchable_count", lambda self: 1)
            raise LibraryEmpty("no photo")
        return "services"

    settings = Settings.load(library=path)
    assert _services(settings, None, load, steps.append) == "services"  # type: ignore[arg-type]
    assert len(steps) == 2
    assert steps[0].startswith("There are no photos yet: run photopal index")
    path.unlink()
    with pytest.raises(LibraryNotFound):
        _services(settings, None, lambda chosen: Library.read(path), steps.append)  # type: ignore[arg-type,return-value]
