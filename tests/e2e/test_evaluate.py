"""``photopal evaluate`` as a process, with the starter encoder over the real sample photos."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.photos.samples import install_samples
from tests.training.conftest import dialogue, write

PHOTOPAL = Path(sys.executable).with_name("photopal")

SAID = {
    "cat": "my cat is looking right into the camera",
    "rocket": "the rocket lifted off at night, what a launch",
    "coffee": "I had a cup of coffee with a spoon on the saucer",
}

pytestmark = pytest.mark.timeout(600)


def test_real_photos_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    install_samples(folder)
    names = {
        word: next(path.stem for path in sorted(folder.rglob("*")) if word in path.stem)
        for word in SAID
    }
    entries = [
        {**dialogue(n, "x", "what did you do?", said), "photo_id": names[word]}
        for n, (word, said) in enumerate(SAID.items())
    ]
    entries.append(dialogue(9, "lost", "and then?", "we had a coffee"))
    file = write(tmp_path / "a.json", entries)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name == "PHOTOPAL_CACHE" or not name.startswith(("PHOTOPAL_", "OPENAI_"))
    }
    done = subprocess.run(
        [PHOTOPAL, "evaluate", file, "--photos", folder, "--json", "--out", tmp_path / "out"],
        capture_output=True,
        text=True,
        timeout=500,
        env={**environment, "PHOTOPAL_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["pool"] >= 14
    assert (found["n"], found["misses_by_reason"]) == (4, {"photo missing": 1})
    assert found["systems"]["owner"]["hit@1"] >= 0.5
    assert found["systems"]["owner"]["hit@5"] == 0.75
    assert "data:image/jpeg" in (tmp_path / "out" / "report.html").read_text()
