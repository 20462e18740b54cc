"""What the README shows in Python runs as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from retrieval.encoders import load_encoder
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.photos.samples import install_samples

ROOT = Path(__file__).parents[1]


def test_the_python_example_runs_and_finds_the_cat(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.S)
    install_samples(tmp_path / "photos")
    library = Library.open(tmp_path / "library.db", create=True)
    index_folders(library, load_encoder("starter"), [tmp_path / "photos"])
    library.close()

    environment = {name: value for name, value in os.environ.items() if "OPENAI" not in name}
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(ROOT), "PHOTOPAL_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    by_tool, by_chain = done.stdout.strip().rsplit("\n", 1)
    assert "cat.png" in by_tool.splitlines()[0]
    assert "cat.png" in by_chain.split(",")[0]
