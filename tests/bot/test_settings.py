"""Settings from the environment and the command line."""

from pathlib import Path

import pytest

from bot.errors import SettingsInvalid
from bot.settings import Settings


def test_offline_by_default() -> None:
    settings = Settings.load({})
    assert not settings.uses_llm
    assert settings.is_local
    assert (settings.encoder, settings.photos, settings.always_on) == ("starter", 6, False)
    assert settings.endpoint is None and settings.basic_auth is None


@pytest.mark.parametrize(
    "environment",
    [
        {"OPENAI_API_KEY": "sk-1"},
        {"PHOTOPAL_API_KEY": "sk-1"},
        {"OPENAI_BASE_URL": "http://localhost:11434/v1"},
    ],
)
def test_a_key_or_an_address_turns_the_llm_on(environment: dict[str, str]) -> None:
    assert Settings.load(environment).uses_llm
    assert not Settings.load({**environment, "PHOTOPAL_LLM": "off"}).uses_llm
    assert not Settings.load(environment, llm_mode="off").uses_llm


def test_ours_win_over_theirs_and_the_command_line_over_both() -> None:
    environment = {"OPENAI_MODEL": "theirs", "PHOTOPAL_MODEL": "ours", "PHOTOPAL_PHOTOS": "9"}
    assert Settings.load(environment).model == "ours"
    assert Settings.load(environment, model="mine", photos=None).model == "mine"
    assert Settings.load(environment, photos=None).photos == 9


def test_empty_variables_count_as_unset() -> None:
    settings = Settings.load({"OPENAI_API_KEY": "  ", "OPENAI_BASE_URL": "", "PHOTOPAL_PORT": " "})
    assert not settings.uses_llm and settings.port == 8000


def test_paths_and_flags() -> None:
    settings = Settings.load({"PHOTOPAL_LIBRARY": "x/y.db", "PHOTOPAL_ALWAYS_ON": "yes"})
    assert settings.library_path == Path("x/y.db")
    assert settings.always_on


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"PHOTOPAL_PORT": "99999"}, "PHOTOPAL_PORT"),
        ({"PHOTOPAL_PORT": "web"}, "PHOTOPAL_PORT"),
        ({"PHOTOPAL_TIMEOUT": "-1"}, "PHOTOPAL_TIMEOUT"),
        ({"PHOTOPAL_LLM": "perhaps"}, "PHOTOPAL_LLM"),
        ({"OPENAI_BASE_URL": "localhost:11434"}, "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "file:///etc/passwd"}, "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "http://u:hunter2secret@h:port/v1"}, "OPENAI_BASE_URL"),
        ({"OPENAI_API_KEY": "sk-hunter2secret\nX-Evil: 1"}, "OPENAI_API_KEY"),
        ({"OPENAI_API_KEY": "sk-hunter2secret-ü"}, "OPENAI_API_KEY"),
    ],
)
def test_wrong_values_are_one_line_that_names_the_variable(
    environment: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        Settings.load(environment)
    message = str(caught.value)
    assert message.startswith(f"{named}: ")
    assert "\n" not in message
    assert "hunter2secret" not in message


def test_options_are_named_as_they_are_typed() -> None:
    with pytest.raises(SettingsInvalid, match="--base-url: must look like"):
        Settings.load({}, base_url="ftp://x")


def test_secrets_never_show() -> None:
    settings = Settings.load(
        {
            "OPENAI_API_KEY": "sk-hunter2secret",
            "PHOTOPAL_PASSWORD": "hunter2secret",
            "OPENAI_BASE_URL": "https://me:hunter2secret@example.com:8443/v1/?key=hunter2secret",
        }
    )
    assert "hunter2secret" not in f"{settings!r} {settings}"
    assert settings.endpoint == "https://example.com:8443/v1/"
    assert settings.basic_auth == ("me", "hunter2secret")


def test_the_history_is_a_file_or_postgres_and_its_password_is_never_shown() -> None:
    for value in ("/data/chats.db", "postgresql://me:top-secret@host/db", "postgres:///db"):
        settings = Settings.load({"PHOTOPAL_HISTORY": value})
        assert settings.history == value
        assert "top-secret" not in repr(settings)
    with pytest.raises(SettingsInvalid, match="PHOTOPAL_HISTORY: must be a file") as caught:
        Settings.load({"PHOTOPAL_HISTORY": "mysql://me:top-secret@host/db"})
    assert "top-secret" not in str(caught.value)
