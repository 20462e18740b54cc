"""How the small language model's LoRA is made."""

import json
from pathlib import Path

import numpy as np
import pytest

from bot.conversation import Turn
from bot.describe.small_llm import SmallLLM, model_path, prompt_of
from bot.errors import DescriberUnavailable
from tests.support.llm_server import why_no_server
from training.errors import DatasetInvalid
from training.small_llm.adapter import interleaved, tensors_of
from training.small_llm.examples import Lesson, lessons_of
from training.small_llm.lora import IGNORED, LoraRecipe, Tokens, batches_of, make, padded

reason = why_no_server()

FIELDS = {
    "main_subject": "a red wall",
    "foreground_objects": "",
    "background_scene": "a street",
    "events": "",
    "materials_and_attributes": "red",
}


@pytest.fixture
def dialogues(tmp_path: Path) -> Path:
    file = tmp_path / "dialogues.jsonl"
    turns = [[0, "look at this wall"], [1, "wow"], [0, None], [1, "so red"]]
    rows = [
        {"photo": "red.png", "turns": turns, "descriptors": FIELDS},
        {"photo": "blue.png", "turns": turns},
        {"photo": "green.png", "turns": turns},
    ]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return file


def test_lessons_are_descriptors_or_a_caption(dialogues: Path) -> None:
    lessons = lessons_of([dialogues], {"blue.png": ['A "blue" wall \'s end .']})
    answers = [json.loads(lesson.answer) for lesson in lessons]
    assert {"caption": "a blue wall's end"} in answers and FIELDS in answers
    assert len(lessons) == 2, "the green one has neither"
    # What comes after the share is not known when the photo is looked for.
    assert {lesson.prompt for lesson in lessons} == {
        prompt_of([Turn("0", "look at this wall"), Turn("1", "wow")], "0")
    }


def test_nothing_to_learn_from_is_told(tmp_path: Path) -> None:
    file = tmp_path / "dialogues.jsonl"
    file.write_text(json.dumps({"photo": "red.png", "turns": [[0, "hi"]]}), encoding="utf-8")
    with pytest.raises(DatasetInvalid, match="nothing to learn from"):
        lessons_of([file], {})


def test_only_answers_are_learned() -> None:
    inputs, labels = padded([Tokens([5, 6], [7, 2]), Tokens([8], [2])], end=2)
    assert inputs.tolist() == [[5, 6, 7, 2], [8, 2, 2, 2]]
    assert labels.tolist() == [[IGNORED, IGNORED, 7, 2], [IGNORED, 2, IGNORED, IGNORED]]


def test_every_lesson_is_in_one_batch() -> None:
    lessons = [Tokens([1] * (number % 7 + 1), [number]) for number in range(450)]
    batches = batches_of(lessons, LoraRecipe())
    assert sorted(one.answer[0] for batch in batches for one in batch) == list(range(450))


def test_rows_stand_as_llama_cpp_rotates_them() -> None:
    # Two heads of four numbers: each head's halves (0 1 | 2 3) are interleaved.
    rows = np.arange(8, dtype=np.float32)[:, None]
    assert interleaved(rows, 2)[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
    name = "base_model.model.model.layers.3.self_attn.{}.lora_{}.weight"
    weights = {
        name.format("q_proj", "A"): np.ones((2, 5), np.float32),
        name.format("q_proj", "B"): rows.repeat(2, axis=1),
        name.format("v_proj", "B"): rows.repeat(2, axis=1),
    }
    found = tensors_of(weights, heads=2, key_value_heads=1)
    assert found["blk.3.attn_q.weight.lora_a"].shape == (2, 5)
    assert found["blk.3.attn_q.weight.lora_b"][:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
    assert found["blk.3.attn_v.weight.lora_b"][:, 0].tolist() == list(range(8))
    with pytest.raises(ValueError, match="no matrix of a Llama"):
        tensors_of({"lm_head": rows}, 2, 1)


@pytest.mark.skipif(reason is not None, reason=reason or "")
@pytest.mark.timeout(600)
def test_a_trained_adapter_is_read_by_llama_cpp(tmp_path: Path) -> None:
    lesson = Lesson(prompt_of([Turn("0", "look at this wall")], "0"), json.dumps(FIELDS))
    make([lesson], model_path(), tmp_path / "new.gguf", LoraRecipe(rank=2, batch=1))
    # One step teaches nothing; an adapter that does not fit would be refused.
    SmallLLM(model_path(), tmp_path / "new.gguf").write(lesson.prompt)
    with pytest.raises(DescriberUnavailable):
        SmallLLM(model_path(), tmp_path / "none.gguf").write(lesson.prompt)
