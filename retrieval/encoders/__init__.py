"""Encoders: pictures and texts in one space. ``load_encoder`` makes one from a name or a folder."""

from collections.abc import Callable
from pathlib import Path

from retrieval.encoders.base import Embeddings, Encoder
from retrieval.encoders.registry import KNOWN, STARTER
from retrieval.errors import EncoderFolderInvalid, EncoderUnavailable
from retrieval.paths import cache
from retrieval.threads import leave_cores_to_torch

__all__ = [
    "PRESETS",
    "STARTER",
    "Embeddings",
    "Encoder",
    "OnDownload",
    "is_prepared",
    "load_encoder",
]

PRESETS = {one.name: one.repo for one in KNOWN if one.repo}
"""Short names of checkpoints that are known to work well."""

OnDownload = Callable[[str, int, int], None]
"""Called while a checkpoint is downloaded: file name, bytes so far, bytes in all."""


def load_encoder(
    name: str | Path = STARTER,
    *,
    device: str = "auto",
    on_download: OnDownload | None = None,
) -> Encoder:
    """Load an encoder. From then on NumPy's products use one thread in this process.

    Args:
        name: ``starter`` (embedded, needs no download), a preset (``clip-b32``, ``siglip2-b32``),
            an encoder folder (with ``encoder.json``), a folder with a transformers checkpoint of
            the CLIP or SigLIP family, or a hub name (``owner/model``). A folder wins over a hub
            name that reads the same.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        on_download: told of the progress when files come from the hub.

    Raises:
        EncoderUnavailable: no such encoder, or the hub is out of reach and nothing is cached.
        EncoderFolderInvalid: the folder cannot be loaded.
    """
    leave_cores_to_torch()
    text = str(name)
    if text == STARTER:
        return _load_starter(None)
    folder = Path(text).expanduser()
    if folder.is_dir():
        return _load_folder(folder, device)
    if text in PRESETS:
        return _load_clip(PRESETS[text], device, on_download)
    if _reads_as_path(name, text):
        raise EncoderUnavailable(f"there is no encoder folder {text}")
    if "/" in text:
        return _load_clip(text, device, on_download)
    raise EncoderUnavailable(
        f"there is no encoder {text!r}: choose {STARTER}, {', '.join(PRESETS)}, a folder, "
        "or a hub name such as owner/model"
    )


def is_prepared(name: str | Path = STARTER) -> bool:
    """Whether :func:`load_encoder` need not convert the encoder for this processor first.

    That takes some ten seconds, and happens once; only the starter needs it. A newer OpenVINO
    makes it necessary again, which is not foreseen here.
    """
    from retrieval.encoders.compiled import NetworkStore, is_installed

    if str(name) != STARTER or not is_installed():
        return True
    return not NetworkStore(cache() / "networks").is_empty()


def _reads_as_path(name: str | Path, text: str) -> bool:
    looks_local = text.startswith((".", "~", "/")) or "\\" in text or text.count("/") > 1
    return isinstance(name, Path) or looks_local


def _load_folder(folder: Path, device: str) -> Encoder:
    from retrieval.encoders.folder import is_encoder_folder, read_manifest

    if not is_encoder_folder(folder):
        return _load_clip(folder, device, None)
    kind = read_manifest(folder).kind
    if kind == STARTER:
        return _load_starter(folder)
    if kind == "clip":
        return _load_clip(folder, device, None)
    raise EncoderFolderInvalid(
        f"{folder} is an encoder of kind {kind!r}, this Photopal knows clip and starter"
    )


def _load_starter(folder: Path | None) -> Encoder:
    from retrieval.encoders.starter import StarterEncoder

    return StarterEncoder.load(folder, compiled=True)


def _load_clip(source: str | Path, device: str, on_download: OnDownload | None) -> Encoder:
    from retrieval.encoders.clip import ClipEncoder

    return ClipEncoder.load(source, device=device, on_download=on_download, quantized=True)
