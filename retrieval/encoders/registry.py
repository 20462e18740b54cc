"""Encoders that are known to work well: their size, what they are good at, how long they take."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from retrieval.files import PRIVATE, write_text
from retrieval.paths import home, make_private_folder
from retrieval.threads import usable_cores

STARTER = "starter"

EFFICIENCY = 0.5
"""Share of a plain matrix product's arithmetic that an image tower gets out of a processor."""

READING_SECONDS = 0.025
"""For reading and decoding a photo of a phone, beside the image tower's work."""

_PROBE_SIDE = 384
_PROBE_SECONDS = 0.05


@dataclass(frozen=True)
class KnownEncoder:
    """A published encoder.

    Attributes:
        name: short, as ``--encoder`` and ``photopal encoder use`` take it.
        repo: the hub's name of it; "" for the starter.
        gigabytes: of the download.
        dim: length of a vector.
        multiply_adds: of one picture, in billions.
        languages: of queries.
        good_at: in a few words.
    """

    name: str
    repo: str
    gigabytes: float
    dim: int
    multiply_adds: float
    languages: str
    good_at: str


KNOWN = (
    KnownEncoder(STARTER, "", 0.0, 896, 0.8, "English", "comes with Photopal, no download"),
    KnownEncoder(
        "siglip2-b32",
        "google/siglip2-base-patch32-256",
        1.51,
        768,
        5.7,
        "many",
        "things, scenes and text in many languages; the best for its time",
    ),
    KnownEncoder(
        "siglip2-b16",
        "google/siglip2-base-patch16-256",
        1.50,
        768,
        22.6,
        "many",
        "as siglip2-b32, and sees small things",
    ),
    KnownEncoder(
        "siglip2-l16",
        "google/siglip2-large-patch16-256",
        3.53,
        1024,
        79.0,
        "many",
        "the finest; wants a GPU or patience",
    ),
    KnownEncoder(
        "clip-b32", "openai/clip-vit-base-patch32", 0.61, 512, 4.4, "English", "a small download"
    ),
    KnownEncoder(
        "clip-laion-b32",
        "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        0.61,
        512,
        4.4,
        "English",
        "as clip-b32, trained on more pictures",
    ),
    KnownEncoder(
        "clip-b16", "openai/clip-vit-base-patch16", 0.60, 512, 17.6, "English", "finer than b32"
    ),
    KnownEncoder(
        "clip-l14",
        "openai/clip-vit-large-patch14",
        1.71,
        768,
        81.0,
        "English",
        "the published study's; wants a GPU or patience",
    ),
)
"""Sizes are those of the files that are downloaded, as the hub lists them."""

RECOMMENDED = "siglip2-b32"


def known_encoder(name: str) -> KnownEncoder | None:
    """The known encoder of a short or a hub name; None for any other."""
    return next((one for one in KNOWN if name and name in (one.name, one.repo)), None)


def full_name(name: str) -> str:
    """The name that a library remembers: the hub's for a short one, the whole path of a folder."""
    folder = Path(name).expanduser()
    if name != STARTER and folder.is_dir():
        return str(folder.resolve())
    known = known_encoder(name)
    return known.repo if known is not None and known.repo else name


class Paces:
    """How many photos a second encoders took on this machine, remembered in a small file."""

    def __init__(self, path: Path | None = None) -> None:
        """``path``: of the file; by default beside everything else that is kept."""
        self.path = path or home() / "encoders.json"

    def remember(self, encoder: str, photos_per_second: float) -> None:
        """An encoder took so many photos a second, all in all."""
        known = self._read()
        paces = {**known.get("photos_per_second", {}), encoder: round(photos_per_second, 2)}
        self._write({**known, "photos_per_second": paces})

    def of(self, encoder: str) -> float | None:
        """Photos a second, as measured with this encoder or estimated; None for an unknown one."""
        known = self._read()
        measured = known.get("photos_per_second", {}).get(encoder)
        if isinstance(measured, int | float) and measured > 0:
            return float(measured)
        model = known_encoder(encoder)
        if model is None:
            return None
        return 1 / (READING_SECONDS + model.multiply_adds / (self._speed(known) * EFFICIENCY))

    def _speed(self, known: Mapping[str, object]) -> float:
        """Billions of multiply-adds a second that this machine does in a matrix product."""
        speed = known.get("multiply_adds_per_second")
        if not isinstance(speed, int | float) or speed <= 0:
            speed = _measured_speed()
            self._write({**known, "multiply_adds_per_second": round(speed, 1)})
        return float(speed)

    def _read(self) -> dict[str, dict[str, float]]:
        try:
            known = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _write(self, known: object) -> None:
        try:
            make_private_folder(self.path.parent)
            write_text(self.path, json.dumps(known), mode=PRIVATE)
        except OSError:
            # An estimate is made anew the next time.
            pass


def _measured_speed() -> float:
    """By one thread at its best moment, times the cores, so that a busy machine counts as idle."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    left = np.ones((_PROBE_SIDE, _PROBE_SIDE), dtype=np.float32)
    best, until = float("inf"), time.perf_counter() + _PROBE_SECONDS
    with threadpool_limits(1):
        while time.perf_counter() < until or best == float("inf"):
            started = time.perf_counter()
            _ = left @ left
            best = min(best, time.perf_counter() - started)
    return usable_cores() * _PROBE_SIDE**3 / best / 1e9
