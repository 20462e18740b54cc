"""``photopal train``: the door to :mod:`training.fine_tuning`."""

from typing import TYPE_CHECKING, Any

from training.fine_tuning.config import TrainPlan
from training.fine_tuning.data import gather
from training.fine_tuning.reporter import Host
from training.fine_tuning.result import TrainResult

if TYPE_CHECKING:
    from bot.settings import Settings

__all__ = ["check", "train"]


def train(plan: TrainPlan, settings: "Settings", host: Host) -> TrainResult:
    """Run a plan.

    Raises:
        TrainingError: one of its kinds.
    """
    from training.fine_tuning.run import fine_tune

    return fine_tune(plan, host, settings)


def check(plan: TrainPlan, settings: "Settings", host: Host) -> dict[str, Any]:
    """Read, check and count what a plan names; nothing is loaded, trained or written.

    Raises:
        TrainingError: one of its kinds.
    """
    return gather(plan, settings, host).as_dict()
