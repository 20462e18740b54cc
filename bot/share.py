"""When to share (stub; to be replaced)."""

from bot.conversation import Conversation


def wants_photo(conversation: Conversation) -> tuple[bool, float]:
    """Whether a photo should be shown now, and how sure that is, from 0 to 1."""
    text = conversation.turns[-1].text.lower() if conversation.turns else ""
    asked = any(word in text for word in ("photo", "pic", "show", "see"))
    return asked, 0.9 if asked else 0.1
