"""``photopal bench run`` and ``list`` at the edge: figures, files, going on, what is not here."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np
import pytest
from ir_measures import RR, Success

from bot.cli.main import run
from retrieval.errors import EncoderUnavailable
from tests.support.fake_encoder import ColourEncoder
from tests.support.llm_server import why_no_server
from tests.training.bench.conftest import DATASET, EMBEDDER, WriteRecipes
from tests.training.conftest import COLOURS, dialogue, write
from training.cli import bench as command
from training.cli import evaluate as evaluate_command

INTERRUPTED = 130


def bench(
    capsys: pytest.CaptureFixture[str], recipes: Path, data: Path, *more: str, names: str = "mine"
) -> tuple[int, dict[str, Any], str]:
    """Exit status, the JSON, and what was said beside it."""
    arguments = ["--recipes", str(recipes), "--data", str(data), "--json", *more]
    status = run(["bench", "run", *names.split(), *arguments])
    said = capsys.readouterr()
    return status, json.loads(said.out) if said.out else {}, said.err


def test_figures_files_and_tables(
    encoder: ColourEncoder,
    data: Path,
    write_recipes: WriteRecipes,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipes = write_recipes(plain={"about": "Cosines."}, other={"measures": ["hit@1", "MAP"]})
    out = tmp_path / "out"
    status, found, said = bench(capsys, recipes, data, "--out", str(out))
    assert status == 0
    plain, other = found["recipes"]
    # Two captions name the other's colour: first place for six, second for two.
    assert plain["measures"]["hit@1"]["mean"] == 0.75
    assert plain["measures"]["rank_score"]["total"] >= 6 * 5
    assert plain["dataset"]["queries"] == 8
    assert plain["similarity"]["matched"]["mean"] > plain["similarity"]["random"]["mean"]
    assert plain["cost"]["dim"] == encoder.dim and plain["cost"]["photos_per_second"] > 0
    assert set(other["measures"]) == {"hit@1", "MAP"}
    assert "report.html" in said
    page = (out / "report.html").read_text()
    assert "prefers-color-scheme: dark" in page and "data:image/jpeg" in page
    assert "http" not in page.replace("http-equiv", "")
    assert (out / "plots" / "1-similarities.png").read_bytes().startswith(b"\x89PNG")
    assert r"\toprule" in (out / "report.tex").read_text()
    assert "| plain | **75.0**" in (out / "report.md").read_text()
    theirs = ir_measures.calc_aggregate(
        [Success @ 1, RR],
        ir_measures.read_trec_qrels(str(out / "runs" / "plain.qrels")),
        ir_measures.read_trec_run(str(out / "runs" / "plain.run")),
    )
    assert theirs[Success @ 1] == 0.75
    assert theirs[RR] == pytest.approx(plain["measures"]["MRR"]["mean"], abs=1e-6)
    assert run(["bench", "run", "mine", "--recipes", str(recipes), "--data", str(data)]) == 0
    assert "75.0*" in capsys.readouterr().out


def test_what_was_measured_is_not_measured_again(
    encoder: ColourEncoder,
    data: Path,
    write_recipes: WriteRecipes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipes = write_recipes(plain={}, noisy={"noise": "typing"})
    _, first, _ = bench(capsys, recipes, data)
    # The second recipe has the first one's photos.
    assert encoder.embedded == 8
    _, again, said = bench(capsys, recipes, data)
    assert (again, encoder.embedded) == (first, 8)
    assert "plain: measured before" in said
    (data / "photos" / "red.png").write_bytes((data / "photos" / "blue.png").read_bytes())
    _, changed, said = bench(capsys, recipes, data, "--fresh")
    assert encoder.embedded == 9, "only the photo that changed is embedded"
    assert changed["recipes"][0]["measures"] != first["recipes"][0]["measures"]


def test_an_interrupted_run_goes_on(
    encoder: ColourEncoder,
    data: Path,
    write_recipes: WriteRecipes,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = encoder.encode_images

    def stopped(images: Any) -> Any:
        if encoder.embedded >= 4:
            raise KeyboardInterrupt
        return whole(images)

    monkeypatch.setattr(encoder, "encode_images", stopped)
    recipes = write_recipes(plain={})
    status, found, said = bench(capsys, recipes, data, "--batch-size", "1")
    assert (status, found) == (INTERRUPTED, {})
    assert "run it again to go on" in said
    monkeypatch.setattr(encoder, "encode_images", whole)
    status, found, _ = bench(capsys, recipes, data)
    assert (status, encoder.embedded) == (0, 8)
    assert found["recipes"][0]["measures"]["hit@1"]["mean"] == 0.75


def test_batches_are_halved_until_they_fit(
    encoder: ColourEncoder,
    data: Path,
    write_recipes: WriteRecipes,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = encoder.encode_images

    def small(images: Any) -> Any:
        if len(images) > 2:
            raise MemoryError
        return whole(images)

    monkeypatch.setattr(encoder, "encode_images", small)
    recipes = write_recipes(plain={})
    status, found, said = bench(capsys, recipes, data)
    assert status == 0
    assert "out of memory: going on with batches of 2" in said
    assert found["recipes"][0]["measures"]["hit@1"]["mean"] == 0.75

    def never(images: Any) -> Any:
        raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")

    encoder.fingerprint = "another"
    monkeypatch.setattr(encoder, "encode_images", never)
    status, found, said = bench(capsys, recipes, data)
    assert status == 1
    assert "not even one" in said or "even one item at a time" in said


def test_a_model_of_an_unreachable_hub_stops_nobody(
    data: Path,
    write_recipes: WriteRecipes,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def load(name: str) -> ColourEncoder:
        if str(name) != "colours":
            raise EncoderUnavailable(f"cannot reach the model hub for {name}")
        return ColourEncoder()

    monkeypatch.setattr(command, "open_encoder", load)
    far = {"embedder": {"kind": "encoder", "name": "owner/model"}}
    recipes = write_recipes(far=far, plain={})
    status, found, _ = bench(capsys, recipes, data)
    assert status == 0
    assert found["recipes"][0]["not_measured_here"].startswith("cannot reach the model hub")
    assert found["recipes"][1]["measures"]["hit@1"]["mean"] == 0.75
    assert run(["bench", "run", "far", "--recipes", str(recipes), "--data", str(data)]) == 1
    assert "far: not measured here: cannot reach" in capsys.readouterr().out


def test_missing_and_broken_photos_are_counted_and_listed(
    encoder: ColourEncoder,
    data: Path,
    write_recipes: WriteRecipes,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (data / "photos" / "green.png").unlink()
    (data / "photos" / "blue.png").write_bytes(b"no picture")
    out = tmp_path / "out"
    status, found, _ = bench(capsys, write_recipes(plain={}), data, "--out", str(out))
    assert status == 0
    facts = found["recipes"][0]["dataset"]
    assert (facts["photos"], facts["queries"]) == (6, 8), "each query counts"
    named = dict(facts["missing"])
    assert len(named) == 2 and any("blue" in name for name in named)
    assert found["recipes"][0]["measures"]["hit@30"]["mean"] == 6 / 8
    assert "2 missing photos and queries" in (out / "report.html").read_text()


def test_data_that_is_not_there(
    encoder: ColourEncoder,
    data: Path,
    write_recipes: WriteRecipes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (data / "empty.jsonl").write_text("")
    recipes = write_recipes(
        gone={"dataset": {**DATASET, "photos": "elsewhere"}},
        nothing={"dataset": {**DATASET, "captions": "empty.jsonl"}},
        plain={},
    )
    status, found, _ = bench(capsys, recipes, data)
    assert status == 0
    gone, nothing, _ = found["recipes"]
    assert "no such folder" in gone["not_measured_here"]
    assert "--data DIR" in gone["not_measured_here"]
    assert nothing["not_measured_here"]


def test_sizes_that_do_not_match_fail(
    encoder: ColourEncoder,
    data: Path,
    write_recipes: WriteRecipes,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = encoder.encode_texts
    monkeypatch.setattr(encoder, "encode_texts", lambda texts: whole(texts)[:, :-1])
    status, found, said = bench(capsys, write_recipes(plain={}), data)
    assert status == 1
    assert "failed" in found["recipes"][0]
    assert "Traceback" not in said


def test_joined_embedders_hubness_and_noise(
    encoder: ColourEncoder,
    data: Path,
    write_recipes: WriteRecipes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (data / "bank.txt").write_text("".join(f"a {colour} thing\n" * 3 for colour in COLOURS))
    (data / "more.txt").write_text("\n".join(f"{a} {b}" for a in COLOURS for b in COLOURS))
    recipes = write_recipes(
        joined={"embedders": [EMBEDDER, EMBEDDER], "concatenate": [1, 2]},
        hubs={"hubness": {"bank": "more.txt", "weight": 0.5}},
        few={"hubness": {"bank": "bank.txt"}},
        noisy={"noise": "typing"},
        said={"noise": "paraphrase"},
    )
    status, found, _ = bench(capsys, recipes, data)
    assert status == 0
    joined, hubs, few, noisy, said = found["recipes"]
    assert joined["measures"]["hit@1"]["mean"] == 0.75
    assert joined["cost"]["dim"] == 2 * encoder.dim
    assert hubs["measures"]["hit@1"]["mean"] == 0.75
    assert "needs at least 10" in few["not_measured_here"]
    # Names of colours become other words, and the encoder knows nothing else.
    assert noisy["measures"]["hit@1"]["mean"] < said["measures"]["hit@1"]["mean"] == 0.75


def test_the_products_search_gives_the_figures_of_evaluate(
    encoder: ColourEncoder,
    write_recipes: WriteRecipes,
    tmp_path: Path,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(evaluate_command, "open_encoder", lambda name: encoder)
    said = [
        dialogue(n, colour, "how was it?", f"so {COLOURS[n // 2]}", f"a {colour} wall behind it")
        for n, colour in enumerate(COLOURS)
    ]
    file = write(tmp_path / "test_0.json", said)
    chats = {"kind": "dialogues", "files": [file.name], "photos": "photos"}
    recipes = write_recipes(
        **{
            kind: {"dataset": {**chats, "query": kind}, "fusion": {"kind": "product"}}
            for kind in ("dialogue", "owner")
        }
    )
    status, found, _ = bench(capsys, recipes, tmp_path)
    assert status == 0
    queries = ["--query", "dialogue", "--query", "owner"]
    assert run(["evaluate", str(file), "--photos", str(photos), *queries, "--json"]) == 0
    theirs = json.loads(capsys.readouterr().out)["systems"]
    for one in found["recipes"]:
        for name in ("hit@1", "hit@5", "hit@10", "hit@30"):
            assert one["measures"][name]["mean"] == theirs[one["name"]][name]
        assert one["measures"]["MRR"]["mean"] == theirs[one["name"]]["mrr"]
    assert theirs["dialogue"]["hit@1"] < 1, "figures that are all right would prove nothing"


@pytest.mark.skipif(why_no_server() is not None, reason=why_no_server() or "")
def test_the_small_language_model_may_make_the_queries(
    encoder: ColourEncoder,
    write_recipes: WriteRecipes,
    tmp_path: Path,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(tmp_path / "test_0.json", [dialogue(1, "red", "how was it?", "so so", "a red wall")])
    chats = {"kind": "dialogues", "files": ["test_0.json"], "photos": "photos"}
    by_model = {"dataset": {**chats, "query": "small_llm"}, "fusion": {"kind": "product"}}
    by_words = {"dataset": {**chats, "query": "dialogue"}, "fusion": {"kind": "product"}}
    recipes = write_recipes(model=by_model, words=by_words)
    known = importlib.util.find_spec
    with monkeypatch.context() as without:
        without.setattr(
            importlib.util,
            "find_spec",
            lambda name, package=None: None if name == "xllamacpp" else known(name, package),
        )
        status, found, _ = bench(capsys, recipes, tmp_path)
    assert status == 0
    model, words = found["recipes"]
    assert "needs the package xllamacpp" in model["not_measured_here"]
    assert "measures" in words
    status, found, _ = bench(capsys, recipes, tmp_path)
    assert found["recipes"][0]["measures"]["hit@30"]["mean"] == 1


def test_list(data: Path, write_recipes: WriteRecipes, capsys: pytest.CaptureFixture[str]) -> None:
    recipes = write_recipes(plain={"about": "Cosines."})
    assert run(["bench", "list", "--recipes", str(recipes)]) == 0
    said = capsys.readouterr().out
    assert "plain  Cosines." in said and "here: " in said
    assert run(["bench", "list", "--recipes", str(recipes), "--json"]) == 0
    files = {one["name"]: one for one in json.loads(capsys.readouterr().out)["files"]}
    assert files["mine"]["recipes"]["plain"]["embedder"] == {**EMBEDDER, "query": "auto"}


def test_vectors_that_are_no_numbers_fail(
    encoder: ColourEncoder,
    data: Path,
    write_recipes: WriteRecipes,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = encoder.encode_images
    monkeypatch.setattr(encoder, "encode_images", lambda images: whole(images) * np.nan)
    status, found, _ = bench(capsys, write_recipes(plain={}), data)
    assert status == 1 and "failed" in found["recipes"][0]
