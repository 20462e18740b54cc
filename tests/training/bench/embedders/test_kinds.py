"""What is particular to each kind: that its vectors are those of the model that it is named for."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from retrieval.encoders import load_encoder
from retrieval.encoders.starter.layout import CONCEPT_DIM, SCENE_DIM
from retrieval.errors import EncoderFolderInvalid, EncoderUnavailable
from tests.support.loopback_hub import LoopbackHub
from tests.training.bench.embedders.conftest import Load, spec_of
from training.bench.base import BenchPhoto, BenchQuery
from training.bench.embedders import QueryUnsuitable, RerankerSpec, load_reranker
from training.bench.embedders.torchvision_import import import_without_torchvision

TEXTS = ["a red wall", "the picture is green.", "two dogs"]


def asked(texts: list[str]) -> list[BenchQuery]:
    return [BenchQuery(f"q{at}", text) for at, text in enumerate(texts)]


def opened(photos: list[BenchPhoto]) -> list[Image.Image]:
    return [Image.open(photo.path).convert("RGB") for photo in photos]


def unit(rows: Any) -> Any:
    rows = np.asarray(rows)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_an_encoder_gives_the_vectors_of_the_product(
    models: dict[str, Path], photos: list[BenchPhoto], load: Load
) -> None:
    embedder = load(spec_of("encoder", str(models["encoder"])))
    encoder = load_encoder(models["encoder"], device="cpu")
    assert np.allclose(embedder.embed_queries(asked(TEXTS)), encoder.encode_texts(TEXTS), atol=1e-5)
    pictures = encoder.encode_images(opened(photos))
    assert (embedder.embed_photos(photos) * pictures).sum(axis=1).min() > 0.99
    assert embedder.cost.parameters == sum(
        weight.numel()
        for weight in encoder.model.parameters()  # type: ignore[attr-defined]
    )


def test_the_starters_channels_make_up_its_vectors(photos: list[BenchPhoto], load: Load) -> None:
    encoder = load_encoder()
    loaded = {"load_encoder": lambda name: encoder}
    whole, scene, concept = (
        load({"kind": "starter", **options}, **loaded)
        for options in ({}, {"channel": "scene"}, {"channel": "concept"})
    )
    assert len({whole.fingerprint, scene.fingerprint, concept.fingerprint}) == 3
    scenes, concepts = scene.embed_photos(photos), concept.embed_photos(photos)
    assert (scenes.shape[1], concepts.shape[1]) == (SCENE_DIM, CONCEPT_DIM)
    joined = np.concatenate([scenes, concepts], axis=1) / 2**0.5
    assert np.allclose(whole.embed_photos(photos), joined, atol=1e-5)
    text = encoder.encode_texts(TEXTS)
    assert np.allclose(scene.embed_queries(asked(TEXTS)), unit(text[:, :SCENE_DIM]), atol=1e-4)
    assert whole.cost.parameters == scene.cost.parameters > 25_000_000


def test_open_clip_loads_an_architecture_with_a_file_or_a_tag(
    models: dict[str, Path],
    photos: list[BenchPhoto],
    load: Load,
    hub: LoopbackHub,
    tmp_path: Path,
) -> None:
    (open_clip,) = import_without_torchvision("open_clip")
    # A ResNet that is small enough for a test, among the architectures that open_clip knows.
    config = open_clip.get_model_config(f"local-dir:{models['open_clip']}")
    (tmp_path / "RN-tiny.json").write_text(json.dumps(config))
    open_clip.add_model_config(tmp_path / "RN-tiny.json")
    folder = load(spec_of("open_clip", str(models["open_clip"])))
    weights = str(models["open_clip"] / "open_clip_model.safetensors")
    file = load({"kind": "open_clip", "name": "RN-tiny", "pretrained": weights})
    assert np.allclose(file.embed_photos(photos), folder.embed_photos(photos), atol=1e-6)

    # RN50's published weights, as far as the name goes.
    hub.repositories["timm/resnet50_clip.openai"] = models["open_clip"]
    tag = load({"kind": "open_clip", "name": "RN50", "pretrained": "openai"})
    assert np.allclose(
        tag.embed_queries(asked(TEXTS)), folder.embed_queries(asked(TEXTS)), atol=1e-6
    )
    model = open_clip.create_model(f"local-dir:{models['open_clip']}").eval()
    tokens = open_clip.get_tokenizer(f"local-dir:{models['open_clip']}")(TEXTS)
    with torch.inference_mode():
        assert np.allclose(
            folder.embed_queries(asked(TEXTS)), unit(model.encode_text(tokens)), atol=1e-5
        )


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"name": "RN50"}, "add pretrained, openai"),
        ({"name": "RN5O"}, "did you mean 'RN50'"),
        ({"name": "RN50", "pretrained": "closedai"}, "choose openai"),
        ({"name": "owner/model", "pretrained": "openai"}, "pretrained belongs to"),
    ],
)
def test_open_clip_says_what_it_knows(spec: dict[str, str], said: str, load: Load) -> None:
    with pytest.raises(EncoderUnavailable, match=said):
        load({"kind": "open_clip", **spec})


def test_open_clip_takes_no_pickled_file(load: Load, tmp_path: Path) -> None:
    (tmp_path / "RN50.pt").write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    with pytest.raises(EncoderFolderInvalid, match="nothing else is read"):
        load({"kind": "open_clip", "name": "RN50", "pretrained": "RN50.pt"}, root=tmp_path)


def test_blip_gives_contrastive_features_and_matches_text_with_photos(
    models: dict[str, Path], photos: list[BenchPhoto], load: Load
) -> None:
    from transformers import AutoTokenizer, BlipForImageTextRetrieval

    from retrieval.encoders.pixels import read_pixels

    embedder = load(spec_of("blip", str(models["blip"])))
    model = BlipForImageTextRetrieval.from_pretrained(models["blip"]).eval()
    tokens = AutoTokenizer.from_pretrained(models["blip"])(TEXTS[:1], return_tensors="pt")
    inputs = {name: tokens[name] for name in ("input_ids", "attention_mask")}
    pixels = read_pixels(models["blip"], "siglip", 32).batch(opened(photos))
    with torch.inference_mode():
        cosines = model(**inputs, **pixels, use_itm_head=False).itm_score[:, 0]
        repeated = {name: one.expand(len(photos), -1) for name, one in inputs.items()}
        logits = model(**repeated, **pixels).itm_score
    found = embedder.embed_photos(photos) @ embedder.embed_queries(asked(TEXTS[:1])).T
    # The pictures are read a little smaller than they are.
    assert np.allclose(found[:, 0], cosines, atol=0.02)

    reranker = load_reranker(
        RerankerSpec(kind="blip", name=str(models["blip"]), first=5), device="cpu", batch_size=3
    )
    scores = reranker.rerank(asked(TEXTS)[0], photos)
    assert np.allclose(scores, logits[:, 1] - logits[:, 0], atol=0.02)
    assert reranker.first == 5 and reranker.parameters == embedder.cost.parameters
    assert reranker.rerank(asked(TEXTS)[0], []).shape == (0,)
    with pytest.raises(QueryUnsuitable, match="query shown has none"):
        reranker.rerank(BenchQuery("shown", photo=photos[0]), photos)


def test_a_model_of_another_family_is_no_blip(models: dict[str, Path], load: Load) -> None:
    with pytest.raises(EncoderFolderInvalid, match="no BLIP"):
        load(spec_of("blip", str(models["bert"]))).embed_queries(asked(TEXTS))
    with pytest.raises(EncoderFolderInvalid, match="no BlipForImageTextRetrieval"):
        load(spec_of("blip", str(models["captioner"]))).embed_queries(asked(TEXTS))


def test_a_backbone_is_found_by_timms_name_and_sees_photos_alone(
    models: dict[str, Path], photos: list[BenchPhoto], load: Load, hub: LoopbackHub
) -> None:
    hub.repositories["timm/resnet50.tv_in1k"] = models["backbone"]
    embedder = load({"kind": "backbone", "name": "resnet50.tv_in1k"})
    (timm,) = import_without_torchvision("timm")
    model = timm.create_model(f"local-dir:{models['backbone']}", pretrained=True, num_classes=0)
    vectors = embedder.embed_photos(photos)
    assert vectors.shape == (len(photos), model.num_features)
    assert np.allclose(
        embedder.embed_queries([BenchQuery("q", "words", photo=photos[2])]), vectors[2:3], atol=1e-5
    )
    with pytest.raises(QueryUnsuitable, match="it has no photo"):
        embedder.embed_queries(asked(TEXTS))
    with pytest.raises(EncoderUnavailable, match="no weights"):
        load({"kind": "backbone", "name": "resnet50.tv_in2k"})


def test_the_shipped_backbone_needs_no_download(photos: list[BenchPhoto], load: Load) -> None:
    embedder = load({"kind": "backbone", "name": "efficientnet-lite1"})
    vectors = embedder.embed_photos(photos)
    assert vectors.shape == (len(photos), embedder.cost.dim) == (len(photos), 1280)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_captions_are_one_of_each_photo_or_all_or_a_models(
    models: dict[str, Path], photos: list[BenchPhoto], load: Load
) -> None:
    def embedder(**options: Any) -> Any:
        return load(spec_of("sentences", str(models["sentences"])) | options)

    texts = embedder()
    joined = [" ".join(photo.captions) for photo in photos]
    of_all = embedder(captions="all").embed_photos(photos)
    assert np.allclose(of_all, texts.embed_queries(asked(joined)), atol=1e-5)

    of_each = [texts.embed_queries(asked([photo.captions[n] for photo in photos])) for n in (0, 1)]
    chosen = {seed: embedder(seed=seed).embed_photos(photos) for seed in (0, 1, 2)}
    for vectors in chosen.values():
        off = [np.abs(vectors - one).max(axis=1) for one in of_each]
        assert np.minimum(*off).max() < 1e-5
    assert not np.allclose(chosen[0], chosen[1]) or not np.allclose(chosen[0], chosen[2])
    # The choice is a photo's own, whichever others there are.
    assert np.allclose(embedder(seed=1).embed_photos(photos[3:]), chosen[1][3:], atol=1e-5)
    # A query without a text goes by its photo's captions.
    shown = [BenchQuery("shown", photo=photos[0]), BenchQuery("said", "a dog")]
    expected = np.concatenate([of_all[:1], texts.embed_queries(asked(["a dog"]))])
    assert np.allclose(embedder(captions="all").embed_queries(shown), expected, atol=1e-5)

    bare = BenchPhoto("bare", photos[0].path, (" ",))
    with pytest.raises(QueryUnsuitable, match="photo bare has no caption"):
        texts.embed_photos([bare])
    written = embedder(captions="model", captioner={"name": str(models["captioner"])})
    assert len(written.embed_photos([bare])) == 1
    assert written.cost.parameters > texts.cost.parameters


def test_a_sentence_encoder_averages_as_its_files_say(models: dict[str, Path], load: Load) -> None:
    from training.bench.embedders.checkpoints import find_checkpoint
    from training.bench.embedders.text_networks import AveragedStates

    averaged = AveragedStates.load(find_checkpoint(str(models["bert"])), torch.device("cpu"))
    sentences = load(spec_of("sentences", str(models["sentences"])))
    # Both hold the same weights.
    expected = unit(averaged.text_vectors(TEXTS))
    assert np.allclose(sentences.embed_queries(asked(TEXTS)), expected, atol=1e-5)


def test_a_sentence_encoder_with_one_pickled_module_is_refused(
    models: dict[str, Path], load: Load, tmp_path: Path
) -> None:
    folder = shutil.copytree(models["sentences"], tmp_path / "sentences")
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(EncoderFolderInvalid, match="never read"):
        load(spec_of("sentences", str(folder)))
