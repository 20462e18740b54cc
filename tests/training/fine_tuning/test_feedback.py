"""Training on what was shared, liked and turned down: from the history, and from an export."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.main import run
from bot.errors import HistoryNotFound
from bot.history import History, KeptChat, KeptFeedback, history_path
from bot.settings import Settings
from retrieval.encoders import load_encoder
from retrieval.indexing import index_folders
from retrieval.library import Library, Photo
from tests.training.fine_tuning.conftest import COLOURS, TRAINED, write_lines
from training.datasets.feedback import LEAST_PAIRS, NOT_IN_LIBRARY, NOTHING_LIKED
from training.errors import DatasetInvalid, TrainingError
from training.fine_tuning.config import TrainConfig
from training.fine_tuning.data import gather
from training.fine_tuning.environment import Reporter
from training.fine_tuning.run import fine_tune

Configs = Callable[..., TrainConfig]
CHAT = "4a1d3c1e-0000-4000-8000-000000000001"
WORDS = ("a {} wall", "{} all over", "nothing but {}")


@pytest.fixture
def library(world: Path, clip: Path) -> Settings:
    """A library of the photos; settings that name it."""
    path = world / "library.db"
    with Library.open(path, create=True) as library:
        index_folders(library, load_encoder(clip), [world / "photos"])
    return Settings.load(library=path, encoder=str(clip))


def learn(settings: Settings, *said: tuple[str, str, str]) -> None:
    """Keep feedback: a photo, the words that were asked with, and the button."""
    with Library.read(settings.library_path) as library:
        uid = library.uid
        photos: dict[str, Photo] = {one.path.stem: one for one in library.photos_with("present")}
    moment = "2026-11-01T10:00:00.000Z"
    with History.open(history_path()) as history, history.transaction():
        history.begin(KeptChat(CHAT, "owner", uid, "Walls", moment, moment))
        for number, (name, query, kind) in enumerate(said):
            photo = photos[name]
            history.give(
                KeptFeedback(
                    f"feedback-{number}",
                    CHAT,
                    "owner",
                    uid,
                    kind,  # type: ignore[arg-type]
                    query,
                    photo.id,
                    photo.content_hash or "",
                    moment,
                )
            )


def plenty() -> list[tuple[str, str, str]]:
    """Each of nine photos was liked for three phrases; two were turned down for others' words."""
    liked = [(one, words.format(one), "up") for one in COLOURS[:TRAINED] for words in WORDS]
    assert len(liked) >= LEAST_PAIRS
    return [*liked, ("pink", "a red wall", "not_this"), ("brown", "a purple wall", "down")]


def test_a_run_on_feedback_alone_writes_an_encoder(
    config: Configs, library: Settings, world: Path
) -> None:
    learn(library, *plenty())
    notes: list[str] = []
    chosen = config(sources=(), photos=None, feedback=True, dev_photos=world / "photos", epochs=1)
    result = fine_tune(chosen, Reporter(note=notes.append), library)

    assert "feedback: 27 pairs of words and a photo that was shared or liked" in notes
    assert result.data["train_texts"] == 27
    # "pink" and "brown" are photos of dev, so that only nine are left to train on.
    assert result.data["train_photos"] == TRAINED
    assert load_encoder(chosen.out).encode_texts(["a red wall"]).shape == (1, 24)
    assert str(world) not in (chosen.out / "MODEL_CARD.md").read_text()


def test_what_was_turned_down_is_told_apart_from(config: Configs, library: Settings) -> None:
    learn(library, *plenty())
    data = gather(config(sources=(), photos=None, feedback=True, dev=()), library, Reporter())
    names = {path.stem for path in data.train.photos}
    assert {"pink", "brown"} <= names
    assert not {"pink", "brown"} & {one.path.stem for one in data.train.examples}


def test_feedback_beside_files_may_be_little(config: Configs, library: Settings) -> None:
    learn(library, ("red", "my old kitchen", "share"), ("blue", "my old kitchen", "not_this"))
    data = gather(config(feedback=True), library, Reporter())
    assert [one.captions for one in data.train.examples][-1] == ("my old kitchen",)
    assert len(data.train.examples) == TRAINED + 1


def test_an_export_is_read_like_the_history(
    config: Configs, library: Settings, tmp_path: Path
) -> None:
    learn(library, *plenty())
    chosen = config(sources=(), photos=None, feedback=True, dev=())
    from_history = gather(chosen, library, Reporter())
    file = tmp_path / "feedback.jsonl"
    assert run(["feedback", "export", str(file), "--library", str(library.library_path)]) == 0
    exported = gather(
        config(sources=(file,), photos=None, feedback=True, dev=()), library, Reporter()
    )
    assert exported.as_dict() == from_history.as_dict()

    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    rows.append({"query": "a secret", "photo": "/etc/passwd", "label": 1})
    rows.append({"query": "never liked", "photo": rows[0]["photo"], "label": 0})
    write_lines(file, rows)
    odd = gather(config(sources=(file,), photos=None, feedback=True, dev=()), library, Reporter())
    assert odd.problems == {NOT_IN_LIBRARY: 1, NOTHING_LIKED: 1}
    write_lines(file, [*rows, {"query": 1, "photo": "x", "label": 1}])
    with pytest.raises(DatasetInvalid, match=f"line {len(rows) + 1}"):
        gather(config(sources=(file,), photos=None, feedback=True), library, Reporter())


def test_too_little_and_nothing_are_said_plainly(
    config: Configs, library: Settings, world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = config(sources=(), photos=None, feedback=True)
    with pytest.raises(HistoryNotFound):
        gather(chosen, library, Reporter())
    learn(library, ("red", "a red wall", "up"))
    with pytest.raises(TrainingError, match=f"only 1 photo shared or liked.*{LEAST_PAIRS} are"):
        gather(chosen, library, Reporter())
    with pytest.raises(TrainingError, match="--photos DIR is needed"):
        gather(config(photos=None), library, Reporter())
    assert run(["train", "--out", str(world / "out"), "--photos", str(world)]) == 2
    assert "--feedback" in capsys.readouterr().err
