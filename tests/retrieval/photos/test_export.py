"""Shareable copies carry the picture and nothing else."""

import io
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from retrieval.errors import UnreadableImage
from retrieval.photos.export import save_shareable_copy, shareable_copy
from tests.support.pictures import exif, halves, paint

SECRETS = (b"Exif", b"GPS", b"Canon", b"SN-42", b"secret", b"http://ns.adobe.com", b"ICC_PROFILE")


@pytest.fixture
def private(tmp_path: Path) -> dict[str, Path]:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = exif(3)
    upside_down = halves((96, 64)).rotate(180)
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "secret note")
    paths = {name: tmp_path / name for name in ("a.jpg", "a.png", "a.webp", "a.tiff")}
    upside_down.save(
        paths["a.jpg"], exif=data, comment=b"secret", xmp=b"<x>secret</x>", icc_profile=profile
    )
    upside_down.save(paths["a.png"], exif=data, pnginfo=notes, icc_profile=profile)
    upside_down.save(paths["a.webp"], exif=data, xmp=b"secret", icc_profile=profile, quality=95)
    upside_down.save(paths["a.tiff"], exif=data, description="secret", icc_profile=profile)
    return paths


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tiff"])
@pytest.mark.parametrize("max_side", [None, 48, 2048])
def test_nothing_but_the_picture(private: dict[str, Path], name: str, max_side: int | None) -> None:
    assert any(secret in private[name].read_bytes() for secret in SECRETS)
    content = shareable_copy(private[name], max_side=max_side)
    assert not [secret for secret in SECRETS if secret in content]
    with Image.open(io.BytesIO(content)) as copy:
        assert copy.format == "JPEG"
        assert dict(copy.getexif()) == {}
        assert set(copy.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert copy.size == ((48, 32) if max_side == 48 else (96, 64))
        red, _, blue = copy.getpixel((copy.width // 4, copy.height // 2))  # type: ignore[misc]
        assert red > 150 > 100 > blue


def test_large_photos_are_made_smaller(tmp_path: Path) -> None:
    halves((4000, 3000)).save(tmp_path / "large.jpg")
    with Image.open(io.BytesIO(shareable_copy(tmp_path / "large.jpg"))) as copy:
        assert copy.size == (2048, 1536)
    with Image.open(io.BytesIO(shareable_copy(tmp_path / "large.jpg", max_side=None))) as copy:
        assert copy.size == (4000, 3000)


def test_saving_never_overwrites_and_repeats_itself(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    first = paint(tmp_path / "one" / "photo.png", "red")
    second = paint(tmp_path / "two" / "photo.png", "blue")
    copy = save_shareable_copy(first, folder)
    assert copy == folder / "photo.jpg"
    other = save_shareable_copy(second, folder)
    assert other == folder / "photo-2.jpg"
    assert save_shareable_copy(first, folder) == copy
    assert save_shareable_copy(second, folder) == other
    assert sorted(path.name for path in folder.iterdir()) == ["photo-2.jpg", "photo.jpg"]


def test_broken(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("hello")
    with pytest.raises(UnreadableImage):
        save_shareable_copy(tmp_path / "text.jpg", tmp_path / "shared")
    assert not (tmp_path / "shared").exists()
