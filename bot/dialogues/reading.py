"""Reads dialogues from files, folders, globs and standard input.

Real files hold dialogues without a share and with several, share turns without a message, ids used
twice. All of these are read and counted; none is dropped in silence. PhotoChat's format is that of
Zang et al. 2021 (arXiv 2108.01453).
"""

import glob
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from bot.dialogues.dialogue import Dialogue, DialogueSet
from bot.dialogues.exports import exported_json, exported_text
from bot.dialogues.formats import (
    STANDARD_INPUT,
    dialogue_from_json,
    json_dialogues,
    plain_dialogue,
    read_text,
    starts_like_json,
)
from bot.errors import DialogueUnreadable, EmptyDialogue

NO_TURNS = "no turns"
NOTHING_BEFORE = "nothing said before the photo"
NO_SHARE = "no share turn"
SEVERAL_SHARES = "several share turns"
MANY_SPEAKERS = "more than two speakers"
SAME_ID = "an id used twice"
REPEATED = "the same dialogue twice (read once)"
NOT_A_DIALOGUE = "not a dialogue (left out)"
NOT_DIALOGUES = "JSON without dialogues in the folder (file left out)"

LEFT_OUT = (SAME_ID, REPEATED, NOT_A_DIALOGUE, NOT_DIALOGUES)
"""What changes which dialogues there are, or what they are called."""

MAX_EXAMPLES = 5

Source = Path | str


def read_dialogues(
    sources: Source | Sequence[Source],
    *,
    plain_text: bool = False,
    owner: str | None = None,
    stdin: BinaryIO | None = None,
) -> DialogueSet:
    """The dialogues of files, folders (their ``*.json``), globs (``train_*.json``) and ``-``.

    Args:
        sources: one of these or several; ``-`` is standard input.
        plain_text: also read plain ``Name: message`` lines, one dialogue a file, and what
            messengers export (:mod:`bot.dialogues.exports`). Without it such a file is refused,
            since a dataset in plain text tells of no photo.
        owner: the speaker who owns the photos. Default: who shares; where nobody does, who tells
            most (:func:`bot.dialogues.dialogue.likely_owner`).
        stdin: stands in for standard input.

    Raises:
        DialogueUnreadable: a source is missing, cannot be read, is of another format, or holds no
            dialogue; or the owner does not speak. A damaged file is never skipped: numbers from
            what is left would not be honest.
        EmptyDialogue: there is no dialogue in any of them.
    """
    sources = [sources] if isinstance(sources, Path | str) else sources
    reader = _Reader(plain_text, owner)
    for source, named in _files(sources):
        name = "standard input" if source == STANDARD_INPUT else str(source)
        reader.read(read_text(source, name, stdin), name, named=named)
    if not reader.dialogues:
        names = ", ".join(str(source) for source in sources) or "nothing"
        raise EmptyDialogue(f"{names}: no dialogue in there")
    return reader.result()


def parse_dialogues(text: str, *, owner: str | None = None, name: str = "the text") -> DialogueSet:
    """The dialogues of one text, in any of the formats; see :func:`read_dialogues`."""
    reader = _Reader(True, owner)
    reader.read(text, name, named=True)
    if not reader.dialogues:
        raise EmptyDialogue(f"{name} holds no dialogue")
    return reader.result()


def left_out(dialogues: DialogueSet) -> DialogueSet:
    """The same with the problems of :data:`LEFT_OUT` alone: a chat need not share a photo."""
    problems = {name: count for name, count in dialogues.problems.items() if name in LEFT_OUT}
    return replace(dialogues, problems=problems)


def _files(sources: Iterable[Source]) -> Iterator[tuple[Source, bool]]:
    """Each file once, and whether it was named itself rather than found in a folder."""
    seen: set[Path] = set()
    for source in sources:
        if str(source) == STANDARD_INPUT:
            yield STANDARD_INPUT, True
            continue
        path = Path(source).expanduser()
        if path.is_dir():
            found = [(each, False) for each in sorted(path.glob("*.json")) if each.is_file()]
        elif not path.exists() and glob.has_magic(str(source)):
            found = [(Path(each), True) for each in sorted(glob.glob(str(path), recursive=True))]
        else:
            found = [(path, True)]
        if not found:
            raise DialogueUnreadable(f"{source}: no JSON file is there")
        for each, named in found:
            if each.absolute() not in seen:
                seen.add(each.absolute())
                yield each, named


