"""``photopal replay`` as a person meets it: in a pipe, as JSON, and in a terminal with keys."""

import contextlib
import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_command_line import CommandLine, assert_one_line

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are Unix's", allow_module_level=True)

PHOTOPAL = Path(sys.executable).with_name("photopal")

pytestmark = pytest.mark.timeout(600)


def entry(identifier: int, said: str, photo: str, labels: str) -> dict[str, Any]:
    turns = [("what's new?", 1, False), (said, 0, False), ("", 0, True), ("wow", 1, False)]
    return {
        "dialogue_id": identifier,
        "dialogue": [
            {"message": text, "user_id": user, "share_photo": share} for text, user, share in turns
        ],
        "photo_description": f"The photo has your dad Mark. Objects in the photo: {labels}",
        "photo_url": f"https://example.org/{photo}_o.jpg",
        "photo_id": photo,
    }


@pytest.fixture(scope="module")
def photopal(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """A home with the sample photos."""
    command = CommandLine(tmp_path_factory.mktemp("home"))
    done = command("demo", "--prepare")
    assert done.returncode == 0, done.stderr
    return command


@pytest.fixture(scope="module")
def file(photopal: CommandLine) -> Path:
    path = photopal.home / "test_00.json"
    path.write_text(
        json.dumps(
            [
                entry(1, "my cat is being dramatic, see his face", "cat", "Cat, Animal, Whiskers"),
                entry(2, "we watched the rocket launch", "rocket", "Rocket, Sky, Vehicle"),
                entry(3, "look at this \x1b[31mcup of coffee", "not-here", "Coffee, Cup"),
            ]
        )
    )
    return path


def test_json_over_a_folder_of_photos_that_is_indexed_once(
    photopal: CommandLine, file: Path
) -> None:
    samples = photopal.home / "samples"
    one = photopal.json("replay", file, "--dialogue", "1", "--photos", samples)
    assert one["dialogue_id"] == "1"
    assert (one["against"], one["rank"], one["hit"]) == ("photos", 1, True)
    assert Path(one["results"][0]["path"]).stem == "cat"
    assert one["results"][0]["shared"] is True
    assert [turn["shares_photo"] for turn in one["turns"]] == [False, False, True, False]
    galleries = list((photopal.home / "galleries").glob("*.db"))
    assert len(galleries) == 1
    before = galleries[0].stat().st_mtime_ns
    answers = photopal.json_lines("replay", file, "--photos", samples)
    assert [answer["dialogue_id"] for answer in answers] == ["1", "2", "3"]
    assert [answer["against"] for answer in answers] == ["photos", "photos", "labels"]
    assert "the shared photo is not here" in answers[2]["note"]
    assert galleries[0].stat().st_size
    assert list((photopal.home / "galleries").glob("*.db")) == galleries
    assert before <= galleries[0].stat().st_mtime_ns


def test_without_photos_labels_stand_in_and_that_is_said(photopal: CommandLine, file: Path) -> None:
    done = photopal("replay", file, "--dialogue", "2")
    assert done.returncode == 0, done.stderr
    assert "no photos here" in done.stderr
    assert "its labels are ranked among label texts" in done.stdout
    assert "Hit: the shared photo's labels came as number 1 of 3 label texts" in done.stdout
    assert "labels: Rocket, Sky, Vehicle" in done.stdout
    assert "Mark" not in done.stdout
    assert "\x1b" not in done.stdout


def test_the_library_is_used_when_it_holds_the_photos(photopal: CommandLine, file: Path) -> None:
    done = photopal("replay", file, "--library", photopal.home / "samples.db")
    assert done.returncode == 0, done.stderr
    assert "the shared photo came as number 1 of" in done.stdout
    assert "3 of 3 dialogues are hits at 10 (1 ranked among label texts)" in done.stdout
    assert "\x1b" not in done.stdout, "no dialogue commands the terminal"
    assert "look at this  [31mcup of coffee" in done.stdout


def test_bad_input_is_one_line(photopal: CommandLine, file: Path, tmp_path: Path) -> None:
    assert_one_line(photopal("replay", tmp_path / "none.json"), "no such file")
    assert_one_line(photopal("replay", file, "--dialogue", "99"), "no dialogue with the id 99")
    broken = tmp_path / "broken.json"
    broken.write_text('[{"dialogue": [')
    assert_one_line(photopal("replay", broken), "not valid JSON")
    assert_one_line(photopal("replay", file, "--photos", tmp_path / "none"), "none")
    assert photopal("replay", file, "--speed", "0").returncode == 2


class Terminal:
    """``photopal`` in a pseudo-terminal."""

    def __init__(self, command: CommandLine, *arguments: str, **environment: str) -> None:
        self._descriptor, end = pty.openpty()
        kept = {k: v for k, v in command.environment.items() if k != "NO_COLOR"}
        self.process = subprocess.Popen(
            [PHOTOPAL, *arguments],
            stdin=end,
            stdout=end,
            stderr=end,
            env={**kept, "COLUMNS": "100", "TERM": "xterm-256color", **environment},
            start_new_session=True,
        )
        os.close(end)
        self.seen = ""

    def until(self, text: str, seconds: float = 120) -> str:
        """What was written until ``text`` came, or until the end for ""."""
        deadline = time.monotonic() + seconds
        while not text or text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            if not select.select([self._descriptor], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(self._descriptor, 65536)
            except OSError:
                break
            if not data:
                break
            self.seen += data.decode("utf-8", "replace")
        if text:
            assert text in self.seen
        found, self.seen = self.seen, ""
        return found

    def press(self, keys: str) -> None:
        os.write(self._descriptor, keys.encode())

    def close(self) -> int:
        with contextlib.suppress(ProcessLookupError):
            if self.process.poll() is None:
                self.process.wait(20)
        os.close(self._descriptor)
        return self.process.returncode


@pytest.fixture
def terminal(photopal: CommandLine, file: Path) -> Iterator[Any]:
    opened: list[Terminal] = []

    def open_terminal(*arguments: str, **environment: str) -> Terminal:
        library = str(photopal.home / "samples.db")
        opened.append(
            Terminal(photopal, "replay", str(file), "--library", library, *arguments, **environment)
        )
        return opened[-1]

    yield open_terminal
    for one in opened:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def test_enter_steps_and_q_stops(terminal: Any) -> None:
    screen = terminal("--dialogue", "1", PHOTOPAL_PICTURES="kitty")
    first = screen.until("Enter: next turn")
    assert "what's new?" in first
    assert "dramatic" not in first
    screen.press("\n")
    assert "dramatic" in screen.until("Enter: next turn")
    screen.press("\n")
    shown = screen.until("Enter: next turn")
    assert "Hit: the shared photo came as number 1 of" in shown
    assert re.search(r"\x1b_Ga=T,f=100,q=2,m=1;", shown), "the pictures are shown"
    # Letters of an inline picture's data spell anything.
    assert "wow" not in re.sub(r"\x1b_G.*?\x1b\\", "", shown, flags=re.S)
    screen.press("q\n")
    screen.until("")
    assert screen.close() == 0


def test_speed_plays_by_itself_and_paths_stand_for_pictures(terminal: Any) -> None:
    screen = terminal("--dialogue", "2", "--speed", "50", PHOTOPAL_PICTURES="none")
    shown = screen.until("")
    assert screen.close() == 0
    assert "wow" in shown
    assert "Enter" not in shown
    assert "rocket.jpg" in shown
    assert "\x1b_G" not in shown


def test_an_end_of_input_ends_it(terminal: Any) -> None:
    screen = terminal(PHOTOPAL_PICTURES="none")
    screen.until("Enter: next turn")
    screen.press("\x04")
    screen.until("")
    assert screen.close() == 0


def test_control_c_ends_it_quietly(terminal: Any) -> None:
    screen = terminal(PHOTOPAL_PICTURES="none")
    screen.until("Enter: next turn")
    os.killpg(screen.process.pid, 2)
    assert "Traceback" not in screen.until("")
    assert screen.close() == 130
