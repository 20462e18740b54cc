"""The queries that dev figures come from, made exactly as the product makes them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.describe.query import to_query
from bot.describe.rules import RuleDescriber
from bot.descriptors import Description
from retrieval.encoders.base import Encoder
from retrieval.errors import EmptyQuery
from training.datasets.example import Example, Kind


@dataclass(frozen=True)
class DevQuery:
    """A query and the photo that it should find.

    Attributes:
        parts: texts and their weights, fused as :func:`retrieval.search.fusion.fuse` does.
        photo: the file.
        kind: of text that it was made of.
    """

    parts: tuple[tuple[str, float], ...]
    photo: Path
    kind: Kind


def dev_queries(examples: Sequence[Example], encoder: Encoder) -> list[DevQuery]:
    """Each caption is a query, each dialogue one, each set of descriptors one.

    A dialogue goes the way of a chat without an LLM: the offline describer, then
    :func:`bot.describe.query.to_query`. Descriptors go the way of an LLM's; those that the
    offline describer wrote are in the dialogue's query already. What says nothing makes no query.

    Args:
        examples: of dev or test.
        encoder: says how long a text may be; nothing is embedded.
    """
    return [query for example in examples for query in _queries(example, encoder)]


def _queries(example: Example, encoder: Encoder) -> Iterator[DevQuery]:
    for caption in example.captions:
        yield DevQuery(((caption, 1.0),), example.path, "caption")
    if example.conversation is not None:
        description = RuleDescriber().describe(example.conversation)
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
