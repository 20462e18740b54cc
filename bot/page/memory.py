"""The conversation of one session, bounded in length."""

from collections import deque

from bot.conversation import Conversation, Turn

OWNER = "user"
BOT = "Photopal"
MAX_TURNS = 40
MAX_MESSAGE_CHARS = 4000


class Transcript:
    """What was said so far. The user owns the photos and is about to share one."""

    def __init__(self) -> None:
        self._turns: deque[Turn] = deque(maxlen=MAX_TURNS)

    def user_says(self, text: str) -> bool:
        """Add a message of the user's; True when only its end was kept because it is too long."""
        # Unpaired surrogates cannot be encoded, which tokenizers and JSON trip over.
        text = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", " ").strip()
        cut = len(text) > MAX_MESSAGE_CHARS
        if cut:
            text = text[-MAX_MESSAGE_CHARS:]
            # Begin with a whole word, where there are words.
            text = text.partition(" ")[2].strip() or text
        self._turns.append(Turn(OWNER, text))
        return cut

    def bot_says(self, text: str) -> None:
        """Add a reply that an LLM wrote. Sentences of our own are no part of the conversation."""
        text = text.strip()[:MAX_MESSAGE_CHARS]
        if text:
            self._turns.append(Turn(BOT, text))

    def user_shares(self) -> None:
        """The user shared a photo: what was said before is settled."""
        self._turns.append(Turn(OWNER, "", shares_photo=True))

    def conversation(self) -> Conversation:
        """The conversation as the bot sees it."""
        return Conversation(tuple(self._turns), owner=OWNER)
