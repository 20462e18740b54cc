"""Runs recipes: reads, embeds, scores, judges, and keeps all of it for the next time."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.encoders.base import Encoder
from retrieval.encoders.cached import CachedTextEncoder
from retrieval.errors import PhotopalError
from retrieval.files import file_hash
from retrieval.indexing import index_folders
from retrieval.paths import home, make_private_folder
from training.bench.base import BenchDataset, BenchPhoto, BenchQuery, Embedder
from training.bench.datasets import read_dataset
from training.bench.hubness import read_bank, spread, usual_best
from training.bench.judging import Task, figures_of, judge, kinds_of
from training.bench.loading import Embedders
from training.bench.measures import measure_of
from training.bench.noise import noise_of
from training.bench.product import ProductScorer, open_product_gallery
from training.bench.recipes import Hubness, ProductFusion, Recipe
from training.bench.result import CostFacts, DatasetFacts, NotMeasured, Result, Row
from training.bench.result_store import KeptResult, ResultStore
from training.bench.scoring import Scorer, VectorScorer
from training.bench.trec import qrels_text
from training.bench.vectors import Vectors
from training.errors import BenchError, SizesDiffer, VectorsInvalid

log = logging.getLogger(__name__)

KEPT_TEXTS = 20_000
"""Vectors of texts that the product's search keeps, as in :mod:`training.evaluation.run`."""


@dataclass(frozen=True)
class Options:
    """How the bench is run.

    Attributes:
        data: folder that the paths of recipes start from.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        batch_size: photos or texts that are embedded together.
        fresh: measure again what was measured already; vectors are taken as they are.
    """

    data: Path
    device: str = "auto"
    batch_size: int = 32
    fresh: bool = False


@dataclass(frozen=True)
class Host:
    """What the bench needs of the program around it.

    Attributes:
        load_encoder: by name.
        progress: told what is done, how much of it, and of how much.
        note: told in one line what happens.
        index: as :func:`retrieval.indexing.index_folders`; may show its progress.
    """

    load_encoder: Callable[[str], Encoder]
    progress: Callable[[str, int, int], None] = lambda what, done, total: None
    note: Callable[[str], None] = lambda line: None
    index: Callable[..., Any] = index_folders


