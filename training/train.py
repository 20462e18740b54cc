"""``photopal train``: the door to :mod:`training.fine_tuning`."""

from typing import TYPE_CHECKING, Any

from training.fine_tuning.config import TrainConfig
from training.fine_tuning.data import gather
from training.fine_tuning.reporter import Reporter
from training.fine_tuning.result import TrainResult

if TYPE_CHECKING:
    from bot.settings import Settings

__all__ = ["check", "train"]


def train(config: TrainConfig, settings: "Settings", reporter: Reporter) -> TrainResult:
    """Run a config.

    Raises:
        TrainingError: one of its kinds.
    """
    from training.fine_tuning.run import fine_tune

    return fine_tune(config, reporter, settings)


def check(config: TrainConfig, settings: "Settings", reporter: Reporter) -> dict[str, Any]:
    """Read, check and count what a config names; nothing is loaded, trained or written.

    Raises:
        TrainingError: one of its kinds.
    """
    return gather(config, settings, reporter).as_dict()
