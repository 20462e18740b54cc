"""What is ranked: photos, embedded once, or the label texts of photos that nobody has."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.dialogues.dialogue import Dialogue
from bot.dialogues.labels import Embed, LabelPool, entry_id
from bot.dialogues.photo_names import PhotoFolder, PhotoNames
from retrieval.encoders.base import Encoder
from retrieval.indexing import check_encoder, index_folders
from retrieval.library import Library
from retrieval.paths import home, make_private_folder
from retrieval.search import Searcher
from training.errors import EvaluationError
from training.evaluation.reasons import NO_LABELS, PHOTO_MISSING, PHOTO_UNREADABLE


@dataclass(frozen=True)
class Gallery:
    """The pool.

    Attributes:
        ids: of its entries, as they stand in TREC files.
        gold: the entries that are right for each dialogue, by dialogue id; there are several only
            in AlbumChat.
        unavailable: why a dialogue's photo is not in the pool, by dialogue id.
        paths: of the photos; empty when labels are ranked.
        labels: of the entries, in the order of ``ids``; empty when photos are ranked.
    """

    ids: tuple[str, ...]
    gold: Mapping[str, tuple[str, ...]]
    unavailable: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, Path] = field(default_factory=dict)
    labels: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Size of the pool."""
        return len(self.ids)


@dataclass(frozen=True)
class PhotoGallery:
    """A gallery of photos, and what searches it."""

    gallery: Gallery
    searcher: Searcher
    columns: NDArray[np.int64]
    """Places of the gallery's entries among the searcher's photos."""


def open_photos(
    dialogues: Sequence[Dialogue],
    folder: Path,
    encoder: Encoder,
    *,
    named_in: Path | None = None,
    index: Callable[..., Any] = index_folders,
) -> PhotoGallery:
    """Every photo of a folder as the pool; each dialogue's own photo is looked for in it.

    The vectors are kept under ``PHOTOPAL_HOME``: a second run embeds only what is new.

    Args:
        dialogues: whose photos are looked for.
        folder: of the pool.
        encoder: makes the vectors.
        named_in: another folder with the dialogues' photos; those that the pool lacks join it.
        index: as :func:`retrieval.indexing.index_folders`; one that shows its progress.
    """
    # The library holds the places of photos with links resolved.
    folder = folder.expanduser().resolve()
    folders = [folder]
    places = [PhotoFolder(folder)]
    if named_in is not None and named_in.expanduser().resolve() != folder:
        folders.append(named_in.expanduser().resolve())
        places.append(PhotoFolder(folders[1]))
    library = Library.open(library_path(folders, encoder), create=True)
    report = index(library, encoder, folders)
    failed = {Path(one.path): one.reason for one in report.failed}
    searcher = Searcher(library, encoder)
    return _photo_gallery(dialogues, searcher, folders, folder, places, failed)


def open_library(dialogues: Sequence[Dialogue], path: Path, encoder: Encoder) -> PhotoGallery:
    """Every photo of a library as the pool; nothing is indexed.

    Args:
        dialogues: whose photos are looked for, by the names that they have below the folders that
            were indexed.
        path: of the library.
        encoder: the one that the library was made with.

    Raises:
        LibraryNotFound, LibraryEmpty, EncoderMismatch: as their makers say.
    """
    library = Library.read(path)
    searcher = Searcher(library, encoder)
    check_encoder(library, encoder)
    photos = library.photos_with("present")
    failed = {photo.path: photo.reason for photo in library.photos_with("failed")}
    names = PhotoNames(photo.path for photo in photos)
    return _photo_gallery(dialogues, searcher, library.roots(), None, [names], failed)


def _photo_gallery(
    dialogues: Sequence[Dialogue],
    searcher: Searcher,
    roots: Sequence[Path],
    pool: Path | None,
    places: Sequence[PhotoFolder | PhotoNames],
    failed: Mapping[Path, Any],
) -> PhotoGallery:
    """What lies below the folder ``pool`` and the dialogues' own photos; all, if it is None."""
    gold: dict[str, list[Path]] = {}
    unavailable: dict[str, str] = {}
    for dialogue in dialogues:
        if dialogue.album is not None:
            if not dialogue.album.relevant:
                # Nothing is right: whether that is said is measured, not a rank.
                continue
            found = [root / name for name in dialogue.album.relevant for root in roots]
        else:
            found = list(filter(None, (place.find(dialogue) for place in places)))[:1]
        there = [path for path in found if path.is_file()]
        readable = [path for path in there if path not in failed]
        if readable:
            gold[dialogue.id] = readable
        else:
            unavailable[dialogue.id] = PHOTO_UNREADABLE if there else PHOTO_MISSING
    library = searcher.library
    searcher.index.sync(library)
    photo_ids = searcher.index.ids()
    photos = library.photos(photo_ids.tolist())
    wanted = {path for paths in gold.values() for path in paths}
    paths: dict[str, Path] = {}
    columns = []
    for column, photo_id in enumerate(photo_ids.tolist()):
        path = photos[photo_id].path
        if pool is None or path.is_relative_to(pool) or path in wanted:
            root = next(root for root in roots if path.is_relative_to(root))
            name = entry_id(path.relative_to(root).as_posix())
            # Two folders may hold files of one name.
            paths[entry_id(path.as_posix()) if name in paths else name] = path
            columns.append(column)
    if not columns:
        raise EvaluationError(f"{pool or searcher.library.path} holds no photo that can be read")
    names = {path: name for name, path in paths.items()}
    named = {
        identifier: tuple(names[path] for path in right if path in names)
        for identifier, right in gold.items()
    }
    unavailable |= dict.fromkeys((one for one in named if not named[one]), PHOTO_UNREADABLE)
    return PhotoGallery(
        Gallery(
            ids=tuple(paths),
            gold={identifier: right for identifier, right in named.items() if right},
            unavailable=unavailable,
            paths=paths,
        ),
        searcher,
        np.asarray(columns, dtype=np.int64),
    )


def open_labels(dialogues: Sequence[Dialogue], embed: Embed) -> tuple[Gallery, LabelPool]:
    """The label texts of the dialogues' photos as the pool; needs no photo.

    What ``photo_description`` says of people known from the dialogue is left out
    (:attr:`bot.dialogues.dialogue.Dialogue.labels`).

    Args:
        dialogues: whose photos' labels are ranked.
        embed: compares texts (:func:`bot.dialogues.labels.sentence_embedder`).
    """
    pool = LabelPool(dialogues, embed)
    if not len(pool):
        raise EvaluationError(
            "no dialogue has labels (photo_description): rank photos instead, with --photos DIR"
        )
    missing = {one.id: NO_LABELS for one in dialogues if one.id not in pool.gold}
    gold = {identifier: (name,) for identifier, name in pool.gold.items()}
    return Gallery(tuple(pool.ids.tolist()), gold, missing, labels=pool.texts), pool


def library_path(folders: Sequence[Path], encoder: Encoder) -> Path:
    """Where the library of an evaluation's photos is kept from one run to the next.

    Args:
        folders: that are indexed, with links resolved.
        encoder: that makes the vectors.
    """
    key = "\n".join([*map(str, folders), encoder.fingerprint])
    name = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    folder = make_private_folder(home() / "evaluation")
    return folder / f"{name}.db"
