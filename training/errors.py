"""Errors of training. Each message says what went wrong and what to do next, in one line."""

from retrieval.errors import EncoderUnavailable, PhotopalError, UnreadableImage


class TrainingError(PhotopalError):
    """A training cannot be run as asked."""


class DatasetInvalid(TrainingError):
    """A file of captions or dialogues cannot be read, or holds nothing to train on."""


class PhotosUnusable(TrainingError):
    """Too many photos are missing or unreadable."""


class SplitsOverlap(TrainingError):
    """Two of train, dev and test share photos; the figures would not be honest."""


class EncoderNotTrainable(TrainingError):
    """This encoder cannot be trained in this way."""


class CheckpointUnusable(TrainingError):
    """A checkpoint belongs to another run or model, is damaged, or holds a pickle."""


class LossNotFinite(TrainingError):
    """The loss became NaN or infinite; the last good checkpoint is kept."""


class CollapseDetected(TrainingError):
    """All vectors became alike; the last good checkpoint is kept."""


class DiskFull(TrainingError):
    """A checkpoint could not be written; the last good one is kept."""


class EvaluationError(TrainingError):
    """An evaluation cannot be run as asked."""


class ReportNotWritten(EvaluationError):
    """The report could not be written; the numbers were computed all the same."""


class BenchError(TrainingError):
    """A bench cannot be run as asked."""


class RecipeInvalid(BenchError):
    """A file of recipes cannot be read, or a recipe says what makes no sense."""


class SizesDiffer(BenchError):
    """Vectors or scores have another shape than what they are put together with."""


class RunMismatch(BenchError):
    """A run file cannot be read, or belongs to another data set than what it is compared with."""


class RecipeNotMeasured(BenchError):
    """A recipe gave no figures here, and they were asked for."""


class NeedsHub(EvaluationError, EncoderUnavailable):
    """A model must come from a hub that is out of reach, refuses it, or does not have it."""


class QueryUnsuitable(EvaluationError):
    """A query or photo lacks what an embedder reads: a text, a photo or a caption."""


class PhotoUnreadable(EvaluationError, UnreadableImage):
    """A photo that is to be embedded cannot be read. The message is the reason alone.

    Attributes:
        photo: its id.
    """

    def __init__(self, photo: str, reason: str) -> None:
        """``reason``: in a few words."""
        super().__init__(reason)
        self.photo = photo


class VectorsInvalid(EvaluationError):
    """A model gave vectors that are not finite, have no direction, or are too few."""


class OutOfMemory(TrainingError):
    """The memory does not hold what an embedder works on at once."""
