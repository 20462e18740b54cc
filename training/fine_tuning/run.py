"""A fine-tuning from files to an encoder folder."""

import math
import os
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from retrieval.encoders.device import choose_dtype
from retrieval.encoders.folder import fingerprint_of
from retrieval.paths import home, make_private_folder
from training.datasets.augment import Augmentation
from training.datasets.queries import dev_queries
from training.datasets.text_photo import Items
from training.encoders import open_tower
from training.encoders.precomputed import photo_bank
from training.encoders.wise_ft import choose_alpha
from training.errors import TrainingError
from training.fine_tuning.callbacks import EveryEpoch, Recorder, Saving, Stopping
from training.fine_tuning.checkpoints import Checkpoint, Checkpoints, disk_full
from training.fine_tuning.collator import Batches
from training.fine_tuning.config import TrainPlan
from training.fine_tuning.data import Data, gather
from training.fine_tuning.environment import commit, hardware, software
from training.fine_tuning.folder import RunFolder
from training.fine_tuning.log import NAME as LOG
from training.fine_tuning.log import RunLog
from training.fine_tuning.metrics import Measured
from training.fine_tuning.model import TuningModel
from training.fine_tuning.model_card import NAME as CARD
from training.fine_tuning.model_card import model_card
from training.fine_tuning.plot import curves
from training.fine_tuning.reporter import Host, Progress
from training.fine_tuning.result import TrainResult
from training.fine_tuning.retrieval_evaluator import DevGallery
from training.fine_tuning.trainer import FineTuner, put, state_of, trained
from training.losses import make_objective

if TYPE_CHECKING:
    from transformers import TrainingArguments

    from bot.settings import Settings
    from retrieval.encoders.base import Encoder
    from training.encoders.protocol import Tower

PLOT = "curves.png"
LOGS_AN_EPOCH = 10


def fine_tune(
    plan: TrainPlan, host: Host | None = None, settings: "Settings | None" = None
) -> TrainResult:
    """Run a plan; a run that was killed goes on where it was.

    Raises:
        TrainingError: one of its kinds, each with what to do next.
        EncoderUnavailable, EncoderFolderInvalid: the encoder cannot be loaded.
    """
    from bot.settings import Settings

    host = host or Host()
    args = _arguments(plan)
    if not args.should_save:
        host = replace(host, watch=lambda progress: None, note=lambda line: None)
    with ExitStack() as held:
        with args.main_process_first(local=False, desc="reading"):
            return_of, run = _prepare(plan, host, settings or Settings.load(), args, held)
        if return_of is not None:
            host.note(f"{plan.out} is trained already; --fresh begins anew")
            return return_of
        assert run is not None
        return run.go()


def _prepare(
    plan: TrainPlan,
    host: Host,
    settings: "Settings",
    args: "TrainingArguments",
    held: ExitStack,
) -> "tuple[TrainResult | None, _Run | None]":
    """Read and check everything; the result when there is one already, else the run."""
    if Path(plan.encoder).expanduser().absolute() == plan.out.expanduser().absolute():
        raise TrainingError("--encoder and --out are one folder: choose another --out")
    data = gather(plan, settings, host)
    encoder = host.load_encoder(plan.encoder)
    digest = fingerprint_of(
        plan.digest(),
        data.digest(),
        encoder.fingerprint,
        encoder.text_fingerprint,
        args.world_size,
    )
    fingerprint = encoder.fingerprint
    # Nothing is written before it is clear that this encoder can be trained this way.
    tower = open_tower(encoder, tune=plan.tune, lora=plan.lora)
    tower.module.eval()
    folder = RunFolder(plan.out, digest, plan.as_dict())
    if args.should_save:
        folder.claim(plan.fresh)
        held.callback(folder.release)
    if (done := TrainResult.read(folder.path)) is not None:
        if args.should_save and not plan.keep_checkpoints:
            # Of a run that was killed between its last two lines.
            Checkpoints(folder.checkpoints, digest).remove()
        return done, None
    return None, _Run(plan, host, args, data, tower, fingerprint, folder)


