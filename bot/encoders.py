"""Which encoders there are for a library, and how one is put to use: for commands and the page."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.paths import home, make_private_folder

if TYPE_CHECKING:
    from retrieval.library import Library

DONE = " sees for your "
"""Stands in what ``photopal encoder use`` says at its end."""

TRAINED = "encoders"
"""The folder under the home folder where trained encoders are looked for."""

UNREACHABLE_HOURS = 24
"""For so long after the hub could not be reached nothing of it is offered."""


@dataclass(frozen=True)
class Choice:
    """An encoder that a library may get.

    Attributes:
        name: as ``photopal encoder use`` takes it.
        encoder: its full name, as a library remembers it.
        dim: length of a vector; None when it is not known before loading.
        languages: of queries.
        good_at: in a few words.
        gigabytes: of the download; 0 where there is none.
        here: whether it can be used without the hub.
        begun_bytes: of a download that was broken off.
        in_use: whether its vectors are searched.
        embedded: photos that have a vector of it.
        minutes: what embedding the other photos takes here, about; None when it is not known.
    """

    name: str
    encoder: str
    dim: int | None
    languages: str
    good_at: str
    gigabytes: float
    here: bool
    begun_bytes: int
    in_use: bool
    embedded: int
    minutes: float | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def choices(library: "Library | None") -> list[Choice]:
    """All encoders: known ones, those that the library has vectors of, and trained folders."""
    from retrieval.encoders.hub import bytes_begun, cached
    from retrieval.encoders.registry import KNOWN, Paces

    paces = Paces()
    sets = {one.encoder: one for one in library.vector_sets()} if library is not None else {}
    present = library.counts().present if library is not None else 0
    found = []

    def add(name: str, encoder: str, **more: Any) -> None:
        known = sets.pop(encoder, None)
        embedded = min(known.photos, present) if known else 0
        pace = paces.of(encoder)
        left = max(0, present - embedded)
        values = {"dim": known.dim if known else None, **more}
        found.append(
            Choice(
                name=name,
                encoder=encoder,
                in_use=known is not None and known.searched,
                embedded=embedded,
                minutes=None if pace is None and left else left / (pace or 1) / 60,
                **values,
            )
        )

    for one in KNOWN:
        copy = cached(one.repo) is not None if one.repo else True
        begun = bytes_begun(one.repo) if one.repo and not copy else 0
        add(
            one.name,
            one.repo or one.name,
            dim=one.dim,
            languages=one.languages,
            good_at=one.good_at,
            gigabytes=one.gigabytes,
            here=copy,
            begun_bytes=begun,
        )
    for folder in trained_folders([home() / TRAINED, Path("encoders")]):
        add(
            str(folder),
            str(folder),
            languages="",
            good_at="trained by photopal train",
            gigabytes=0.0,
            here=True,
            begun_bytes=0,
            dim=_dim_of(folder),
        )
    for name in list(sets):
        here = Path(name).is_dir() or cached(name) is not None
        add(name, name, languages="", good_at="", gigabytes=0.0, here=here, begun_bytes=0)
    return found


def trained_folders(places: Sequence[Path]) -> list[Path]:
    """Encoder folders in these folders, each once, in the order of their names."""
    from retrieval.encoders.folder import is_encoder_folder

    found = {
        folder.resolve()
        for place in places
        if place.is_dir()
        for folder in place.iterdir()
        if is_encoder_folder(folder)
    }
    return sorted(found)


def _dim_of(folder: Path) -> int | None:
    from retrieval.encoders.folder import read_manifest
    from retrieval.errors import EncoderFolderInvalid

    try:
        return read_manifest(folder).dim
    except EncoderFolderInvalid:
        return None


def better_eyes(library: "Library") -> Choice | None:
    """The encoder to recommend for a library; None where it has a better one than the starter.

    Nothing is recommended where the hub may not be asked or could not be reached lately. The hub
    itself is never asked here.
    """
    from retrieval.encoders.registry import RECOMMENDED, STARTER

    if library.encoder_name != STARTER or not hub_allowed():
        return None
    best = next(one for one in choices(library) if one.name == RECOMMENDED)
    return best if best.here or not _unreachable_lately() else None


def hub_allowed() -> bool:
    """Whether the environment lets anybody ask the model hub."""
    return os.environ.get("HF_HUB_OFFLINE", "").strip().lower() not in {"1", "true", "yes", "on"}


def note_unreachable() -> None:
    """The hub could not be reached just now."""
    from retrieval.files import write_text

    make_private_folder(home())
    write_text(_unreachable_mark(), datetime.now(UTC).isoformat(timespec="seconds"))


def _unreachable_mark() -> Path:
    return home() / "hub-unreachable"


def _unreachable_lately() -> bool:
    try:
        when = datetime.fromisoformat(_unreachable_mark().read_text(encoding="utf-8").strip())
        return datetime.now(UTC) - when < timedelta(hours=UNREACHABLE_HOURS)
    except (OSError, ValueError, TypeError):
        return False


@dataclass(frozen=True)
class UnderWay:
    """An encoder whose photos are being embedded, or whose embedding was stopped.

    Attributes:
        encoder: its name.
        done: photos that have a vector of it.
        total: photos in all.
        running: whether a process is at it now.
    """

    encoder: str
    done: int
    total: int
    running: bool


def under_way(library: "Library") -> UnderWay | None:
    """The newest set of vectors that is not whole and was never searched; None for none."""
    from retrieval.indexing.reembed import is_running

    with library.snapshot():
        coming = next((s for s in library.vector_sets() if s.fingerprint == library.coming), None)
        if coming is None or coming.searched:
            return None
        total = library.counts().present
        done = total - library.count_lacking(coming.fingerprint)
    return UnderWay(coming.encoder, done, total, is_running(library))


def start_in_background(name: str, library: Path) -> tuple[int, Path]:
    """Start ``photopal encoder use`` in a process of its own: its number, and where it writes."""
    log = make_private_folder(home()) / "encoder-use.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", "from bot.cli.main import main; main()"),
                *("encoder", "use", name, "--library", str(library)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    return process.pid, log
