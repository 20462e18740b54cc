"""The starter's networks compiled: the same vectors as torch's, whatever becomes of the copies."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from retrieval.encoders import compiled, is_prepared, load_encoder
from retrieval.encoders.starter import StarterEncoder
from retrieval.encoders.starter.networks import Networks
from retrieval.encoders.starter.serving import CompiledStarter
from retrieval.paths import cache
from retrieval.photos.reading import open_image
from retrieval.photos.samples import install_samples
from tests.support.addresses import AddressRecorder

TEXTS = [
    "a cat",
    "",
    "two people ride bikes down a mountain road while it is raining",
    "zeig mir 東京 🗼",
    "a man with a camera, " * 60,
]


@pytest.fixture(scope="module")
def torch_starter() -> StarterEncoder:
    return StarterEncoder.load()


@pytest.fixture(scope="module")
def starter(torch_starter: StarterEncoder) -> StarterEncoder:
    encoder = load_encoder("starter")
    assert isinstance(encoder, StarterEncoder)
    assert isinstance(encoder.serving, CompiledStarter)
    return encoder


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Image.Image]:
    folder = tmp_path_factory.mktemp("samples")
    install_samples(folder)
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".png"))
    return [open_image(path, 360) for path in paths]


def test_vectors_are_torchs(
    starter: StarterEncoder, torch_starter: StarterEncoder, photos: list[Image.Image]
) -> None:
    assert isinstance(torch_starter.serving, Networks)
    pictures, expected = starter.encode_images(photos), torch_starter.encode_images(photos)
    texts, expected_texts = starter.encode_texts(TEXTS), torch_starter.encode_texts(TEXTS)
    assert ((pictures * expected).sum(1)).min() > 0.999
    assert ((texts * expected_texts).sum(1)).min() > 0.999
    ranked, wanted = (-(texts @ pictures.T)).argsort(), (-(expected_texts @ expected.T)).argsort()
    assert np.array_equal(ranked[:, :5], wanted[:, :5])
    assert starter.fingerprint == torch_starter.fingerprint
    assert starter.text_fingerprint == torch_starter.text_fingerprint


def test_tokens_and_sentences_are_torchs(
    starter: StarterEncoder, torch_starter: StarterEncoder
) -> None:
    served, expected = starter.serving, torch_starter.serving
    assert [starter.count_tokens(one) for one in TEXTS] == [
        torch_starter.count_tokens(one) for one in TEXTS
    ]
    assert served.vocabulary() == expected.vocabulary()
    cosines = served.sentence_vectors(TEXTS) * expected.sentence_vectors(TEXTS)
    assert cosines.sum(1).min() > 0.999


def test_threads_get_the_vectors_of_their_own(
    starter: StarterEncoder, photos: list[Image.Image]
) -> None:
    alone = starter.encode_images(photos), starter.encode_texts(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        pictures = [pool.submit(starter.encode_images, [photo]) for photo in photos]
        texts = [pool.submit(starter.encode_texts, [text]) for text in TEXTS]
        together = [one.result()[0] for one in pictures], [one.result()[0] for one in texts]
    for found, expected in zip(together, alone, strict=True):
        np.testing.assert_allclose(np.stack(found), expected, atol=1e-3)


def test_whoever_takes_hold_of_a_network_gets_torchs_and_its_changes() -> None:
    encoder = load_encoder("starter")
    assert isinstance(encoder, StarterEncoder)
    before = encoder.encode_texts(["a cat"])
    encoder.text_head.gate_bias.add_(9.0)
    after = encoder.encode_texts(["a cat"])
    assert float(before[0] @ after[0]) < 0.99


class TestTheStore:
    """On a network small enough to be made in no time."""

    @staticmethod
    def network() -> object:
        import torch

        layer = torch.nn.Linear(3, 2).eval()
        torch.nn.init.constant_(layer.weight, 0.5)
        torch.nn.init.constant_(layer.bias, 0.25)
        return compiled.convert(layer, [torch.ones(2, 3)], [[-1, 3]])

    @staticmethod
    def is_right(network: compiled.CompiledNetwork | None) -> bool:
        assert network is not None
        rows = np.arange(15, dtype=np.float32).reshape(5, 3)
        expected = np.repeat(rows.sum(1, keepdims=True) * 0.5 + 0.25, 2, axis=1)
        return bool(
            np.allclose(network(rows), expected)
            and np.allclose(network.rows(list(rows), 2, np.stack), expected)
        )

    def test_what_was_kept_is_read_again(self, tmp_path: Path) -> None:
        store = compiled.NetworkStore(tmp_path / "networks")
        assert store.read("one") is None
        assert self.is_right(store.keep("one", self.network()))
        assert self.is_right(compiled.NetworkStore(tmp_path / "networks").read("one", streams=8))
        assert store.read("another") is None
        assert not list((tmp_path / "networks").glob(".*")), "no temporary file is left"

    @pytest.mark.parametrize("ending", ["xml", "bin", "sums"])
    @pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
    def test_what_is_damaged_is_made_anew(self, tmp_path: Path, ending: str, damage: str) -> None:
        store = compiled.NetworkStore(tmp_path)
        store.keep("one", self.network())
        (file,) = tmp_path.glob(f"*.{ending}")
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content[: len(content) // 2] if damage == "cut" else content)
        if damage == "gone":
            file.unlink()
        assert store.read("one") is None
        store.keep("one", self.network())
        assert self.is_right(store.read("one"))

    def test_what_nobody_used_for_long_makes_room(self, tmp_path: Path) -> None:
        store = compiled.NetworkStore(tmp_path)
        for key in ("used", "forgotten"):
            store.keep(key, self.network())
        for file in tmp_path.glob("*.sums"):
            os.utime(file, (0, 0))
        assert store.read("used") is not None
        store.keep("new", self.network())
        assert store.read("forgotten") is None
        assert self.is_right(store.read("used"))
        assert len(list(tmp_path.iterdir())) == 6

    def test_a_folder_that_cannot_be_made_costs_nothing_else(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        store = compiled.NetworkStore(tmp_path / "file" / "networks")
        assert self.is_right(store.keep("one", self.network()))
        assert store.read("one") is None


@pytest.mark.parametrize("trouble", ["not installed", "cannot read", "cannot convert"])
def test_torch_serves_where_openvino_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trouble: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("this processor has no SSE 4.2")

    if trouble == "not installed":
        monkeypatch.setattr(
            "retrieval.encoders.compiled.find_spec", lambda name: None, raising=True
        )
    else:
        monkeypatch.setenv("PHOTOPAL_CACHE", str(tmp_path))
        monkeypatch.setattr("retrieval.encoders.starter.serving.convert", refuse)
    if trouble == "cannot read":
        monkeypatch.setattr("openvino.Core", refuse)
    encoder = load_encoder("starter")
    assert isinstance(encoder, StarterEncoder)
    assert isinstance(encoder.serving, Networks)
    assert encoder.encode_texts(["a cat"]).shape == (1, encoder.dim)


def test_a_search_imports_no_torch(starter: StarterEncoder, tmp_path: Path) -> None:
    program = (
        "import sys, json; from retrieval.encoders import load_encoder; "
        "vector = load_encoder('starter').encode_texts(['a cat'])[0]; "
        "print(json.dumps(['torch' in sys.modules, 'transformers' in sys.modules, "
        "vector.tolist()]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PHOTOPAL_HOME": str(tmp_path), "PHOTOPAL_CACHE": str(cache())},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    has_torch, has_transformers, vector = json.loads(done.stdout)
    assert not has_torch
    assert not has_transformers
    assert float(starter.encode_texts(["a cat"])[0] @ np.array(vector)) > 0.999


def test_nothing_is_reported_while_networks_are_converted(tmp_path: Path) -> None:
    """Parts of OpenVINO report each conversion to its makers, through a package of their own."""
    recorder = AddressRecorder(tmp_path)
    program = (
        "import socket, sys; from retrieval.encoders import load_encoder; "
        "load_encoder('starter').encode_texts(['a cat']); "
        "assert sys.modules['openvino_telemetry'] is None; socket.getaddrinfo('localhost', 80)"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **recorder.environment(), "PHOTOPAL_CACHE": str(tmp_path / "cache")},
        check=True,
    )
    assert list((tmp_path / "cache").rglob("*.sums"))
    assert recorder.noted()
    assert recorder.elsewhere() == []


def test_what_is_converted_is_prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOPAL_CACHE", str(tmp_path))
    assert not is_prepared("starter")
    assert is_prepared("clip-b32")
    load_encoder("starter")
    assert is_prepared("starter")


def test_signals_are_handled_when_another_thread_drops_the_last_network() -> None:
    """OpenVINO's CPU plugin has signals handled on memory that goes when it is unloaded."""
    program = (
        "import gc, os, signal, threading; from retrieval.encoders import load_encoder\n"
        "held = [load_encoder('starter')]; held[0].encode_texts(['a cat'])\n"
        "dropping = threading.Thread(target=lambda: (held.clear(), gc.collect()))\n"
        "dropping.start(); dropping.join()\n"
        "signal.signal(signal.SIGINT, lambda *_: print('handled'))\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PHOTOPAL_CACHE": str(cache())},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "handled\n"), done.stderr
