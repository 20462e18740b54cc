"""PhotoChat's dialogues and their photos, as every experiment reads them.

The dataset (Zang et al. 2021, arXiv 2108.01453) is JSON: a list of dialogues, in one of whose turns
a speaker shares a photo. Real files hold dialogues without a share and with several, share turns
without a message, ids used twice. All of these are read and counted; none is dropped in silence.
"""

import glob
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from bot.conversation import Conversation, Turn
from bot.dialogues import formats
from bot.errors import DialogueUnreadable, EmptyDialogue
from retrieval.photos.reading import PHOTO_SUFFIXES

NO_TURNS = "no turns"
NOTHING_BEFORE = "nothing said before the photo"
NO_SHARE = "no share turn"
SEVERAL_SHARES = "several share turns"
MANY_SPEAKERS = "more than two speakers"
SAME_ID = "an id used twice"
REPEATED = "the same dialogue twice (read once)"
NOT_A_DIALOGUE = "not a dialogue (left out)"
NOT_DIALOGUES = "JSON without dialogues in the folder (file left out)"

MAX_EXAMPLES = 5
_MAX_NAME_BYTES = 200
_UNSAFE = re.compile(r"[^\w.\- ]|[\x00-\x1f]")
_PERSON_THEN_OBJECTS = re.compile(r"The photo has your\b.*?(?=Objects in the photo\s*:)", re.S)
_PERSON = re.compile(r"The photo has your\b.*?(?:\.(?=\s|$)|$)", re.S)
_OBJECTS = re.compile(r"Objects in the photo\s*:\s*")


@dataclass(frozen=True)
class Dialogue:
    """One dialogue of the dataset.

    Attributes:
        id: unique in its :class:`DialogueSet`.
        turns: all of them, those after the share too.
        share_index: of the first turn that shares a photo; None when no turn does.
        photo_id: the photo's name in the dataset, where the file gives one.
        photo_url: where the photo was once; "" when not said.
        description: ``photo_description`` as it stands in the file.
    """

    id: str
    turns: tuple[Turn, ...]
    share_index: int | None = None
    photo_id: str | None = None
    photo_url: str = ""
    description: str = ""

    def conversation(self) -> Conversation:
        """What precedes the first share; the whole dialogue when there is none.

        The owner is who shares, else who tells most. The conversation can be empty: a photo that
        is shared before anybody speaks still counts, as a miss.
        """
        owner = formats.likely_owner(self.turns) if self.turns else Conversation().owner
        return Conversation(self.turns[: self.share_index], owner)

    @property
    def labels(self) -> str:
        """The object labels of the description alone, such as ``Drink, Head, Face``.

        "The photo has your dad Mark." goes: a name that the dialogue mentions too would give the
        photo away and inflate every score of ranking label texts.
        """
        text = _PERSON.sub(" ", _PERSON_THEN_OBJECTS.sub(" ", self.description))
        return " ".join(_OBJECTS.sub(" ", text).split())

    @property
    def photo_name(self) -> str | None:
        """The name that the photo's file has: its id, else the stem of the URL's file name.

        Safe to be joined to a folder, with ``/`` where the id has one; None when there is no name.
        """
        name = safe_name(self.photo_id or "") or safe_name(url_stem(self.photo_url))
        path = PurePosixPath(name)
        if path.suffix.lower() in PHOTO_SUFFIXES:
            name = path.with_suffix("").as_posix()
        return name or None


@dataclass(frozen=True)
class DialogueSet:
    """Dialogues, and what was odd about them.

    Attributes:
        dialogues: in the order of the files.
        problems: how many dialogues (or files) there are of each kind of oddity. All but those
            whose reason says otherwise are in ``dialogues``.
        examples: the first few of each kind, as ``file: dialogue``.
    """

    dialogues: tuple[Dialogue, ...]
    problems: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Dialogue]:
        return iter(self.dialogues)

    def __len__(self) -> int:
        return len(self.dialogues)

    def find(self, identifier: str) -> Dialogue:
        """The dialogue of that id. Raises DialogueUnreadable when there is none."""
        for dialogue in self.dialogues:
            if dialogue.id == identifier:
                return dialogue
        raise DialogueUnreadable(f"there is no dialogue with the id {identifier}")


def url_stem(url: str) -> str:
    """``https://host/a/15705_o.jpg`` gives ``15705_o``; "" when the URL names no file."""
    try:
        path = unquote(urlsplit(url).path)
    except ValueError:
        return ""
    return PurePosixPath(path).stem


def safe_name(name: str) -> str:
    """The name as a relative path that every system takes and that leads nowhere else."""
    parts = (_UNSAFE.sub("_", part).strip(". ") for part in name.split("/"))
    short = (part.encode()[:_MAX_NAME_BYTES].decode("utf-8", "ignore") for part in parts)
    return "/".join(part for part in short if part)


def read_dialogues(sources: Sequence[Path | str]) -> DialogueSet:
    """Read files, folders (their ``*.json``) and globs (``train_*.json``).

    Raises:
        DialogueUnreadable: a source is missing, cannot be read, is no JSON, or holds no dialogue.
            A damaged file is never skipped: numbers from what is left would not be honest.
        EmptyDialogue: there is no dialogue in any of them.
    """
    reader = _Reader()
    for path, named in _files(sources):
        reader.read(path, named=named)
    if not reader.dialogues:
        names = ", ".join(str(source) for source in sources) or "nothing"
        raise EmptyDialogue(f"{names}: no dialogue in there")
    return DialogueSet(
        tuple(reader.dialogues),
        dict(reader.problems),
        {reason: tuple(where) for reason, where in reader.examples.items()},
    )


