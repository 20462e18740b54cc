"""What a fine-tuning needs of the program around it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.encoders.base import Encoder


@dataclass(frozen=True)
class Progress:
    """How far a stage of the run is.

    Attributes:
        stage: ``photos`` while they are embedded, ``steps`` while it trains.
        done: of ``total``.
        total: photos or steps.
        more: loss, hit@30 on dev, pairs a second, as one text.
    """

    stage: str
    done: int
    total: int
    more: str = ""


def _load(name: str) -> "Encoder":
    from retrieval.encoders import load_encoder

    return load_encoder(name)


@dataclass(frozen=True)
class Reporter:
    """The program around a run.

    Attributes:
        load_encoder: by name or folder.
        watch: told of the progress.
        note: told in one line what happens.
    """

    load_encoder: "Callable[[str], Encoder]" = _load
    watch: Callable[[Progress], None] = lambda progress: None
    note: Callable[[str], None] = lambda line: None
