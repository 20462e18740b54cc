"""Examples for the move classifier: lines that we wrote, their slots filled, some spelt carelessly.

A file under ``data/`` holds blocks, ``## MOVE NAME [asked|fresh]`` and then one line a message.
*asked* says that photos were looked for before, *fresh* that none were; without either it may be so
or so. Lines next to each other say the same in like words: cross-validation holds out runs of them
together, so that it measures wordings that the model has not seen.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.intent.cues import uses_plain_words
from bot.intent.plan import Move, TalkState
from training.moves.slots import Filler

DATA = Path(__file__).parent / "data"
DIALOGUES = DATA.parent.parent / "data" / "dialogues.jsonl"
FILLED = 5
"""Examples of a line with slots."""

PLAIN = 3
"""Of one without."""

RUN = 6
"""Neighbouring lines that are held out together."""

LIFE = 1_500
"""First messages of our dialogues: people talk about their lives."""

_BEFORE = (
    "hey ",
    "hi, ",
    "ok ",
    "um ",
    "so ",
    "please ",
    "oh ",
    "and ",
    "well, ",
    "hello! ",
    "hmm ",
)
_AFTER = (" please", " pls", " thanks", "!", "...", " 😊", " x", " lol", " :)")
_PHOTO_WORDS = ("pic", "photo", "image", "shot", "show", "send", "see", "look", "camera", "here")
_NEIGHBOURS = {
    a: b for a, b in zip("qwertyuiopasdfghjklzxcvbnm", "wertyuiopqsdfghjklaxcvbnmz", strict=True)
}


@dataclass(frozen=True)
class Example:
    """One message with its move; ``group`` is held out as a whole."""

    text: str
    move: Move
    state: TalkState
    group: str


def read_lines(folder: Path = DATA) -> list[tuple[Move, str, str, str]]:
    """Move, block, what is known of the talk ("", "asked", "fresh") and line, of all files."""
    found = []
    for file in sorted(folder.glob("*.txt")):
        head: list[str] = []
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("## "):
                head = line[3:].split()
            elif line.strip():
                found.append((Move(head[0]), head[1], "".join(head[2:3]), line.strip()))
    return found


def make_examples(seed: int = 0, folder: Path = DATA, dialogues: Path = DIALOGUES) -> list[Example]:
    """All examples, in a fixed order."""
    chance = random.Random(seed)
    filler = Filler(seed)
    found: list[Example] = []
    lines = read_lines(folder)
    follow_ups = {line for _, _, known, line in lines if known == "asked"}
    position: dict[str, int] = {}
    for move, block, known, line in lines:
        position[block] = position.get(block, -1) + 1
        group = f"{block}/{position[block] // RUN}"
        if not known and move.wants_photo and line in follow_ups:
            known = "fresh"
        for number in range(FILLED if "{" in line else PLAIN):
            text = filler.fill(line)
            if number:
                text = careless(text, chance, polite=move.wants_photo)
            found.append(Example(text, move, _state(known, chance), group))
    for number, text in enumerate(_life(dialogues, chance)):
        found.append(Example(text, Move.SMALL_TALK, _state("", chance), f"life/{number // 20}"))
    return found


def careless(text: str, chance: random.Random, *, polite: bool) -> str:
    """A text as people type it: without capitals or marks, with a slip, with a word around it."""
    if chance.random() < 0.5:
        text = text.lower()
    if chance.random() < 0.4:
        text = text.rstrip("?!.")
    if chance.random() < 0.12 and len(text) > 12:
        text = _slip(text, chance)
    if chance.random() < 0.15:
        text = chance.choice(_BEFORE[: None if polite else 5]) + text
    if chance.random() < 0.15:
        text += chance.choice(_AFTER[0 if polite else 3 :])
    return text


def _slip(text: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(text) - 2)
    a, b = text[place], text[place + 1]
    if not (a.isalpha() and b.isalpha()):
        return text
    kind = chance.randrange(4)
    if kind == 0:
        return text[:place] + b + a + text[place + 2 :]
    if kind == 1:
        return text[:place] + text[place + 1 :]
    if kind == 2:
        return text[:place] + a + text[place:]
    return text[:place] + _NEIGHBOURS.get(a.lower(), a) + text[place + 1 :]


def _state(known: str, chance: random.Random) -> TalkState:
    asked = {"asked": chance.random() < 0.95, "fresh": False}.get(known, chance.random() < 0.4)
    if not asked:
        return TalkState()
    return TalkState(shown=chance.randint(1, 9), topic="something", asked=True)


def _life(dialogues: Path, chance: random.Random) -> Iterator[str]:
    """First messages of dialogues that neither ask for a photo nor speak of one."""
    texts: list[str] = []
    for line in dialogues.read_text(encoding="utf-8").splitlines():
        turns: Sequence[tuple[int, str | None]] = json.loads(line)["turns"]
        texts += [text for _, text in turns[:2] if text]
    kept = [
        text
        for text in texts
        if len(text.split()) >= 5
        and not uses_plain_words(text)
        and not any(word in text.lower() for word in _PHOTO_WORDS)
    ]
    chance.shuffle(kept)
    yield from kept[:LIFE]
