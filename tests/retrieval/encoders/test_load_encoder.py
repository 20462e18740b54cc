"""What a name may be: starter, preset, folder, hub name; and that looking costs nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.encoders import PRESETS, load_encoder
from retrieval.encoders.folder import Manifest, write_manifest
from retrieval.errors import EncoderFolderInvalid, EncoderUnavailable

ROOT = Path(__file__).resolve().parents[3]


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(EncoderUnavailable) as caught:
        load_encoder("clip-b33")
    assert all(name in str(caught.value) for name in ("starter", *PRESETS))


@pytest.mark.parametrize("name", ["./none", "/none/at/all", "~/none", "a/b/c", Path("a/b")])
def test_a_path_that_is_not_there_is_never_looked_up_on_a_hub(name: str | Path) -> None:
    with pytest.raises(EncoderUnavailable, match="no encoder folder"):
        load_encoder(name)


def test_a_folder_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    write_manifest(tmp_path, Manifest("hologram", 3, "f", "t"))
    with pytest.raises(EncoderFolderInvalid, match="of kind 'hologram'"):
        load_encoder(tmp_path)


def test_a_folder_wins_over_a_hub_name_that_reads_the_same(
    checkpoints: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "openai").mkdir()
    (tmp_path / "openai" / "mine").symlink_to(checkpoints["clip"])
    monkeypatch.chdir(tmp_path)
    loaded = load_encoder("openai/mine")
    assert loaded.fingerprint == load_encoder(checkpoints["clip"]).fingerprint
    assert load_encoder(loaded.name).fingerprint == loaded.fingerprint


def test_importing_the_package_loads_no_heavy_library() -> None:
    program = (
        "import sys, retrieval.encoders, retrieval.encoders.folder\n"
        "print([name for name in ('torch', 'transformers', 'huggingface_hub') "
        "if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
