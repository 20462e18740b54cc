"""Descriptors for training dialogues that have none: by the offline describer or an LLM."""

from collections.abc import Callable, Sequence
from typing import Literal

from bot.conversation import Conversation
from bot.settings import Settings
from training.errors import TrainingError
from training.evaluation.llm import RateLimit, Reply, Watch

Describe = Callable[[Sequence[Conversation]], list[Reply]]
"""A reply to each conversation: a description, or why there is none."""

DescribedBy = Literal["recorded", "offline", "llm"]
DESCRIBED_BY: tuple[DescribedBy, ...] = ("recorded", "offline", "llm")


def open_describer(
    kind: str, settings: Settings, *, watch: Watch | None = None, rate: RateLimit | None = None
) -> Describe | None:
    """What describes dialogues; None when only recorded descriptors are wanted.

    Args:
        kind: of :data:`DESCRIBED_BY`.
        settings: name the LLM and its server. Its answers are kept: a second run asks nothing.
        watch: told of every answer of the LLM.
        rate: of asking it.

    Raises:
        TrainingError: no such kind, or no LLM is set up.
    """
    if kind == "recorded":
        return None
    if kind == "offline":
        return describe_offline
    if kind != "llm":
        raise TrainingError(f"no describer {kind!r}: choose of {', '.join(DESCRIBED_BY)}")
    if not settings.uses_llm:
        raise TrainingError("descriptors by an LLM need one: set OPENAI_API_KEY or give --base-url")
    from retrieval.encoders import load_encoder
    from training.evaluation.plan import Plan
    from training.evaluation.run import Host, open_asker

    plan = Plan(sources=(), rate=rate or RateLimit())
    return open_asker(settings, plan, Host(load_encoder=load_encoder, watch=watch)).describe


def describe_offline(conversations: Sequence[Conversation]) -> list[Reply]:
    """By the offline describer, as the chat does without an LLM."""
    from bot.describe.rules import RuleDescriber

    describer = RuleDescriber()
    return [Reply(describer.describe(conversation)) for conversation in conversations]
