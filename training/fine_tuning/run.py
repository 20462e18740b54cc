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
from training.datasets.text_photo import TextPhotoDataset
from training.encoders import make_trainable
from training.encoders.precomputed import precompute_embeddings
from training.encoders.wise_ft import choose_alpha
from training.errors import TrainingError
from training.fine_tuning.callbacks import (
    CheckpointCallback,
    EarlyStopping,
    EvaluateEveryEpoch,
    LoggingCallback,
)
from training.fine_tuning.checkpoints import Checkpoint, Checkpoints, disk_full
from training.fine_tuning.collator import Collator
from training.fine_tuning.config import TrainConfig
from training.fine_tuning.data import Data, gather
from training.fine_tuning.environment import Progress, Reporter, commit, hardware, software
from training.fine_tuning.folder import RunFolder
from training.fine_tuning.log import NAME as LOG
from training.fine_tuning.log import RunLog, curves
from training.fine_tuning.model import TuningModel
from training.fine_tuning.result import CARD_NAME, TrainResult, model_card
from training.fine_tuning.retrieval_evaluator import EncoderEvaluator, RetrievalEvaluator
from training.fine_tuning.trainer import FineTuner, put, state_of, trained
from training.losses import make_loss

if TYPE_CHECKING:
    from transformers import TrainingArguments

    from bot.settings import Settings
    from retrieval.encoders.base import Encoder
    from training.encoders.base import TrainableEncoder

PLOT = "curves.png"
LOGS_AN_EPOCH = 10


def fine_tune(
    config: TrainConfig, reporter: Reporter | None = None, settings: "Settings | None" = None
) -> TrainResult:
    """Run a config; a run that was killed goes on where it was.

    Raises:
        TrainingError: one of its kinds, each with what to do next.
        EncoderUnavailable, EncoderFolderInvalid: the encoder cannot be loaded.
    """
    from bot.settings import Settings

    reporter = reporter or Reporter()
    args = _arguments(config)
    if not args.should_save:
        reporter = replace(reporter, watch=lambda progress: None, note=lambda line: None)
    with ExitStack() as held:
        with args.main_process_first(local=False, desc="reading"):
            return_of, run = _prepare(config, reporter, settings or Settings.load(), args, held)
        if return_of is not None:
            reporter.note(f"{config.out} is trained already; --fresh begins anew")
            return return_of
        assert run is not None
        return run.go()


def _prepare(
    config: TrainConfig,
    reporter: Reporter,
    settings: "Settings",
    args: "TrainingArguments",
    held: ExitStack,
) -> "tuple[TrainResult | None, _Run | None]":
    """Read and check everything; the result when there is one already, else the run."""
    if Path(config.encoder).expanduser().absolute() == config.out.expanduser().absolute():
        raise TrainingError("--encoder and --out are one folder: choose another --out")
    data = gather(config, settings, reporter)
    encoder = reporter.load_encoder(config.encoder)
    digest = fingerprint_of(
        config.digest(),
        data.digest(),
        encoder.fingerprint,
        encoder.text_fingerprint,
        args.world_size,
    )
    fingerprint = encoder.fingerprint
    # Nothing is written before it is clear that this encoder can be trained this way.
    trainable = make_trainable(encoder, tune=config.tune, lora=config.lora)
    trainable.module.eval()
    folder = RunFolder(config.out, digest, config.as_dict())
    if args.should_save:
        folder.claim(config.fresh)
        held.callback(folder.release)
    if (done := TrainResult.read(folder.path)) is not None:
        if args.should_save and not config.keep_checkpoints:
            # Of a run that was killed between its last two lines.
            Checkpoints(folder.checkpoints, digest).remove()
        return done, None
    return None, _Run(config, reporter, args, data, trainable, fingerprint, folder)


