"""What happens between the steps: the log, the progress, checkpoints, and when to stop."""

import time
from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from training.fine_tuning.environment import Progress
from training.fine_tuning.log import RunLog

EVALUATED = "eval_"


class LoggingCallback(TrainerCallback):
    """Writes the log and tells of the progress."""

    def __init__(
        self, log: RunLog, watch: Callable[[Progress], None], pairs_a_step: int, temperature: Any
    ) -> None:
        """``temperature`` gives the loss's, as it is now."""
        self._log = log
        self._watch = watch
        self._pairs = pairs_a_step
        self._temperature = temperature
        self._loss = self._hit = ""
        self._begun: tuple[float, int] | None = None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Forget what a killed run logged too much."""
        if state.is_world_process_zero:
            self._log.begin(state.global_step)
        self._begun = (time.monotonic(), state.global_step)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Tell how far it is."""
        if not state.is_world_process_zero:
            return
        parts = [self._loss, self._hit, f"{self._rate(state):,.0f} pairs/s"]
        more = ", ".join(part for part in parts if part)
        self._watch(Progress("steps", state.global_step, state.max_steps, more))

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Write one object: of an interval, or of an epoch."""
        if not state.is_world_process_zero or not logs:
            return
        entry: dict[str, Any] = {"step": state.global_step, "epoch": round(state.epoch or 0.0, 4)}
        if "loss" in logs:
            self._loss = f"loss {logs['loss']:.3f}"
            wanted = ("loss", "grad_norm", "learning_rate")
            entry |= {name: logs[name] for name in wanted if name in logs}
            entry["temperature"] = self._temperature()
            entry["pairs_per_second"] = round(self._rate(state), 1)
        elif f"{EVALUATED}score" in logs:
            found = {
                name.removeprefix(EVALUATED): value
                for name, value in logs.items()
                if name.startswith(EVALUATED)
            }
            self._hit = f"dev hit@30 {100 * found['hit@30']:.1f} %"
            entry |= found
        else:
            return
        self._log.write(entry)

    def _rate(self, state: TrainerState) -> float:
        if self._begun is None:
            return 0.0
        started, step = self._begun
        passed = time.monotonic() - started
        return (state.global_step - step) * self._pairs / passed if passed > 0 else 0.0


class EvaluateEveryEpoch(TrainerCallback):
    """Asks for dev metrics at the end of each epoch.

    The Trainer would do so by itself if it had a set to evaluate on; ours is a gallery.
    """

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Ask."""
        control.should_evaluate = True


class EarlyStopping(TrainerCallback):
    """Stops when dev has not gained for ``patience`` epochs.

    The history of the run is all it needs: a continued run stops where it would have stopped.
    """

    def __init__(self, patience: int) -> None:
        """0 never stops."""
        self.patience = patience

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Look back."""
        if self.over(state):
            control.should_training_stop = True

    def over(self, state: TrainerState) -> bool:
        """Whether the last ``patience`` epochs brought nothing."""
        scores = [
            entry[f"{EVALUATED}score"]
            for entry in state.log_history
            if f"{EVALUATED}score" in entry
        ]
        if not self.patience or not scores:
            return False
        return len(scores) - 1 - scores.index(max(scores)) >= self.patience


class CheckpointCallback(TrainerCallback):
    """Asks for checkpoints within an epoch: every so many steps, every so many minutes."""

    def __init__(self, every: int, minutes: float, steps_an_epoch: int) -> None:
        """0 steps for none; the epoch's end has its own."""
        self._every = every
        self._seconds = 60 * minutes
        self._an_epoch = steps_an_epoch
        self._last = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Is it time?"""
        # At the end of an epoch dev comes first: a checkpoint between the two would skip it.
        if state.global_step % self._an_epoch == 0:
            return
        due = self._every and state.global_step % self._every == 0
        # Of several processes each has its own clock, and all must save together.
        late = args.world_size == 1 and time.monotonic() - self._last > self._seconds
        if due or late:
            control.should_save = True

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """One was written."""
        self._last = time.monotonic()
