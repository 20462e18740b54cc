"""From whatever a decoder gives to eight bits of red, green and blue, as a screen shows them."""

import io

import numpy as np
from PIL import Image, ImageChops

_SRGB_AREA = 0.1121
_WIDE = 1.6
"""Profiles whose colours span so many times sRGB's (ProPhoto, Rec. 2020) look dull unconverted."""

PROFILE_DAMAGED = "the colour profile is damaged and was left aside"


def target(size: tuple[int, int], side: int) -> tuple[int, int]:
    """The size at which the shorter edge is ``side`` pixels; never a larger one."""
    scale = side / min(size)
    if scale >= 1:
        return size
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def shrink(picture: Image.Image, side: int) -> Image.Image:
    """The picture with a shorter edge of ``side`` pixels."""
    wanted = target(picture.size, side)
    if wanted == picture.size:
        return picture
    if picture.mode in ("1", "P", "PA", "La") or "transparency" in picture.info:
        picture = to_rgb(picture)
    return picture.resize(wanted, Image.Resampling.BICUBIC, reducing_gap=2.0)


def eight_bit(image: Image.Image, side: int | None) -> Image.Image:
    """Pictures with 16 or 32 bits or fractions a pixel, brought to 8 bits of grey."""
    if not (image.mode.startswith("I") or image.mode == "F"):
        return image
    if image.mode == "F":
        finite = np.nan_to_num(np.asarray(image), nan=0.0, posinf=0.0, neginf=0.0)
        picture = Image.fromarray(finite.astype(np.float32))
    else:
        picture = image if image.mode == "I" else image.convert("I")
    low, high = (float(value) for value in picture.getextrema())  # type: ignore[arg-type]
    if side is not None:
        picture = shrink(picture, side)
    values = _to_bytes(np.asarray(picture, dtype=np.float32), low, high, image.mode == "F")
    if image.format == "TIFF" and _is_white_zero(image):
        # Pillow turns the tones of these around only where they have up to 8 bits.
        values = 255 - values
    return Image.fromarray(values)


def picture_of(values: np.ndarray) -> Image.Image:
    """A picture from numbers of any kind, [height, width] or [height, width, 1 to 4 colours]."""
    if values.ndim == 3 and values.shape[2] in (1, 2):
        values = values[:, :, 0]
    fractions = values.dtype.kind == "f"
    if values.dtype != np.uint8:
        numbers = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        colours = numbers[..., :3] if numbers.ndim == 3 else numbers
        changed = _to_bytes(numbers, float(colours.min()), float(colours.max()), fractions)
        values = changed
    return Image.fromarray(np.ascontiguousarray(values))


def _to_bytes(values: np.ndarray, low: float, high: float, fractions: bool) -> np.ndarray:
    low = min(low, 0.0)
    # Sensors with 10, 12 or 14 bits store them in 16; taking those for 16 would leave a black
    # picture. Fractions usually run to 1.
    steps = [255.0, 1023.0, 4095.0, 16383.0, 65535.0]
    if fractions:
        steps.insert(0, 1.0)
    full = next((top for top in steps if high - low <= top), high - low)
    scaled = (values - low) * (255.0 / full) + 0.5
    return scaled.clip(0, 255).astype(np.uint8)


def _is_white_zero(image: Image.Image) -> bool:
    tags = getattr(image, "tag_v2", {})
    return bool(tags) and tags.get(262) == 0


def printers_colours(picture: Image.Image) -> Image.Image:
    """A JPEG in printer's colours, as they are meant.

    Adobe's programs store them turned around, and Pillow takes all such files for Adobe's.
    """
    if picture.mode == "CMYK" and picture.format in ("JPEG", "MPO") and "adobe" not in picture.info:
        return ImageChops.invert(picture)
    return picture


def to_rgb(picture: Image.Image) -> Image.Image:
    """Three colours; what is transparent lies on white."""
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return picture
    if picture.mode == "LAB":
        return _from_lab(picture)
    if picture.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in picture.info:
        # Pillow knows no way from these two to RGBA but by their own full form.
        picture = picture.convert("LA") if picture.mode == "La" else picture
        layer = picture.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return picture.convert("RGB")


def _from_lab(picture: Image.Image) -> Image.Image:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
    converted = ImageCms.applyTransform(picture, transform)
    return converted if converted is not None else picture.convert("RGB")


def to_srgb(
    picture: Image.Image, profile: bytes | None, *, exactly: bool
) -> tuple[Image.Image, str | None]:
    """Colours as a plain screen shows them; a profile that cannot be used is left aside.

    Args:
        picture: decoded.
        profile: the colour profile that its file holds.
        exactly: convert from every profile, for pictures that people look at. Otherwise only from
            those without which a photo looks like another: of printers, and of very wide gamuts.

    Returns:
        The picture, and a remark when its profile is damaged.
    """
    if not profile:
        return picture, None
    from PIL import ImageCms

    modes = {"RGB ": ("RGB", "RGBA"), "CMYK": ("CMYK",), "GRAY": ("L",)}
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space
        if picture.mode not in modes.get(space, ()):
            return picture, None
        if not exactly and not (space == "CMYK" or _is_wide(source.profile)):
            return picture, None
        converted = ImageCms.profileToProfile(
            picture,
            source,
            ImageCms.createProfile("sRGB"),
            outputMode="RGBA" if picture.mode == "RGBA" else "RGB",
        )
    except Exception:
        return picture, PROFILE_DAMAGED
    return (converted if converted is not None else picture), None


def _is_wide(profile: object) -> bool:
    """Whether a profile's primaries span far more than sRGB's."""
    corners = []
    for name in ("red_primary", "green_primary", "blue_primary"):
        primary = getattr(profile, name, None)
        if primary is None:
            return False
        corners.append(primary[1][:2])
    (x0, y0), (x1, y1), (x2, y2) = corners
    area = abs((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)) / 2
    return bool(area > _WIDE * _SRGB_AREA)
