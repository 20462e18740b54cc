"""Token states of texts from a locked network, computed once and cached; token dropout."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from retrieval.encoders.folder import fingerprint_of
from retrieval.encoders.starter.bases import TextBase
from retrieval.encoders.starter.layout import STATE_DIM
from training.encoders.cache import keep, read_kept

_BATCH = 128


@dataclass(frozen=True)
class PackedStates:
    """Token states of texts, end to end, without padding.

    Attributes:
        states: [tokens of all texts, 384], float16.
        starts: place of each text's first token [texts + 1].
    """

    states: Tensor
    starts: Tensor

    def __len__(self) -> int:
        return len(self.starts) - 1

    def batch(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Token states [n, tokens, 384] and which are there [n, tokens] of some texts."""
        lengths = self.starts[places + 1] - self.starts[places]
        steps = torch.arange(int(lengths.max()))[None]
        present = steps < lengths[:, None]
        positions = torch.where(present, self.starts[places][:, None] + steps, 0)
        return self.states[positions].float(), present


class TokenStates:
    """A cache of texts' token states; computes those that it does not hold."""

    def __init__(self, base: TextBase, key: str) -> None:
        """A network, and what names its weights in the cache."""
        self._base = base
        self._key = key
        self._places: dict[str, int] = {}
        self._states: PackedStates | None = None

    def keep(self, texts: Sequence[str], cache: Path | None) -> None:
        """Hold these texts from now on, instead of those held before."""
        distinct = list(dict.fromkeys(texts))
        name = f"states.{fingerprint_of(self._key, distinct)}.safetensors"
        file = None if cache is None else cache / name
        found = read_kept(file)
        if found is not None and set(found) == {"states", "starts"}:
            self._states = PackedStates(found["states"], found["starts"])
        else:
            self._states = token_states(self._base, distinct)
            keep(file, {"states": self._states.states, "starts": self._states.starts})
        self._places = {text: place for place, text in enumerate(distinct)}

    def batch(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Token states [n, tokens, 384] and which are there [n, tokens]."""
        places = [self._places.get(text, -1) for text in texts]
        held = [row for row, place in enumerate(places) if place >= 0]
        new = [row for row, place in enumerate(places) if place < 0]
        parts = []
        if held and self._states is not None:
            states = self._states.batch(torch.tensor([places[row] for row in held]))
            if not new:
                return states
            parts.append((held, *states))
        if new:
            with torch.no_grad():
                parts.append((new, *self._base.states([texts[row] for row in new])))
        return _joined(len(texts), parts)


def _joined(count: int, parts: Sequence[tuple[list[int], Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    length = max((present.shape[1] for _, _, present in parts), default=1)
    states = torch.zeros(count, length, STATE_DIM)
    present = torch.zeros(count, length, dtype=torch.bool)
    for rows, some, there in parts:
        states[rows, : there.shape[1]] = some.float()
        present[rows, : there.shape[1]] = there
    return states, present


@torch.no_grad()
def token_states(base: TextBase, texts: Sequence[str]) -> PackedStates:
    """Token states of texts, computed."""
    # Texts of like length go together: padding costs as much as words.
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    none = torch.zeros(0, STATE_DIM, dtype=torch.half)
    states: list[Tensor] = [none] * len(texts)
    for start in range(0, len(order), _BATCH):
        places = order[start : start + _BATCH]
        batch, present = base.states([texts[place] for place in places])
        for row, place in enumerate(places):
            states[place] = batch[row, present[row]].half()
    lengths = torch.tensor([0] + [len(state) for state in states])
    return PackedStates(torch.cat([none, *states]), lengths.cumsum(0))


def with_token_dropout(present: Tensor, share: float) -> Tensor:
    """A mask of tokens [n, tokens] without a random share; each text's first token stays.

    The first one is the network's own, not a word: a text is never left empty.
    """
    kept = torch.rand(present.shape, device=present.device) >= share
    kept[:, 0] = True
    return present * kept
