"""Real photos for a first try: some ship with Photopal, others lie in packages that it uses.

Nothing is downloaded. ``sample_photos/credits.tsv`` names every photo with its author and licence.
Those in ``sample_photos/`` were made smaller and saved as JPEGs; nothing else was changed in them.
"""

import csv
import importlib.util
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from retrieval.errors import NoPhotosFound
from retrieval.files import write_bytes

CREDITS_NAME = "CREDITS.txt"

_RETIRED = {
    "brick-wall.png": "data/brick.png",
    "eye-retina.jpg": "data/retina.jpg",
    "grass.png": "data/grass.png",
    "gravel.png": "data/gravel.png",
    "printed-page.png": "data/page.png",
}
"""Samples of earlier versions, with their place in scikit-image."""


@dataclass(frozen=True)
class Sample:
    """One photo.

    Attributes:
        name: of the copy.
        package: that it ships in, by the name it is imported by.
        source: path inside the package.
        title: what it shows.
        author: who made it.
        licence: as it is stated where it comes from.
        origin: the distribution that it comes from.
    """

    name: str
    package: str
    source: str
    title: str
    author: str
    licence: str
    origin: str


def known_samples() -> list[Sample]:
    """Every sample photo, whether its package is installed or not."""
    table = files("retrieval.photos").joinpath("sample_photos", "credits.tsv")
    lines = table.read_text(encoding="utf-8").splitlines()[1:]
    rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    return [Sample(*row) for row in rows]


def install_samples(folder: Path) -> list[Sample]:
    """Copy the sample photos and their credits into a folder; what is there already stays.

    Samples of earlier versions that are no longer shown are taken out again.

    Returns:
        The samples that are now in the folder; photos of a missing package are left out.

    Raises:
        NoPhotosFound: none of the packages is installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    installed = []
    for sample in known_samples():
        source = _find(sample.package, sample.source)
        if source is not None:
            _put(folder / sample.name, source.read_bytes())
            installed.append(sample)
    if not installed:
        raise NoPhotosFound(
            "the sample photos ship with Photopal, scikit-image and scikit-learn: "
            "install those packages"
        )
    for name, place in _RETIRED.items():
        _take_out(folder / name, _find("skimage", place))
    _put(folder / CREDITS_NAME, _credits(installed).encode())
    return installed


def _find(package: str, source: str) -> Path | None:
    """The file inside the installed package, found without importing the package."""
    found = importlib.util.find_spec(package)
    if found is None:
        return None
    for place in found.submodule_search_locations or ():
        path = Path(place, *source.split("/"))
        if path.is_file():
            return path
    return None


def _put(target: Path, content: bytes) -> None:
    if target.is_file() and target.read_bytes() == content:
        return
    write_bytes(target, content)


def _take_out(target: Path, source: Path | None) -> None:
    """Delete a copy that we made; a file of the person's that has its name stays."""
    if source is None or not target.is_file():
        return
    if target.read_bytes() == source.read_bytes():
        target.unlink()


def _credits(samples: list[Sample]) -> str:
    lines = ["Sample photos of Photopal. Some were made smaller for it.", ""]
    for sample in samples:
        lines.append(f"{sample.name}: {sample.title}")
        lines.append(f"    by {sample.author}; licence: {sample.licence}; from {sample.origin}")
    return "\n".join(lines) + "\n"
