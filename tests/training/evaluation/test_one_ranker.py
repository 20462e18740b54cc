"""One dialogue over one library has one rank, whoever measures it: through the real commands."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.cli import replay_opening
from bot.cli.main import run
from bot.dialogues.photo_names import PhotoFolder
from bot.dialogues.reading import read_dialogues
from retrieval.photos.reading import open_image
from retrieval.search.ranking import best_places, rank_of
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint
from tests.training.conftest import dialogue, write
from training.cli import evaluate as evaluate_command
from training.compare_queries import compare
from training.datasets.example import Example
from training.datasets.queries import dev_queries
from training.fine_tuning.retrieval_evaluator import rank

COLOURS = ("red", "green", "blue", "yellow", "purple", "orange", "white", "grey")


@pytest.fixture(autouse=True)
def _encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (replay_opening, evaluate_command):
        monkeypatch.setattr(command, "open_encoder", lambda name: ColourEncoder())
    # Training's dev queries are those of a chat, which takes phrases wherever a model is installed.
    monkeypatch.setenv("PHOTOPAL_DESCRIBER", "phrases")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Dialogues that lead to photos, some of them astray, so that the ranks differ."""
    entries = [
        dialogue(n, colour, "how was it?", f"so {COLOURS[n // 2]}", f"a {colour} wall behind it")
        for n, colour in enumerate(COLOURS)
    ]
    # Label texts of their own: equal texts would be told apart by their names alone.
    return write(tmp_path / "test_0.json", entries)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Enough photos for a covariance of their own, behind a link."""
    real = tmp_path / "real"
    shades = np.random.default_rng(0).integers(0, 256, (60, 3))
    for seed, shade in enumerate(shades.tolist()):
        # No two alike: the order of twins would hang on the last digit of a score.
        name = COLOURS[seed] if seed < len(COLOURS) else f"other {seed}"
        paint(real / f"{name}.png", "#{:02x}{:02x}{:02x}".format(*shade), seed=seed)
    link = tmp_path / "photos"
    link.symlink_to(real, target_is_directory=True)
    return link


def by_replay(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert run(["replay", *map(str, arguments), "--json"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {one["dialogue_id"]: one["rank"] for one in answers}


def by_evaluate(
    capsys: pytest.CaptureFixture[str], out: Path, system: str, *arguments: object
) -> dict[str, Any]:
    assert run(["evaluate", *map(str, arguments), "--query", "offline", "--out", str(out)]) == 0
    capsys.readouterr()
    lines = (out / "dialogues.jsonl").read_text().splitlines()
    return {one["id"]: one["systems"][system]["rank"] for one in map(json.loads, lines)}


def test_photos_have_one_rank_in_replay_evaluate_training_and_comparison(
    file: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = by_evaluate(capsys, tmp_path / "out", "offline", file, "--photos", photos)
    assert len(set(expected.values())) > 2, "ranks that are all alike would prove nothing"
    assert by_replay(capsys, file, "--photos", photos) == expected
    assert dict(by_training(file, photos)) == expected
    lines: list[str] = []
    compare(list(read_dialogues(file)), photos, {}, ColourEncoder(), lines.append)
    hits = [100 * float(np.mean([one <= k for one in expected.values()])) for k in (1, 5, 10, 30)]
    assert lines[-1].split()[2:6] == [f"{hit:.1f}" for hit in hits]


def by_training(file: Path, photos: Path) -> Iterator[tuple[str, int]]:
    encoder, folder = ColourEncoder(), PhotoFolder(photos)
    # Decoded as indexing does, whose vectors the other two rank.
    images = [open_image(path, 2 * encoder.image_size) for path in folder.paths]
    vectors = encoder.encode_images(images)
    for one in read_dialogues(file):
        path = folder.find(one)
        assert path is not None
        example = Example(path.name, path, (), one.conversation())
        (query,) = dev_queries([example], encoder)
        texts = [text for text, _ in query.parts]
        embedded = dict(zip(texts, encoder.encode_texts(texts), strict=True))
        yield one.id, int(rank([query], folder.paths, vectors, embedded).ranks[0])


def test_labels_have_one_rank_in_replay_and_evaluate(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = by_evaluate(capsys, tmp_path / "out", "offline/both", file, "--against", "labels")
    assert len(set(expected.values())) > 1
    assert by_replay(capsys, file) == expected


def test_ties_go_by_name_and_what_is_no_number_comes_last() -> None:
    scores = np.asarray([0.5, 0.9, 0.5, np.nan, 0.5], dtype=np.float32)
    ids = np.asarray(["a", "b", "c", "d", "e"])
    assert [rank_of(scores, ids, place) for place in range(5)] == [4, 1, 3, 5, 2]
    tied = np.asarray([0.5, 0.9, 0.5, 0.1, 0.5], dtype=np.float32)
    assert best_places(tied, ids, 3) == [1, 4, 2]
    assert best_places(tied, ids, 99) == [1, 4, 2, 0, 3]
    assert best_places(tied[:0], ids[:0], 3) == []
