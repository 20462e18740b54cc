"""From a description to the query for the search (stub; to be replaced)."""

from bot.descriptors import FIELDS, Description
from retrieval.encoders.protocol import Encoder
from retrieval.errors import EmptyQuery
from retrieval.search import Query, QueryText


def to_query(description: Description, encoder: Encoder) -> Query:
    """The query for a description. Raises EmptyQuery when it says nothing."""
    phrases = [getattr(description.descriptors, name) for name in FIELDS] + [description.context]
    text = ", ".join(phrase for phrase in phrases if phrase.strip())
    if not text:
        raise EmptyQuery("there is nothing to look for yet")
    return Query(parts=(QueryText(text),))