class _Reader:
    """Collects the dialogues of several texts, and counts what is odd about them."""

    def __init__(self, plain_text: bool, owner: str | None) -> None:
        self.dialogues: list[Dialogue] = []
        self._plain_text = plain_text
        self._owner = owner
        self._problems: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}
        self._by_id: dict[str, Dialogue] = {}

    def result(self) -> DialogueSet:
        return DialogueSet(
            tuple(self.dialogues),
            dict(self._problems),
            {reason: tuple(where) for reason, where in self._examples.items()},
        )

    def read(self, text: str, name: str, *, named: bool) -> None:
        if not text.strip():
            raise EmptyDialogue(f"{name} is empty: expected a dialogue")
        stem = Path(name).stem
        if self._plain_text and not starts_like_json(text):
            dialogue = exported_text(text, f"{stem}-0", name) or plain_dialogue(text, f"{stem}-0")
            self._add(self._owned(dialogue, name), stem, name)
            return
        values = json_dialogues(text, name)
        exported = exported_json(values, stem, name) if self._plain_text else None
        if exported is not None:
            for chat in exported:
                self._add(self._owned(chat, name), stem, f"{name}: chat {chat.id}")
            return
        read: list[Dialogue | None] = []
        reason = DialogueUnreadable(f"{name} holds no dialogue")
        for number, value in enumerate(values):
            try:
                read.append(dialogue_from_json(value, f"{stem}-{number}", name))
            except DialogueUnreadable as error:
                reason = error
                read.append(None)
        if values and not any(read):
            if named:
                raise reason
            self._count(NOT_DIALOGUES, name)
            return
        for number, parsed in enumerate(read):
            if parsed is None:
                self._count(NOT_A_DIALOGUE, f"{name}: dialogue no. {number}")
            else:
                self._add(self._owned(parsed, name), stem, f"{name}: dialogue {parsed.id}")

    def _owned(self, dialogue: Dialogue, name: str) -> Dialogue:
        """The dialogue with the owner that was asked for, who must speak in it."""
        speakers = sorted({turn.speaker for turn in dialogue.turns})
        if self._owner is None or not speakers:
            return dialogue
        if self._owner not in speakers:
            raise DialogueUnreadable(
                f"{name}: nobody called {self._owner!r} speaks; speakers: {', '.join(speakers[:5])}"
            )
        return replace(dialogue, owner=self._owner)

    def _add(self, dialogue: Dialogue, stem: str, where: str) -> None:
        earlier = self._by_id.get(dialogue.id)
        if earlier == dialogue:
            self._count(REPEATED, where)
            return
        if earlier is not None:
            self._count(SAME_ID, where)
            dialogue = replace(dialogue, id=self._free_id(f"{stem}-{dialogue.id}"))
        self._by_id[dialogue.id] = dialogue
        self.dialogues.append(dialogue)
        for reason in _oddities(dialogue):
            self._count(reason, where)

    def _free_id(self, base: str) -> str:
        """An id that is not taken: ``test_01-7``, then ``test_01-7-2`` and so on."""
        candidate, number = base, 2
        while candidate in self._by_id:
            candidate, number = f"{base}-{number}", number + 1
        return candidate

    def _count(self, reason: str, where: str) -> None:
        self._problems[reason] += 1
        examples = self._examples.setdefault(reason, [])
        if len(examples) < MAX_EXAMPLES:
            examples.append(where)


def _oddities(dialogue: Dialogue) -> Iterator[str]:
    if not dialogue.turns:
        yield NO_TURNS
        return
    shares = sum(turn.shares_photo for turn in dialogue.turns)
    # An AlbumChat dialogue ends where the photo is wanted: it has no turn that shares one.
    if not shares and dialogue.album is None:
        yield NO_SHARE
    elif shares > 1:
        yield SEVERAL_SHARES
    if shares and not dialogue.conversation():
        yield NOTHING_BEFORE
    if len({turn.speaker for turn in dialogue.turns}) > 2:
        yield MANY_SPEAKERS
