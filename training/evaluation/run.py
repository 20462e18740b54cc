"""Runs an evaluation: reads, asks, ranks, judges."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.dialogues.dialogue import Dialogue, DialogueSet
from bot.dialogues.labels import sentence_embedder
from bot.dialogues.reading import read_dialogues
from bot.settings import Settings
from training.errors import EvaluationError
from training.evaluation.album import AlbumPlanner, read_plans
from training.evaluation.answers import AnswerCache, default_cache_path
from training.evaluation.gallery import Gallery, open_labels, open_library, open_photos
from training.evaluation.llm import AnswerProgress, LLMAsker, Watch
from training.evaluation.outcome import Run, score, with_refusals
from training.evaluation.plan import QUERIES, Plan
from training.evaluation.queries import (
    EvalQuery,
    QueryMaker,
    ask_captions,
    ask_describer,
    ask_recorded,
    ask_turns,
    last_turns,
    owners_turns,
    whole_dialogue,
)
from training.evaluation.rankers import LABEL_WAYS, LabelRanker, PhotoRanker, Ranker
from training.evaluation.recorded import read_captions, read_descriptors
from training.evaluation.summary import compare, summary

if TYPE_CHECKING:
    from retrieval.encoders.base import Encoder


KEPT_TEXTS = 20_000
"""Vectors of texts that one evaluation keeps: some seventy megabytes at most."""


@dataclass(frozen=True)
class Host:
    """What the evaluation needs of the program around it; each may show its progress.

    Attributes:
        load_encoder: by name.
        index: as :func:`retrieval.indexing.index_folders`; None for that one.
        watch: told of every answer of the LLM.
        note: told in one line what happens.
    """

    load_encoder: "Callable[[str], Encoder]"
    index: Callable[..., Any] | None = None
    watch: Watch | None = None
    note: Callable[[str], None] = lambda line: None


@dataclass
class Evaluation:
    """What came out.

    Attributes:
        results: of the systems, the leading one first.
        gallery: the pool.
        dialogues: all that were read.
        against: ``photos`` or ``labels``.
        llm: what asking the LLM took; None when it was not asked.
        seconds: from reading to judging.
    """

    plan: Plan
    dialogues: DialogueSet
    against: str
    gallery: Gallery
    results: list[Run] = field(default_factory=list)
    llm: AnswerProgress | None = None
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The JSON of ``photopal evaluate``: the leading system on top, all under ``systems``."""
        summaries = [
            summary(result, only_available=self.plan.only_available) for result in self.results
        ]
        found: dict[str, Any] = {**summaries[0], "against": self.against}
        if len(summaries) > 1:
            found["systems"] = {one["system"]: one for one in summaries}
            found["comparisons"] = compare(self.results)
        found["problems"] = dict(self.dialogues.problems)
        if self.llm is not None:
            found["llm"] = llm_as_dict(self.llm, self.plan)
        found["seconds"] = round(self.seconds, 3)
        return found


def llm_as_dict(progress: AnswerProgress, plan: Plan) -> dict[str, Any]:
    """What asking the LLM took."""
    found: dict[str, Any] = {
        "asked": progress.done - progress.kept,
        "kept_from_before": progress.kept,
        "failed": progress.failed,
        "input_tokens": progress.tokens.input,
        "output_tokens": progress.tokens.output,
    }
    if plan.price.input or plan.price.output:
        found["cost"] = round(cost(progress, plan), 6)
    return found


def cost(progress: AnswerProgress, plan: Plan) -> float:
    """Of the answers that were not known before."""
    return (
        progress.tokens.input * plan.price.input + progress.tokens.output * plan.price.output
    ) / 1_000_000


def read(plan: Plan) -> DialogueSet:
    """The dialogues of a plan."""
    found = read_dialogues(list(plan.sources))
    return replace(found, dialogues=found.dialogues[: plan.limit]) if plan.limit else found


