"""Dev and test queries, made exactly as the product makes its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.describe.base import Describer
from bot.describe.phrases import PhraseDescriber
from bot.describe.query import to_query
from bot.descriptors import Description
from retrieval.encoders.base import Encoder
from retrieval.errors import EmptyQuery
from retrieval.search import Query, QueryText
from training.datasets.example import Example, Kind


@dataclass(frozen=True)
class DevQuery:
    """A query and the photo that it should find.

    Attributes:
        parts: texts and their weights, fused as the search does.
        photo: the file.
        kind: of text that it was made of.
    """

    parts: tuple[tuple[str, float], ...]
    photo: Path
    kind: Kind

    @property
    def query(self) -> Query:
        """As the search takes it."""
        return Query(tuple(QueryText(text, weight) for text, weight in self.parts))


def dev_queries(
    examples: Sequence[Example], encoder: Encoder, describer: Describer | None = None
) -> list[DevQuery]:
    """Each caption is a query, each dialogue one, each set of descriptors one.

    A dialogue goes the way of a chat without an LLM: the offline describer, then
    :func:`bot.describe.query.to_query`. Descriptors go the way of an LLM's; those that the
    offline describer wrote are in the dialogue's query already. What says nothing makes no query.

    Args:
        examples: of dev or test.
        encoder: says how long a text may be.
        describer: of dialogues; by default that of a chat without an LLM
            (:class:`bot.describe.phrases.PhraseDescriber`), which loads the starter as shipped
            unless ``encoder`` is that.
    """
    describer = describer or PhraseDescriber(encoder)
    return [query for example in examples for query in _queries(example, encoder, describer)]


def _queries(example: Example, encoder: Encoder, describer: Describer) -> Iterator[DevQuery]:
    for caption in example.captions:
        yield DevQuery(((caption, 1.0),), example.path, "caption")
    if example.conversation is not None:
        description = describer.describe(example.conversation)
        yield from _described(description, example, "dialogue", encoder)
    if example.descriptors is not None and example.descriptors_by != "offline":
        description = Description(descriptors=example.descriptors, source=example.descriptors_by)
        yield from _described(description, example, "descriptors", encoder)


def _described(
    description: Description, example: Example, kind: Kind, encoder: Encoder
) -> Iterator[DevQuery]:
    try:
        query = to_query(description, encoder)
    except EmptyQuery:
        return
    yield DevQuery(tuple((part.text, part.weight) for part in query.parts), example.path, kind)
