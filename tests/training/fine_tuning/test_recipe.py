"""The published study's recipe of training/README.md, over a hub and photos on loopback."""

import json
import re
from pathlib import Path

import pytest

import retrieval.encoders
from bot.cli.main import run
from retrieval.library import Library
from retrieval.paths import home
from tests.support.fake_encoder import ColourEncoder
from tests.support.loopback_hub import loopback_hub
from tests.support.photo_server import PhotoServer, serves
from tests.support.pictures import paint
from tests.training.fine_tuning.conftest import COLOURS

README = Path(__file__).resolve().parents[3] / "training" / "README.md"
SPLITS = {"train": COLOURS[:6], "dev": COLOURS[6:9], "test": COLOURS[9:]}


def recipe() -> list[list[str]]:
    """The commands of the README, without ``photopal`` and comments."""
    after = README.read_text(encoding="utf-8").partition("recipe, end to end**")[2]
    block = after.partition("```sh\n")[2].partition("```")[0].replace("\\\n", " ")
    lines = [re.sub(r"\s+#.*", "", line).strip() for line in block.splitlines()]
    return [line.replace("'", "").split()[1:] for line in lines if line.startswith("photopal ")]


def expanded(words: list[str]) -> list[str]:
    """As the shell gives them to the program, in this folder."""
    found: list[str] = []
    for word in words:
        found += sorted(map(str, Path().glob(word))) if "*" in word else [word]
    return found


def write_photochat(colours: tuple[str, ...], path: Path, url: str) -> None:
    path.parent.mkdir()
    rows = [
        {
            "photo_url": f"{url}/{colour}.png",
            "photo_id": f"{path.stem}/{number}",
            "photo_description": f"Objects in the photo: {colour} wall",
            "dialogue_id": number,
            "dialogue": [
                {"message": f"I painted the wall {colour}", "share_photo": False, "user_id": 1},
                {"message": "Show me!", "share_photo": False, "user_id": 0},
                {"message": "", "share_photo": True, "user_id": 1},
            ],
        }
        for number, colour in enumerate(colours)
    ]
    path.write_text(json.dumps(rows))


def test_the_recipe_runs_from_the_download_to_the_own_photos(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf" / "hub"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    download, train, evaluate, use = recipe()
    # No LLM here, and not as long and large as the study.
    train[train.index("--describe") + 1] = "offline"
    train += ["--epochs", "1", "--batch-size", "4", "--precision", "fp32"]
    with loopback_hub() as hub, PhotoServer().running() as server:
        hub.repositories["openai/clip-vit-large-patch14"] = clip
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        for seed, colour in enumerate(COLOURS):
            file = paint(tmp_path / "all" / f"{colour}.png", colour, seed=seed)
            server.answers[f"/{colour}.png"] = serves(Path(file).read_bytes())
        for split, colours in SPLITS.items():
            write_photochat(colours, tmp_path / split / f"{split}_00.json", server.url)
        for command in (download, train, evaluate):
            assert run(expanded(command)) == 0, capsys.readouterr().err
    settings = json.loads((tmp_path / "tuned" / "result.json").read_text())["settings"]
    assert (settings["objective"], settings["tune"]) == ("one-directional", "both")

    real = retrieval.encoders.load_encoder
    own = {"starter": ColourEncoder("starter")}
    monkeypatch.setattr(
        "retrieval.encoders.load_encoder", lambda name, **more: own.get(name) or real(name, **more)
    )
    assert run(["index", str(tmp_path / "all")]) == 0
    assert run(use) == 0, capsys.readouterr().err
    with Library.read(home() / "library.db") as library:
        assert library.encoder_name == str(tmp_path / "tuned")
        assert library.counts().searchable == len(COLOURS)