class _Run:
    """One run, all its parts put together."""

    def __init__(
        self,
        config: TrainConfig,
        reporter: Reporter,
        args: "TrainingArguments",
        data: Data,
        trainable: "TrainableEncoder",
        fingerprint: str,
        folder: RunFolder,
    ) -> None:
        self.config = config
        self.reporter = reporter
        self.args = args
        self.data = data
        self.folder = folder
        self.trainable = trainable
        self.fingerprint = fingerprint
        # EncoderEvaluator before anything moves: the training changes the encoder in place.
        self.evaluators = self._evaluators(trainable.encoder)
        self.before = self._before(trainable.encoder)
        self.home_device = next(self.trainable.module.parameters()).device
        self.dataset = self._dataset()
        self.dev = RetrievalEvaluator(
            self.trainable, self.evaluators["dev"].queries, data.dev.photos, self._dev_vectors()
        )
        self._cache_texts()
        self.batch = self._batch_size()
        self.checkpoints = Checkpoints(folder.checkpoints, folder.run, reporter.note)
        self.log = RunLog(folder.path / LOG)
        self.original = _copied(self.trainable.module.state_dict())
        self.trainer = self._trainer()

    def go(self) -> TrainResult:
        """Train, choose alpha, write, measure."""
        trainer = self.trainer
        self._train()
        if self.args.should_save:
            alpha, alphas = self._choose()
            self.trainable.module.to(self.home_device).eval()
            result = self._write(alpha, alphas)
        self.trainer.accelerator.wait_for_everyone()
        if not self.args.should_save:
            found = TrainResult.read(self.folder.path)
            assert found is not None
            return found
        del trainer
        return result

    # -- made ready ------------------------------------------------------------------------

    def _evaluators(self, encoder: "Encoder") -> dict[str, EncoderEvaluator]:
        found = {}
        for name, split in (("dev", self.data.dev), ("test", self.data.test)):
            if split is not None:
                queries = dev_queries(split.examples, encoder)
                found[name] = EncoderEvaluator(queries, split.photos, _cache())
                if not found[name].queries:
                    raise TrainingError(f"no text of {name} says anything to look for")
        return found

    def _before(self, encoder: "Encoder") -> dict[str, Any]:
        known = self.folder.kept("before")
        if known is not None and set(known) == set(self.evaluators):
            return dict(known)
        found = {
            name: one.metrics(encoder, self.reporter.watch) for name, one in self.evaluators.items()
        }
        if self.args.should_save:
            self.folder.keep({"before": found})
        return found

    def _dataset(self) -> TextPhotoDataset:
        photos = {path: place for place, path in enumerate(self.data.train.photos)}
        places = {
            example.path: photos[example.path.resolve()] for example in self.data.train.examples
        }
        augmentation = Augmentation() if self.config.augment else Augmentation.none()
        return TextPhotoDataset(self.data.train.examples, places, augmentation, self.config.seed)

    def _dev_vectors(self) -> Callable[[], Any]:
        """Gives the dev photos' vectors as they are now, of the part that is trained."""
        if self.trainable.moves_photos:
            photos = self.data.dev.photos
            return lambda: precompute_embeddings(self.trainable, photos)[0].numpy()
        # The same vectors that the encoder was measured with: no photo is embedded twice.
        vectors = self.evaluators["dev"].vectors(self.trainable.encoder, self.reporter.watch)
        constant = self.trainable.trained_part(torch.from_numpy(vectors)).numpy()
        return lambda: constant

    def _cache_texts(self) -> None:
        """Where only the head moves: run the network once over all texts of all epochs."""
        if self.config.tune != "head":
            return
        texts: dict[str, None] = {}
        for epoch in range(self.config.epochs):
            self.dataset.set_epoch(epoch)
            texts.update(dict.fromkeys(item.text for item in _all(self.dataset)))
        for query in self.evaluators["dev"].queries:
            texts.update(dict.fromkeys(text for text, _ in query.parts))
        self.reporter.note(f"embedding {len(texts):,} texts once")
        self.trainable.cache_texts(list(texts), _cache())

    def _embeddings(self, photos: Any, views: int) -> torch.Tensor:
        return precompute_embeddings(
            self.trainable,
            photos,
            None if self.trainable.moves_photos else _cache(),
            views=views,
            on_progress=lambda done, total: self.reporter.watch(Progress("photos", done, total)),
        )

    def _batch_size(self) -> int:
        each = math.ceil(len(self.dataset) / self.args.world_size)
        if self.config.batch_size > each:
            self.reporter.note(
                f"a batch of {self.config.batch_size} is larger than the data: {each} instead"
            )
        alone = min(self.config.batch_size, each) * self.args.world_size == 1
        if alone and self.config.chosen_negatives == "batch":
            raise TrainingError(
                "a text alone in its batch has nothing to be told apart from: "
                "choose --batch-size 2 or more, or other --negatives"
            )
        return min(self.config.batch_size, each)

    def _trainer(self) -> FineTuner:
        config, args = self.config, self.args
        negatives = config.chosen_negatives
        refresh = None
        if self.trainable.moves_photos and negatives == "mined":
            refresh = self._refreshed
        needed = not self.trainable.moves_photos or config.masking or negatives == "mined"
        embeddings = self._embeddings(self.data.train.photos, config.views) if needed else None
        loss_fn = make_loss(
            config.objective,
            temperature=config.temperature,
            learned=config.learned,
            label_smoothing=config.label_smoothing,
        )
        model = TuningModel(
            self.trainable,
            loss_fn,
            embeddings,
            gallery=negatives == "gallery",
            masking=config.masking,
        )
        args.per_device_train_batch_size = self.batch
        batches = math.ceil(len(self.dataset) / (self.batch * args.world_size))
        steps = math.ceil(batches / config.accumulate)
        args.logging_steps = max(1, steps // LOGS_AN_EPOCH)
        self.stopping = EarlyStopping(config.patience)
        pairs = self.batch * args.world_size * config.accumulate
        self.recorder = LoggingCallback(
            self.log, self.reporter.watch, pairs, lambda: round(loss_fn.temperature, 5)
        )
        return FineTuner(
            config,
            model,
            self.dataset,
            Collator(self.trainable, self.data.train.photos),
            self.dev,
            self.checkpoints,
            args,
            [
                EvaluateEveryEpoch(),
                self.recorder,
                self.stopping,
                CheckpointCallback(config.save_every, config.save_minutes, steps),
            ],
            refresh,
        )

    def _refreshed(self) -> torch.Tensor:
        return precompute_embeddings(self.trainable, self.data.train.photos, views=1)

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
        self.reporter.note(f"going on from step {newest.step} of {state.max_steps}")
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
        module = self.trainable.module.eval()
        if not self.config.wise:
            return 1.0, {}
        tuned = _copied(module.state_dict())
        original = {name: value.to(tuned[name].device) for name, value in self.original.items()}
        # Chosen by hit@30 alone where it tells them apart.
        alpha, metrics = choose_alpha(
            module, original, tuned, lambda: self.trainer.rank_dev().score()
        )
        if alpha == 0:
            self.reporter.note("the training gained nothing on dev: the encoder stays as it was")
        return alpha, {f"{one:g}": round(figure, 4) for one, figure in metrics.items()}

    def _write(self, alpha: float, alphas: dict[str, float]) -> TrainResult:
        config, path = self.config, self.folder.path
        state = self.trainer.state
        about = {
            "trained": {
                "encoder": config.encoder,
                "tune": config.tune,
                "objective": config.objective,
                "alpha": alpha,
                "data": self.data.digest(),
            }
        }
        files_before = self.folder.files()
        with disk_full(self.checkpoints.kept):
            manifest = self.trainable.save(path, about)
        encoder = self.reporter.load_encoder(str(path))
        metrics = {
            name: {"before": self.before[name], "after": one.metrics(encoder, self.reporter.watch)}
            for name, one in self.evaluators.items()
        }
        evaluated = [entry for entry in state.log_history if "eval_score" in entry]
        best = max(evaluated, key=lambda entry: entry["eval_score"])
        seconds = self.trainer.seconds()
        drawn = len(self.dataset) * (state.epoch or 0.0)
        result = TrainResult(
            folder=path,
            metrics=metrics,
            alpha=alpha,
            alphas=alphas,
            epochs_run=len(evaluated),
            best_epoch=round(best["epoch"]),
            batch_size=self.batch,
            data=self.data.as_dict(),
            seconds=round(seconds, 1),
            pairs_per_second=round(drawn / seconds, 1) if seconds else 0.0,
            library_stays_valid=manifest.fingerprint == self.fingerprint,
            settings=config.as_dict(),
            machine={"hardware": hardware(), "software": software(), "commit": commit()},
        )
        files = {
            name: [Path(one).name for one in sources]
            for name, sources in (
                ("train", config.sources),
                ("dev", config.dev),
                ("test", config.test),
            )
        }
        with disk_full(self.checkpoints.kept):
            (path / PLOT).write_bytes(curves(self.log.read()))
            card = model_card(result, self.data.digest(), files)
            (path / CARD_NAME).write_text(card, encoding="utf-8")
            self.folder.finished(files_before)
            result.write()
        if not config.keep_checkpoints:
            self.checkpoints.remove()
        return result


def _arguments(config: TrainConfig) -> "TrainingArguments":
    from transformers import TrainingArguments
    from transformers.utils import logging

    logging.set_verbosity_error()
    accelerated = torch.cuda.is_available() or torch.backends.mps.is_available()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    reduced = config.precision == "bf16" or (
        config.precision == "auto" and choose_dtype(device) == torch.bfloat16
    )
    distributed = int(os.environ.get("WORLD_SIZE", "1")) > 1
    args = TrainingArguments(
        output_dir=str(config.out.expanduser().absolute() / "checkpoints"),
        num_train_epochs=config.epochs,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        gradient_accumulation_steps=config.accumulate,
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
        dataloader_num_workers=config.workers,
        dataloader_pin_memory=torch.cuda.is_available(),
        seed=config.seed,
    )
    # Several accelerators in one process would be DataParallel, which copies the module a step.
    args._n_gpu = min(args.n_gpu, 1)
    return args


def _cache() -> Path:
    return make_private_folder(home() / "training")


def _copied(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in state.items()}


def _all(dataset: TextPhotoDataset) -> Any:
    return (dataset[row] for row in range(len(dataset)))
