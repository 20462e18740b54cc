"""The loop: transformers' Trainer with our sampler, checkpoints, dev evaluation and guards.

The Trainer brings mixed precision, gradient accumulation, clipping, schedules and distributed
runs. What it leaves to chance is taken from it: the order of the data and every random draw
depend on seed, epoch and step alone, so that a killed run goes on as if nothing had been.
"""

import math
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from transformers import Trainer, TrainerCallback, TrainerState, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from training.errors import LossNotFinite
from training.fine_tuning.checkpoints import (
    Checkpoint,
    Checkpoints,
    fit,
    optimizer_state,
    optimizer_tensors,
    save_tensors,
    trained,
)
from training.fine_tuning.collator import Collator, EpochSampler, IndexedDataset, mixed
from training.fine_tuning.model import TuningModel
from training.fine_tuning.retrieval_evaluator import (
    Ranked,
    RetrievalEvaluator,
    check_collapse,
    embed_texts,
)
from training.losses.hard_negatives import mine

if TYPE_CHECKING:
    from training.datasets.text_photo import TextPhotoDataset
    from training.fine_tuning.config import TrainConfig

MINED = 8
"""Hard negatives of each text."""

LOSS_RATE = 10.0
"""The temperature is one number on a logarithmic scale: at the encoder's rate it would not move."""


