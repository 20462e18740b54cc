"""What may be wrong inside a library whose file is whole: photos, vectors, folders, index."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from retrieval.care.findings import REPAIR, Finding, examples_of
from retrieval.errors import VectorServerError
from retrieval.indexing.diff import losses, under
from retrieval.library import Library
from retrieval.library.connection import chunks, path_of
from retrieval.library.derived import derive_all
from retrieval.vectors import VectorIndex, open_index

UNIT_TOLERANCE = 1e-2
"""Vectors are of unit length up to rounding."""

_INDEX_COMMAND = "photopal index"


def check_folders(library: Library) -> Iterator[Finding]:
    """Indexed folders that are gone, and photos that lie in none."""
    roots = library.roots()
    for root in roots:
        if not os.path.isdir(root):
            yield Finding(
                "folder-gone",
                f"the folder {root} is gone; its photos stay in the library",
                advice=f"plug in its drive, or take it out with photopal forget {root}",
            )
    outside = [
        path
        for path, known in library.known_files().items()
        if known.status == "present" and not under(path, roots)
    ]
    if outside:
        yield Finding(
            "photos-outside",
            f"{_photos(len(outside))} in no indexed folder, so that changes are not noticed",
            len(outside),
            examples_of(outside),
            advice=f"{_INDEX_COMMAND} FOLDER",
        )


def check_files(library: Library, repair: bool) -> Iterator[Finding]:
    """Photos whose files are gone although their folder is there."""
    roots = [root for root in library.roots() if os.path.isdir(root)]
    known = library.known_files()
    gone = {
        path: one
        for path, one in known.items()
        if one.status == "present" and under(path, roots) and not os.path.lexists(path)
    }
    if not gone:
        return
    away = losses(gone, known, roots, lambda folder: not _holds_anything(folder), library.mounts())
    for loss in away:
        yield Finding("photos-lost", str(loss), loss.gone, advice=f"{_INDEX_COMMAND}")
    gone = {path: one for path, one in gone.items() if not under(path, [x.folder for x in away])}
    if not gone:
        return
    if repair:
        library.remove_photos([one.photo_id for one in gone.values()])
        text = (
            f"{_photos(len(gone))} without a file taken out; should the files come back within "
            "30 days, they need not be embedded again"
        )
    else:
        text = f"the files of {_photos(len(gone))} are gone"
    advice = "" if repair else f"{REPAIR}, or {_INDEX_COMMAND}"
    yield Finding("files-missing", text, len(gone), examples_of(gone), repair, advice)


def check_vectors(library: Library, repair: bool) -> Iterator[Finding]:
    """Vectors that cannot be searched with, and photos that have none of the right kind."""
    fingerprint, dim = library.fingerprint or "", library.dim or 0
    rows = library._all("SELECT photo_id, length(data), fingerprint FROM vector")
    wrong = {row[0] for row in rows if row[2] == fingerprint and row[1] != 4 * dim}
    sound = [row[0] for row in rows if row[2] == fingerprint and row[0] not in wrong]
    for some in chunks(sound):
        vectors = library.vectors(some)
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
        # Written so that what is no number counts as wrong.
        fits = np.abs(lengths - 1) <= UNIT_TOLERANCE
        wrong.update(np.asarray(some)[~fits].tolist())
    if wrong:
        photos = library.photos(wrong)
        if repair:
            with library.transaction():
                library._many("DELETE FROM vector WHERE photo_id = ?", [(one,) for one in wrong])
        yield Finding(
            "vectors-damaged",
            f"{len(wrong):,} vectors of a wrong length or without numbers"
            + (" deleted; their photos are embedded again by the next run" if repair else ""),
            len(wrong),
            examples_of(photo.path for photo in photos.values()),
            repair,
            "" if repair else f"{REPAIR}, then {_INDEX_COMMAND}",
        )
    waiting = library._all(
        "SELECT p.path FROM photo p LEFT JOIN vector v ON v.photo_id = p.id AND v.fingerprint = ? "
        "WHERE p.status = 'present' AND v.photo_id IS NULL",
        (fingerprint,),
    )
    if waiting:
        yield Finding(
            "photos-unembedded",
            f"{_photos(len(waiting))} without a vector of {library.encoder_name or 'any encoder'}, "
            "so that they are not found",
            len(waiting),
            examples_of(path_of(row[0]) for row in waiting),
            advice=_INDEX_COMMAND,
        )


def check_names(library: Library, repair: bool) -> Iterator[Finding]:
    """The full text index of names against the photos."""
    row = library._one(
        "SELECT (SELECT count(*) FROM photo WHERE id NOT IN (SELECT rowid FROM photo_name) "
        "        AND status <> 'failed'), "
        "       (SELECT count(*) FROM photo_name WHERE rowid NOT IN (SELECT id FROM photo))"
    )
    missing, extra = row if row else (0, 0)
    if not missing and not extra:
        return
    if repair:
        with library.transaction():
            derive_all(library, library.roots())
    yield Finding(
        "names-out-of-step",
        f"the index of names does not fit the photos ({missing:,} missing, {extra:,} too many)"
        + ("; made anew" if repair else ""),
        missing + extra,
        repaired=repair,
        advice="" if repair else REPAIR,
    )


def check_index(library: Library, repair: bool) -> Iterator[Finding]:
    """The vector index, as it lies on the disk or on its server."""
    index = open_index(library)
    try:
        yield from _check_index(library, index, repair)
    except VectorServerError as error:
        yield Finding("index-away", str(error), advice="look at the server, then photopal index")


def _check_index(library: Library, index: VectorIndex, repair: bool) -> Iterator[Finding]:
    state = str(index.state(library))
    if not library.searchable_count() and state in ("missing", "fresh"):
        return
    # Only reading it shows that what is told of it beside it is not true.
    if state == "fresh" and (index.sync(library) or not index.is_whole()):
        state = "damaged"
    if state == "fresh":
        return
    repaired = False
    if repair:
        if state == "damaged":
            index.discard()
        index.sync(library)
        repaired = index.save() and index.state(library) == "fresh"
    yield Finding(
        f"index-{state}",
        f"the vector index is {state}" + ("; made anew from the library" if repaired else ""),
        repaired=repaired,
        advice=""
        if repaired
        else f"{REPAIR} (searches work meanwhile, they only begin more slowly)",
    )


def _holds_anything(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return True


def _photos(number: int) -> str:
    return "1 photo" if number == 1 else f"{number:,} photos"
