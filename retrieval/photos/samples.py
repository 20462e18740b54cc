"""Real photos for a first try, copied out of packages that are installed anyway.

Nothing is downloaded: only files that lie inside the packages themselves are used.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import NoPhotosFound
from retrieval.files import write_bytes

CREDITS_NAME = "CREDITS.txt"

_DISTRIBUTIONS = {"skimage": "scikit-image", "sklearn": "scikit-learn"}


@dataclass(frozen=True)
class Sample:
    """One photo.

    Attributes:
        name: of the copy.
        package: that it ships in, by the name it is imported by.
        source: path inside the package.
        title: what it shows.
        author: who made it.
        licence: as the package states it.
    """

    name: str
    package: str
    source: str
    title: str
    author: str
    licence: str


SAMPLES: tuple[Sample, ...] = (
    Sample(
        "cat.png",
        "skimage",
        "data/chelsea.png",
        "Chelsea the cat",
        "Stefan van der Walt",
        "CC0",
    ),
    Sample(
        "rocket.jpg",
        "skimage",
        "data/rocket.jpg",
        "Launch of DSCOVR on a Falcon 9, Cape Canaveral",
        "SpaceX",
        "public domain",
    ),
    Sample(
        "chinese-temple.jpg",
        "sklearn",
        "datasets/images/china.jpg",
        "Temple in China",
        "danielbuechele",
        "CC BY 2.0",
    ),
    Sample(
        "flower.jpg",
        "sklearn",
        "datasets/images/flower.jpg",
        "Flower",
        "vultilion",
        "CC BY 2.0",
    ),
    Sample(
        "coffee.png",
        "skimage",
        "data/coffee.png",
        "Coffee cup",
        "Rachel Michetti, Pikolo Espresso Bar",
        "CC0",
    ),
    Sample(
        "astronaut.png",
        "skimage",
        "data/astronaut.png",
        "Astronaut Eileen Collins",
        "NASA",
        "public domain",
    ),
    Sample(
        "moon.png",
        "skimage",
        "data/moon.png",
        "Surface of the moon",
        "scikit-image",
        "as scikit-image (BSD-3-Clause)",
    ),
    Sample(
        "galaxies.jpg",
        "skimage",
        "data/hubble_deep_field.jpg",
        "Hubble eXtreme Deep Field",
        "NASA",
        "public domain",
    ),
    Sample(
        "motorcycle-left.png",
        "skimage",
        "data/motorcycle_left.png",
        "Motorcycle in a garage, left camera",
        "D. Scharstein et al., Middlebury 2014 stereo benchmark",
        "as scikit-image distributes it",
    ),
    Sample(
        "motorcycle-right.png",
        "skimage",
        "data/motorcycle_right.png",
        "Motorcycle in a garage, right camera",
        "D. Scharstein et al., Middlebury 2014 stereo benchmark",
        "as scikit-image distributes it",
    ),
    Sample(
        "photographer.png",
        "skimage",
        "data/camera.png",
        "Photographer with a camera",
        "Lav Varshney",
        "CC0",
    ),
    Sample(
        "ancient-coins.png",
        "skimage",
        "data/coins.png",
        "Greek coins from Pompeii",
        "Brooklyn Museum",
        "no known copyright restrictions",
    ),
    Sample(
        "grass.png",
        "skimage",
        "data/grass.png",
        "Grass",
        "linolafett",
        "CC0",
    ),
    Sample(
        "brick-wall.png",
        "skimage",
        "data/brick.png",
        "Brick wall",
        "CC0Textures",
        "CC0",
    ),
    Sample(
        "gravel.png",
        "skimage",
        "data/gravel.png",
        "Gravel",
        "CC0Textures",
        "CC0",
    ),
    Sample(
        "eye-retina.jpg",
        "skimage",
        "data/retina.jpg",
        "Human retina",
        "Mikael Haggstrom",
        "CC0",
    ),
    Sample(
        "printed-page.png",
        "skimage",
        "data/page.png",
        "Printed page of a book",
        "scikit-image",
        "as scikit-image (BSD-3-Clause)",
    ),
)
"""Titles, authors and licences as the packages state them."""


def install_samples(folder: Path) -> list[Sample]:
    """Copy the sample photos and their credits into a folder; what is there already stays.

    Returns:
        The samples that are now in the folder; photos of a missing package are left out.

    Raises:
        NoPhotosFound: none of the packages is installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    installed = []
    for sample in SAMPLES:
        source = _find(sample)
        if source is not None:
            _put(folder / sample.name, source.read_bytes())
            installed.append(sample)
    if not installed:
        packages = " and ".join(_DISTRIBUTIONS.values())
        raise NoPhotosFound(f"the sample photos ship with {packages}: install those packages")
    _put(folder / CREDITS_NAME, _credits(installed).encode())
    return installed


def _find(sample: Sample) -> Path | None:
    """The file inside the installed package, found without importing the package."""
    found = importlib.util.find_spec(sample.package)
    if found is None:
        return None
    for place in found.submodule_search_locations or ():
        path = Path(place, *sample.source.split("/"))
        if path.is_file():
            return path
    return None


def _put(target: Path, content: bytes) -> None:
    if target.is_file() and target.read_bytes() == content:
        return
    write_bytes(target, content)


def _credits(samples: list[Sample]) -> str:
    lines = ["Sample photos of Photopal, copied from installed packages.", ""]
    for sample in samples:
        package = _DISTRIBUTIONS[sample.package]
        lines.append(f"{sample.name}: {sample.title}")
        lines.append(f"    by {sample.author}; licence: {sample.licence}; from {package}")
    return "\n".join(lines) + "\n"
