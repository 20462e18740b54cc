"""The concept part: class names as vectors, and the gate that tells names from captions."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retrieval.encoders.starter.bases import TextBase
from retrieval.encoders.starter.heads import TextHead, sentence_vectors

DEFINITION_WEIGHT = 0.25
WHITENING = 0.03
WORDINGS = ("{}", "a {}", "a photo of a {}", "my {}", "the {}", "look at this {}")
GATE_LOW, GATE_HIGH = 0.1, 0.99


@dataclass(frozen=True)
class ClassName:
    """How an ImageNet class is called (WordNet lemmas; a common name; WordNet's definition)."""

    lemmas: tuple[str, ...]
    common: str
    definition: str

    def names(self) -> list[str]:
        """Every way to say it without the definition."""
        return list(dict.fromkeys([self.common, ", ".join(self.lemmas), *self.lemmas]))


def read_class_names() -> list[ClassName]:
    """The 1,000 classes of ImageNet-1k in their order."""
    file = Path(__file__).with_name("imagenet_classes.jsonl")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [ClassName(tuple(r["lemmas"]), r["common"], r["definition"]) for r in rows]


def meanings(base: TextBase, texts: Sequence[str]) -> Tensor:
    """all-MiniLM's sentence vectors [n, 384]."""
    parts = []
    with torch.inference_mode():
        for start in range(0, len(texts), 128):
            parts.append(sentence_vectors(*base.states(texts[start : start + 128])))
    return torch.cat(parts).clone()


def class_vectors(base: TextBase, classes: Sequence[ClassName]) -> tuple[Tensor, Tensor]:
    """Whitened unit vectors [1000, 384] of the classes, and the whitening [384, 384] itself.

    A class is the mean of its names' vectors and, counting a quarter, its definition's. With their
    second moment ``C``, the scatter ``S`` of ways to say one name ("a rocket", "a photo of a
    rocket") around their mean, and both scaled so that ``C + S`` has a mean eigenvalue of 1, the
    whitening is ``(C + S + 0.03 I)^-1/2``: what all names share, or what only the wording changes,
    counts little; what sets classes apart counts much.
    """
    common = [one.common for one in classes]
    mean = (
        meanings(base, [", ".join(one.lemmas) for one in classes])
        + meanings(base, common)
        + meanings(base, [one.lemmas[0] for one in classes])
        + DEFINITION_WEIGHT * meanings(base, [one.definition for one in classes])
    )
    unit = F.normalize(mean, dim=-1).double()
    said = torch.stack(
        [meanings(base, [wording.format(name) for name in common]) for wording in WORDINGS]
    ).double()
    around = (said - said.mean(0)).flatten(0, 1)
    moment = unit.T @ unit / len(unit) + around.T @ around / len(around)
    values, directions = torch.linalg.eigh(moment)
    spread = (values / values.mean() + WHITENING).rsqrt()
    whitening = directions @ torch.diag(spread) @ directions.T
    return F.normalize(unit @ whitening, dim=-1).float(), whitening.float()


def fit_gate(
    base: TextBase, classes: Sequence[ClassName], captions: Sequence[str], seed: int
) -> tuple[Tensor, Tensor]:
    """Weights [384] and bias [1] of the gate: logistic regression, names against captions.

    Names and captions each count half; the targets are ``GATE_HIGH`` and ``GATE_LOW``.
    """
    names = [name for one in classes for name in one.names()]
    names += [f"a photo of a {one.common}" for one in classes]
    some = random.Random(seed).sample(list(captions), min(len(captions), 2 * len(names)))
    inputs = torch.cat([meanings(base, names), meanings(base, some)])
    targets = torch.cat([torch.full((len(names),), GATE_HIGH), torch.full((len(some),), GATE_LOW)])
    weights = torch.where(targets > 0.5, 0.5 / len(names), 0.5 / len(some))
    gate = nn.Linear(inputs.shape[1], 1)
    nn.init.zeros_(gate.weight)
    nn.init.zeros_(gate.bias)
    optimizer = torch.optim.LBFGS(gate.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        errors = F.binary_cross_entropy_with_logits(gate(inputs)[:, 0], targets, reduction="none")
        total: Tensor = (errors * weights).sum() + 3e-5 * gate.weight.square().sum()
        total.backward()
        return total

    optimizer.step(loss)
    return gate.weight.detach()[0], gate.bias.detach()


def install(head: TextHead, whitening: Tensor, gate: tuple[Tensor, Tensor]) -> None:
    """Put whitening and gate into a text head."""
    head.whitening.copy_(whitening)
    head.gate_weight.copy_(gate[0])
    head.gate_bias.copy_(gate[1])
