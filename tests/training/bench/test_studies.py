"""The four studies end to end, by the command: their own recipes over small data and models.

The data has the format of the published files, the models that of the hub's, with random weights:
no figure means anything, and every recipe must have one.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from bot.cli.main import run
from retrieval.encoders import load_encoder
from tests.support import tiny_checkpoints, tiny_models
from tests.training.bench.datasets.conftest import painted, write_json, write_lines
from tests.training.conftest import COLOURS, dialogue
from training.cli import bench as command

STUDIES = ("text_to_photo", "captions_or_photos", "photo_and_text", "dialogue_to_photo")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A small model of each kind, by the kind of embedder that takes it."""
    root = tmp_path_factory.mktemp("models")
    return {
        "encoder": str(tiny_checkpoints.make_clip(root / "clip")),
        "open_clip": str(tiny_models.make_open_clip_resnet(root / "open_clip")),
        "blip": str(tiny_models.make_blip(root / "blip")),
        "captioner": str(tiny_models.make_blip_captioner(root / "captioner")),
        "backbone": str(tiny_models.make_timm(root / "timm")),
        "bert": str(tiny_models.make_bert(root / "bert")),
        "sentences": str(tiny_models.make_sentence_encoder(root / "sentences")),
    }


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the studies look for below --data, in miniature."""
    folder = tmp_path_factory.mktemp("data")
    _pokemon(folder / "pokemon")
    _coco(folder / "coco")
    _fashioniq(folder / "fashioniq")
    _photochat(folder / "photochat")
    return folder


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "open_encoder", lambda name: load_encoder(name, device="cpu"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.parametrize("study", STUDIES)
def test_every_recipe_of_a_study_runs(
    study: str,
    models: dict[str, str],
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipes = _packaged(study)
    small = {f"small-{name}": _with_small_models(one, models) for name, one in recipes.items()}
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump({"title": study, "recipes": small}), encoding="utf-8")

    where = ["--recipes", str(file), "--data", str(data), "--out", str(tmp_path / "out")]
    status = run(["bench", "run", "small", *where, "--device", "cpu", "--json"])

    said = capsys.readouterr()
    rows = {one["name"]: one for one in json.loads(said.out)["recipes"]}
    assert (status, rows.keys()) == (0, small.keys()), said.err
    for name, row in rows.items():
        assert "measures" in row, row
        assert not row["dataset"]["missing"], name
        assert set(row["measures"]) >= set(small[name]["measures"])
    assert (tmp_path / "out" / "report.html").is_file()


@pytest.mark.parametrize("study", STUDIES)
def test_without_its_data_a_study_says_what_is_not_here(
    study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--data", str(tmp_path), "--out", str(tmp_path / "out")]
    run(["bench", "run", study, *where, "--json"])

    rows = json.loads(capsys.readouterr().out)["recipes"]
    assert len(rows) == len(_packaged(study))
    for row in rows:
        assert (
            "--data DIR" in row["not_measured_here"] or "no such file" in row["not_measured_here"]
        ), row


def test_published_figures_stand_with_their_source() -> None:
    known = {
        (name, measure): one["value"]
        for study in STUDIES
        for name, recipe in _packaged(study).items()
        for measure, one in recipe.get("expected", {}).items()
        if one["source"] and one["tolerance"] > 0
    }
    assert len(known) == 18
    assert round(known["pokemon-vit-b16", "hit@5"] * 833) == 400
    assert known["coco-clip-l14", "MRR@10"] == 0.494
    assert known["fashioniq-blip", "R@50"] == 0.5013
    assert known["photochat-l14-published", "hit@30"] == 0.7133


def _packaged(study: str) -> dict[str, Any]:
    text = files("training.bench").joinpath("recipes", f"{study}.yaml").read_text("utf-8")
    recipes: dict[str, Any] = yaml.safe_load(text)["recipes"]
    return recipes


def _with_small_models(recipe: Mapping[str, Any], models: Mapping[str, str]) -> dict[str, Any]:
    """The recipe with a small model in place of each of its own."""
    changed = dict(recipe)
    if "embedder" in recipe:
        changed["embedder"] = _small(recipe["embedder"], models)
    else:
        changed["embedders"] = [_small(one, models) for one in recipe["embedders"]]
    return changed


def _small(embedder: Mapping[str, Any], models: Mapping[str, str]) -> dict[str, Any]:
    kind = embedder["kind"]
    kept = {key: value for key, value in embedder.items() if key != "pretrained"}
    if kind == "bert_resnet":
        return {**kept, "text": models["bert"], "image": models["backbone"]}
    if kind == "starter":
        return {**kept, "kind": "encoder", "name": models["encoder"]}
    if "captioner" in kept:
        kept["captioner"] = {"name": models["captioner"], "max_tokens": 4}
    return {**kept, "name": models[kind]}


def _pokemon(folder: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    cells = []
    for colour in COLOURS:
        content = BytesIO()
        Image.new("RGB", (40, 40), colour).save(content, "JPEG")
        cells.append({"bytes": content.getvalue(), "path": None})
    folder.mkdir()
    texts = [f"a drawing of a {colour} pokemon" for colour in COLOURS]
    parquet.write_table(pyarrow.table({"image": cells, "text": texts}), folder / "train-0.parquet")


def _coco(folder: Path) -> None:
    names = [f"{number:012}.jpg" for number in range(1, 7)]
    painted(folder / "val2017", names)
    images = [{"id": number, "file_name": name} for number, name in enumerate(names, start=1)]
    objects = [
        {"image_id": number, "category_id": category}
        for number in range(1, 7)
        for category in ((1, 2) if number % 2 else (2,))
    ]
    categories = [{"id": 1, "name": "dog"}, {"id": 2, "name": "cat"}]
    captions = [
        {"image_id": number, "caption": f"a {colour} {what}"}
        for number, colour in zip(range(1, 7), COLOURS, strict=False)
        for what in ("wall", "picture of a wall")
    ]
    where = folder / "annotations"
    write_json(
        where / "instances_val2017.json",
        {"images": images, "categories": categories, "annotations": objects},
    )
    write_json(where / "captions_val2017.json", {"images": images, "annotations": captions})


def _fashioniq(folder: Path) -> None:
    for category in ("dress", "shirt", "toptee"):
        names = [f"{category}{number}" for number in range(4)]
        painted(folder / "images", [f"{name}.jpg" for name in names])
        queries = [
            {"candidate": names[0], "target": names[1], "captions": ["is red", "is a wall"]},
            {"candidate": names[2], "target": names[3], "captions": ["is blue", "a house"]},
        ]
        write_json(folder / "captions" / f"cap.{category}.val.json", queries)
        write_json(folder / "image_splits" / f"split.{category}.val.json", names)


def _photochat(folder: Path) -> None:
    painted(folder / "photos", [f"{colour}.jpg" for colour in COLOURS])
    dialogues = [dialogue(number, colour) for number, colour in enumerate(COLOURS)]
    write_json(folder / "test" / "test_00.json", dialogues)
    write_lines(
        folder / "descriptors.jsonl",
        *(
            {"id": number, "main_subject": f"a {colour} wall"}
            for number, colour in enumerate(COLOURS)
        ),
    )
