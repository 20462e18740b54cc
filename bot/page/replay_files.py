"""The dialogue files that the page may replay: chosen at its start, never by a request."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.dialogues.replay import PhotoGallery, Replayer, open_gallery
from bot.errors import BotError, DialogueUnreadable

if TYPE_CHECKING:
    from bot.dialogues.dialogue import Dialogue, DialogueSet
    from bot.suggest import Suggester
    from retrieval.search import Searcher

MAX_FILES = 200
MAX_LISTED = 2_000
OPENING_CHARS = 90
MAX_SEARCHED_CHARS = 2_000
"""Of a dialogue, that the page searches through."""


@dataclass(frozen=True)
class OpenFile:
    """A file that was read, and the bot over it."""

    name: str
    dialogues: "DialogueSet"
    replayer: Replayer


class ReplayFiles:
    """The files, by number; each is read when it is first asked for. Safe to use from threads."""

    def __init__(self, files: Sequence[Path], suggester: "Suggester", searcher: "Searcher") -> None:
        self._files = tuple(files)
        self._suggester = suggester
        self._searcher = searcher
        self._gallery: PhotoGallery | None = None
        self._opened: dict[int, OpenFile] = {}
        self._guard = threading.Lock()

    @property
    def names(self) -> list[str]:
        """What the files are called, without their folder."""
        return [path.name for path in self._files]

    def open(self, number: object) -> OpenFile:
        """A file by its number, which came from a browser.

        Raises:
            BotError: there is no such file, or it cannot be read; one line that names no path.
        """
        if type(number) is not int or not 0 <= number < len(self._files):
            raise DialogueUnreadable("there is no such file to replay")
        with self._guard:
            if number not in self._opened:
                self._opened[number] = self._read(self._files[number])
            return self._opened[number]

    def _read(self, path: Path) -> OpenFile:
        from bot.dialogues.reading import read_dialogues

        try:
            dialogues = read_dialogues(path)
        except BotError as error:
            raise type(error)(str(error).replace(str(path), path.name)) from None
        if self._gallery is None:
            self._gallery = open_gallery(self._searcher)
        replayer = Replayer(
            self._suggester.describer,
            self._searcher.encoder,
            dialogues.dialogues,
            self._gallery,
        )
        return OpenFile(path.name, dialogues, replayer)


def replay_files(source: Path) -> list[Path]:
    """The file itself, or the JSON files of a folder. Raises DialogueUnreadable when none is."""
    source = source.expanduser()
    if source.is_dir():
        found = [path for path in sorted(source.glob("*.json")) if path.is_file()][:MAX_FILES]
    else:
        found = [source] if source.is_file() else []
    if not found:
        raise DialogueUnreadable(f"{source}: no dialogue file to replay is there")
    return found


def listing(file: OpenFile) -> dict[str, Any]:
    """The dialogues of a file, as the page lists them."""
    dialogues = file.dialogues.dialogues
    return {
        "name": file.name,
        "dialogues": [_row(dialogue) for dialogue in dialogues[:MAX_LISTED]],
        "more": max(0, len(dialogues) - MAX_LISTED),
    }


def _row(dialogue: "Dialogue") -> dict[str, Any]:
    # What the talk is about is seldom in its first words, and most often in the owner's.
    conversation = dialogue.conversation()
    told = [turn for turn in conversation.turns if turn.speaker == conversation.owner]
    longest = max((turn.text.strip() for turn in told or dialogue.turns), key=len, default="")
    opening = longest if len(longest) <= OPENING_CHARS else longest[: OPENING_CHARS - 1] + "…"
    share = None if dialogue.share_index is None else dialogue.share_index + 1
    text = " ".join(turn.text for turn in dialogue.turns if turn.text)[:MAX_SEARCHED_CHARS]
    return {
        "id": dialogue.id,
        "opening": opening,
        "text": text,
        "turns": len(dialogue.turns),
        "share": share,
    }
