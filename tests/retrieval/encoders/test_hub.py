"""Downloads from a hub: real HTTP on loopback, and every way in which it fails."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from retrieval.encoders.clip import ClipEncoder
from retrieval.encoders.hub import bytes_begun, cached, fetch
from retrieval.errors import EncoderUnavailable
from tests.support.loopback_hub import loopback_hub, silent_server
from tests.support.small_disk import small_disk
from tests.support.tiny_checkpoints import make_open_clip, make_sharded_siglip2

__all__ = ["small_disk"]  # a fixture of that file

ROOT = Path(__file__).resolve().parents[3]
WAY_OUT = "or pass a local folder with --encoder DIR, or use --encoder starter"


def test_a_checkpoint_is_downloaded_with_progress_then_served_from_the_cache(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    told: list[tuple[str, int, int]] = []
    with loopback_hub() as hub:
        hub.repositories["tiny/clip"] = checkpoints["clip"]
        folder = fetch(
            "tiny/clip",
            on_download=lambda *now: told.append(now),
            endpoint=hub.endpoint,
            cache=tmp_path,
        )
        asked = len(hub.requests)
        again = fetch("tiny/clip", endpoint=hub.endpoint, cache=tmp_path)
        assert len(hub.requests) == asked
    assert again == folder
    original = ClipEncoder.load(checkpoints["clip"])
    assert ClipEncoder.load(folder).fingerprint == original.fingerprint
    size = (checkpoints["clip"] / "model.safetensors").stat().st_size
    assert told[-1] == ("model.safetensors", size, size)


def test_pickles_beside_safetensors_are_left_on_the_hub(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    repository = shutil.copytree(checkpoints["clip"], tmp_path / "repository")
    (repository / "pytorch_model.bin").write_bytes(b"not to be read")
    with loopback_hub() as hub:
        hub.repositories["tiny/clip"] = repository
        folder = fetch("tiny/clip", endpoint=hub.endpoint, cache=tmp_path / "cache")
        assert not any("pytorch_model.bin" in request for request in hub.requests)
    assert not (folder / "pytorch_model.bin").exists()


def test_a_pickle_only_repository_is_refused(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    repository = _pickled(checkpoints["clip"], tmp_path)
    with loopback_hub() as hub, pytest.raises(EncoderUnavailable, match="no safetensors"):
        hub.repositories["tiny/clip"] = repository
        fetch("tiny/clip", endpoint=hub.endpoint, cache=tmp_path / "cache")
    assert not list(tmp_path.glob("cache/**/*.bin"))


def test_the_hubs_own_conversion_stands_in_for_a_pickle(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    with loopback_hub() as hub:
        hub.repositories["openai/tiny"] = _pickled(checkpoints["clip"], tmp_path)
        hub.converted["openai/tiny"] = checkpoints["clip"]
        folder = fetch("openai/tiny", endpoint=hub.endpoint, cache=tmp_path / "cache")
    assert (folder / "model.safetensors").is_file()
    assert cached("openai/tiny", tmp_path / "cache") == folder


@pytest.mark.timeout(60)
def test_a_hub_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with silent_server() as endpoint, pytest.raises(EncoderUnavailable) as caught:
        fetch("tiny/clip", endpoint=endpoint, cache=tmp_path)
    assert str(caught.value) == (
        f"cannot reach the model hub for tiny/clip: connect once, {WAY_OUT}"
    )


def test_a_hub_that_refuses_connections_is_told_in_the_same_line(tmp_path: Path) -> None:
    with loopback_hub() as hub:
        gone = hub.endpoint
    with pytest.raises(EncoderUnavailable, match="cannot reach the model hub for tiny/clip"):
        fetch("tiny/clip", endpoint=gone, cache=tmp_path)


def test_a_model_that_the_hub_does_not_have(tmp_path: Path) -> None:
    with loopback_hub() as hub, pytest.raises(EncoderUnavailable, match="has no tiny/none"):
        fetch("tiny/none", endpoint=hub.endpoint, cache=tmp_path)


def test_a_hub_in_trouble_is_told_with_its_answer(tmp_path: Path) -> None:
    with loopback_hub() as hub, pytest.raises(EncoderUnavailable, match="answers 503"):
        hub.status = 503
        fetch("tiny/clip", endpoint=hub.endpoint, cache=tmp_path)


def test_an_interrupted_download_is_no_complete_copy_and_is_taken_up_again(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    whole = fetch_like_hub(checkpoints["clip"], tmp_path)
    (whole / "model.safetensors").unlink()
    assert cached("tiny/clip", tmp_path) is None
    assert (fetch_like_hub(checkpoints["clip"], tmp_path) / "model.safetensors").is_file()


def test_a_connection_that_keeps_breaking_is_told_in_one_line(
    checkpoints: dict[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with loopback_hub() as hub, pytest.raises(EncoderUnavailable, match="cannot reach"):
        hub.repositories["tiny/clip"] = checkpoints["clip"]
        hub.cut_off_after = 20_000
        fetch("tiny/clip", endpoint=hub.endpoint, cache=tmp_path)
    assert capfd.readouterr() == ("", "")


def fetch_like_hub(repository: Path, cache: Path) -> Path:
    with loopback_hub() as hub:
        hub.repositories["tiny/clip"] = repository
        return fetch("tiny/clip", endpoint=hub.endpoint, cache=cache)


def test_load_encoder_downloads_by_name_and_works_offline_afterwards(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    with loopback_hub() as hub:
        hub.repositories["google/siglip2-base-patch32-256"] = checkpoints["siglip2"]
        first = _load("siglip2-b32", tmp_path, HF_ENDPOINT=hub.endpoint)
    assert first.returncode == 0, first.stderr
    offline = _load("siglip2-b32", tmp_path, HF_HUB_OFFLINE="1")
    assert offline.stdout == first.stdout != ""


@pytest.mark.parametrize("extra", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}])
def test_without_a_hub_load_encoder_fails_with_one_clear_line(
    extra: dict[str, str], tmp_path: Path
) -> None:
    failed = _load("clip-b32", tmp_path, **extra)
    assert failed.returncode == 3
    assert failed.stderr.strip() == (
        f"cannot reach the model hub for openai/clip-vit-base-patch32: connect once, {WAY_OUT}"
    )


def _load(name: str, home: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    program = (
        "import sys\n"
        "from retrieval.encoders import load_encoder\n"
        "from retrieval.errors import EncoderUnavailable\n"
        "try:\n"
        f"    print(load_encoder({name!r}, device='cpu').fingerprint)\n"
        "except EncoderUnavailable as error:\n"
        "    sys.exit(print(error, file=sys.stderr) or 3)\n"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    environment |= {"HF_HOME": str(home), "OMP_NUM_THREADS": "1", **extra}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def _pickled(checkpoint: Path, tmp_path: Path) -> Path:
    repository = shutil.copytree(checkpoint, tmp_path / "pickled")
    (repository / "model.safetensors").unlink()
    (repository / "pytorch_model.bin").write_bytes(b"\x80\x04pickle")
    return repository


# -- what a real network does --------------------------------------------------------------


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sharded_siglip2(tmp_path_factory.mktemp("published") / "siglip2")


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """What arrived is kept in pieces of 16 kB; of checkpoints of the usual size, of 10 MB."""
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 16_384)


def test_a_sharded_checkpoint_arrives_whole(published: Path, tmp_path: Path) -> None:
    folder = fetch_like_hub(published, tmp_path)
    assert cached("tiny/clip", tmp_path) == folder
    assert ClipEncoder.load(folder).fingerprint == ClipEncoder.load(published).fingerprint
    shard = next(folder.glob("model-*.safetensors"))
    shard.unlink()
    assert cached("tiny/clip", tmp_path) is None


def test_an_open_clip_repository_is_fetched_without_its_pickle(tmp_path: Path) -> None:
    repository = make_open_clip(tmp_path / "repository")
    (repository / "open_clip_pytorch_model.bin").write_bytes(b"\x80\x04pickle")
    folder = fetch_like_hub(repository, tmp_path / "cache")
    assert not list(tmp_path.glob("cache/**/*.bin"))
    assert cached("tiny/clip", tmp_path / "cache") == folder
    assert ClipEncoder.load(folder).fingerprint == ClipEncoder.load(repository).fingerprint


def test_a_connection_that_drops_in_mid_file_is_gone_on_with(
    checkpoints: dict[str, Path], tmp_path: Path, small_pieces: None
) -> None:
    size = (checkpoints["clip"] / "model.safetensors").stat().st_size
    whole = sum(path.stat().st_size for path in checkpoints["clip"].iterdir())
    with loopback_hub() as hub:
        hub.repositories["tiny/clip"] = checkpoints["clip"]
        hub.cut_off_after, hub.drops = size // 2, 1
        fetch("tiny/clip", endpoint=hub.endpoint, cache=tmp_path)
        assert hub.drops == 0 and hub.sent < whole + 20_000, "what has arrived is not sent again"
    assert cached("tiny/clip", tmp_path) is not None


def test_a_download_that_was_killed_is_gone_on_with(
    checkpoints: dict[str, Path], tmp_path: Path, small_pieces: None
) -> None:
    size = (checkpoints["clip"] / "model.safetensors").stat().st_size
    with loopback_hub() as hub:
        hub.repositories["tiny/clip"] = checkpoints["clip"]
        hub.pause = 0.05

        def stop(file: str, done: int, total: int) -> None:
            if file == "model.safetensors" and done >= size // 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fetch("tiny/clip", on_download=stop, endpoint=hub.endpoint, cache=tmp_path)
        begun = bytes_begun("tiny/clip", tmp_path)
        assert 0 < begun < size
        fetch("tiny/clip", endpoint=hub.endpoint, cache=tmp_path)
        assert hub.ranges == [begun]
    assert cached("tiny/clip", tmp_path) is not None
    assert bytes_begun("tiny/clip", tmp_path) == 0


@pytest.mark.parametrize("damage", ["shorter", "longer", "other"])
def test_what_is_not_as_the_hub_describes_it_is_thrown_away(
    checkpoints: dict[str, Path], tmp_path: Path, damage: str
) -> None:
    content = (checkpoints["clip"] / "model.safetensors").read_bytes()
    with loopback_hub() as hub:
        hub.repositories["tiny/clip"] = checkpoints["clip"]
        hub.served["model.safetensors"] = {
            "shorter": content[:-100],
            "longer": content + b"more",
            "other": content[:-4] + b"evil",
        }[damage]
        with pytest.raises(EncoderUnavailable, match="did not arrive as the hub describes it"):
            fetch("tiny/clip", endpoint=hub.endpoint, cache=tmp_path)
        assert cached("tiny/clip", tmp_path) is None
        hub.served.clear()
        assert fetch("tiny/clip", endpoint=hub.endpoint, cache=tmp_path)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "the model hub has no tiny/clip (a private one needs `hf auth login`)"),
        (403, "the model hub answers 403 for tiny/clip"),
        (404, "the model hub has no tiny/clip"),
        (429, "asks to wait (429, too many requests) for tiny/clip: try again in 37 seconds"),
    ],
)
def test_a_hub_that_says_no_is_told_in_one_line(tmp_path: Path, status: int, said: str) -> None:
    with loopback_hub() as hub, pytest.raises(EncoderUnavailable) as caught:
        hub.status, hub.retry_after = status, 37
        fetch("tiny/clip", endpoint=hub.endpoint, cache=tmp_path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_terms_that_were_not_accepted_are_told(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    with loopback_hub() as hub, pytest.raises(EncoderUnavailable, match="tiny/clip is gated"):
        hub.repositories["tiny/clip"] = checkpoints["clip"]
        hub.tokens = {"hf_secret"}
        fetch("tiny/clip", endpoint=hub.endpoint, cache=tmp_path)


def test_too_small_a_disk_is_told_before_anything_is_downloaded(
    checkpoints: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1000))
    with loopback_hub() as hub:
        hub.repositories["tiny/clip"] = checkpoints["clip"]
        with pytest.raises(EncoderUnavailable, match=r"needs 0\.0 GB in .* make room"):
            fetch("tiny/clip", endpoint=hub.endpoint, cache=tmp_path)
        assert not any("model.safetensors" in request for request in hub.requests)


def test_a_disk_that_fills_up_while_downloading_is_told(
    checkpoints: dict[str, Path], small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=10**12))
    filler = small_disk / "filler"
    filler.write_bytes(bytes(2 * 1024 * 1024 - 150_000))
    with loopback_hub() as hub:
        hub.repositories["tiny/clip"] = checkpoints["clip"]
        with pytest.raises(EncoderUnavailable, match=r"cannot be stored: .*No space left"):
            fetch("tiny/clip", endpoint=hub.endpoint, cache=small_disk / "cache")
        assert cached("tiny/clip", small_disk / "cache") is None
        filler.unlink()
        assert fetch("tiny/clip", endpoint=hub.endpoint, cache=small_disk / "cache")