def evaluate(plan: Plan, settings: Settings, host: Host) -> Evaluation:
    """Run all systems of a plan over all dialogues.

    Raises:
        EvaluationError: what was asked for does not fit together.
        DialogueUnreadable, FolderNotFound, EncoderUnavailable: as their makers say.
    """
    started = time.perf_counter()
    # The describer and the ranker share an encoder.
    host = replace(host, load_encoder=cache(_keeping_texts(host.load_encoder)))
    folder = plan.gallery or plan.photos
    against = plan.against or ("photos" if folder or plan.library else None)
    if against is None:
        raise EvaluationError(
            "name the folder of photos with --photos DIR or an indexed library with --library "
            "PATH, or rank label texts instead with --against labels"
        )
    if against == "photos" and not (folder or plan.library):
        raise EvaluationError("ranking photos needs --photos DIR or --library PATH")
    dialogues = read(plan)
    kinds = _kinds(plan, settings, against, any(one.album for one in dialogues))
    asks, asker = _asks(plan, settings, dialogues.dialogues, kinds, against, host)
    if against == "photos":
        gallery, rankers = _photos(plan, settings, dialogues.dialogues, folder, host)
    else:
        gallery, rankers = _labels(settings, dialogues.dialogues, host)
    planner = _planner(plan, dialogues, rankers)
    evaluation = Evaluation(plan, dialogues, against, gallery)
    for kind, ask in asks.items():
        begun = time.perf_counter()
        asked = ask(dialogues.dialogues)
        if planner is not None:
            asked = planner.planned(kind, dialogues.dialogues, asked)
        taken = time.perf_counter() - begun
        for ranker in rankers:
            begun = time.perf_counter()
            queries, scores = ranker.scores(asked)
            name = _name(kind, ranker, plan)
            result = score(name, dialogues.dialogues, queries, scores, gallery)
            if planner is not None and isinstance(ranker, PhotoRanker):
                result = with_refusals(result, ranker.refused(queries))
            seconds = taken + time.perf_counter() - begun
            evaluation.results.append(replace(result, seconds=seconds))
    if against == "labels":
        # Of the three ways to rank labels, the one that knows most leads.
        evaluation.results.sort(key=lambda one: not one.name.endswith("/both"))
    evaluation.llm = asker.progress if asker is not None else None
    evaluation.seconds = time.perf_counter() - started
    return evaluation


def _keeping_texts(
    load_encoder: "Callable[[str], Encoder]",
) -> "Callable[[str], Encoder]":
    """Describing, ranking and judging sureness embed the same texts: once is enough."""
    from retrieval.encoders.cached import CachedTextEncoder

    return lambda name: CachedTextEncoder(load_encoder(name), KEPT_TEXTS)


def _planner(plan: Plan, dialogues: DialogueSet, rankers: Sequence[Ranker]) -> AlbumPlanner | None:
    """What says when and where in AlbumChat's dialogues; None where there are none."""
    photos = next((one for one in rankers if isinstance(one, PhotoRanker)), None)
    if photos is None or not any(dialogue.album for dialogue in dialogues):
        return None
    return AlbumPlanner(photos.library, read_plans(plan.answers) if plan.answers else {})


def open_asker(settings: Settings, plan: Plan, host: Host) -> LLMAsker:
    """What asks the LLM of the settings, with the answers that were kept."""
    from bot.describe.llm import describer_chain
    from bot.llm.client import endpoint_of, secrets_of
    from prompts.loader import load_prompt

    cache = AnswerCache(
        default_cache_path(), load_prompt("describe"), settings.model, endpoint_of(settings)
    )
    if cache.outdated:
        host.note(
            f"{cache.outdated} answers of an older Photopal are asked for again: "
            "it did not keep what the LLM wrote"
        )
    return LLMAsker(describer_chain(settings), cache, plan.rate, host.watch, secrets_of(settings))