class Bench:
    """Measures recipes; what several of them need is read and loaded once."""

    def __init__(self, options: Options, host: Host) -> None:
        """Nothing is read before the first recipe."""
        folder = make_private_folder(home() / "bench")
        self._options = options
        self._host = host
        load_encoder = cache(host.load_encoder)
        self._embedders = Embedders(
            load_encoder,
            options.data,
            device=options.device,
            batch_size=options.batch_size,
        )
        self._datasets: dict[str, BenchDataset] = {}
        self._vectors = Vectors(folder / "vectors", options.batch_size, host.progress, host.note)
        self._store = ResultStore(folder / "results")

    def measure(self, recipes: Mapping[str, Recipe]) -> tuple[list[Row], dict[str, KeptResult]]:
        """What each recipe gave, in their order, and the files of those that gave figures.

        A recipe that fails does not stop the others. What was measured or embedded before is taken
        as it is, where nothing that it depends on has changed.
        """
        rows: list[Row] = []
        kept: dict[str, KeptResult] = {}
        for name, recipe in recipes.items():
            try:
                kept[name] = self._measured(name, recipe)
                rows.append(kept[name].result)
            except Exception as error:
                log.debug("recipe %s", name, exc_info=True)
                row = _not_measured(name, recipe, error)
                self._host.note(f"{name}: {row.told()}")
                rows.append(row)
        return rows, kept

    def _measured(self, name: str, recipe: Recipe) -> KeptResult:
        """The result of a recipe, and its files."""
        dataset = self._dataset(recipe)
        embedder = self._embedders.of(recipe)
        key = self._store.key(
            recipe.model_dump(mode="json", exclude={"about", "expected"}),
            dataset.content_hash,
            embedder.fingerprint,
            self._bank_hash(recipe.hubness),
            version("photopal"),
        )
        known = None if self._options.fresh else self._store.find(key)
        if known is not None:
            self._host.note(f"{name}: measured before")
            named = {"name": name, "about": recipe.about}
            return replace(known, result=known.result.model_copy(update=named))
        self._host.note(f"{name}: {len(dataset.photos):,} photos, {len(dataset.queries):,} queries")
        begun = time.perf_counter()
        result, run = self._result(name, recipe, dataset, embedder)
        taken = round(time.perf_counter() - begun, 2)
        return self._store.keep(
            key,
            result.model_copy(update={"seconds": taken}),
            run,
            qrels_text({query: dataset.relevant[query] for query in result.queries}),
        )

    def _result(
        self, name: str, recipe: Recipe, dataset: BenchDataset, embedder: Embedder
    ) -> tuple[Result, str]:
        """The figures of a recipe, and its run file."""
        queries = [query for query in dataset.queries if dataset.relevant.get(query.id)]
        if not queries:
            raise BenchError(
                f"the data set {dataset.name} holds no query that a photo is right for"
            )
        asked = [_with_noise(query, recipe) for query in queries]
        reranker = self._embedders.reranker(recipe)
        space = self._space(recipe, dataset, asked, embedder)
        task = Task(
            photos=space.photos,
            queries=asked,
            relevant=dataset.relevant,
            measures=[measure_of(one) for one in recipe.measures],
            scorer=space.scorer,
            usual_best=space.usual_best,
            rerank=reranker.rerank if reranker is not None else None,
            rerank_first=recipe.rerank.first if recipe.rerank is not None else 0,
            seed=recipe.seed,
            tag=name,
        )
        found = judge(task, lambda done, total: self._host.progress("ranking", done, total))
        missing = [(one.name, one.reason) for one in dataset.missing]
        result = Result(
            name=name,
            about=recipe.about,
            embedder=embedder.name,
            dataset=DatasetFacts(
                name=dataset.name,
                protocol=dataset.protocol,
                content_hash=dataset.content_hash,
                photos=len(space.photos),
                queries=len(queries),
                unanswerable=len(dataset.queries) - len(queries),
                missing=tuple(missing + list(space.missing)),
            ),
            measures=figures_of(found.values),
            kinds=kinds_of(queries, found.values),
            queries=tuple(query.id for query in queries),
            values={one: tuple(some) for one, some in found.values.items()},
            ranks=tuple(found.ranks),
            failed=found.failed,
            similarity=found.similarity,
            cost=space.cost,
            examples=tuple(found.examples),
            recipe=recipe.model_dump(mode="json", exclude={"about", "expected"}),
        )
        return result, found.run

    def _space(
        self,
        recipe: Recipe,
        dataset: BenchDataset,
        queries: Sequence[BenchQuery],
        embedder: Embedder,
    ) -> "_Space":
        """Photos and queries made comparable, as the recipe says."""
        # Networks are loaded for it, so that no speed counts that in.
        cost = _cost(embedder)
        if isinstance(recipe.fusion, ProductFusion):
            encoder = CachedTextEncoder(self._embedders.encoder(recipe), KEPT_TEXTS)
            gallery = open_product_gallery(dataset.photos, encoder, self._host.index)
            scorer = ProductScorer(gallery, queries)
            return _Space(gallery.photos, scorer, tuple(gallery.failed.items()), cost)
        photos = self._vectors.of_photos(embedder, dataset.photos)
        there = [place for place in range(len(dataset.photos)) if place not in photos.failed]
        if not there:
            why = next(iter(photos.failed.values()), "there is none")
            raise BenchError(f"none of the {len(dataset.photos):,} photos can be embedded: {why}")
        rows = photos.vectors[there]
        if recipe.fusion is None:
            asked = self._vectors.of_queries(embedder, queries)
        else:
            asked = self._vectors.of_composed_queries(
                embedder, queries, recipe.fusion, rows, self._options.data
            )
        if len(asked.failed) == len(queries):
            raise BenchError(
                f"none of the queries can be asked: {next(iter(asked.failed.values()))}"
            )
        return _Space(
            tuple(dataset.photos[place] for place in there),
            VectorScorer(rows, asked.vectors, asked.failed),
            tuple((dataset.photos[place].id, why) for place, why in photos.failed.items()),
            cost.model_copy(
                update={
                    "photos_per_second": round(photos.per_second, 2),
                    "queries_per_second": round(asked.per_second, 2),
                    "peak_bytes": max(photos.peak_bytes, asked.peak_bytes),
                }
            ),
            self._usual_best(recipe.hubness, rows, embedder),
        )

    def _usual_best(
        self, hubness: Hubness | None, photos: NDArray[np.float32], embedder: Embedder
    ) -> NDArray[np.float32] | None:
        if hubness is None:
            return None
        if isinstance(hubness.bank, str):
            texts = read_bank(self._options.data / hubness.bank)
        else:
            bank = read_dataset(hubness.bank, self._options.data)
            texts = [query.text for query in bank.queries if query.text]
        queries = [
            BenchQuery(id=str(place), text=text)
            for place, text in enumerate(spread(texts, hubness.first))
        ]
        vectors = self._vectors.of_queries(embedder, queries).vectors
        return np.float32(hubness.weight) * usual_best(photos, vectors)

    def _bank_hash(self, hubness: Hubness | None) -> str:
        if hubness is None:
            return ""
        if isinstance(hubness.bank, str):
            path = self._options.data / hubness.bank
            try:
                return file_hash(path)
            except OSError as error:
                raise BenchError(f"{path}: {error.strerror or error}") from None
        return read_dataset(hubness.bank, self._options.data).content_hash

    def _dataset(self, recipe: Recipe) -> BenchDataset:
        key = recipe.dataset.model_dump_json()
        if key not in self._datasets:
            self._datasets[key] = read_dataset(recipe.dataset, self._options.data)
        return self._datasets[key]


@dataclass(frozen=True)
class _Space:
    """Photos and queries that can be compared.

    Attributes:
        photos: in the order of the scores.
        scorer: scores them.
        missing: photos that could not be read, with the reason.
        cost: of the embedder.
        usual_best: what is subtracted of each photo's scores.
    """

    photos: tuple[BenchPhoto, ...]
    scorer: Scorer
    missing: tuple[tuple[str, str], ...]
    cost: CostFacts
    usual_best: NDArray[np.float32] | None = None


def _cost(embedder: Embedder) -> CostFacts:
    return CostFacts(
        parameters=embedder.cost.parameters,
        dim=embedder.cost.dim,
        details=dict(embedder.cost.details),
    )


def _with_noise(query: BenchQuery, recipe: Recipe) -> BenchQuery:
    if recipe.noise is None:
        return query
    changed = noise_of(recipe.noise)(query.text, f"{recipe.seed}/{query.id}")
    return replace(query, text=changed, asked=None)


def _not_measured(name: str, recipe: Recipe, error: Exception) -> NotMeasured:
    known = isinstance(error, PhotopalError)
    if known:
        reason = str(error)
    elif isinstance(error, MemoryError):
        reason = "not enough memory"
    else:
        reason = f"unexpected {type(error).__name__}: {error} (--debug shows where)"
    wrong = isinstance(error, SizesDiffer | VectorsInvalid) or not (
        known or isinstance(error, MemoryError)
    )
    return NotMeasured(name=name, about=recipe.about, reason=" ".join(reason.split()), failed=wrong)
