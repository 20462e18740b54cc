"""Callbacks of the Trainer: log, progress, evaluation, checkpoints and early stopping."""

import time
from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from training.fine_tuning.environment import Progress
from training.fine_tuning.log import RunLog

EVALUATED = "eval_"


class LoggingCallback(TrainerCallback):
    """Writes ``log.jsonl`` and reports the progress."""

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
        """Drop the lines that a killed run logged after its last checkpoint."""
        if state.is_world_process_zero:
            self._log.begin(state.global_step)
        self._begun = (time.monotonic(), state.global_step)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Report step, loss, hit@30 on dev and pairs a second."""
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
        """Write one line: the loss of an interval, or the dev metrics of an epoch."""
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
    """Evaluates on dev at the end of each epoch.

    The Trainer would do so by itself if it had a set to evaluate on; ours is a gallery.
    """

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Request an evaluation."""
        control.should_evaluate = True


class EarlyStopping(TrainerCallback):
    """Stops when the dev score has not improved for ``patience`` epochs.

    The history of the run is all it needs: a continued run stops where it would have stopped.
    """

    def __init__(self, patience: int) -> None:
        """``patience`` of 0 never stops."""
        self.patience = patience

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Stop when the last epochs brought nothing."""
        if self.over(state):
            control.should_training_stop = True

    def over(self, state: TrainerState) -> bool:
        """Whether the last ``patience`` epochs brought no better score."""
        scores = [
            entry[f"{EVALUATED}score"]
            for entry in state.log_history
            if f"{EVALUATED}score" in entry
        ]
        if not self.patience or not scores:
            return False
        return len(scores) - 1 - scores.index(max(scores)) >= self.patience


class CheckpointCallback(TrainerCallback):
    """Requests checkpoints within an epoch: every N steps, and every so many minutes."""

    def __init__(self, every: int, minutes: float, steps_an_epoch: int) -> None:
        """``every`` of 0 saves by the clock alone; the end of an epoch saves anyway."""
        self._every = every
        self._seconds = 60 * minutes
        self._an_epoch = steps_an_epoch
        self._last = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Request a checkpoint when one is due."""
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
        """Start the clock anew."""
        self._last = time.monotonic()
