"""What lies among photos and is none: previews and caches of other programs, videos, other kinds.

Folders are left out by rule. Rules go by names that a program gives on its own account, or by the
names that stand beside a folder; a folder that a person may have named so is never left out.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

RUBBISH = "deleted files"

_BY_NAME = {
    "@eadir": "Synology's thumbnails",
    "#recycle": RUBBISH,
    "#snapshot": "Synology's snapshots",
    "@recycle": RUBBISH,
    "@recently-snapshot": "QNAP's snapshots",
    ".@__thumb": "QNAP's thumbnails",
    ".thumbnails": "thumbnails of a phone or file manager",
    ".picasaoriginals": "Picasa's copies of edited photos",
    ".appledouble": "macOS's side files",
    ".dtrash": RUBBISH,
    ".trash": RUBBISH,
    ".trashes": RUBBISH,
    "$recycle.bin": RUBBISH,
    "system volume information": "Windows' own files",
    "lost+found": "the file system's own files",
    "__macosx": "macOS's side files",
    "ipod photo cache": "iTunes' copies for an iPod",
    "captureone": "Capture One's previews",
    "files_trashbin": RUBBISH,
    "files_versions": "Nextcloud's old versions",
}

_BY_PATTERN = {
    "*.lrdata": "Lightroom's previews",
    "*.lrcat-data": "Lightroom's own files",
    "appdata_*": "Nextcloud's previews",
    ".trash-*": RUBBISH,
}

_ONLY_INSIDE = {
    "*.photoslibrary": ("Apple Photos' previews", {"originals", "masters"}),
    "*.photolibrary": ("iPhoto's previews", {"originals", "masters"}),
    "*.migratedphotolibrary": ("iPhoto's previews", {"originals", "masters"}),
    "*.aplibrary": ("Aperture's previews", {"masters"}),
    "iphoto library": ("iPhoto's previews", {"originals", "masters", "modified"}),
}
"""Libraries of other programs, and the only folders in them that hold photos as they were taken."""

_BESIDE = [
    ("Immich's thumbnails", {"thumbs", "encoded-video", "profile"}, {"thumbs", "encoded-video"}),
    ("PhotoPrism's thumbnails", {"cache", "sidecar", "config"}, {"cache", "sidecar"}),
    ("Piwigo's thumbnails", {"_data", "galleries"}, {"_data"}),
    ("LibrePhotos' thumbnails", {"thumbnails_big", "square_thumbnails"}, {"thumbnails_big"}),
    (
        "LibrePhotos' thumbnails",
        {"thumbnails_big", "square_thumbnails"},
        {"square_thumbnails", "square_thumbnails_small", "faces"},
    ),
]
"""A program, the folders by which it is known, and those of them that are left out."""

VIDEO_SUFFIXES = frozenset(
    """
    .mov .mp4 .m4v .avi .mts .m2ts .3gp .3g2 .mkv .webm .wmv .mpg .mpeg .mpe .vob .flv .ogv .insv
    .lrv .mp .mjpg .mod .tod .qt .360
    """.split()  # noqa: SIM905
)
"""File name endings of videos."""

OTHER_SUFFIXES = frozenset(
    """
    .psd .psb .xcf .kra .clip .ai .eps .ps .svg .svgz .pdf .ico .icns .cur .tga .exr .hdr .dds .pcx
    .pict .pct .fits .fit .sgi .wdp .jxr .hdp .bpg .flif .qoi .emf .wmf .lfp .insp .dcm .afphoto
    """.split()  # noqa: SIM905
)
"""File name endings of pictures that are not read."""

_SAME_SHOT = ("_hevc",)


@dataclass
class Overlooked:
    """What a look through folders found besides photos.

    Attributes:
        media: videos, and pictures of kinds that are not read.
        folders: how many folders were left out, by what they hold.
        mounts: folders where another drive begins.
    """

    media: list[Path] = field(default_factory=list)
    folders: Counter[str] = field(default_factory=Counter)
    mounts: list[Path] = field(default_factory=list)


def left_out(name: str, parent: str, siblings: Collection[str]) -> str | None:
    """What a folder holds that is left out; None when it is looked through.

    Args:
        name: of the folder.
        parent: the name of the folder that it lies in.
        siblings: names of all folders there, in lower case.
    """
    lower = name.lower()
    if lower in _BY_NAME:
        return _BY_NAME[lower]
    for pattern, what in _BY_PATTERN.items():
        if fnmatchcase(lower, pattern):
            return what
    for pattern, (what, only) in _ONLY_INSIDE.items():
        if fnmatchcase(parent.lower(), pattern) and lower not in only:
            return what
    for what, known_by, folders in _BESIDE:
        if lower in folders and known_by <= set(siblings):
            return what
    return None


def is_other_media(suffix: str) -> bool:
    """Whether a file with this ending (in lower case) is a video or a picture that is not read."""
    return suffix in VIDEO_SUFFIXES or suffix in OTHER_SUFFIXES


def names_of_shot(video: Path) -> set[str]:
    """The names, without ending and in lower case, that a photo has to which a video belongs."""
    stem = video.stem.lower()
    # Google's phones call the photo PXL_1.MP.jpg and its video PXL_1.MP.
    names = {stem, video.name.lower()}
    names.update(stem.removesuffix(ending) for ending in _SAME_SHOT)
    return names
