"""Reads files of examples: captions, dialogues with their photos, and PhotoChat."""

import glob
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from bot.descriptors import Description, Descriptors
from bot.dialogues.dialogue import DialogueSet
from bot.dialogues.formats import dialogue_from_json, json_dialogues, read_text
from bot.dialogues.reading import read_dialogues
from bot.errors import BotError
from retrieval.errors import PhotopalError
from training.datasets.describing import Describe
from training.datasets.example import (
    NO_DESCRIPTION,
    NO_PHOTO,
    NOT_EXAMPLES,
    Example,
    ExampleSet,
    Problems,
)
from training.datasets.lines import examples_of_lines, looks_like_lines
from training.datasets.photo_resolver import PhotoResolver
from training.errors import DatasetInvalid
from training.evaluation.reasons import EMPTY_DESCRIPTORS, NO_DESCRIPTORS
from training.evaluation.recorded import read_descriptors

Recorded = Mapping[str, Description | Descriptors]
"""Descriptors by dialogue id."""


def read_examples(
    sources: Sequence[Path | str],
    photos: Path,
    *,
    descriptors: Path | Recorded | None = None,
    describe: Describe | None = None,
) -> ExampleSet:
    """The examples of files, of folders (their ``*.json`` and ``*.jsonl``) and of globs.

    What a file is, its content decides:

    * ``{"photo", "captions": ["..."]}`` a line (or ``"caption"``): captions;
    * ``{"photo", "turns": [[speaker, message], ..., [speaker, null]], "descriptors"}`` a line:
      dialogues; speaker 0 owns the photo, null marks its share, descriptors may be absent;
    * PhotoChat's JSON (:func:`bot.dialogues.reading.read_dialogues`).

    A blank text is left out and counted; an example that is left with no text at all is none.
    Whether the photos are there is another question (:func:`training.datasets.photos.usable`).

    Args:
        sources: files, folders, globs.
        photos: folder with the photos, named by path, file name or stem.
        descriptors: recorded ones for PhotoChat's dialogues, by id: lines as
            :func:`training.evaluation.recorded.read_descriptors` reads them, or already read.
        describe: writes the descriptors of dialogues that have none
            (:func:`training.datasets.describing.open_describer`).

    Raises:
        DatasetInvalid: a source is missing or damaged, in the line that the message names; or there
            is nothing to train on.
        PhotosUnusable: there is no such folder of photos.
    """
    resolver = PhotoResolver(photos)
    problems = Problems()
    examples: list[Example] = []
    photochat: list[Path] = []
    for path, named in _files(sources):
        text = _text(path)
        if looks_like_lines(text, path.suffix.lower() == ".jsonl" and named):
            examples += examples_of_lines(text, str(path), resolver, problems)
        elif _holds_rows(text):
            raise DatasetInvalid(
                f"{path} holds its examples in one JSON value: write one object a line"
            )
        elif named or _holds_dialogues(text, str(path)):
            photochat.append(path)
        else:
            problems.count(NOT_EXAMPLES, str(path))
    if isinstance(descriptors, Path) and not photochat:
        raise DatasetInvalid(
            f"{descriptors} belongs to dialogues in PhotoChat's JSON, of which there are none in "
            f"{_names(sources)}; other dialogues hold their descriptors themselves"
        )
    if photochat:
        examples += _of_photochat(photochat, resolver, descriptors, problems)
    if describe is not None:
        examples = _described(examples, describe, problems)
    examples = [example for example in examples if example.kinds]
    if not examples:
        odd = "; ".join(f"{count:,} {reason}" for reason, count in problems.counts.items())
        raise DatasetInvalid(
            f"{_names(sources)}: there is nothing in there to train on{f' ({odd})' if odd else ''}"
        )
    return ExampleSet(
        tuple(examples),
        dict(problems.counts),
        {reason: tuple(places) for reason, places in problems.examples.items()},
    )


