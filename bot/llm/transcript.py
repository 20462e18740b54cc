"""A conversation as bounded text for a prompt."""

from bot.conversation import Conversation
from retrieval.text import GAP, clean_text

MAX_TURNS = 30
MAX_TURN_CHARS = 1_500
MAX_CHARS = 4_000
"""A little server's context often holds 4,096 tokens, the instructions and the answer included."""

MAX_NAME_CHARS = 40


def transcript(conversation: Conversation) -> str:
    """The newest turns, one a line, between marks that say where the data begins and ends.

    A turn cannot pretend to be another turn or the end of the conversation: line breaks become
    blanks, and angle brackets a look-alike. What is too long loses its middle; when all is too
    long, the oldest turns go.
    """
    lines: list[str] = []
    room = MAX_CHARS
    for turn in reversed(conversation.turns[-MAX_TURNS:]):
        text = _one_line(turn.text, MAX_TURN_CHARS)
        if not text:
            continue
        line = f"{_one_line(turn.speaker, MAX_NAME_CHARS) or 'someone'}: {text}"
        if lines and len(line) > room:
            break
        lines.append(line)
        room -= len(line)
    owner = _one_line(conversation.owner, MAX_NAME_CHARS).replace('"', "'")
    body = "\n".join(reversed(lines))
    today = f' today="{conversation.today.isoformat()}"' if conversation.today else ""
    return f'<conversation owner="{owner}"{today}>\n{body}\n</conversation>'


def _one_line(text: str, limit: int) -> str:
    # Cut before cleaning, so that the work on a huge message is bounded too.
    if len(text) > 2 * limit:
        text = text[:limit] + GAP + text[-limit:]
    text = text.replace("<", "‹").replace(">", "›")
    text = " ".join(clean_text(text).split())
    if len(text) > limit:
        half = (limit - len(GAP)) // 2
        text = text[:half] + GAP + text[-half:]
    return text
