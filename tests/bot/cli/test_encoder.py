"""``photopal encoder`` as a person uses it: over a hub on loopback, in its own layout."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import retrieval.encoders
from bot.cli.main import run
from retrieval.encoders.base import Encoder
from retrieval.library import Library
from tests.support.fake_encoder import ColourEncoder
from tests.support.loopback_hub import LoopbackHub, loopback_hub
from tests.support.pictures import paint
from tests.support.tiny_checkpoints import make_open_clip, make_sharded_siglip2

SIGLIP2 = "google/siglip2-base-patch32-256"
OPEN_CLIP = "some/open-clip"


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("repositories")
    return {
        SIGLIP2: make_sharded_siglip2(root / "siglip2"),
        OPEN_CLIP: make_open_clip(root / "open_clip"),
    }


@pytest.fixture
def hub(repositories: dict[str, Path]) -> Iterator[LoopbackHub]:
    with loopback_hub() as hub:
        hub.repositories.update(repositories)
        yield hub


class Person:
    """Somebody at a terminal, with photos that were indexed by what stands in for the starter."""

    def __init__(self, folder: Path, said: pytest.CaptureFixture[str]) -> None:
        self.photos = folder / "photos"
        self.library = folder / "home" / "library.db"
        self._said = said

    def say(self, *arguments: str) -> tuple[int, str, str]:
        status = run(list(arguments))
        out, err = self._said.readouterr()
        return status, out, err

    def json(self, *arguments: str) -> dict[str, Any]:
        status, out, err = self.say(*arguments, "--json")
        assert status == 0, err
        answer: dict[str, Any] = json.loads(out)
        return answer

    def embedded(self, encoder: str) -> int:
        with Library.read(self.library) as books:
            sets = {one.encoder: one.photos for one in books.vector_sets()}
        return sets.get(encoder, 0)


@pytest.fixture
def person(
    tmp_path: Path,
    hub: LoopbackHub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Person:
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    # Here, where the hub's library is imported already, and for a process of its own.
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf" / "hub"))
    real = retrieval.encoders.load_encoder

    def load(name: str) -> Encoder:
        return ColourEncoder("starter") if name == "starter" else real(name)

    monkeypatch.setattr("retrieval.encoders.load_encoder", load)
    person = Person(tmp_path, capsys)
    for seed, colour in enumerate(("red", "green", "blue", "yellow")):
        paint(person.photos / f"{colour}.png", colour, seed=seed)
    person.json("index", str(person.photos))
    return person


def test_an_encoder_is_fetched_used_left_again_and_forgotten(
    person: Person, hub: LoopbackHub
) -> None:
    status, out, _ = person.say("status", "--offline")
    assert status == 0 and f"better eyes  {SIGLIP2}, 1.5 GB" in " ".join(out.split("\n"))
    assert not hub.requests, "nobody asked for anything of the hub's"
    listed = {one["name"]: one for one in person.json("encoder", "list")["encoders"]}
    assert listed["starter"]["in_use"] and not listed["siglip2-b32"]["here"]
    assert listed["siglip2-b32"]["minutes"] > 0 and listed["siglip2-b32"]["languages"] == "many"

    status, out, err = person.say("encoder", "use", "siglip2-b32")
    assert status == 0, err
    assert f"{SIGLIP2} sees for your 4 photos now" in out
    assert "back at once with photopal encoder use starter" in out
    state = person.json("status", "--offline")
    assert state["encoder"]["name"] == SIGLIP2 and state["index"]["state"] == "fresh"
    assert state["better_eyes"] is None
    assert len(person.json("search", "red")["results"]) == 4

    hub.status = 503
    back = person.json("encoder", "use", "starter")
    assert (back["embedded"], back["photos"]) == (0, 4)
    again = person.json("encoder", "use", "siglip2-b32")
    assert again["embedded"] == 0, "the checkpoint and its vectors are still there"
    assert person.say("encoder", "forget", "siglip2-b32")[0] == 1
    status, out, _ = person.say("encoder", "forget", "starter")
    assert status == 0 and "0 kB given back: 4 vectors of starter deleted" in out
    status, _, err = person.say("encoder", "forget", "starter")
    assert status == 1 and "no vectors of starter; kept are: none" in err


def test_an_open_clip_checkpoint_is_used_from_the_hub(person: Person) -> None:
    assert person.json("encoder", "use", OPEN_CLIP)["embedded"] == 4
    assert person.json("status", "--offline")["encoder"]["name"] == OPEN_CLIP
    assert person.json("search", "red")["results"]


def test_what_cannot_be_is_told_in_one_line_and_changes_nothing(
    person: Person, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, said in {
        "nonesuch": "there is no encoder 'nonesuch': photopal encoder list shows them",
        "./nowhere": "there is no encoder './nowhere'",
        "some/thing": "the model hub has no some/thing",
    }.items():
        status, out, err = person.say("encoder", "use", name)
        assert (status, out) == (1, "") and said in err and err.count("\n") == 1
    hub.status, hub.retry_after = 429, 60
    _, _, err = person.say("encoder", "use", "siglip2-b32")
    assert "try again in 60 seconds" in err
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    _, _, err = person.say("encoder", "use", "siglip2-b32")
    assert "cannot reach the model hub" in err
    state = person.json("status", "--offline")
    assert state["encoder"]["name"] == "starter" and state["coming_encoder"] is None
    assert state["better_eyes"] is None, "not offered while the hub is known to be out of reach"


def test_a_background_run_is_told_by_status_and_a_killed_one_goes_on(
    person: Person, hub: LoopbackHub
) -> None:
    for seed in range(160):
        paint(person.photos / f"more{seed}.png", "purple", seed=seed)
    person.json("index")
    started = person.json("encoder", "use", "siglip2-b32", "--background")
    deadline = time.monotonic() + 120
    while person.embedded(SIGLIP2) == 0:
        assert time.monotonic() < deadline, Path(started["log"]).read_text()
        time.sleep(0.005)
    os.kill(started["process"], signal.SIGKILL)
    os.waitpid(started["process"], 0)
    done = person.embedded(SIGLIP2)
    assert 0 < done < 164
    coming = person.json("status", "--offline")["coming_encoder"]
    assert coming == {"encoder": SIGLIP2, "done": done, "total": 164, "running": False}
    _, out, _ = person.say("status", "--offline")
    assert f"go on: photopal encoder use {SIGLIP2}" in " ".join(out.split())
    assert person.json("search", "red")["results"], "the old vectors go on answering"
    assert person.json("encoder", "use", SIGLIP2)["embedded"] == 164 - done
