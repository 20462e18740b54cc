"""Encoder folders: ``encoder.json`` beside safetensors weights, and the hashes that identify them.

An encoder is a folder that anybody can copy::

    my-encoder/
        encoder.json        kind, base, dim, preprocessing, fingerprint, text_fingerprint, extra
        *.safetensors       the weights
        ...                 what the kind needs besides (config.json, tokenizer.json)

A pickle is never read, because reading one runs whatever code it carries.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import EncoderFolderInvalid
from retrieval.files import content_hash, replacing, write_text

MANIFEST_NAME = "encoder.json"
MANIFEST_FORMAT = 1
PICKLE_SUFFIXES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib"})


@dataclass(frozen=True)
class Manifest:
    """What ``encoder.json`` says of an encoder.

    Attributes:
        kind: which class loads the folder (``clip``, ``starter``).
        dim: length of its vectors.
        fingerprint: hash of all that a photo's vector depends on.
        text_fingerprint: hash of all that a text's vector depends on.
        base: the checkpoint that it was made from, a hub name or a folder; None for an original.
        earlier: fingerprints of earlier image sides, whose photos these texts find, too.
        preprocessing: how a picture becomes the image tower's input.
        extra: anything else worth keeping (training settings, figures); loading ignores it.
    """

    kind: str
    dim: int
    fingerprint: str
    text_fingerprint: str
    base: str | None = None
    earlier: tuple[str, ...] = ()
    preprocessing: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


def is_encoder_folder(folder: Path) -> bool:
    """Whether a folder holds an ``encoder.json``."""
    return (folder / MANIFEST_NAME).is_file()


def read_manifest(folder: Path) -> Manifest:
    """Read and check a folder's ``encoder.json``.

    Raises:
        EncoderFolderInvalid: it is missing, is not JSON, is of a newer format or lacks a field.
    """
    path = folder / MANIFEST_NAME
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EncoderFolderInvalid(f"{folder} has no {MANIFEST_NAME}") from None
    except (OSError, ValueError) as error:
        raise EncoderFolderInvalid(f"{path} cannot be read: {error}") from error
    if not isinstance(raw, dict):
        raise EncoderFolderInvalid(f"{path} is not a JSON object")
    version = raw.get("format", MANIFEST_FORMAT)
    if not isinstance(version, int) or version > MANIFEST_FORMAT:
        raise EncoderFolderInvalid(
            f"{path} has format {version!r}, this Photopal reads up to {MANIFEST_FORMAT}: update it"
        )
    return Manifest(
        kind=_need(path, raw, "kind", str),
        dim=_need(path, raw, "dim", int),
        fingerprint=_need(path, raw, "fingerprint", str),
        text_fingerprint=_need(path, raw, "text_fingerprint", str),
        base=_need(path, raw, "base", str) if raw.get("base") is not None else None,
        earlier=_names(path, raw, "earlier"),
        preprocessing=_need(path, raw, "preprocessing", dict) if "preprocessing" in raw else {},
        extra=_need(path, raw, "extra", dict) if "extra" in raw else {},
    )


def _names(path: Path, raw: dict[str, Any], key: str) -> tuple[str, ...]:
    value = raw.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise EncoderFolderInvalid(f"{path} lacks a valid {key!r}")
    return tuple(value)


def _need(path: Path, raw: dict[str, Any], key: str, kind: type) -> Any:
    value = raw.get(key)
    if not isinstance(value, kind) or isinstance(value, bool) or value in ("", 0):
        raise EncoderFolderInvalid(f"{path} lacks a valid {key!r}")
    return value


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``encoder.json``, last of all files: a folder that has one is complete."""
    content = {
        "format": MANIFEST_FORMAT,
        "kind": manifest.kind,
        "base": manifest.base,
        "dim": manifest.dim,
        "preprocessing": dict(manifest.preprocessing),
        "fingerprint": manifest.fingerprint,
        "text_fingerprint": manifest.text_fingerprint,
        **({"earlier": list(manifest.earlier)} if manifest.earlier else {}),
        "extra": dict(manifest.extra),
    }
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_text(folder / MANIFEST_NAME, text)


def read_weights(path: Path) -> dict[str, NDArray[Any]]:
    """Read one safetensors file into numpy arrays.

    Raises:
        EncoderFolderInvalid: the file is missing, damaged, or is a pickle.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if path.suffix in PICKLE_SUFFIXES:
        raise EncoderFolderInvalid(
            f"{path} is a pickle, which is never read: save it as safetensors"
        )
    try:
        return load_file(path)
    except FileNotFoundError:
        raise EncoderFolderInvalid(f"{path} is missing") from None
    except (OSError, SafetensorError, ValueError) as error:
        raise EncoderFolderInvalid(f"{path} is damaged: {error}") from error


def write_weights(path: Path, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write numpy arrays as safetensors; an older file stays until the new one is whole."""
    from safetensors.numpy import save_file

    whole = {name: _contiguous(tensor) for name, tensor in tensors.items()}
    with replacing(path) as temporary:
        save_file(whole, temporary)


def require_safetensors(folder: Path) -> list[Path]:
    """The safetensors files of a checkpoint folder, at least one.

    Raises:
        EncoderFolderInvalid: there is none. The message says so when there are pickles instead.
    """
    found = sorted(folder.glob("*.safetensors"))
    if found:
        return found
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLE_SUFFIXES)
    if pickles:
        raise EncoderFolderInvalid(
            f"{folder} holds its weights as a pickle ({pickles[0]}), which is never read: "
            "convert it with save_pretrained(folder, safe_serialization=True)"
        )
    raise EncoderFolderInvalid(f"{folder} holds no *.safetensors weights")


def hash_tensors(tensors: Mapping[str, Any], *, with_names: bool = True) -> str:
    """Hash of tensors' values and shapes, whatever order and floating type they come in.

    Floats are hashed as float32, so that a half-precision file and its full-precision copy agree.

    Args:
        tensors: numpy arrays or torch tensors by name.
        with_names: whether a tensor's name counts. Leave it out for models whose library may
            rename its modules: an update of that library must not look like other weights.
    """
    digests = []
    for name, tensor in tensors.items():
        array = _as_array(tensor)
        digest = hashlib.blake2b(digest_size=16)
        digest.update(f"{name if with_names else ''}|{array.shape}|{array.dtype.str}|".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
        digests.append(digest.hexdigest())
    return fingerprint_of(sorted(digests))


def _as_array(tensor: Any) -> NDArray[Any]:
    if not isinstance(tensor, np.ndarray):
        tensor = tensor.detach().cpu()
        tensor = (tensor.float() if tensor.is_floating_point() else tensor).numpy()
    array: NDArray[Any] = np.asarray(tensor)
    if array.dtype.kind == "f":
        array = array.astype("<f4", copy=False)
    return _contiguous(array)


def _contiguous(array: NDArray[Any]) -> NDArray[Any]:
    # ascontiguousarray alone turns a scalar into a vector of one.
    return np.ascontiguousarray(array).reshape(array.shape)


def fingerprint_of(*parts: Any) -> str:
    """Short hash (32 hex digits) of JSON-able parts: the same parts give the same hash anywhere."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return content_hash(text.encode())


def hash_files(paths: Iterable[Path]) -> str:
    """Hash of files' bytes, in the order given; names and folders do not count."""
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()