def _kinds(plan: Plan, settings: Settings, against: str, album: bool) -> list[str]:
    """The kinds of query to make, the leading one first."""
    has_recorded = (plan.answers or plan.descriptors) is not None
    possible = {
        "llm": settings.uses_llm,
        "recorded": has_recorded,
        "recorded+owner": has_recorded and against == "labels",
        "caption": plan.captions is not None,
    }
    needs = {
        "llm": "an LLM: set OPENAI_API_KEY, or give --base-url",
        "recorded": "--descriptors FILE.jsonl (or --answers FILE.jsonl)",
        "recorded+owner": "--descriptors FILE.jsonl and --against labels",
        "caption": "--captions FILE.jsonl",
    }
    if plan.queries:
        for kind in plan.queries:
            if kind not in QUERIES:
                raise EvaluationError(f"no query {kind!r}: choose of {', '.join(QUERIES)}")
            if not possible.get(kind, True):
                raise EvaluationError(f"the query {kind!r} needs {needs[kind]}")
        return list(dict.fromkeys(plan.queries))
    leading = [kind for kind in ("llm", "recorded") if possible[kind]]
    if album:
        return [*leading, "offline"]
    return leading + [k for k in QUERIES if k not in leading and possible.get(k, True)]


def _asks(
    plan: Plan,
    settings: Settings,
    dialogues: Sequence[Dialogue],
    kinds: Sequence[str],
    against: str,
    host: Host,
) -> tuple[dict[str, QueryMaker], LLMAsker | None]:
    told = plan.answers or plan.descriptors
    recorded = read_descriptors(told, dialogues) if told else {}
    captions = read_captions(plan.captions) if plan.captions else {}
    asker = open_asker(settings, plan, host) if "llm" in kinds else None
    if asker is not None:
        host.note(f"asking {settings.model} about {len(dialogues)} dialogues; --offline does not")

    def offline() -> QueryMaker:
        from bot.describe.offline import offline_describer

        encoder = host.load_encoder(settings.encoder)
        return ask_describer(offline_describer(settings.describer, encoder).describe)

    makers: dict[str, Callable[[], QueryMaker]] = {
        "offline": offline,
        "llm": lambda: asker.ask if asker is not None else _nothing,
        "recorded": lambda: ask_recorded(recorded),
        "recorded+owner": lambda: ask_recorded(recorded, with_owner=True),
        "owner": lambda: ask_turns(owners_turns),
        "last": lambda: ask_turns(last_turns(plan.last)),
        "dialogue": lambda: ask_turns(whole_dialogue),
        "caption": lambda: ask_captions(captions),
    }
    return {kind: makers[kind]() for kind in kinds}, asker


def _photos(
    plan: Plan, settings: Settings, dialogues: Sequence[Dialogue], folder: Path | None, host: Host
) -> tuple[Gallery, list[Ranker]]:
    encoder = host.load_encoder(settings.encoder)
    if folder is not None:
        options = {} if host.index is None else {"index": host.index}
        photos = open_photos(dialogues, folder, encoder, named_in=plan.photos, **options)
    else:
        assert plan.library is not None
        photos = open_library(dialogues, plan.library, encoder)
    missing = len(photos.gallery.unavailable)
    if missing:
        host.note(f"{missing} of {len(dialogues)} dialogues lack their photo; each is a miss")
    return photos.gallery, [PhotoRanker(photos)]


def _labels(
    settings: Settings, dialogues: Sequence[Dialogue], host: Host
) -> tuple[Gallery, list[Ranker]]:
    # The starter's text side is MiniLM with a head that was trained towards photos; texts are
    # better compared with the bare one.
    own = "encoder" in settings.model_fields_set and settings.encoder != "starter"
    embed = sentence_embedder(host.load_encoder(settings.encoder) if own else None)
    gallery, pool = open_labels(dialogues, embed)
    return gallery, [LabelRanker(pool, way) for way in LABEL_WAYS]


def _name(kind: str, ranker: Ranker, plan: Plan) -> str:
    kind = f"last-{plan.last}" if kind == "last" else kind
    return f"{kind}/{ranker.name}" if ranker.name else kind


def _nothing(dialogues: Sequence[Dialogue]) -> list[EvalQuery]:
    return [EvalQuery(failed="not asked") for _ in dialogues]