def _files(sources: Iterable[Path | str]) -> Iterator[tuple[Path, bool]]:
    """Each file once, and whether it was named itself rather than found in a folder."""
    seen: set[Path] = set()
    for source in sources:
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
    """Collects dialogues over several files."""

    def __init__(self) -> None:
        self.dialogues: list[Dialogue] = []
        self.problems: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}
        self._ids: dict[str, Dialogue] = {}

    def read(self, path: Path, *, named: bool) -> None:
        text = formats.read_text(path, str(path))
        if not text.strip():
            raise EmptyDialogue(f"{path} is empty: expected dialogues")
        values = formats.json_dialogues(text, str(path))
        read = [self._parse(value, path) for value in values]
        if values and not any(read):
            if named:
                formats.dialogue_from_json(values[0], None, str(path))
            self._count(NOT_DIALOGUES, str(path))
            return
        for number, parsed in enumerate(read):
            where = f"{path}: dialogue {parsed.id if parsed and parsed.id else f'no. {number}'}"
            if parsed is None:
                self._count(NOT_A_DIALOGUE, where)
            else:
                self._add(parsed, path, number, where)

    def _parse(self, value: Any, path: Path) -> formats.Dialogue | None:
        try:
            return formats.dialogue_from_json(value, None, str(path))
        except DialogueUnreadable:
            return None

    def _add(self, parsed: formats.Dialogue, path: Path, number: int, where: str) -> None:
        shares = [index for index, turn in enumerate(parsed.turns) if turn.shares_photo]
        dialogue = Dialogue(
            id=parsed.id if parsed.id is not None else f"{path.stem}-{number}",
            turns=parsed.turns,
            share_index=shares[0] if shares else None,
            photo_id=parsed.photo.id,
            photo_url=parsed.photo.url,
            description=parsed.photo.description,
        )
        earlier = self._ids.get(dialogue.id)
        if earlier == dialogue:
            self._count(REPEATED, where)
            return
        if earlier is not None:
            self._count(SAME_ID, where)
            dialogue = self._renamed(dialogue, path)
        self._ids[dialogue.id] = dialogue
        self.dialogues.append(dialogue)
        for reason in _oddities(dialogue, len(shares)):
            self._count(reason, where)

    def _renamed(self, dialogue: Dialogue, path: Path) -> Dialogue:
        """The dialogue under an id that is free: ``7`` becomes ``test_01-7``, then ``…-7-2``."""
        base = candidate = f"{path.stem}-{dialogue.id}"
        number = 2
        while candidate in self._ids:
            candidate, number = f"{base}-{number}", number + 1
        return Dialogue(**{**vars(dialogue), "id": candidate})

    def _count(self, reason: str, where: str) -> None:
        self.problems[reason] += 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < MAX_EXAMPLES:
            examples.append(where)


def _oddities(dialogue: Dialogue, shares: int) -> Iterator[str]:
    if not dialogue.turns:
        yield NO_TURNS
        return
    if not shares:
        yield NO_SHARE
    elif shares > 1:
        yield SEVERAL_SHARES
    if shares and not dialogue.conversation():
        yield NOTHING_BEFORE
    if len({turn.speaker for turn in dialogue.turns}) > 2:
        yield MANY_SPEAKERS


class PhotoNames:
    """Finds the photos of dialogues among files, under the names that people give them.

    Looked for by ``photo_id``, then by the file name in ``photo_url``; with any image extension and
    whatever the case. Only these files are ever found, whatever a dialogue file names.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._by_name: dict[str, Path] = {}
        bare: list[tuple[str, Path]] = []
        for path in paths:
            # An id may hold the split that a photo belongs to: train/abc.
            for name in (path.name, path.stem):
                self._by_name.setdefault(f"{path.parent.name}/{name}".lower(), path)
                bare.append((name.lower(), path))
        for name, path in bare:
            self._by_name.setdefault(name, path)

    def find(self, dialogue: Dialogue) -> Path | None:
        """The dialogue's photo, or None when it is not among the files."""
        for name in _names(dialogue):
            found = self._by_name.get(name.lower())
            if found is not None:
                return found
        return None


class PhotoFolder:
    """The photos of dialogues in a folder and its sub-folders; see :class:`PhotoNames`."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise DialogueUnreadable(f"{folder}: no such folder of photos")
        self.folder = folder

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """Every image file of the folder, sorted; those of the folder itself come first."""
        found = (
            path
            for path in self.folder.rglob("*")
            if path.suffix.lower() in PHOTO_SUFFIXES and path.is_file()
        )
        return tuple(sorted(found, key=lambda path: (len(path.parts), path)))

    @cached_property
    def _names(self) -> PhotoNames:
        return PhotoNames(self.paths)

    def find(self, dialogue: Dialogue) -> Path | None:
        """The dialogue's photo, or None when it is not here."""
        return self._names.find(dialogue)


def _names(dialogue: Dialogue) -> Iterator[str]:
    if dialogue.photo_id:
        base = dialogue.photo_id.rpartition("/")[2]
        yield from (dialogue.photo_id, base, safe_name(dialogue.photo_id))
        yield safe_name(base)
        if PurePosixPath(base).suffix.lower() in PHOTO_SUFFIXES:
            yield PurePosixPath(base).stem
    stem = url_stem(dialogue.photo_url)
    if stem:
        yield from (stem, safe_name(stem))
