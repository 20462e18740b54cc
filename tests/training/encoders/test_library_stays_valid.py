"""A library indexed before a fine-tune is searched after it, and no photo is embedded again."""

from pathlib import Path

import pytest
from PIL import Image

from retrieval.encoders import Encoder, load_encoder
from retrieval.encoders.clip import ClipEncoder
from retrieval.encoders.starter import StarterEncoder
from retrieval.errors import EncoderMismatch
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.search import Query, Searcher, SearchOptions
from tests.training.encoders.steps import step
from training.encoders import make_trainable


def index(encoder: Encoder, path: Path, folder: Path) -> int:
    with Library.open(path, create=True) as library:
        return index_folders(library, encoder, [folder]).indexed


def forbid_photos(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    def embedded(*_: object) -> None:
        raise AssertionError("a photo was embedded again")

    monkeypatch.setattr(encoder, "encode_images", embedded)


@pytest.mark.parametrize("kind", ["clip", "starter"])
@pytest.mark.parametrize("tune", ["text", "head"])
def test_a_text_fine_tune_keeps_the_library(
    kind: str,
    tune: str,
    request: pytest.FixtureRequest,
    photos: list[Path],
    images: list[Image.Image],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoder: ClipEncoder | StarterEncoder = request.getfixturevalue(kind)
    assert index(encoder, tmp_path / "library.db", photos[0].parent) == len(photos)
    with Library.read(tmp_path / "library.db") as library:
        before = Searcher(library, encoder).search(Query.of("a red chair"), SearchOptions(6))
    trainable = make_trainable(encoder, tune=tune)  # type: ignore[arg-type]
    step(trainable, images, 1e-2 if kind == "clip" else 1e-3)
    trainable.save(tmp_path / "tuned")

    tuned = load_encoder(tmp_path / "tuned")
    forbid_photos(tuned, monkeypatch)
    assert index(tuned, tmp_path / "library.db", photos[0].parent) == 0
    with Library.read(tmp_path / "library.db") as library:
        after = Searcher(library, tuned).search(Query.of("a red chair"), SearchOptions(6))
    assert len(after.hits) == len(photos)
    old = {hit.path: hit.score for hit in before.hits}
    assert any(abs(hit.score - old[hit.path]) > 1e-4 for hit in after.hits)


def test_after_moving_both_the_library_is_refused(
    clip: ClipEncoder, photos: list[Path], images: list[Image.Image], tmp_path: Path
) -> None:
    index(clip, tmp_path / "library.db", photos[0].parent)
    trainable = make_trainable(clip, tune="both")
    step(trainable, images)
    trainable.save(tmp_path / "tuned")
    tuned = load_encoder(tmp_path / "tuned")
    with Library.read(tmp_path / "library.db") as library, pytest.raises(EncoderMismatch):
        Searcher(library, tuned).search(Query.of("a red chair"), SearchOptions(3))
    with pytest.raises(EncoderMismatch, match="--rebuild"):
        index(tuned, tmp_path / "library.db", photos[0].parent)
