"""Where Photopal keeps what it writes: the library, thumbnails, samples, shared copies."""

import os
from pathlib import Path

LIBRARY_NAME = "library.db"


def home() -> Path:
    """The folder of everything that the program writes.

    ``$PHOTOPAL_HOME`` when set, else the platform's folder for user data. The folder is not
    created here: whoever writes into it does that (see :func:`make_private_folder`).
    """
    chosen = os.environ.get("PHOTOPAL_HOME", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_data_dir

    return Path(user_data_dir("photopal", appauthor=False))


def cache() -> Path:
    """The folder of what can be made again at any moment; it holds nothing about photos.

    ``$PHOTOPAL_CACHE`` when set, which several homes can share, else ``cache`` in :func:`home`.
    """
    chosen = os.environ.get("PHOTOPAL_CACHE", "").strip()
    return Path(chosen).expanduser().absolute() if chosen else home() / "cache"


def default_library_path() -> Path:
    """The library that is used when no other is named."""
    return home() / LIBRARY_NAME


def make_private_folder(folder: Path) -> Path:
    """Create a folder, and its parents, that only this user can enter; an old one is left as is.

    What is inside names every photo of its owner and where it was taken.
    """
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder
