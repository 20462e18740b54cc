"""FashionIQ: a garment and how the wanted one differs (Wu et al. 2021, arXiv 1905.12794).

``captions/cap.dress.val.json`` holds a reference photo (``candidate``), two captions and the
``target``; ``image_splits/split.dress.val.json`` the pool of photos of a category and split.

Results depend on the pool, so it is named with them: ``official`` ranks all photos of the split
file; ``target_only`` ranks the targets of the queries alone, which is easier, as several published
results do; with ``with_references`` the reference photos of all queries are ranked as well (the
"VAL protocol").
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from training.bench.base import BenchDataset, BenchPhoto, BenchQuery, Missing
from training.bench.datasets.choice import BLANK
from training.bench.datasets.content import assembled
from training.bench.datasets.json_file import objects, read_json
from training.bench.datasets.photo_finder import TWICE, PhotoFinder
from training.bench.datasets.spec import Spec, existing_file, existing_folder
from training.datasets.lines import clean
from training.errors import DatasetInvalid

Category = Literal["dress", "shirt", "toptee"]
_END = " .,?!"


class FashionIQSpec(Spec):
    """FashionIQ's queries of a split."""

    kind: Literal["fashioniq"]
    photos: str = Field("images", description="Folder of the photos.")
    captions: str = Field("captions", description="Folder of cap.CATEGORY.SPLIT.json.")
    splits: str = Field("image_splits", description="Folder of split.CATEGORY.SPLIT.json.")
    split: str = Field("val", pattern=r"^\w+$", description="Whose targets are known.")
    categories: tuple[Category, ...] = Field(
        ("dress", "shirt", "toptee"), min_length=1, description="Of garments."
    )
    protocol: Literal["official", "target_only"] = Field(
        "official", description="The pool: the split's photos, or the queries' targets."
    )
    with_references: bool = Field(
        False, description="In target_only, also rank the reference photos."
    )
    rank_reference: bool = Field(
        False, description="Rank a query's own reference photo too, as some evaluations do."
    )
    query: Literal["both", "text", "photo"] = Field(
        "both", description="Captions and reference photo, or either alone."
    )


@dataclass(frozen=True)
class _Asked:
    """One query as its file has it."""

    reference: str
    target: str
    captions: tuple[str, ...]

    @property
    def text(self) -> str:
        """Both captions as one, ``is blue and has longer sleeves``."""
        return " and ".join(filter(None, (one.strip(_END) for one in self.captions)))


def read_fashioniq(spec: FashionIQSpec, root: Path) -> BenchDataset:
    """The data set of FashionIQ's files.

    Raises:
        DatasetInvalid, PhotosUnusable: see :func:`training.bench.datasets.read_dataset`.
    """
    finder = PhotoFinder(existing_folder(root, spec.photos))
    captions = existing_folder(root, spec.captions)
    odd: list[Missing] = []
    gallery: dict[str, BenchPhoto] = {}
    queries: list[BenchQuery] = []
    relevant: dict[str, dict[str, int]] = {}
    named: set[str] = set()
    for category in dict.fromkeys(spec.categories):
        path = existing_file(captions, f"cap.{category}.{spec.split}.json")
        asked = _asked(path)
        pool = [finder.find(name) for name in _pool(spec, root, category, asked, odd)]
        named.update(photo.id for photo in pool)
        ranked = {photo.id: photo for photo in pool if finder.is_there(photo)}
        gallery |= ranked
        among = frozenset(ranked)
        for number, one in enumerate(asked):
            query = _query(f"{category}-{number}", one, spec, finder)
            if not one.text and spec.query != "photo":
                odd.append(Missing(query.id, BLANK))
            queries.append(
                BenchQuery(
                    query.id,
                    query.text,
                    query.photo,
                    kind=category,
                    excluded=query.excluded,
                    pool=among,
                )
            )
            relevant[query.id] = {finder.find(one.target).id: 1}
    finder.require_some(len(named), captions)
    return assembled(
        f"FashionIQ {spec.split}",
        list(gallery.values()),
        queries,
        relevant,
        [*finder.missing, *odd],
        _protocol(spec),
    )


def _query(identifier: str, one: _Asked, spec: FashionIQSpec, finder: PhotoFinder) -> BenchQuery:
    """One query; with nothing in it where its reference photo is missing."""
    reference = finder.find(one.reference)
    there = finder.is_there(reference)
    return BenchQuery(
        identifier,
        text=one.text if spec.query != "photo" and (there or spec.query == "text") else "",
        photo=reference if spec.query != "text" and there else None,
        excluded=frozenset() if spec.rank_reference else frozenset({reference.id}),
    )


def _asked(path: Path) -> list[_Asked]:
    found = objects(read_json(path), "", ("candidate", "captions"), path)
    if not found:
        raise DatasetInvalid(f"{path} holds no query: the category would have no figure")
    return [_one(value, number, path) for number, value in enumerate(found)]


def _one(value: dict[str, Any], number: int, path: Path) -> _Asked:
    captions = value["captions"]
    target = value.get("target")
    if target is None:
        raise DatasetInvalid(
            f"{path}: query no. {number} has no target; those of FashionIQ's test split are not "
            "published: use split: val"
        )
    listed = captions if isinstance(captions, list) else [None]
    if not all(isinstance(one, str) for one in (value["candidate"], target, *listed)):
        raise DatasetInvalid(
            f"{path}: query no. {number} is of another format: expected "
            '{"candidate": "B0…", "target": "B0…", "captions": ["…", "…"]}'
        )
    return _Asked(value["candidate"], target, tuple(map(clean, captions)))


def _pool(
    spec: FashionIQSpec, root: Path, category: str, asked: Iterable[_Asked], odd: list[Missing]
) -> list[str]:
    """Names of the photos that are ranked for a category, each once."""
    if spec.protocol == "target_only":
        targets = [one.target for one in asked]
        references = [one.reference for one in asked] if spec.with_references else []
        return list(dict.fromkeys([*targets, *references]))
    splits = existing_folder(root, spec.splits)
    path = existing_file(splits, f"split.{category}.{spec.split}.json")
    names = read_json(path)
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise DatasetInvalid(f'{path} is JSON of another format: expected ["B0…", …]')
    once = dict.fromkeys(names)
    if len(once) < len(names):
        seen: set[str] = set()
        for name in names:
            if name in seen:
                odd.append(Missing(name, f"{TWICE} in {path.name}"))
            seen.add(name)
    lacking = next((one.target for one in asked if one.target not in once), None)
    if lacking is not None:
        raise DatasetInvalid(f"{path} lacks the target {lacking}: it is of other queries")
    return list(once)


def _protocol(spec: FashionIQSpec) -> str:
    if spec.protocol == "official":
        pool = "official pool (all photos of the split file)"
    elif spec.with_references:
        pool = "targets and references of the queries only"
    else:
        pool = "targets of the queries only"
    reference = "ranked too" if spec.rank_reference else "left out"
    return f"{pool}; the query's own reference photo {reference}"
