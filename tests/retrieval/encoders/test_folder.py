"""Encoder folders on disk: what is read back, what is refused, and the hashes."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from retrieval.encoders.folder import (
    Manifest,
    fingerprint_of,
    hash_files,
    hash_tensors,
    is_encoder_folder,
    read_manifest,
    read_weights,
    require_safetensors,
    write_manifest,
    write_weights,
)
from retrieval.errors import EncoderFolderInvalid

MANIFEST = Manifest(
    kind="starter",
    dim=512,
    fingerprint="f" * 32,
    text_fingerprint="7" * 32,
    base=None,
    preprocessing={"side": 224},
    extra={"seed": 1},
)


def tensors() -> dict[str, np.ndarray[Any, Any]]:
    return {
        "matrix": np.arange(6, dtype=np.float32).reshape(2, 3),
        "scalar": np.array(3.5, dtype=np.float32),
        "numbers": np.array([1, 2], dtype=np.int64),
    }


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert not is_encoder_folder(tmp_path)
    write_manifest(tmp_path, MANIFEST)
    assert is_encoder_folder(tmp_path)
    assert read_manifest(tmp_path) == MANIFEST
    assert [path.name for path in tmp_path.iterdir()] == ["encoder.json"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": None}, "kind"),
        ({"dim": 0}, "dim"),
        ({"dim": True}, "dim"),
        ({"fingerprint": ""}, "fingerprint"),
        ({"text_fingerprint": 5}, "text_fingerprint"),
        ({"base": 5}, "base"),
        ({"format": 2}, "update"),
    ],
)
def test_a_manifest_that_lacks_something_is_refused(
    change: dict[str, Any], told: str, tmp_path: Path
) -> None:
    write_manifest(tmp_path, MANIFEST)
    path = tmp_path / "encoder.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(EncoderFolderInvalid, match=told):
        read_manifest(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe\x00"])
def test_a_manifest_that_is_no_object_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "encoder.json").write_bytes(content)
    with pytest.raises(EncoderFolderInvalid, match=r"encoder\.json"):
        read_manifest(tmp_path)


def test_weights_are_read_as_they_were_written(tmp_path: Path) -> None:
    write_weights(tmp_path / "heads.safetensors", tensors())
    back = read_weights(tmp_path / "heads.safetensors")
    assert back.keys() == tensors().keys()
    for name, tensor in tensors().items():
        np.testing.assert_array_equal(back[name], tensor)
        assert back[name].shape == tensor.shape
        assert back[name].dtype == tensor.dtype


def test_damaged_missing_and_pickled_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "heads.safetensors"
    with pytest.raises(EncoderFolderInvalid, match="missing"):
        read_weights(path)
    write_weights(path, tensors())
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(EncoderFolderInvalid, match="damaged"):
        read_weights(path)
    (tmp_path / "heads.pt").write_bytes(pickle.dumps({}))
    with pytest.raises(EncoderFolderInvalid, match="pickle"):
        read_weights(tmp_path / "heads.pt")


def test_a_folder_with_pickles_alone_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(EncoderFolderInvalid, match=r"pytorch_model\.bin.*never read.*convert"):
        require_safetensors(tmp_path)
    write_weights(tmp_path / "model.safetensors", tensors())
    assert require_safetensors(tmp_path) == [tmp_path / "model.safetensors"]


def test_a_hash_does_not_depend_on_order_precision_or_library() -> None:
    original = hash_tensors(tensors())
    turned = dict(reversed(list(tensors().items())))
    assert hash_tensors(turned) == original
    half = {n: t.astype(np.float16) if t.dtype.kind == "f" else t for n, t in tensors().items()}
    assert hash_tensors(half) == original
    torches = {name: torch.from_numpy(tensor) for name, tensor in tensors().items()}
    assert hash_tensors(torches) == original
    brain = {n: t.bfloat16() if t.is_floating_point() else t for n, t in torches.items()}
    assert hash_tensors(brain) == original
    strided = {**tensors(), "matrix": np.asfortranarray(tensors()["matrix"])}
    assert hash_tensors(strided) == original


def test_a_hash_tells_values_shapes_and_names_apart() -> None:
    original = hash_tensors(tensors())
    other = tensors()
    other["matrix"][1, 2] += 1e-6
    assert hash_tensors(other) != original
    assert hash_tensors({**tensors(), "matrix": tensors()["matrix"].reshape(3, 2)}) != original
    renamed = {f"module.{name}": tensor for name, tensor in tensors().items()}
    assert hash_tensors(renamed) != original
    assert hash_tensors(renamed, with_names=False) == hash_tensors(tensors(), with_names=False)


def test_fingerprints_and_file_hashes_tell_contents_apart(tmp_path: Path) -> None:
    assert fingerprint_of({"a": 1, "b": 2}) == fingerprint_of({"b": 2, "a": 1})
    assert fingerprint_of("a", "b") != fingerprint_of("ab")
    for name, content in (("one", b"x"), ("two", b"x"), ("three", b"y")):
        (tmp_path / name).write_bytes(content)
    one, two, three = (hash_files([tmp_path / name]) for name in ("one", "two", "three"))
    assert one == two != three
