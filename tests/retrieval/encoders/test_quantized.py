"""Image towers in whole numbers: torch's vectors, and torch wherever they do not serve."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from retrieval.encoders import load_encoder, quantized
from retrieval.encoders.clip import ClipEncoder
from retrieval.encoders.varied import varied_pictures
from retrieval.indexing import index_folders
from retrieval.library import Library


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own; towers as small as these are converted at once, though it never pays."""
    monkeypatch.setenv("PHOTOPAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(quantized, "CONVERT_AFTER", 0)
    monkeypatch.setattr(quantized, "MAX_COST", float("inf"))
    return tmp_path / "cache" / "networks"


@pytest.fixture
def photos() -> list[Image.Image]:
    return varied_pictures(40)


@pytest.fixture
def conversions(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Parameters of every tower that was converted."""
    done: list[int] = []
    convert = quantized.convert

    def counted(tower: torch.nn.Module, *others: object) -> object:
        done.append(sum(one.numel() for one in tower.parameters()))
        return convert(tower, *others)  # type: ignore[arg-type]

    monkeypatch.setattr("retrieval.encoders.clip.convert", counted)
    yield done


def load(folder: Path) -> ClipEncoder:
    encoder = load_encoder(folder, device="cpu")
    assert isinstance(encoder, ClipEncoder)
    return encoder


def by_torch(folder: Path, photos: list[Image.Image]) -> np.ndarray:
    return ClipEncoder.load(folder, device="cpu").encode_images(photos)


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one * other).sum(1)


@pytest.mark.parametrize("family", ["clip", "siglip", "siglip2"])
def test_vectors_are_torchs_now_and_when_loaded_again(
    family: str,
    checkpoints: dict[str, Path],
    photos: list[Image.Image],
    cache: Path,
    conversions: list[int],
) -> None:
    folder = checkpoints[family]
    expected = by_torch(folder, photos)
    assert not conversions
    first, again = load(folder), load(folder)
    for encoder in (first, again):
        vectors = encoder.encode_images(photos)
        assert vectors.dtype == np.float32
        assert cosines(vectors, expected).min() > quantized.MIN_COSINE
        assert not np.array_equal(vectors, expected), "torch embedded"
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        assert encoder.fingerprint == ClipEncoder.load(folder, device="cpu").fingerprint
        assert encoder.encode_images([]).shape == (0, encoder.dim)
    assert len(conversions) == 1
    assert sorted(one.suffix for one in cache.iterdir()) == [".choice", ".onnx"]


def test_a_photos_vector_depends_on_no_other_photo(
    checkpoints: dict[str, Path], photos: list[Image.Image]
) -> None:
    encoder = load(checkpoints["clip"])
    together = encoder.encode_images(photos)
    with ThreadPoolExecutor(4) as pool:
        alone = [pool.submit(encoder.encode_images, [photo]) for photo in photos]
        np.testing.assert_allclose(
            np.concatenate([one.result() for one in alone]), together, atol=1e-5
        )


def test_a_tower_is_converted_in_the_midst_of_an_indexing_run(
    checkpoints: dict[str, Path],
    photos: list[Image.Image],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    conversions: list[int],
) -> None:
    monkeypatch.setattr(quantized, "CONVERT_AFTER", 6)
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, photo in enumerate(photos):
        photo.save(folder / f"{number:02}.png")
    with Library.open(tmp_path / "library.db", create=True) as library:
        encoder = load(checkpoints["clip"])
        report = index_folders(library, encoder, [folder], batch_size=4)
        found = sorted(library.photos_with("present"), key=lambda one: one.path)
        vectors = library.vectors([one.id for one in found])
    assert report.indexed == len(photos)
    assert len(conversions) == 1
    alike = cosines(vectors, by_torch(checkpoints["clip"], photos))
    assert alike.min() > quantized.MIN_COSINE


@pytest.mark.parametrize("limit", ["MIN_COSINE", "MAX_COST"])
def test_torch_goes_on_where_that_is_not_right_or_does_not_pay(
    limit: str,
    checkpoints: dict[str, Path],
    photos: list[Image.Image],
    cache: Path,
    conversions: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(quantized, limit, 1.1 if limit == "MIN_COSINE" else 0.0)
    expected = by_torch(checkpoints["clip"], photos)
    for _ in range(2):
        found = load(checkpoints["clip"]).encode_images(photos)
        np.testing.assert_allclose(found, expected, atol=1e-6)
    assert len(conversions) == 1, "what was found is remembered"
    assert [one.suffix for one in cache.iterdir()] == [".choice"]


@pytest.mark.parametrize("ending", ["choice", "onnx"])
@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_what_is_damaged_is_made_anew(
    ending: str,
    damage: str,
    checkpoints: dict[str, Path],
    photos: list[Image.Image],
    cache: Path,
    conversions: list[int],
) -> None:
    folder = checkpoints["siglip"]
    expected = load(folder).encode_images(photos)
    (file,) = cache.glob(f"*.{ending}")
    content = bytearray(file.read_bytes())
    content[2 if ending == "choice" else len(content) // 2] ^= 1
    file.write_bytes(content[: len(content) // 2] if damage == "cut" else content)
    if damage == "gone":
        file.unlink()
    found = [load(folder).encode_images(photos) for _ in range(2)]
    assert len(conversions) == 2
    for vectors in found:
        assert cosines(vectors, expected).min() > 0.999


@pytest.mark.parametrize("trouble", ["not installed", "cannot convert", "no cache", "too large"])
def test_trouble_costs_no_vector(
    trouble: str,
    checkpoints: dict[str, Path],
    photos: list[Image.Image],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("this operation is not known")

    if trouble == "not installed":
        monkeypatch.setattr(quantized, "find_spec", lambda name: None)
    elif trouble == "cannot convert":
        monkeypatch.setattr(torch.onnx, "export", refuse)
    elif trouble == "no cache":
        (tmp_path / "file").write_text("in the way")
        monkeypatch.setenv("PHOTOPAL_CACHE", str(tmp_path / "file"))
    else:
        monkeypatch.setattr(quantized, "SMALL_PARAMETERS", 1)
        monkeypatch.setattr(quantized, "memory_left", lambda: 1 << 10)
    found = load(checkpoints["clip"]).encode_images(photos)
    expected = by_torch(checkpoints["clip"], photos)
    assert cosines(found, expected).min() > quantized.MIN_COSINE
    by_numbers = not np.allclose(found, expected, atol=1e-6)
    assert by_numbers == (trouble == "no cache")


def test_whoever_takes_hold_of_the_model_gets_its_changes(
    checkpoints: dict[str, Path], photos: list[Image.Image]
) -> None:
    encoder = load(checkpoints["clip"])
    before = encoder.encode_images(photos)
    with torch.no_grad():
        encoder.model.visual_projection.weight.neg_()
    assert cosines(encoder.encode_images(photos), before).max() < 0


def test_pictures_of_any_proportions_stay_torchs(
    checkpoints: dict[str, Path], photos: list[Image.Image], conversions: list[int]
) -> None:
    load(checkpoints["naflex"]).encode_images(photos)
    assert not conversions


def test_layers_that_spoil_the_vectors_stay_as_they_are() -> None:
    class Tower(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.widening = torch.nn.Linear(16, 64)
            self.narrowing = torch.nn.Linear(64, 16)

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            # Of one picture's tokens the first has inputs a thousand times those of the others.
            sizes = torch.tensor([1000.0, 1.0, 1.0, 1.0])[:, None]
            tokens = self.narrowing(torch.relu(self.widening(pixels)) * sizes)
            return tokens[:, 1:].mean(1)

    torch.manual_seed(0)
    chance = np.random.default_rng(0)
    items = [chance.normal(size=(1, 4, 16)).astype(np.float32) for _ in range(6)]
    choice, model = quantized.convert(Tower().eval(), items, lambda item: item)
    assert choice.serves
    assert choice.cosine > quantized.MIN_COSINE
    assert quantized.QuantizedNetwork(model).rows(items, lambda item: item).shape == (6, 16)
