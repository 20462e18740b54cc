"""What every describer offers."""

from typing import Protocol

from bot.conversation import Conversation
from bot.descriptors import Description


class Describer(Protocol):
    """Says which photo fits a conversation.

    :class:`bot.describe.rules.RuleDescriber` by words,
    :class:`bot.describe.phrases.PhraseDescriber` by the starter's text vectors,
    :class:`bot.describe.small_llm.SmallLLMDescriber` by a small language model,
    :class:`bot.describe.llm.LLMDescriber` by an LLM.
    """

    def describe(self, conversation: Conversation) -> Description:
        """The description of the photo that fits the conversation."""
        ...
