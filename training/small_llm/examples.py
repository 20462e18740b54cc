"""What the small language model learns from: a dialogue, and the JSON it should write of it."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.describe.small_llm import prompt_of
from bot.descriptors import FIELDS
from training.datasets.example import Example
from training.datasets.read import read_examples
from training.errors import DatasetInvalid

CAPTION = "caption"
"""The field of an answer that is one caption of the photo. Of most dialogues only captions are
known; the model learns from them what such photos show, and from the others the five fields."""


@dataclass(frozen=True)
class Lesson:
    """A prompt, and the answer that should follow it."""

    prompt: str
    answer: str


def lessons_of(
    dialogues: Sequence[Path], captions: Mapping[str, Sequence[str]], seed: int = 0
) -> list[Lesson]:
    """The lessons of dialogues, shuffled.

    A dialogue with descriptors teaches these; one without, a caption of its photo by chance.

    Args:
        dialogues: JSON Lines files, see :mod:`training.datasets`.
        captions: by the photo's file name.
        seed: of the choice of captions and of the order.

    Raises:
        DatasetInvalid: no dialogue has either.
    """
    chance = random.Random(seed)
    lessons = []
    for example in read_examples(dialogues, dialogues[0].parent):
        answer = _answer(example, captions, chance)
        if example.conversation and answer:
            conversation = example.conversation
            lessons.append(Lesson(prompt_of(conversation.turns, conversation.owner), answer))
    if not lessons:
        raise DatasetInvalid(
            "no dialogue has descriptors, or a photo with captions: nothing to learn from"
        )
    chance.shuffle(lessons)
    return lessons


def _answer(
    example: Example, captions: Mapping[str, Sequence[str]], chance: random.Random
) -> str | None:
    if example.descriptors is not None:
        return _json({name: _plain(getattr(example.descriptors, name)) for name in FIELDS})
    known = captions.get(example.path.name) or example.captions
    return _json({CAPTION: _plain(chance.choice(known))}) if known else None


def _json(answer: Mapping[str, str]) -> str:
    return json.dumps(answer, separators=(",", ":"), ensure_ascii=False)


def _plain(text: str) -> str:
    """A text as people would type it: "A dog 's ball ." is "a dog's ball"."""
    text = text.strip().rstrip(" .").replace(" ,", ",").replace(" 's", "'s").replace('"', "")
    text = text.replace("\\", "").strip()
    return text[:1].lower() + text[1:]