class FineTuner(Trainer):
    """Trains a :class:`TuningModel`.

    Attributes:
        best: the trained weights that did best on dev, on the CPU; None before the first epoch.
        spent: seconds that the run took before it was continued.
    """

    model: TuningModel

    def __init__(
        self,
        config: "TrainConfig",
        model: TuningModel,
        dataset: "TextPhotoDataset",
        collator: Collator,
        dev: RetrievalEvaluator,
        checkpoints: Checkpoints,
        args: TrainingArguments,
        callbacks: list[TrainerCallback],
        refresh: Callable[[], Tensor] | None = None,
    ) -> None:
        """Put together.

        Args:
            config: the settings.
            model: what is trained.
            dataset: what it is trained on.
            collator: how its items become batches.
            dev: what it is chosen by.
            checkpoints: where they go.
            args: of the Trainer.
            callbacks: log, progress and the like.
            refresh: embeds the training photos anew, for mining, where their vectors move.
        """
        self.config = config
        self.dataset = dataset
        self.dev = dev
        self.checkpoints = checkpoints
        self.best: dict[str, Tensor] | None = None
        self.spent = 0.0
        self.started = time.monotonic()
        self._sampler = EpochSampler(len(dataset), config.seed)
        self._refresh = refresh
        self._cosine_before = 0.0
        self._step = -1
        self._part = 0
        self._mined_epoch = -1
        super().__init__(
            model=model,
            args=args,
            data_collator=collator,
            train_dataset=IndexedDataset(dataset),
            callbacks=callbacks,
        )
        # Both write to standard output, which belongs to results.
        self.remove_callback(PrinterCallback)
        self.remove_callback(ProgressCallback)

    # -- data ------------------------------------------------------------------------------

    def _get_train_sampler(self, train_dataset: Any = None) -> EpochSampler:
        return self._sampler

    def _run_epoch(self, *args: Any, **kwargs: Any) -> None:
        epoch = int(kwargs["epoch"])
        self.dataset.set_epoch(epoch)
        self._sampler.set_epoch(epoch)
        if self.config.chosen_negatives == "mined" and self._mined_epoch != epoch:
            self._mine()
            self._mined_epoch = epoch
        super()._run_epoch(*args, **kwargs)

    def _mine(self) -> None:
        """Choose every text's hard negatives with the weights as they are now."""
        model = self.model
        if self._refresh is not None:
            model.photo_embeddings = self._refresh().to(self.args.device)
        assert model.photo_embeddings is not None
        training = model.training
        model.eval()
        with torch.inference_mode():
            texts = embed_texts(model.trainable, [item.text for item in self._all_items()]).cpu()
        model.train(training)
        own = torch.tensor([item.photo for item in self._all_items()])
        photos = model.photo_embeddings[0].cpu()
        mined = mine(texts, photos, own, count=min(MINED, len(photos)))
        model.mined = mined.to(self.args.device)

    def _all_items(self) -> list[Any]:
        return [self.dataset[place] for place in range(len(self.dataset))]

    # -- a step ----------------------------------------------------------------------------

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """AdamW over the encoder's groups and the loss's own numbers."""
        if self.optimizer is None:
            groups = self.model.trainable.parameter_groups(
                self.args.learning_rate, self.args.weight_decay
            )
            own = [one for one in self.model.loss_fn.parameters() if one.requires_grad]
            if own:
                rate = LOSS_RATE * self.args.learning_rate
                groups = [*groups, {"params": own, "lr": rate, "weight_decay": 0.0}]
            self.optimizer = torch.optim.AdamW(groups, lr=self.args.learning_rate)
        return self.optimizer

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> torch.optim.lr_scheduler.LRScheduler:
        """Warm-up and cosine."""
        if self.lr_scheduler is None:
            optimizer = optimizer or self.optimizer
            assert optimizer is not None
            self.lr_scheduler = cosine_schedule(optimizer, self.config.warmup, num_training_steps)
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def training_step(self, *args: Any, **kwargs: Any) -> Tensor:
        """One forward and backward pass; what it draws depends on seed and step alone."""
        step = self.state.global_step
        # Which of the batches whose gradients are added up for this step.
        self._part = self._part + 1 if step == self._step else 0
        self._step = step
        torch.manual_seed(mixed(self.config.seed, step, self._part, self.args.process_index))
        return super().training_step(*args, **kwargs)

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        """The loss, which must be a number."""
        found = super().compute_loss(*args, **kwargs)
        loss = found[0] if isinstance(found, tuple) else found
        # With several processes all must stop together; the gradients tell all of them.
        if self.args.world_size == 1 and not torch.isfinite(loss):
            self._not_finite("the loss is not a number", self.state.global_step + 1)
        return found

    def _clip_grad_norm(self, model: nn.Module) -> Any:
        norm = super()._clip_grad_norm(model)
        # Looked at before the optimizer moves anything: the weights are still good.
        if not torch.isfinite(torch.as_tensor(norm)):
            self._not_finite("the gradient is not a number", self.state.global_step + 1)
        return norm

    def _not_finite(self, what: str, step: int) -> None:
        raise LossNotFinite(
            f"{what} at step {step}; "
            f"{self.checkpoints.kept()}. Try a lower --learning-rate, or --precision fp32"
        )

    # -- dev -------------------------------------------------------------------------------

    def rank_dev(self) -> Ranked:
        """Rank the dev gallery with the weights as they are."""
        return self.dev.rank()

    def rank_before(self) -> Ranked:
        """The same before the training, against which a collapse is judged."""
        ranked = self.rank_dev()
        self._cosine_before = self.dev.cosine
        return ranked

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """hit@k over the whole dev gallery; keeps the weights when they are the best so far."""
        ranked = self.rank_dev()
        # The last step of all is followed by no loss that would tell.
        if not self.dev.sound:
            self._not_finite("vectors are not numbers any more", self.state.global_step)
        check_collapse(self.dev.cosine, self._cosine_before, self.checkpoints.kept())
        score = ranked.score()
        if self.state.best_metric is None or score > self.state.best_metric:
            self.best = {
                name: value.detach().cpu().clone() for name, value in trained(self.model).items()
            }
        metrics = {f"eval_{name}": value for name, value in ranked.metrics().items()}
        metrics |= {"eval_score": score, "eval_text_cosine": self.dev.cosine}
        self.log(dict(metrics))
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    # -- checkpoints -----------------------------------------------------------------------

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        assert self.optimizer is not None and self.lr_scheduler is not None
        if self.args.should_save:
            with self.checkpoints.writing(self.state.global_step) as folder:
                save_tensors(folder / "weights.safetensors", trained(self.model))
                if self.best is not None:
                    save_tensors(folder / "best.safetensors", self.best)
                tensors, rest = optimizer_tensors(self.optimizer.state_dict())
                save_tensors(folder / "optimizer.safetensors", tensors)
                extra = {}
                if self.model.mined is not None:
                    extra["mined"] = self.model.mined
                    if self._refresh is not None and self.model.photo_embeddings is not None:
                        extra["photo_embeddings"] = self.model.photo_embeddings
                if extra:
                    save_tensors(folder / "extra.safetensors", extra)
                state = {
                    "optimizer": rest,
                    "schedule": self.lr_scheduler.state_dict(),
                    "mined_epoch": self._mined_epoch,
                    "cosine_before": self._cosine_before,
                    "seconds": self.seconds(),
                }
                write_json(folder / "run.json", state)
                self.state.save_to_json(str(folder / "trainer_state.json"))
        if self.args.world_size > 1:
            self.accelerator.wait_for_everyone()

    def _load_from_checkpoint(self, resume_from_checkpoint: Any, model: Any = None) -> None:
        self.restore(_as_checkpoint(resume_from_checkpoint))

    def restore(self, checkpoint: Checkpoint) -> None:
        """Put a checkpoint's weights into the model.

        Raises:
            CheckpointUnusable: it is of another architecture.
        """
        weights = checkpoint.tensors("weights")
        expected = trained(self.model)
        fit(weights, expected, checkpoint)
        put(expected, weights)
        if checkpoint.has("best"):
            self.best = checkpoint.tensors("best")
            fit(self.best, expected, checkpoint)
        state = checkpoint.json("run")
        self.spent = float(state["seconds"])
        self._cosine_before = float(state["cosine_before"])
        self._mined_epoch = int(state["mined_epoch"])
        if checkpoint.has("extra"):
            for name, value in checkpoint.tensors("extra").items():
                setattr(self.model, name, value.to(self.args.device))

    def _load_optimizer_and_scheduler(self, checkpoint: Any) -> None:
        if checkpoint is None:
            return
        assert self.optimizer is not None and self.lr_scheduler is not None
        found = _as_checkpoint(checkpoint)
        state = found.json("run")
        tensors = found.tensors("optimizer")
        self.optimizer.load_state_dict(optimizer_state(tensors, state["optimizer"]))
        self.lr_scheduler.load_state_dict(state["schedule"])

    def _load_rng_state(self, checkpoint: Any) -> None:
        """Nothing: what a step draws depends on seed and step alone."""

    def _load_scaler(self, checkpoint: Any) -> None:
        """Nothing: bfloat16 needs no scaler."""

    def seconds(self) -> float:
        """That the run took so far, all its parts together."""
        return self.spent + time.monotonic() - self.started


