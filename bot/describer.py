"""The offline describer (stub; to be replaced)."""

from bot.conversation import Conversation
from bot.descriptors import Description, Descriptors
from bot.share import wants_photo


class OfflineDescriber:
    """Describes the photo to look for without any LLM."""

    def describe(self, conversation: Conversation) -> Description:
        """The description of the photo that fits the conversation."""
        share, confidence = wants_photo(conversation)
        words = " ".join(turn.text for turn in conversation.turns[-4:])
        return Description(
            descriptors=Descriptors(main_subject=words[:200]), share=share, confidence=confidence
        )
