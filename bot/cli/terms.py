"""What a search is asked for on the command line: texts with weights, pictures, what not to show.

The weight of a text stands before it: ``2:night`` counts twice. It is read only where an argument
*begins* with a number below 10 (``2``, ``0.5``), a colon, and right after it a letter or a
quotation mark. So ``10:30``, ``2:1``, ``16:9 screen``, ``2019:summer`` and ``2: night`` are words;
a blank before it makes words of ``" 7:eleven"``, too.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from retrieval.search import QueryText

_WEIGHTED = re.compile(r"(?P<weight>\d(?:\.\d+)?):(?P<text>(?:[^\W\d_]|[\"'“‘„«]).*)", re.DOTALL)


@dataclass(frozen=True)
class Term:
    """A text, and how much it counts beside others."""

    text: str
    weight: float = 1.0

    @classmethod
    def of(cls, argument: str) -> "Term":
        """Read one argument; the weight is 1 where none stands before the text.

        Raises:
            BadParameter: the weight is 0.
        """
        match = _WEIGHTED.fullmatch(argument)
        if match is None:
            return cls(argument.strip())
        weight = float(match["weight"])
        if weight == 0:
            raise typer.BadParameter(f"the weight of {argument!r} is 0: leave it away")
        return cls(match["text"].strip(), weight)

    def as_json(self) -> dict[str, Any]:
        """``{"text", "weight"}``."""
        return {"text": self.text, "weight": self.weight}


@dataclass(frozen=True)
class Asked:
    """One question.

    Attributes:
        query: the texts as they were typed.
        texts: what the photo shows.
        images: files, or ids of photos of the library, that it is like.
        minus: what it must not show.
    """

    query: str
    texts: tuple[Term, ...] = ()
    images: tuple[str, ...] = ()
    minus: tuple[Term, ...] = ()

    @classmethod
    def read(cls, words: Sequence[str], images: Iterable[str], minus: Iterable[str]) -> "Asked":
        """Read the arguments of a command.

        Args:
            words: arguments that are one text, up to one that begins with a weight.
            images: of ``--image``.
            minus: of ``--minus``, a text each.

        Raises:
            BadParameter: an image or a text of ``--minus`` is empty, or a weight is 0.
        """
        images = tuple(images)
        if not all(image.strip() for image in images):
            raise typer.BadParameter("--image is empty: name a file, or a photo's id")
        excluded = tuple(Term.of(one) for one in minus)
        if not all(term.text for term in excluded):
            raise typer.BadParameter("--minus is empty: say what the photo must not show")
        texts: list[Term] = []
        for word in words:
            term = Term.of(word)
            if texts and term.text == word.strip():
                term = Term(f"{texts[-1].text} {term.text}".strip(), texts.pop().weight)
            texts.append(term)
        said = tuple(term for term in texts if term.text)
        return cls(" ".join(words).strip(), said, images, excluded)

    def of_line(self, line: str) -> "Asked":
        """The same with a line of standard input as its text, whose numbers are words."""
        return Asked(line, (Term(line),), self.images, self.minus)

    def as_json(self) -> dict[str, Any]:
        """``{"query", "texts", "images", "minus"}``, and ``like``, the first of the images."""
        return {
            "query": self.query,
            **({"like": self.images[0]} if self.images else {}),
            "texts": [term.as_json() for term in self.texts],
            "images": list(self.images),
            "minus": [term.as_json() for term in self.minus],
        }


def query_texts(terms: Iterable[Term]) -> "list[QueryText]":
    """As the search takes them."""
    from retrieval.search import QueryText

    return [QueryText(term.text, term.weight) for term in terms]