def share_of_rate(step: int, warmup: int, steps: int) -> float:
    """The share of the highest learning rate at a step, from 0: warm-up, then half a cosine.

    ``w(s) = (s + 1) / (W + 1)``                          while s < W,
    ``w(s) = (1 + cos(pi (s - W) / (S - W))) / 2``        after,

    for step s of S, W of them warming up (Loshchilov and Hutter 2017, SGDR,
    https://arxiv.org/abs/1608.03983). Unlike the Trainer's own, the first step already moves: a
    small data set has few of them.
    """
    if step < warmup:
        return (step + 1) / (warmup + 1)
    progress = min(1.0, (step - warmup) / max(1, steps - warmup))
    return (1 + math.cos(math.pi * progress)) / 2


def cosine_schedule(optimizer: Optimizer, warmup: float, steps: int) -> LambdaLR:
    """The schedule of ``steps`` steps, a share ``warmup`` of which warm up."""
    rising = math.ceil(warmup * steps)
    return LambdaLR(optimizer, partial(share_of_rate, warmup=rising, steps=steps))


def put(into: dict[str, Tensor], values: dict[str, Tensor]) -> None:
    """Copy values into weights of the same names."""
    with torch.no_grad():
        for name, weight in into.items():
            weight.copy_(values[name])


def write_json(path: Any, content: dict[str, Any]) -> None:
    """Write a JSON object."""
    import json

    path.write_text(json.dumps(content), encoding="utf-8")


def state_of(checkpoint: Checkpoint) -> TrainerState:
    """How far the run was when it wrote a checkpoint."""
    return TrainerState.load_from_json(str(checkpoint.folder / "trainer_state.json"))


def _as_checkpoint(folder: Any) -> Checkpoint:
    from pathlib import Path

    path = Path(folder)
    return Checkpoint(path, int(path.name.rpartition("-")[2]))
