"""What is searched for: texts and pictures with weights, and what else is asked of a photo."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import EmptyQuery
from retrieval.search.sureness import PICTURE, REQUEST
from retrieval.text import clean_text

Vectors = NDArray[np.float32]

PICTURE_SHARE = 0.35
"""Of pictures beside texts, whose share is the rest. On pairs of similar photos held out of
training (``python -m training.bench.composed.make``) most are found among the first ten with this
share; with a half, what was asked for besides is often not seen."""


@dataclass(frozen=True)
class QueryText:
    """One text of a query and how much it counts.

    Attributes:
        text: what the photo shows.
        weight: beside those of the other parts.
        guessed: nobody said it. It helps to rank photos, and tells nothing of how sure the answer
            is, unless all texts of a query are guessed.
    """

    text: str
    weight: float = 1.0
    guessed: bool = False

    def __post_init__(self) -> None:
        # No tokenizer takes half of a surrogate pair.
        object.__setattr__(self, "text", clean_text(self.text))


@dataclass(frozen=True, eq=False)
class QueryPicture:
    """A picture that photos are to be like, and how much it counts.

    Attributes:
        vector: the library's encoder's unit vector of it [dim].
        weight: beside those of the other parts.
        made_by: fingerprint of that encoder; "" where it is not known.
    """

    vector: Vectors
    weight: float = 1.0
    made_by: str = ""


@dataclass(frozen=True)
class Written:
    """Text that is to be read in the photo.

    Attributes:
        text: the words.
        certain: they stand there ("a sign that says STOP"); else they may ("the receipt from
            Hornbach").
    """

    text: str
    certain: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", clean_text(self.text))


@dataclass(frozen=True)
class Query:
    """What to look for: a text or a picture, or several of them whose scores are fused.

    Attributes:
        parts: the texts and their weights.
        pictures: with their weights; their scores are fused with those of the texts.
        written: what is to be read in the photo; None where nobody told.
        kind: a text of the person's own, views of a dialogue, or an LLM's descriptors: how sure
            the answer is, is judged by kind (:mod:`retrieval.search.sureness`), and photos that
            are near to everything are put lower, but not for views of a dialogue.
        names: a text whose words count where the names of a photo's file and folders hold them,
            and a little where the text in the photo does; "" leaves both aside.
        exclude: what the photo must not show, and how strongly; such photos are put lower.
    """

    parts: tuple[QueryText, ...]
    kind: str = REQUEST
    names: str = ""
    exclude: tuple[QueryText, ...] = ()
    pictures: tuple[QueryPicture, ...] = ()
    written: Written | None = None

    @classmethod
    def of(cls, text: str, *, names: bool = False) -> "Query":
        """A query of one text.

        Args:
            text: what the photo shows.
            names: whether its words in the names of files and folders count.
        """
        return cls((QueryText(text),), names=text if names else "")

    @classmethod
    def alike(
        cls,
        pictures: Sequence[Vectors],
        texts: Sequence[QueryText] = (),
        *,
        share: float = PICTURE_SHARE,
        exclude: Sequence[QueryText] = (),
        made_by: str = "",
    ) -> "Query":
        """A query for photos like pictures, and like what was said to them ("but at night").

        Args:
            pictures: unit vectors, at least one; all count alike.
            texts: what else the photo shows. Without any, the pictures count alone.
            share: of all pictures together; a text of weight 1 counts ``1 - share``.
            exclude: what it must not show.
            made_by: fingerprint of the encoder of the pictures; "" where it is not known.
        """
        said = tuple(replace(one, weight=one.weight * (1 - share)) for one in texts)
        each = (share if said else 1.0) / len(pictures)
        return cls(
            said,
            kind=PICTURE,
            exclude=tuple(exclude),
            pictures=tuple(QueryPicture(one, each, made_by) for one in pictures),
        )


def meaningful(query: Query) -> list[QueryText]:
    """The texts that say something. Raises EmptyQuery where there is neither text nor picture."""
    parts = with_meaning(query.parts)
    if not parts and not query.pictures:
        raise EmptyQuery("the query is empty: say what the photo shows")
    return parts


def with_meaning(texts: Sequence[QueryText]) -> list[QueryText]:
    """Those texts that say something and count."""
    return [one for one in texts if one.text.strip() and one.weight != 0]
