"""Photo-sharing intent, PhotoChat's first task: at every turn up to the share, share or not.

A dialogue whose photo comes after n turns makes n examples: what was said up to turn 1, 2, ... n.
Only the last one is a share. A dialogue without a share makes as many as it has turns, none of them
a share.

Zang et al. 2021 (arXiv 2108.01453), table 3: BERT-base F1 53.2, T5-3B 58.9, trained on 10,286
dialogues.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.conversation import Conversation
from bot.dialogues.dialogue import Dialogue

Decide = Callable[[Conversation], tuple[bool, float]]
"""Whether to share now, and how sure that is, such as :func:`bot.intent.share.wants_photo`."""


@dataclass(frozen=True)
class IntentSample:
    """One moment of a dialogue.

    Attributes:
        dialogue: its id.
        conversation: what was said so far.
        share: whether the owner shared a photo next.
    """

    dialogue: str
    conversation: Conversation
    share: bool


@dataclass(frozen=True)
class IntentScores:
    """How good decisions are. Precision and recall are of the class "share".

    ``precision = tp / (tp + fp)``, ``recall = tp / (tp + fn)``,
    ``f1 = 2 tp / (2 tp + fp + fn)``; 0 where the denominator is 0.
    """

    n: int
    shares: int
    predicted: int
    precision: float
    recall: float
    f1: float
    threshold: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def intent_samples(dialogues: Iterable[Dialogue]) -> list[IntentSample]:
    """Every turn up to the share of every dialogue."""
    samples = []
    for dialogue in dialogues:
        whole = dialogue.conversation()
        for said in range(1, len(whole.turns) + 1):
            samples.append(
                IntentSample(
                    dialogue.id,
                    Conversation(whole.turns[:said], whole.owner),
                    dialogue.share_index is not None and said == len(whole.turns),
                )
            )
    return samples


def score_decisions(
    truth: Sequence[bool], decisions: Sequence[bool], threshold: float | None = None
) -> IntentScores:
    """Precision, recall and F1."""
    right = np.asarray(truth, dtype=bool)
    said = np.asarray(decisions, dtype=bool)
    hits = int((right & said).sum())
    shares, predicted = int(right.sum()), int(said.sum())
    return IntentScores(
        n=len(right),
        shares=shares,
        predicted=predicted,
        precision=hits / predicted if predicted else 0.0,
        recall=hits / shares if shares else 0.0,
        f1=2 * hits / (shares + predicted) if shares + predicted else 0.0,
        threshold=threshold,
    )


def best_threshold(
    truth: NDArray[np.bool_], confidences: NDArray[np.float64]
) -> tuple[float, float]:
    """The confidence from which on to share so that F1 is greatest, and that F1."""
    if not len(truth):
        return 0.5, 0.0
    values, place = np.unique(confidences, return_inverse=True)
    counts = np.bincount(place, minlength=len(values))[::-1].cumsum()[::-1]
    hits = np.bincount(place, weights=truth, minlength=len(values))[::-1].cumsum()[::-1]
    f1 = 2 * hits / (counts + truth.sum())
    best = int(f1.argmax())
    below = values[best - 1] if best else values[best]
    # Half way to the next lower one: it is no more than a guess what lies between.
    return float((values[best] + below) / 2), float(f1[best])
