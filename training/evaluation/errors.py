"""What can be wrong with an evaluation. One line each: what went wrong and what to do next."""

from training.errors import TrainingError


class EvaluationError(TrainingError):
    """An evaluation cannot be run as asked."""


class ReportNotWritten(EvaluationError):
    """The report could not be written; the numbers were computed all the same."""
