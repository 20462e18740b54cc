"""What a chat is called in a list: what was looked for in it."""

from bot.assistant.facts import filter_words
from bot.assistant.session import Session
from retrieval.search.filters import Filter

MAX_CHARS = 60
MAX_TOPICS = 3
UNTITLED = "A chat"


def title_of(session: Session, first_message: str = "") -> str:
    """A title: the newest things that were looked for, oldest first, else the first words said.

    Args:
        session: of the chat.
        first_message: what the person said first.
    """
    names: list[str] = []
    for topic in reversed(session.topics):
        # A detail ("only where he runs") tells little in a list; what was looked for tells all.
        name = topic.content or filter_words(
            Filter(dates=topic.when, places=topic.where, favourite=topic.favourite)
        )
        name = " ".join(name.split())
        if name and name.casefold() not in {one.casefold() for one in names}:
            names.insert(0, name)
        if len(names) == MAX_TOPICS:
            break
    while len(names) > 1 and len(" · ".join(names)) > MAX_CHARS:
        names.pop(0)
    title = shortened(" · ".join(names) or first_message) or UNTITLED
    return title[:1].upper() + title[1:]


def shortened(text: str, limit: int = MAX_CHARS) -> str:
    """The text on one line, cut at a word with "…" where it is too long."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    cut = text[:limit].rpartition(" ")[0] or text[:limit]
    return cut.rstrip(" ,.;:·") + "…"
