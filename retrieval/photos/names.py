"""The words in the names of a photo's file and folders, as evidence of what it shows."""

import re
import unicodedata
from collections.abc import Collection
from pathlib import Path

_LETTERS = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_MACHINES = """
    img vid pxl mvimg dsc dscn dscf dcim pano burst wp mg wa sam gopr gp hdr whatsapp signal
    telegram image images photo photos picture pictures pic pics foto fotos camera cam copy edited
    final jpg jpeg png heic tmp temp backup export untitled
"""
WRITTEN_BY_MACHINES = frozenset(_MACHINES.split())
"""What cameras, messengers and programs put into names; it says nothing of the picture."""

_FUNCTION = """
    a an the and or of in on at to for with from by is are was it its my our your me we us
"""
FUNCTION_WORDS = frozenset(_FUNCTION.split())
"""Words that tell nothing apart."""


def name_words(text: str) -> list[str]:
    """The words of a name or a query, in lower case and in order, each once.

    Split at everything that is no letter and at camel case; numbers, single letters, function
    words and what machines write ("IMG", "WhatsApp") are left out.

    Example::

        name_words("IMG_2041 GoldenRetriever-on the_beach(2)")  # golden, retriever, beach
    """
    words: dict[str, None] = {}
    for run in _LETTERS.findall(unicodedata.normalize("NFC", text)):
        if run.casefold() in WRITTEN_BY_MACHINES:
            continue
        for part in _CAMEL.split(run):
            word = part.casefold()
            if len(word) == 1 and word.isascii():
                continue
            if word not in WRITTEN_BY_MACHINES and word not in FUNCTION_WORDS:
                words[word] = None
    return list(words)


def words_of_path(path: Path, roots: Collection[Path]) -> list[str]:
    """The words of a photo's file name and of its folders, the nearest first.

    Folders count up to the indexed one that holds the photo, which is included: what lies above
    ("home", the user's name) says nothing of the picture.

    Args:
        path: of the photo.
        roots: the indexed folders; when none of them holds the photo, its own folder counts.
    """
    root = next((root for root in roots if path.is_relative_to(root)), path.parent)
    folders = [folder.name for folder in path.parents if folder.is_relative_to(root)]
    return name_words(" ".join([path.stem, *folders]))
