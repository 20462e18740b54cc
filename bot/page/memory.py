"""The conversation of one session, bounded in length."""

from collections import deque

from bot.conversation import Conversation, Turn

OWNER = "user"
BOT = "Photopal"
MAX_TURNS = 40
MAX_MESSAGE_CHARS = 4000


class Transcript:
    """What was said so far. The user owns the photos and is about to share one.

    Once photos were shown, what had been said before is settled: a chat goes on to other things,
    and the cat of ten minutes ago must not come up again when a temple is talked about.
    """

    def __init__(self) -> None:
        self._turns: deque[Turn] = deque(maxlen=MAX_TURNS)
        self._open = 0

    def user_says(self, text: str) -> bool:
        """Add a message of the user's; True when only its end was kept because it is too long."""
        # Unpaired surrogates cannot be encoded, which tokenizers and JSON trip over.
        text = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", " ").strip()
        cut = len(text) > MAX_MESSAGE_CHARS
        if cut:
            text = text[-MAX_MESSAGE_CHARS:]
            # Begin with a whole word, where there are words.
            text = text.partition(" ")[2].strip() or text
        self._add(Turn(OWNER, text))
        return cut

    def bot_says(self, text: str) -> None:
        """Add a reply that an LLM wrote. Sentences of our own are no part of the conversation."""
        text = text.strip()[:MAX_MESSAGE_CHARS]
        if text:
            self._add(Turn(BOT, text))

    def user_shares(self) -> None:
        """The user shared a photo."""
        self._add(Turn(OWNER, "", shares_photo=True))
        self.settle()

    def settle(self) -> None:
        """Photos were shown for what was said so far."""
        self._open = 0

    def conversation(self) -> Conversation:
        """All of it, as the bot sees it."""
        return Conversation(tuple(self._turns), owner=OWNER)

    def open_conversation(self) -> Conversation:
        """What was said since photos were last shown; all of it when nothing was."""
        turns = tuple(self._turns)
        return Conversation(turns[len(turns) - self._open :] or turns, owner=OWNER)

    def _add(self, turn: Turn) -> None:
        self._turns.append(turn)
        self._open = min(self._open + 1, len(self._turns))
