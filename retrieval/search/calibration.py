"""What comes with an encoder besides its weights: queries, a measure of sureness, a combiner."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from retrieval.encoders.base import Encoder
from retrieval.search.combining import COMBINER_NAME, PictureCombiner
from retrieval.search.hubness import BANK_NAME, QueryBank
from retrieval.search.sureness import SURENESS_NAME, Sureness

logger = logging.getLogger(__name__)

Part = TypeVar("Part", QueryBank, Sureness, PictureCombiner)


@dataclass(frozen=True)
class Calibration:
    """How an encoder's scores are to be read.

    Attributes:
        bank: everyday queries for the hubness correction; None: no correction.
        sureness: when a photo fits; the default where nobody calibrated the encoder.
        combiner: makes one query of a picture and words; None: their scores are added.
    """

    bank: QueryBank | None = None
    sureness: Sureness = field(default_factory=Sureness)
    combiner: PictureCombiner | None = None


def made_by(encoder: Encoder) -> str:
    """What a bank and a calibration hold on to: both fingerprints of the encoder."""
    return f"{encoder.fingerprint} {encoder.text_fingerprint}"


def calibration_of(encoder: Encoder) -> Calibration:
    """The calibration in the encoder's folder.

    What is missing there, or was made for other weights, as after a fine-tune, is left out; a
    line in the log says so.

    Raises:
        EncoderFolderInvalid: a file is there and damaged.
    """
    folder: Path | None = getattr(encoder, "folder", None)
    if folder is None:
        return Calibration()
    own = made_by(encoder)
    bank, sureness, combiner = None, None, None
    if (folder / BANK_NAME).is_file():
        bank = QueryBank.load(folder)
    if (folder / SURENESS_NAME).is_file():
        sureness = Sureness.load(folder)
    if (folder / COMBINER_NAME).is_file():
        combiner = PictureCombiner.load(folder)
    return Calibration(
        _if_made_by(own, bank, folder / BANK_NAME),
        _if_made_by(own, sureness, folder / SURENESS_NAME) or Sureness(),
        _if_made_by(own, combiner, folder / COMBINER_NAME),
    )


def _if_made_by(own: str, part: Part | None, file: Path) -> Part | None:
    if part is None or part.made_by == own:
        return part
    logger.info("%s belongs to other weights and is not used", file)
    return None
