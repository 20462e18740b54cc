"""COCO: right is every photo that shows the same set of object categories.

Files of Lin et al. 2014 (arXiv 1405.0312): ``instances_val2017.json`` and
``captions_val2017.json``. A photo whose set occurs once, and one without any object, is ranked like
the others and asks nothing.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import Field

from training.bench.base import BenchDataset, BenchPhoto, BenchQuery, Missing
from training.bench.datasets.choice import BLANK, NO_CAPTION
from training.bench.datasets.content import assembled
from training.bench.datasets.json_file import objects, read_json
from training.bench.datasets.photo_finder import PhotoFinder
from training.bench.datasets.spec import Spec, existing_file, existing_folder
from training.datasets.lines import clean
from training.errors import DatasetInvalid

NO_OBJECT = "no object is marked in it"


class CocoSpec(Spec):
    """COCO's photos, objects and captions."""

    kind: Literal["coco"]
    photos: str = Field("val2017", description="Folder of the photos.")
    instances: str = Field(
        "annotations/instances_val2017.json", description="File of the objects in them."
    )
    captions: str = Field("annotations/captions_val2017.json", description="File of the captions.")
    query: Literal["text", "photo", "both"] = Field(
        "text", description="A photo's first caption, the photo, or both."
    )
    limit: int | None = Field(None, ge=2, description="Only the first photos of the file.")


@dataclass
class _Image:
    name: str
    objects: set[int] = field(default_factory=set)
    captions: list[str] = field(default_factory=list)


def read_coco(spec: CocoSpec, root: Path) -> BenchDataset:
    """The data set of COCO's files.

    Raises:
        DatasetInvalid, PhotosUnusable: see :func:`training.bench.datasets.read_dataset`.
    """
    finder = PhotoFinder(existing_folder(root, spec.photos))
    instances, captions = existing_file(root, spec.instances), existing_file(root, spec.captions)
    odd: list[Missing] = []
    images = _images(instances, spec.limit)
    _add_captions(images, captions, odd)
    photos = {
        number: BenchPhoto((found := finder.find(one.name)).id, found.path, tuple(one.captions))
        for number, one in images.items()
    }
    finder.require_some(len(photos), instances)
    same: dict[frozenset[int], list[int]] = defaultdict(list)
    for number, one in images.items():
        if one.objects:
            same[frozenset(one.objects)].append(number)
        else:
            odd.append(Missing(one.name, NO_OBJECT))
    queries: list[BenchQuery] = []
    relevant: dict[str, dict[str, int]] = {}
    for numbers in same.values():
        for number in numbers if len(numbers) > 1 else ():
            if spec.query != "photo" and not images[number].captions:
                odd.append(Missing(images[number].name, NO_CAPTION))
            queries.append(_query(photos[number], spec, finder))
            relevant[queries[-1].id] = {photos[one].id: 1 for one in numbers if one != number}
    if not queries:
        raise DatasetInvalid(f"{instances}: no two photos show the same set of objects")
    alone = sum(len(numbers) == 1 for numbers in same.values())
    return assembled(
        instances.stem,
        [one for one in photos.values() if finder.is_there(one)],
        queries,
        relevant,
        [*finder.missing, *odd],
        f"same set of objects; {alone:,} photos whose set occurs once ask nothing",
    )


def _query(photo: BenchPhoto, spec: CocoSpec, finder: PhotoFinder) -> BenchQuery:
    """What is asked of one photo; with nothing in it where the photo is missing."""
    there = finder.is_there(photo)
    return BenchQuery(
        photo.id,
        text=photo.captions[0] if there and photo.captions and spec.query != "photo" else "",
        photo=photo if there and spec.query != "text" else None,
        excluded=frozenset({photo.id}),
    )


def _images(path: Path, limit: int | None) -> dict[int, _Image]:
    value = read_json(path)
    images: dict[int, _Image] = {}
    for one in objects(value, "images", ("id", "file_name"), path)[:limit]:
        if one["id"] in images:
            raise DatasetInvalid(f"{path}: the image id {one['id']} is there twice")
        images[one["id"]] = _Image(str(one["file_name"]))
    known = {one["id"] for one in objects(value, "categories", ("id", "name"), path)}
    for one in objects(value, "annotations", ("image_id", "category_id"), path):
        if one["category_id"] not in known:
            raise DatasetInvalid(f"{path}: no category has the id {one['category_id']}")
        if one["image_id"] in images:
            images[one["image_id"]].objects.add(one["category_id"])
    if not images:
        raise DatasetInvalid(f"{path} names no photo")
    return images


def _add_captions(images: dict[int, _Image], path: Path, odd: list[Missing]) -> None:
    found = objects(read_json(path), "annotations", ("image_id", "caption"), path)
    if not any(one["image_id"] in images for one in found):
        raise DatasetInvalid(f"{path} holds the captions of other photos: none has a known id")
    for one in found:
        image = images.get(one["image_id"])
        if image is None:
            continue
        caption = clean(one["caption"]) if isinstance(one["caption"], str) else ""
        if caption:
            image.captions.append(caption)
        else:
            odd.append(Missing(image.name, BLANK))
