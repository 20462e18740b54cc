"""Data sets of the bench: queries, the gallery that they are asked of, and what is right.

====================================================  =============================================
kind                                                  what
====================================================  =============================================
:mod:`captioned <training.bench.datasets.captioned>`  a folder of captioned photos
:mod:`dialogues <training.bench.datasets.dialogues>`  PhotoChat, FlickrChat, AlbumChat
:mod:`coco <training.bench.datasets.coco>`            right is the same set of object categories
:mod:`fashioniq <training.bench.datasets.fashioniq>`  a photo and how the wanted one differs
:mod:`table <training.bench.datasets.table>`          images and texts as Hugging Face stores them
:mod:`similar <training.bench.datasets.similar>`      pairs of similar photos, by their captions
====================================================  =============================================
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from training.bench.base import BenchDataset
from training.bench.datasets.captioned import CaptionedSpec, read_captioned
from training.bench.datasets.coco import CocoSpec, read_coco
from training.bench.datasets.dialogues import DialoguesSpec, read_dialogue_set
from training.bench.datasets.fashioniq import FashionIQSpec, read_fashioniq
from training.bench.datasets.similar import SimilarSpec, read_similar
from training.bench.datasets.table import TableSpec, read_table

if TYPE_CHECKING:
    from bot.describe.base import Describer

__all__ = ["DatasetSpec", "read_dataset"]

DatasetSpec = Annotated[
    CaptionedSpec | DialoguesSpec | CocoSpec | FashionIQSpec | TableSpec | SimilarSpec,
    Field(discriminator="kind"),
]


def read_dataset(
    spec: DatasetSpec, root: Path, *, describer: "Describer | None" = None
) -> BenchDataset:
    """Read a data set.

    What it names and does not hold stands in ``missing``, with blank captions and whatever else is
    odd. A query whose photo is missing stays: what is right is in no gallery then, or the query
    holds neither text nor photo, and it counts as a miss.

    Args:
        spec: which one.
        root: folder that its paths are relative to.
        describer: of dialogues, for the query ``offline``; by default the product's.

    Raises:
        DatasetInvalid: a file or folder is missing, damaged, cut off or of another format; there
            is nothing to ask; an id is used twice.
        PhotosUnusable: all photos are missing, or a name could be that of several.
        DialogueUnreadable, EvaluationError: the same of dialogues and what is recorded of them.
    """
    match spec:
        case CaptionedSpec():
            return read_captioned(spec, root)
        case DialoguesSpec():
            return read_dialogue_set(spec, root, describer)
        case CocoSpec():
            return read_coco(spec, root)
        case FashionIQSpec():
            return read_fashioniq(spec, root)
        case TableSpec():
            return read_table(spec, root)
        case SimilarSpec():
            return read_similar(spec, root)