class _Run:
    """One run, all its parts put together."""

    def __init__(
        self,
        plan: TrainPlan,
        host: Host,
        args: "TrainingArguments",
        data: Data,
        tower: "Tower",
        fingerprint: str,
        folder: RunFolder,
    ) -> None:
        self.plan = plan
        self.host = host
        self.args = args
        self.data = data
        self.folder = folder
        self.tower = tower
        self.fingerprint = fingerprint
        # Measured before anything moves: the training changes the encoder in place.
        self.measured = self._measured(tower.encoder)
        self.before = self._before(tower.encoder)
        self.home_device = next(self.tower.module.parameters()).device
        self.items = self._items()
        self.dev = DevGallery(
            self.tower, self.measured["dev"].queries, data.dev.photos, self._dev_vectors()
        )
        self._cache_texts()
        self.batch = self._batch_size()
        self.checkpoints = Checkpoints(folder.checkpoints, folder.run, host.note)
        self.log = RunLog(folder.path / LOG)
        self.original = _copied(self.tower.module.state_dict())
        self.trainer = self._trainer()

    def go(self) -> TrainResult:
        """Train, choose alpha, write, measure."""
        trainer = self.trainer
        self._train()
        if self.args.should_save:
            alpha, alphas = self._choose()
            self.tower.module.to(self.home_device).eval()
            result = self._write(alpha, alphas)
        self.trainer.accelerator.wait_for_everyone()
        if not self.args.should_save:
            found = TrainResult.read(self.folder.path)
            assert found is not None
            return found
        del trainer
        return result

    # -- made ready ------------------------------------------------------------------------

    def _measured(self, encoder: "Encoder") -> dict[str, Measured]:
        found = {}
        for name, split in (("dev", self.data.dev), ("test", self.data.test)):
            if split is not None:
                found[name] = Measured(dev_queries(split.examples, encoder), split.photos)
                if not found[name].queries:
                    raise TrainingError(f"no text of {name} says anything to look for")
        return found

    def _before(self, encoder: "Encoder") -> dict[str, Any]:
        known = self.folder.kept("before")
        if known is not None and set(known) == set(self.measured):
            return dict(known)
        found = {name: one.figures(encoder, self.host.watch) for name, one in self.measured.items()}
        if self.args.should_save:
            self.folder.keep({"before": found})
        return found

    def _items(self) -> Items:
        photos = {path: place for place, path in enumerate(self.data.train.photos)}
        places = {
            example.path: photos[example.path.resolve()] for example in self.data.train.examples
        }
        augmentation = Augmentation() if self.plan.augment else Augmentation.none()
        return Items(self.data.train.examples, places, augmentation, self.plan.seed)

    def _dev_vectors(self) -> Callable[[], Any]:
        photos = self.data.dev.photos
        if self.tower.moves_photos:
            return lambda: photo_bank(self.tower, photos)[0].numpy()
        kept = self._bank(photos, 1)[0].numpy()
        return lambda: kept

    def _cache_texts(self) -> None:
        """Where only the head moves: run the network once over all texts of all epochs."""
        if self.plan.tune != "head":
            return
        texts: dict[str, None] = {}
        for epoch in range(self.plan.epochs):
            self.items.set_epoch(epoch)
            texts.update(dict.fromkeys(item.text for item in _all(self.items)))
        for query in self.measured["dev"].queries:
            texts.update(dict.fromkeys(text for text, _ in query.parts))
        self.host.note(f"embedding {len(texts):,} texts once")
        self.tower.cache_texts(list(texts), _cache())

    def _bank(self, photos: Any, views: int) -> torch.Tensor:
        return photo_bank(
            self.tower,
            photos,
            None if self.tower.moves_photos else _cache(),
            views=views,
            on_progress=lambda done, total: self.host.watch(Progress("photos", done, total)),
        )

    def _batch_size(self) -> int:
        each = math.ceil(len(self.items) / self.args.world_size)
        if self.plan.batch_size > each:
            self.host.note(
                f"a batch of {self.plan.batch_size} is larger than the data: {each} instead"
            )
        alone = min(self.plan.batch_size, each) * self.args.world_size == 1
        if alone and self.plan.chosen_negatives == "batch":
            raise TrainingError(
                "a text alone in its batch has nothing to be told apart from: "
                "choose --batch-size 2 or more, or other --negatives"
            )
        return min(self.plan.batch_size, each)

    def _trainer(self) -> FineTuner:
        plan, args = self.plan, self.args
        negatives = plan.chosen_negatives
        refresh = None
        if self.tower.moves_photos and negatives == "mined":
            refresh = self._refreshed
        needed = not self.tower.moves_photos or plan.masking or negatives == "mined"
        bank = self._bank(self.data.train.photos, plan.views) if needed else None
        objective = make_objective(
            plan.objective,
            temperature=plan.temperature,
            learned=plan.learned,
            label_smoothing=plan.label_smoothing,
        )
        model = TuningModel(
            self.tower, objective, bank, gallery=negatives == "gallery", masking=plan.masking
        )
        args.per_device_train_batch_size = self.batch
        batches = math.ceil(len(self.items) / (self.batch * args.world_size))
        steps = math.ceil(batches / plan.accumulate)
        args.logging_steps = max(1, steps // LOGS_AN_EPOCH)
        self.stopping = Stopping(plan.patience)
        pairs = self.batch * args.world_size * plan.accumulate
        self.recorder = Recorder(
            self.log, self.host.watch, pairs, lambda: round(objective.temperature, 5)
        )
        return FineTuner(
            plan,
            model,
            self.items,
            Batches(self.tower, self.data.train.photos),
            self.dev,
            self.checkpoints,
            args,
            [
                EveryEpoch(),
                self.recorder,
                self.stopping,
                Saving(plan.save_every, plan.save_minutes, steps),
            ],
            refresh,
        )

    def _refreshed(self) -> torch.Tensor:
        return photo_bank(self.tower, self.data.train.photos, views=1)

    # -- trained ---------------------------------------------------------------------------

    def _train(self) -> None:
        with self.args.main_process_first(local=False, desc="checkpoints"):
            newest = self.checkpoints.newest()
        if newest is None:
            self.trainer.rank_before()
            self._loop(None)
            return
        self.trainer.restore(newest)
        state = state_of(newest)
        if state.global_step >= state.max_steps or self.stopping.over(state):
            self.trainer.state = state
            return
        self.host.note(f"going on from step {newest.step} of {state.max_steps}")
        self._loop(newest)

    def _loop(self, newest: Checkpoint | None) -> None:
        # The log may be what does not fit any more.
        with warnings.catch_warnings(), disk_full(self.checkpoints.kept):
            # Of libraries to each other: of no use to whoever trains.
            warnings.simplefilter("ignore", FutureWarning)
            self.trainer.train(resume_from_checkpoint=str(newest.folder) if newest else None)

    def _choose(self) -> tuple[float, dict[str, float]]:
        """Put the best weights into the module, averaged with the original ones as dev likes."""
        assert self.trainer.best is not None
        put(trained(self.trainer.model), self.trainer.best)
        module = self.tower.module.eval()
        if not self.plan.wise:
            return 1.0, {}
        tuned = _copied(module.state_dict())
        original = {name: value.to(tuned[name].device) for name, value in self.original.items()}
        # Chosen by hit@30 alone where it tells them apart.
        alpha, figures = choose_alpha(
            module, original, tuned, lambda: self.trainer.rank_dev().score()
        )
        if alpha == 0:
            self.host.note("the training gained nothing on dev: the encoder stays as it was")
        return alpha, {f"{one:g}": round(figure, 4) for one, figure in figures.items()}

    def _write(self, alpha: float, alphas: dict[str, float]) -> TrainResult:
        plan, path = self.plan, self.folder.path
        state = self.trainer.state
        about = {
            "trained": {
                "encoder": plan.encoder,
                "tune": plan.tune,
                "objective": plan.objective,
                "alpha": alpha,
                "data": self.data.digest(),
            }
        }
        files_before = self.folder.files()
        with disk_full(self.checkpoints.kept):
            manifest = self.tower.save(path, about)
        encoder = self.host.load_encoder(str(path))
        figures = {
            name: {"before": self.before[name], "after": one.figures(encoder, self.host.watch)}
            for name, one in self.measured.items()
        }
        evaluated = [entry for entry in state.log_history if "eval_score" in entry]
        best = max(evaluated, key=lambda entry: entry["eval_score"])
        seconds = self.trainer.seconds()
        drawn = len(self.items) * (state.epoch or 0.0)
        result = TrainResult(
            folder=path,
            figures=figures,
            alpha=alpha,
            alphas=alphas,
            epochs_run=len(evaluated),
            best_epoch=round(best["epoch"]),
            batch_size=self.batch,
            data=self.data.as_dict(),
            seconds=round(seconds, 1),
            pairs_per_second=round(drawn / seconds, 1) if seconds else 0.0,
            library_stays_valid=manifest.fingerprint == self.fingerprint,
            settings=plan.as_dict(),
            machine={"hardware": hardware(), "software": software(), "commit": commit()},
        )
        files = {
            name: [Path(one).name for one in sources]
            for name, sources in (("train", plan.sources), ("dev", plan.dev), ("test", plan.test))
        }
        with disk_full(self.checkpoints.kept):
            (path / PLOT).write_bytes(curves(self.log.read()))
            card = model_card(result, self.data.digest(), files)
            (path / CARD).write_text(card, encoding="utf-8")
            self.folder.finished(files_before)
            result.write()
        if not plan.keep_checkpoints:
            self.checkpoints.remove()
        return result


def _arguments(plan: TrainPlan) -> "TrainingArguments":
    from transformers import TrainingArguments
    from transformers.utils import logging

    logging.set_verbosity_error()
    accelerated = torch.cuda.is_available() or torch.backends.mps.is_available()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    reduced = plan.precision == "bf16" or (
        plan.precision == "auto" and choose_dtype(device) == torch.bfloat16
    )
    distributed = int(os.environ.get("WORLD_SIZE", "1")) > 1
    args = TrainingArguments(
        output_dir=str(plan.out.expanduser().absolute() / "checkpoints"),
        num_train_epochs=plan.epochs,
        learning_rate=plan.learning_rate,
        weight_decay=plan.weight_decay,
        gradient_accumulation_steps=plan.accumulate,
        max_grad_norm=1.0,
        bf16=reduced,
        use_cpu=not accelerated,
        ddp_backend="gloo" if distributed and not accelerated else None,
        ddp_find_unused_parameters=False,
        ddp_broadcast_buffers=False,
        save_strategy="epoch",
        metric_for_best_model="score",
        greater_is_better=True,
        logging_nan_inf_filter=False,
        log_level="error",
        disable_tqdm=True,
        report_to=[],
        remove_unused_columns=False,
        dataloader_num_workers=plan.workers,
        dataloader_pin_memory=torch.cuda.is_available(),
        seed=plan.seed,
    )
    # Several accelerators in one process would be DataParallel, which copies the module a step.
    args._n_gpu = min(args.n_gpu, 1)
    return args


def _cache() -> Path:
    return make_private_folder(home() / "training")


def _copied(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in state.items()}


def _all(items: Items) -> Any:
    return (items[place] for place in range(len(items)))