def _files(sources: Sequence[Path | str]) -> Iterator[tuple[Path, bool]]:
    """Each file once, and whether it was named itself rather than found in a folder."""
    seen: set[Path] = set()
    for source in sources:
        path = Path(source).expanduser()
        if path.is_dir():
            found = sorted(one for one in path.iterdir() if one.suffix in (".json", ".jsonl"))
        elif not path.exists() and glob.has_magic(str(path)):
            found = sorted(map(Path, glob.glob(str(path), recursive=True)))
        else:
            found = [path]
        if not found:
            raise DatasetInvalid(f"{source}: no JSON file is there")
        for one in found:
            if one.absolute() not in seen:
                seen.add(one.absolute())
                yield one, not path.is_dir()


def _text(path: Path) -> str:
    try:
        text = read_text(path, str(path))
    except PhotopalError as error:
        raise DatasetInvalid(str(error)) from None
    if not text.strip():
        raise DatasetInvalid(f"{path} is empty: expected captions or dialogues")
    return text


def _holds_rows(text: str) -> bool:
    """Whether all is a list of what belongs on lines of its own, or one such object over lines."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, dict) and "photo" in first and "dialogue" not in first


def _holds_dialogues(text: str, name: str) -> bool:
    try:
        values = json_dialogues(text, name)
    except PhotopalError:
        # A damaged file is never skipped: whoever reads it says what is wrong.
        return True
    for value in values:
        with suppress(BotError):
            dialogue_from_json(value, "", name)
            return True
    return False


def _of_photochat(
    paths: Sequence[Path],
    resolver: PhotoResolver,
    descriptors: Path | Recorded | None,
    problems: Problems,
) -> Iterator[Example]:
    try:
        dialogues = read_dialogues(paths)
        recorded = (
            read_descriptors(descriptors, dialogues.dialogues)
            if isinstance(descriptors, Path)
            else descriptors
        )
    except PhotopalError as error:
        raise DatasetInvalid(str(error)) from None
    problems.add(dialogues.problems, dialogues.examples)
    name = str(paths[0] if len(paths) == 1 else paths[0].parent)
    yield from _examples(dialogues, resolver, recorded, name, problems)


def _examples(
    dialogues: DialogueSet,
    resolver: PhotoResolver,
    recorded: Recorded | None,
    name: str,
    problems: Problems,
) -> Iterator[Example]:
    for dialogue in dialogues:
        source = f"{name}: dialogue {dialogue.id}"
        found = resolver.of(dialogue)
        if found is None:
            problems.count(NO_PHOTO, source)
            continue
        photo, path = found
        conversation = dialogue.conversation()
        fields = recorded.get(dialogue.id) if recorded is not None else None
        if isinstance(fields, Description):
            fields = fields.descriptors
        if recorded is not None and fields is None:
            problems.count(NO_DESCRIPTORS, source)
        elif fields is not None and fields.is_empty():
            problems.count(EMPTY_DESCRIPTORS, source)
            fields = None
        yield Example(photo, path, (), conversation or None, fields, source)


def _described(examples: list[Example], describe: Describe, problems: Problems) -> list[Example]:
    """The examples; those with a conversation and without descriptors have them now."""
    places = [
        place
        for place, example in enumerate(examples)
        if example.conversation is not None and example.descriptors is None
    ]
    found = list(examples)
    conversations = [one for place in places if (one := examples[place].conversation) is not None]
    for place, reply in zip(places, describe(conversations), strict=True):
        example, description = examples[place], reply.description
        if description is None:
            problems.count(NO_DESCRIPTION, f"{example.source} ({reply.failed})")
        elif description.descriptors.is_empty():
            problems.count(EMPTY_DESCRIPTORS, example.source)
        else:
            found[place] = replace(
                example, descriptors=description.descriptors, descriptors_by=description.source
            )
    return found


def _names(sources: Sequence[Path | str]) -> str:
    return ", ".join(str(source) for source in sources) or "no file"
