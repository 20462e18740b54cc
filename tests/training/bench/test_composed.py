"""Fusion of texts and photos for the bench, and the combiner from its training to its folder."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter, ValidationError

from retrieval.search.combining import PictureCombiner
from retrieval.search.fusion import fuse
from tests.support.fake_encoder import COLOURS, ColourEncoder
from tests.support.pictures import paint
from training.bench.base import BenchPhoto, BenchQuery
from training.bench.composed import FusionSpec, QueryParts, compose, embed_parts, make
from training.bench.composed.combiner import (
    Combiner,
    Settings,
    install_combiner,
    read_combiner,
    save_combiner,
)
from training.errors import EvaluationError

DIM = 8


def spec(**said: object) -> FusionSpec:
    found: FusionSpec = TypeAdapter(FusionSpec).validate_python(said)
    return found


def unit(rows: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, DIM)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@pytest.fixture
def parts() -> QueryParts:
    """Three queries: of a photo and a text, of a text, of a photo and what must not be there."""
    photos, texts, minus = unit(3, 1), unit(3, 2), unit(1, 3)
    photos[1], texts[2] = 0, 0
    return QueryParts(photos, texts, (minus[:0], minus[:0], minus))


def test_late_fusion_is_the_products(parts: QueryParts, tmp_path: Path) -> None:
    gallery = unit(40, 4)
    found = compose(spec(kind="late", photo=0.3), parts, gallery, tmp_path)

    both = np.stack([parts.texts[0], parts.photos[0]])
    covariance = np.cov(gallery, rowvar=False).astype(np.float32)
    expected = fuse(both, np.array([0.7, 0.3], np.float32), covariance)
    assert np.allclose(found[0], expected, atol=1e-6)
    assert np.allclose(found[1], parts.texts[1]) and np.allclose(found[2], parts.photos[2])


def test_plain_sums_are_not_standardised(parts: QueryParts, tmp_path: Path) -> None:
    found = compose(spec(kind="late", photo=0.5, standardise=False), parts, unit(40, 4), tmp_path)

    mean = parts.texts[0] + parts.photos[0]
    assert np.allclose(found[0], mean / np.linalg.norm(mean), atol=1e-6)


def test_what_is_subtracted_scores_lower(parts: QueryParts, tmp_path: Path) -> None:
    gallery = unit(40, 4)
    with_it = compose(spec(kind="late"), parts, gallery, tmp_path)
    without = compose(spec(kind="subtract", minus=0.5), parts, gallery, tmp_path)

    assert np.allclose(without[:2], with_it[:2])
    assert float(without[2] @ parts.minus[2][0]) < float(with_it[2] @ parts.minus[2][0]) - 0.1


def test_parts_are_embedded_one_by_one_and_equal_ones_once() -> None:
    shown = BenchPhoto("p", Path("p.png"))
    queries = [
        BenchQuery("a", text="red", photo=shown, minus=("blue",)),
        BenchQuery("b", text="red"),
        BenchQuery("c", photo=shown, minus=("red", "")),
    ]
    asked: list[BenchQuery] = []

    def embed(some: object) -> np.ndarray:
        asked.extend(some)  # type: ignore[call-overload]
        return unit(len(asked), 5)

    parts = embed_parts(queries, embed, DIM)

    assert [(one.text, one.photo) for one in asked] == [("", shown), ("red", None), ("blue", None)]
    assert len({one.id for one in asked}) == 3
    assert np.array_equal(parts.texts[0], parts.minus[2][0])
    assert not parts.texts[2].any() and not parts.photos[1].any()
    assert [len(one) for one in parts.minus] == [1, 0, 1]


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "late", "photo": 2},
        {"kind": "late", "text": 1},
        {"kind": "subtract", "minus": -1},
        {"kind": "combiner"},
        {"kind": "early"},
    ],
)
def test_what_a_recipe_may_not_say(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        spec(**said)


def test_a_combiner_begins_at_late_fusion_and_is_read_as_written(
    parts: QueryParts, tmp_path: Path
) -> None:
    gallery = unit(40, 4)
    combiner = Combiner(Settings(dim=DIM, photo=0.3, projected=4, hidden=4))
    save_combiner(combiner, tmp_path / "fresh")
    late = compose(spec(kind="late", photo=0.3), parts, gallery, tmp_path)
    fresh = compose(spec(kind="combiner", folder="fresh"), parts, gallery, tmp_path)
    assert np.allclose(fresh, late, atol=1e-6)

    combiner.added.bias.data.fill_(1.0)
    save_combiner(combiner, tmp_path / "other")
    other = compose(spec(kind="combiner", folder="other"), parts, gallery, tmp_path)
    assert not np.allclose(other[0], late[0], atol=0.05)
    assert np.allclose(other[1:], late[1:], atol=1e-6)


def test_the_product_composes_as_the_bench_does(parts: QueryParts, tmp_path: Path) -> None:
    torch.manual_seed(4)
    combiner = Combiner(Settings(dim=DIM, photo=0.35, projected=16, hidden=16, made_by="x y"))
    combiner.added.weight.data.normal_(generator=torch.Generator().manual_seed(1))
    install_combiner(combiner, tmp_path)
    save_combiner(combiner, tmp_path)
    found = compose(spec(kind="combiner", folder="."), parts, unit(40, 4), tmp_path)
    late = compose(spec(kind="late", photo=0.35), parts, unit(40, 4), tmp_path)

    installed = PictureCombiner.load(tmp_path)
    own = installed.compose(parts.photos[0], parts.texts[0], late[0], 0.35)
    assert installed.made_by == "x y"
    assert np.allclose(own, found[0], atol=5e-3)
    assert not np.allclose(own, late[0], atol=0.05)


def test_combiners_that_cannot_be_used(parts: QueryParts, tmp_path: Path) -> None:
    folder = tmp_path / "combiner"
    with pytest.raises(EvaluationError, match="No such file"):
        read_combiner(folder)
    save_combiner(Combiner(Settings(dim=DIM, photo=0.3, projected=4, hidden=4)), folder)
    with pytest.raises(EvaluationError, match=f"vectors of {DIM} numbers, these have 5"):
        compose(spec(kind="combiner", folder="combiner"), parts, unit(9, 1)[:, :5], tmp_path)
    settings = folder / "combiner.json"
    written = json.loads(settings.read_text())
    settings.write_text(json.dumps({**written, "hidden": 5}))
    with pytest.raises(EvaluationError, match="other sizes"):
        read_combiner(folder)
    settings.write_text(json.dumps({**written, "hidden": "many"}))
    with pytest.raises(EvaluationError, match="holds no combiner: hidden"):
        read_combiner(folder)
    settings.write_text(json.dumps(written))
    (folder / "weights.safetensors").write_bytes(b"no weights")
    with pytest.raises(EvaluationError, match="damaged"):
        read_combiner(folder)


def test_a_combiner_is_trained_measured_and_the_same_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    things = ("dog", "kite", "boat")
    rows = []
    for number, (thing, colour) in enumerate(
        (thing, colour) for thing in things for colour in list(COLOURS)[:6] for _ in range(2)
    ):
        paint(tmp_path / "photos" / f"{number}.png", colour, seed=number)
        caption = f"a {colour} {thing} jumps over grass"
        rows.append(json.dumps({"photo": f"{number}.png", "captions": [caption, caption]}))
    (tmp_path / "captions.jsonl").write_text("\n".join(rows))
    monkeypatch.setattr(make, "load_encoder", lambda name: ColourEncoder(name))
    source = ("--photos", tmp_path / "photos", "--captions", tmp_path / "captions.jsonl")
    tested = ("--test-photos", source[1], "--test-captions", source[3])
    answers = []
    for out in ("one", "two"):
        make.main([*map(str, (*source, *tested, "--out", tmp_path / out, "--epochs", "2"))])
        answers.append(json.loads(capsys.readouterr().out))

    assert answers[0] == answers[1]
    test = answers[0]["test"]
    assert test["queries"] > 0 and {"text alone", "photo alone", "combiner"} <= set(test["figures"])
    assert len(answers[0]["epochs"]) == 3
    first, second = (read_combiner(tmp_path / one) for one in ("one", "two"))
    assert first.settings == second.settings and first.settings.made_by
    assert all(
        one.equal(other) for one, other in zip(first.parameters(), second.parameters(), strict=True)
    )
