"""When to share: whether a photo belongs into the conversation right now, decided without an LLM.

Two judges, and either suffices:

* *plain words* in the newest turn: somebody asks for a photo ("show me", "got a pic?") or hands one
  over ("here's a photo", "you should see his face");
* a small *logistic model* over what was said in the last few turns, who said it, and how long the
  talk has gone on without a photo. It is what notices that "sure!" takes up an offer made two turns
  ago. Its weights lie beside this file; ``training/share_decision.py`` makes them.

Both are pure functions of the conversation and take well under a millisecond.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from bot.conversation import Conversation, Turn
from bot.intent.cues import features, offers_a_photo, since_last_photo, uses_plain_words

WEIGHTS_FILE = "share_weights.json"
PLAIN_WORDS_CONFIDENCE = 0.9
OPENING_TURNS = 3
"""So early, "wanna see my dog?" is said to a bot; later it waits for the other one's answer."""


@dataclass(frozen=True)
class ShareModel:
    """A logistic regression over :func:`bot.intent.cues.features`.

    Attributes:
        bias: log-odds when no feature holds.
        threshold: probability from which on a photo is shared, where F1 was best in training.
        weights: log-odds of each feature; others count nothing.
    """

    bias: float
    threshold: float
    weights: Mapping[str, float]

    def probability(self, found: Mapping[str, float]) -> float:
        """That the owner shares a photo next."""
        total = self.bias + sum(self.weights.get(name, 0.0) * found[name] for name in sorted(found))
        return 1.0 / (1.0 + math.exp(-total))


@cache
def share_model() -> ShareModel:
    """The model that comes with Photopal."""
    stored = json.loads(files("bot.intent").joinpath(WEIGHTS_FILE).read_text(encoding="utf-8"))
    return ShareModel(stored["bias"], stored["threshold"], stored["weights"])


def wants_photo(conversation: Conversation) -> tuple[bool, float]:
    """Whether a photo should be shown now, and how sure that is, from 0 to 1.

    Example::

        wants_photo(Conversation((Turn("user", "got a pic?"),)))  # (True, 0.9)
    """
    turns = since_last_photo(conversation.turns)
    if not turns:
        return False, 0.0
    model = share_model()
    probability = model.probability(features(conversation))
    if says_so(turns):
        return True, max(probability, PLAIN_WORDS_CONFIDENCE)
    return probability >= model.threshold, probability


def says_so(turns: Sequence[Turn]) -> bool:
    """Whether the newest turn leaves no doubt."""
    newest = turns[-1].text
    return uses_plain_words(newest) or (len(turns) <= OPENING_TURNS and offers_a_photo(newest))
