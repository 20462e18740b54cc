"""The edge of the command line: help, usage, one-line errors, pure JSON, odd input."""

import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.main import explain, run
from bot.cli.output import one_line, printable, results
from bot.cli.stdin import batches_of_lines
from retrieval.errors import LibraryBusy, PhotopalError

COMMANDS = (
    "demo",
    "chat",
    "index",
    "search",
    "suggest",
    "replay",
    "evaluate",
    "train",
    "status",
)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the developer's own library, key or server."""
    for name in list(os.environ):
        if name != "PHOTOPAL_CACHE" and name.startswith(("PHOTOPAL_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    for name in COMMANDS:
        assert f" {name} " in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    assert "Usage: photopal" in capsys.readouterr().out


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from bot.cli.main import run; run(['--help']); "
        "heavy = {'torch', 'transformers', 'chainlit', 'langchain_core', 'faiss', 'openai', "
        "'pydantic', 'numpy', 'PIL'} & set(sys.modules); sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["serch"],
        ["search"],
        ["search", "cat", "-k", "0"],
        ["search", "cat", "-k", "many"],
        ["search", "cat", "--nope"],
        ["suggest"],
        ["index"],
        [],
    ],
)
def test_wrong_usage_is_exit_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["search", "cat"], "photopal index"),
        (["search", "  "], "query is empty"),
        (["chat"], "photopal index"),
        (["index", "/no/such/folder"], "no such folder"),
        (["index", __file__], "not a folder"),
        (["suggest", "/no/such/file.json"], "no such file"),
        (["suggest", os.devnull], "is empty"),
        (["suggest", __file__, "--model", ""], "model"),
        (["status", "--base-url", "localhost:1"], "--base-url"),
        (["chat", "--port", "99999"], "port"),
        (["search", "cat", "--library", __file__], "not a Photopal library"),
    ],
)
def test_failures_are_one_line_and_exit_status_1(
    arguments: list[str], says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 1
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("photopal: ")
    assert captured.err.count("\n") == 1
    assert says in captured.err


def test_global_options_are_taken_before_and_after_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "one.db", tmp_path / "two.db"
    assert run(["--library", str(one), "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["library"] == str(one)
    assert run(["--library", str(one), "status", "--json", "--library", str(two)]) == 0
    assert json.loads(capsys.readouterr().out)["library"] == str(two)


def test_status_without_a_library_is_no_failure(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["status", "--json"]) == 0
    state = json.loads(capsys.readouterr().out)
    assert state["exists"] is False
    assert state["photos"] == 0
    assert state["llm"]["configured"] is False
    assert not own_home.exists()
    assert run(["status"]) == 0
    assert "photopal index" in capsys.readouterr().out


def test_status_tells_that_the_llm_does_not_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", "--json", "--base-url", "http://127.0.0.1:9/v1"]) == 0
    llm = json.loads(capsys.readouterr().out)["llm"]
    assert llm["configured"] is True
    assert llm["answers"] is False
    assert llm["reason"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "cat"],
        ["chat"],
        ["index", "/no/such/folder"],
        ["suggest", "/no/such/file.json"],
        ["replay", "/no/such/file.json"],
        ["status", "--base-url", "localhost:1"],
        ["demo", "--base-url", "localhost:1"],
        ["photochat", "download", "/no/such/file.json"],
        ["evaluate", "/no/such/file.json"],
        ["train", "/no/such/file.json", "--photos", "/no/such", "--out", "/no/such/out"],
    ],
    ids=lambda arguments: arguments[0],
)
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_debug_shows_where_an_error_came_from(arguments: list[str], first: bool) -> None:
    with pytest.raises(PhotopalError):
        run(["--debug", *arguments] if first else [*arguments, "--debug"])


def test_debug_shows_what_is_logged_while_a_command_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that lives on after an error, such as the chat page, logs it."""
    log = logging.getLogger("bot.page.chat")

    def fails(*_: object, **__: object) -> None:
        try:
            raise LibraryBusy("somebody else writes")
        except LibraryBusy:
            log.debug("answering failed", exc_info=True)

    monkeypatch.setattr("bot.cli.chat.open_page", fails)
    assert run(["chat"]) == 0
    assert capsys.readouterr().err == ""
    assert run(["chat", "--debug"]) == 0
    shown = capsys.readouterr().err
    assert "Traceback" in shown and "LibraryBusy: somebody else writes" in shown
    assert not log.isEnabledFor(logging.DEBUG)


def test_debug_as_a_word_of_the_query_is_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", "--", "--debug"]) == 1
    assert "no library" in capsys.readouterr().err


def test_errors_in_words() -> None:
    assert explain(LibraryBusy("busy\nnow")) == "busy now"
    assert explain(FileNotFoundError(2, "No such file", "a.jpg")) == "a.jpg: No such file"
    assert "KeyError" in explain(KeyError("x"))
    assert "--debug" in explain(KeyError("x"))


def test_control_characters_never_reach_the_terminal() -> None:
    assert "\x1b" not in printable("\x1b[31mred.jpg")
    assert one_line("a\nb\t c") == "a b c"


def test_json_stays_pure_whatever_a_library_prints(capsys: pytest.CaptureFixture[str]) -> None:
    with results(as_json=True) as out:
        print("a library says hello")
        out.json({"photo": "caf\udce9.jpg \U0001f408"})
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"photo": "caf\udce9.jpg \U0001f408"}
    assert "hello" in captured.err


def test_lines_come_in_batches_without_waiting_for_more() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"\xef\xbb\xbfone\r\ntw")
    batches = batches_of_lines(reader)
    assert next(batches) == ["one"]
    os.write(writer, b"o\n\nbad \xff byte")
    assert next(batches) == ["two", ""]
    os.close(writer)
    assert next(batches) == ["bad \ufffd byte"]
    assert next(batches, None) is None
    os.close(reader)


def test_a_long_file_of_queries_is_cut_into_batches(tmp_path: Path) -> None:
    file = tmp_path / "queries.txt"
    file.write_text("".join(f"query {number}\n" for number in range(200)))
    with file.open("rb") as stream:
        batches = list(batches_of_lines(stream.fileno()))
    assert max(map(len, batches)) <= 64
    assert [line for batch in batches for line in batch] == [f"query {n}" for n in range(200)]


def test_progress_is_silent_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.cli.output import working

    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with working("Loading …"):
        pass
    assert stream.getvalue() == ""
