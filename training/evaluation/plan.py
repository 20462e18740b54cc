"""What an evaluation is asked to do."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from training.evaluation.llm import RateLimit

QUERIES = ("offline", "llm", "recorded", "recorded+owner", "owner", "last", "dialogue", "caption")
"""The kinds of query, the ones that matter most first: the first one used leads the report."""

Against = Literal["photos", "labels"]


@dataclass(frozen=True)
class Price:
    """Of a million tokens, in any currency."""

    input: float = 0.0
    output: float = 0.0


@dataclass(frozen=True)
class Plan:
    """The choices of ``photopal evaluate``.

    Attributes:
        sources: PhotoChat's files, folders or globs.
        photos: folder of the dialogues' photos; also the pool, unless ``gallery`` is one.
        gallery: folder of the pool.
        library: an indexed library whose photos are the pool, where no folder is given.
        against: what is ranked; None chooses by what is given.
        queries: kinds of :data:`QUERIES`; empty for all that can be made of what is given.
        last: turns of the kind ``last``.
        descriptors: file of recorded descriptors.
        captions: file of human captions.
        answers: file of an LLM's recorded answers to AlbumChat: descriptors, when, where, exclude.
        only_available: also give the numbers over dialogues whose photo is there.
        limit: use only so many dialogues, the first ones.
        tune_first: intent only: choose the threshold on so many dialogues, test on the others.
        rate: of asking the LLM.
        price: of the LLM.
        out: folder for the reports.
    """

    sources: tuple[str, ...]
    photos: Path | None = None
    gallery: Path | None = None
    library: Path | None = None
    against: Against | None = None
    queries: tuple[str, ...] = ()
    last: int = 4
    descriptors: Path | None = None
    captions: Path | None = None
    answers: Path | None = None
    only_available: bool = False
    limit: int | None = None
    tune_first: int | None = None
    rate: RateLimit = field(default_factory=RateLimit)
    price: Price = field(default_factory=Price)
    out: Path | None = None
