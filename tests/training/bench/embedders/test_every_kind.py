"""What holds for every kind of embedder, each around a small model in the hub's format."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from safetensors.torch import load_file, save_file

from retrieval.encoders.base import Embeddings
from retrieval.errors import EncoderFolderInvalid, EncoderUnavailable, UnreadableImage
from tests.support.loopback_hub import LoopbackHub
from tests.training.bench.embedders.conftest import Load, spec_of
from training.bench.base import BenchPhoto, BenchQuery, Embedder
from training.bench.embedders import (
    EmbedderSpec,
    NeedsHub,
    PhotoUnreadable,
    QueryUnsuitable,
    VectorsInvalid,
)

KINDS = ("encoder", "open_clip", "blip", "backbone", "sentences", "bert", "captioner")
SEES_PHOTOS = tuple(kind for kind in KINDS if kind != "sentences")
REPOSITORY = "tiny/model"


def queries(photos: list[BenchPhoto]) -> list[BenchQuery]:
    return [
        BenchQuery(f"q{at}", f"a {photo.id} wall", photo=photo) for at, photo in enumerate(photos)
    ]


def is_unit(vectors: Embeddings) -> bool:
    lengths = np.linalg.norm(vectors, axis=1)
    return vectors.dtype == np.float32 and bool(np.allclose(lengths, 1, atol=1e-5))


@pytest.mark.parametrize("kind", KINDS)
def test_photos_and_queries_come_as_unit_vectors_whatever_the_batch(
    kind: str, models: dict[str, Path], photos: list[BenchPhoto], load: Load
) -> None:
    embedder = load(spec_of(kind, str(models[kind])), batch_size=8)
    vectors = embedder.embed_photos(photos)
    asked = embedder.embed_queries(queries(photos))
    assert vectors.shape == asked.shape == (len(photos), embedder.cost.dim)
    assert is_unit(vectors) and is_unit(asked)
    assert embedder.cost.parameters > 1000
    embedder.batch_size = 3  # type: ignore[attr-defined]
    assert np.allclose(embedder.embed_photos(photos), vectors, atol=1e-4)
    assert np.allclose(embedder.embed_queries(queries(photos)), asked, atol=1e-4)
    assert embedder.embed_photos([]).shape == (0, embedder.cost.dim)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_of_the_hub_gives_the_vectors_of_its_folder(
    kind: str, models: dict[str, Path], photos: list[BenchPhoto], load: Load, hub: LoopbackHub
) -> None:
    hub.repositories[REPOSITORY] = models[kind]
    from_hub = load(spec_of(kind, REPOSITORY))
    from_folder = load(spec_of(kind, str(models[kind])))
    assert np.allclose(from_hub.embed_photos(photos), from_folder.embed_photos(photos), atol=1e-6)
    asked = queries(photos)
    assert np.allclose(from_hub.embed_queries(asked), from_folder.embed_queries(asked), atol=1e-6)
    assert not any("pytorch_model" in request for request in hub.requests)
    # What is here is not asked for again.
    hub.requests.clear()
    again = load(spec_of(kind, REPOSITORY))
    assert again.fingerprint == from_hub.fingerprint
    assert not hub.requests


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_hub_it_says_so_in_one_line(
    kind: str, load: Load, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NeedsHub, match="the model hub has no tiny/model") as unknown:
        load(spec_of(kind, REPOSITORY))
    assert "\n" not in str(unknown.value)
    hub.tokens = {"secret"}
    with pytest.raises(NeedsHub, match="gated"):
        load(spec_of(kind, REPOSITORY))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(NeedsHub, match="cannot reach the model hub"):
        load(spec_of(kind, REPOSITORY))
    assert issubclass(NeedsHub, EncoderUnavailable)


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_that_is_not_there_is_no_name_of_the_hubs(
    kind: str, load: Load, hub: LoopbackHub, tmp_path: Path
) -> None:
    with pytest.raises(EncoderUnavailable, match=r"no encoder folder|there is no folder"):
        load(spec_of(kind, str(tmp_path / "gone")))
    assert not hub.requests


@pytest.mark.parametrize("kind", KINDS)
def test_a_pickle_is_never_read(
    kind: str, models: dict[str, Path], load: Load, tmp_path: Path
) -> None:
    folder = shutil.copytree(models[kind], tmp_path / "pickled")
    for path in folder.glob("*.safetensors"):
        path.unlink()
        (folder / f"{path.stem}.bin").write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    with pytest.raises(EncoderFolderInvalid, match=r"pickle"):
        load(spec_of(kind, str(folder)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_folder_is_refused_in_one_line(
    kind: str,
    models: dict[str, Path],
    photos: list[BenchPhoto],
    load: Load,
    tmp_path: Path,
) -> None:
    folder = shutil.copytree(models[kind], tmp_path / "damaged")
    for path in folder.glob("*.safetensors"):
        path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(EncoderFolderInvalid) as refused:
        load(spec_of(kind, str(folder))).embed_queries(queries(photos)[:1])
        load(spec_of(kind, str(folder))).embed_photos(photos[:1])
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 600


@pytest.mark.parametrize("kind", KINDS)
def test_other_weights_have_another_fingerprint(
    kind: str, models: dict[str, Path], load: Load, tmp_path: Path
) -> None:
    same = shutil.copytree(models[kind], tmp_path / "same")
    other = shutil.copytree(models[kind], tmp_path / "other")
    for path in other.glob("*.safetensors"):
        weights = load_file(path)
        floats = {name: one for name, one in weights.items() if one.is_floating_point()}
        save_file(
            weights | {name: one * 1.01 for name, one in floats.items()},
            path,
            metadata={"format": "pt"},
        )
    first, second, third = (
        load(spec_of(kind, str(folder))).fingerprint for folder in (models[kind], same, other)
    )
    assert first == second != third


@pytest.mark.parametrize("kind", ["open_clip", "blip", "backbone", "bert"])
def test_weights_that_are_no_numbers_give_a_typed_error(
    kind: str, models: dict[str, Path], photos: list[BenchPhoto], load: Load, tmp_path: Path
) -> None:
    folder = shutil.copytree(models[kind], tmp_path / "nan")
    for path in folder.glob("*.safetensors"):
        weights = load_file(path)
        broken = {
            name: torch.full_like(one, float("nan")) if one.is_floating_point() else one
            for name, one in weights.items()
        }
        save_file(broken, path, metadata={"format": "pt"})
    embedder = load(spec_of(kind, str(folder)))
    with pytest.raises(VectorsInvalid, match="without a direction"):
        embedder.embed_queries(queries(photos))


@pytest.mark.parametrize("kind", SEES_PHOTOS)
def test_a_photo_that_cannot_be_read_is_named(
    kind: str, models: dict[str, Path], photos: list[BenchPhoto], load: Load, tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    embedder = load(spec_of(kind, str(models[kind])))
    for name in ("broken.jpg", "gone.jpg"):
        bad = BenchPhoto(name, tmp_path / name, ("a wall",))
        with pytest.raises(PhotoUnreadable) as unreadable:
            embedder.embed_photos([*photos, bad])
        assert unreadable.value.photo == name
        assert isinstance(unreadable.value, UnreadableImage)


def test_what_of_a_query_is_embedded_can_be_chosen(
    models: dict[str, Path], photos: list[BenchPhoto], load: Load
) -> None:
    def embedder(**options: Any) -> Embedder:
        return load(spec_of("encoder", str(models["encoder"])) | options)

    green = photos[1]
    both, words, shown = (
        BenchQuery("both", "a red wall", photo=green),
        BenchQuery("words", "a red wall"),
        BenchQuery("shown", photo=green),
    )
    text, photo = embedder(query="text"), embedder(query="photo")
    auto = embedder()
    assert len({one.fingerprint for one in (text, photo, auto)}) == 3
    of_text, of_photo = text.embed_queries([words]), photo.embed_photos([green])
    assert np.allclose(text.embed_queries([both]), of_text, atol=1e-5)
    assert np.allclose(photo.embed_queries([both]), of_photo, atol=1e-5)
    assert np.allclose(
        auto.embed_queries([shown, both]), np.concatenate([of_photo, of_text]), atol=1e-5
    )
    with pytest.raises(QueryUnsuitable, match="query shown: it has no text"):
        text.embed_queries([shown])
    with pytest.raises(QueryUnsuitable, match="query words: it has no photo"):
        photo.embed_queries([words])
    with pytest.raises(QueryUnsuitable, match="neither text nor photo"):
        auto.embed_queries([BenchQuery("empty", "  ")])


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"kind": "magic"}, "magic"),
        ({"kind": "encoder"}, "name"),
        ({"kind": "encoder", "name": "starter", "colour": 1}, "colour"),
        ({"kind": "starter", "channel": "smell"}, "scene"),
        ({"kind": "bert_resnet", "projection": "trained"}, "goes with train"),
        ({"kind": "sentences", "captioner": {}}, "captions: model"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TypeAdapter(EmbedderSpec).validate_python(spec)
