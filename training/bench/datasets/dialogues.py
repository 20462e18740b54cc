"""PhotoChat, FlickrChat and AlbumChat: the photo that a dialogue leads to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from bot.describe.base import Describer
from bot.dialogues.dialogue import Dialogue
from bot.dialogues.labels import LabelPool
from bot.dialogues.reading import left_out, read_dialogues
from retrieval.filters import Filter
from training.bench.base import BenchDataset, BenchPhoto, BenchQuery, Missing
from training.bench.datasets.content import assembled
from training.bench.datasets.photo_finder import PhotoFinder
from training.bench.datasets.spec import Spec, existing_file, existing_folder
from training.errors import DatasetInvalid
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
from training.evaluation.reasons import NO_LABELS
from training.evaluation.recorded import read_captions, read_descriptors
from training.evaluation.report.trec import query_id

if TYPE_CHECKING:
    from retrieval.library import Library

NOTHING_RIGHT = "no photo is right for it (left out of the ranking)"
NO_PHOTO_NAMED = "no photo named"


class DialoguesSpec(Spec):
    """Dialogues in PhotoChat's or AlbumChat's format."""

    kind: Literal["dialogues"]
    files: tuple[str, ...] = Field(min_length=1, description="Files, folders, 'test_*.json'.")
    photos: str | None = Field(
        None,
        description="Folder that is ranked. Without it, the photos' label texts are the gallery's "
        "captions, for embedders that read captions.",
    )
    query: Literal["recorded", "offline", "small_llm", "dialogue", "owner", "caption"] = Field(
        "offline",
        description="A recorded LLM's descriptors, the phrase describer's, those of the small "
        "language model on this machine, all turns, the owner's turns, or a caption of the photo.",
    )
    last: int | None = Field(None, ge=1, description="Of 'dialogue', only the newest turns.")
    descriptors: str | None = Field(None, description="File of recorded descriptors.")
    answers: str | None = Field(
        None, description="An LLM's recorded answers to AlbumChat: descriptors, when, where."
    )
    captions: str | None = Field(None, description="File of captions of the photos.")
    filters: bool = Field(True, description="Of AlbumChat, rank only photos of when and where.")
    limit: int | None = Field(None, ge=1, description="Only the first dialogues.")

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> "DialoguesSpec":
        if self.query == "recorded" and not (self.descriptors or self.answers):
            raise ValueError("query: recorded needs descriptors or answers")
        if self.query == "caption" and not self.captions:
            raise ValueError("query: caption needs captions")
        return self


@dataclass(frozen=True)
class _Pool:
    """What is ranked, and what is right for each dialogue by its id."""

    photos: tuple[BenchPhoto, ...]
    right: Mapping[str, tuple[str, ...]]
    missing: tuple[Missing, ...]


def read_dialogue_set(
    spec: DialoguesSpec, root: Path, describer: Describer | None = None
) -> BenchDataset:
    """The data set of dialogues.

    A dialogue for which nothing is right (AlbumChat's ``no_answer``) is left out and counted. One
    that has no query stays, and is a miss: its ``asked.failed`` says why.

    Args:
        spec: which dialogues, and what is asked.
        root: folder of the data.
        describer: of the query ``offline``; by default the product's.

    Raises:
        DatasetInvalid, PhotosUnusable: see :func:`training.bench.datasets.read_dataset`.
        DialogueUnreadable, EvaluationError: a file of dialogues, descriptors or captions.
    """
    read = read_dialogues([root.expanduser() / name for name in spec.files])
    dialogues = read.dialogues[: spec.limit]
    odd = [
        Missing(read.examples[what][0].removeprefix(f"{root.expanduser()}/"), f"{count:,} × {what}")
        for what, count in left_out(read).problems.items()
    ]
    odd += [Missing(one.id, NOTHING_RIGHT) for one in dialogues if _nothing_right(one)]
    dialogues = tuple(one for one in dialogues if not _nothing_right(one))
    asked = _maker(spec, root, dialogues, describer)(dialogues)
    pools: list[frozenset[str] | None] = [None] * len(dialogues)
    if spec.photos is None:
        pool = _labels(dialogues)
    else:
        finder = PhotoFinder(existing_folder(root, spec.photos))
        pool = _photos(dialogues, finder, Path(spec.files[0]))
        asked, pools = _planned(spec, root, dialogues, asked, finder)
    queries = [
        BenchQuery(
            query_id(dialogue.id),
            text=words_of(one),
            minus=(one.exclude,) if one.exclude else (),
            kind=dialogue.album.kind if dialogue.album is not None else "",
            asked=one,
            pool=among,
        )
        for dialogue, one, among in zip(dialogues, asked, pools, strict=True)
    ]
    failed = [
        Missing(query.id, query.asked.failed)
        for query in queries
        if query.asked is not None and query.asked.failed
    ]
    return assembled(
        Path(spec.files[0]).stem,
        pool.photos,
        queries,
        {query_id(one.id): dict.fromkeys(pool.right[one.id], 1) for one in dialogues},
        [*pool.missing, *failed, *odd],
        _protocol(spec, any(one.album for one in dialogues)),
    )


def words_of(asked: EvalQuery) -> str:
    """A dialogue's query as one text, for embedders that take one; "" when there is none.

    Descriptors are joined by commas. The product's own search weighs them, reads the dialogue
    beside them and needs ``BenchQuery.asked`` instead.
    """
    if asked.failed is not None:
        return ""
    if asked.description is None:
        return asked.caption or " ".join(asked.turns)
    fields = asked.description.descriptors.model_dump().values()
    said = ", ".join(text for text in fields if text)
    return said or " ".join(turn.text for turn in asked.description.context.turns if turn.text)


def _nothing_right(dialogue: Dialogue) -> bool:
    return dialogue.album is not None and not dialogue.album.relevant


def _maker(
    spec: DialoguesSpec, root: Path, dialogues: Sequence[Dialogue], describer: Describer | None
) -> QueryMaker:
    """What makes the queries of the recipe's kind."""

    def offline() -> QueryMaker:
        from bot.describe.phrases import PhraseDescriber

        return ask_describer((describer or PhraseDescriber()).describe)

    def small_llm() -> QueryMaker:
        from bot.describe.offline import offline_describer

        return ask_describer(offline_describer("small_llm").describe)

    def recorded() -> QueryMaker:
        file = existing_file(root, spec.descriptors or spec.answers or "")
        return ask_recorded(read_descriptors(file, dialogues))

    makers: Mapping[str, Callable[[], QueryMaker]] = {
        "offline": offline,
        "small_llm": small_llm,
        "recorded": recorded,
        "dialogue": lambda: ask_turns(last_turns(spec.last) if spec.last else whole_dialogue),
        "owner": lambda: ask_turns(owners_turns),
        "caption": lambda: ask_captions(read_captions(existing_file(root, spec.captions or ""))),
    }
    return makers[spec.query]()


def _photos(dialogues: Sequence[Dialogue], finder: PhotoFinder, source: Path) -> _Pool:
    """Every photo of the folder; where some of a dialogue's are there, those are right."""
    photos = tuple(finder.all_photos())
    if not photos:
        raise DatasetInvalid(f"{finder.folder} holds no photo")
    right: dict[str, tuple[str, ...]] = {}
    unnamed: list[Missing] = []
    for dialogue in dialogues:
        if dialogue.album is not None:
            found = [finder.find(name) for name in dialogue.album.relevant]
        elif (photo := finder.of_dialogue(dialogue)) is not None:
            found = [photo]
        else:
            # Nothing can be right, and the dialogue counts all the same.
            unnamed.append(Missing(dialogue.id, NO_PHOTO_NAMED))
            right[dialogue.id] = (f"photo-of-{query_id(dialogue.id)}",)
            continue
        there = [photo.id for photo in found if finder.is_there(photo)]
        right[dialogue.id] = tuple(dict.fromkeys(there or [photo.id for photo in found]))
    finder.require_some(len({one for ids in right.values() for one in ids}), source)
    return _Pool(photos, right, (*finder.missing, *unnamed))


def _labels(dialogues: Sequence[Dialogue]) -> _Pool:
    """The label texts of the dialogues' photos, where the photos cannot be had."""
    pool = LabelPool(dialogues)
    if not len(pool):
        raise DatasetInvalid("no dialogue has labels (photo_description): name a folder of photos")
    labelled = zip(pool.ids.tolist(), pool.texts, strict=True)
    right: dict[str, tuple[str, ...]] = {}
    missing = []
    for dialogue in dialogues:
        gold = pool.gold.get(dialogue.id)
        if gold is None:
            missing.append(Missing(dialogue.id, NO_LABELS))
        right[dialogue.id] = (gold or f"photo-of-{query_id(dialogue.id)}",)
    photos = tuple(BenchPhoto(name, Path(name), (text,)) for name, text in labelled)
    return _Pool(photos, right, tuple(missing))


def _planned(
    spec: DialoguesSpec,
    root: Path,
    dialogues: Sequence[Dialogue],
    asked: list[EvalQuery],
    finder: PhotoFinder,
) -> tuple[list[EvalQuery], list[frozenset[str] | None]]:
    """The queries with when, where and what not; and the photos that are ranked for each."""
    everything: list[frozenset[str] | None] = [None] * len(asked)
    if not any(dialogue.album for dialogue in dialogues):
        return asked, everything
    from training.bench.datasets.album_facts import open_facts
    from training.evaluation.album import AlbumPlanner, read_plans

    facts = open_facts(finder.folder)
    plans = read_plans(existing_file(root, spec.answers)) if spec.answers else {}
    planned = AlbumPlanner(facts, plans).planned(spec.query, dialogues, asked)
    if not spec.filters:
        return [replace(one, filter=Filter()) for one in planned], everything
    return planned, [_matching(one, facts, finder) for one in planned]


def _matching(asked: EvalQuery, facts: "Library", finder: PhotoFinder) -> frozenset[str] | None:
    from training.bench.datasets.album_facts import photos_matching

    if not asked.filter.narrows:
        return None
    paths = photos_matching(facts, asked.filter)
    return frozenset(finder.find(path.relative_to(finder.folder).as_posix()).id for path in paths)


def _protocol(spec: DialoguesSpec, album: bool) -> str:
    ranked = "label texts" if spec.photos is None else "photos"
    turns = f", last {spec.last} turns" if spec.query == "dialogue" and spec.last else ""
    within = ", those of when and where" if album and spec.filters and spec.photos else ""
    return f"query {spec.query}{turns} → {ranked}{within}"
