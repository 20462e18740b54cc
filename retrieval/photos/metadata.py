"""What a photo's file says about it: size, time taken, camera, place. Odd EXIF never fails."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import Image

from retrieval.photos.reading import Source, attempt, exif_of, orientation_of

_EXIF_IFD = 0x8769
_GPS_IFD = 0x8825
_MAKE, _MODEL, _DATE = 0x010F, 0x0110, 0x0132
_DATE_ORIGINAL, _DATE_DIGITIZED, _OFFSET_ORIGINAL = 0x9003, 0x9004, 0x9011
_MAX_CAMERA_CHARS = 80


@dataclass(frozen=True)
class Metadata:
    """What could be read of a photo.

    Attributes:
        width: in pixels, of the upright picture.
        height: in pixels, of the upright picture.
        taken_at: local time in ISO 8601, with the offset when the camera recorded one.
        camera: make and model in one phrase.
        orientation: EXIF orientation, 1 to 8.
        latitude: degrees, north positive.
        longitude: degrees, east positive.
    """

    width: int
    height: int
    taken_at: str | None = None
    camera: str | None = None
    orientation: int = 1
    latitude: float | None = None
    longitude: float | None = None


def read_metadata(source: Source) -> Metadata:
    """The metadata of a photo; what is missing or makes no sense is left out.

    Args:
        source: the file, or its bytes.

    Raises:
        UnreadableImage: the file is no image at all; never because of its EXIF.
    """
    return attempt(source, metadata_of)[0]


def metadata_of(image: Image.Image) -> Metadata:
    """The metadata of a photo that is opened but not decoded yet."""
    orientation = orientation_of(image)
    width, height = image.size
    # Pillow tells the size of a TIFF as it will be once turned upright.
    if orientation >= 5 and image.format != "TIFF":
        width, height = height, width
    main, details, place = _exif(image)
    latitude, longitude = _position(place)
    return Metadata(
        width=width,
        height=height,
        taken_at=_taken_at(main, details),
        camera=_camera(main),
        orientation=orientation,
        latitude=latitude,
        longitude=longitude,
    )


def _exif(image: Image.Image) -> tuple[dict[int, Any], dict[int, Any], dict[int, Any]]:
    """The three directories that matter; each is empty when it cannot be read."""

    def directory(number: int | None) -> dict[int, Any]:
        try:
            exif = exif_of(image)
            return dict(exif if number is None else exif.get_ifd(number))
        except Exception:
            return {}

    return directory(None), directory(_EXIF_IFD), directory(_GPS_IFD)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    printable = "".join(sign if sign.isprintable() else " " for sign in value)
    return " ".join(printable.split())


def _taken_at(main: Mapping[int, Any], details: Mapping[int, Any]) -> str | None:
    for value in (details.get(_DATE_ORIGINAL), details.get(_DATE_DIGITIZED), main.get(_DATE)):
        numbers = re.match(r"(\d{4})\D(\d\d)\D(\d\d)\D(\d\d)\D(\d\d)(?:\D(\d\d))?", _text(value))
        if numbers is None:
            continue
        try:
            moment = datetime(*(int(number or 0) for number in numbers.groups()))  # type: ignore[arg-type]
        except ValueError:
            continue
        offset = _text(details.get(_OFFSET_ORIGINAL))
        known = re.fullmatch(r"[+-]\d\d:\d\d", offset)
        return moment.isoformat() + (offset if known else "")
    return None


def _camera(main: Mapping[int, Any]) -> str | None:
    make, model = _text(main.get(_MAKE)), _text(main.get(_MODEL))
    if make and model.lower().startswith(make.lower()):
        make = ""
    return f"{make} {model}".strip()[:_MAX_CAMERA_CHARS].strip() or None


def _position(place: Mapping[int, Any]) -> tuple[float | None, float | None]:
    latitude = _degrees(place.get(2), place.get(1), "S", 90.0)
    longitude = _degrees(place.get(4), place.get(3), "W", 180.0)
    if latitude is None or longitude is None:
        return None, None
    return latitude, longitude


def _degrees(value: Any, side: Any, negative: str, limit: float) -> float | None:
    """Degrees, minutes and seconds as one signed number."""
    try:
        parts = [float(part) for part in value]
        degrees = sum(part / 60**power for power, part in enumerate(parts[:3]))
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    if not parts or not math.isfinite(degrees) or not 0 <= degrees <= limit:
        return None
    return round(-degrees if _text(side).upper().startswith(negative) else degrees, 7)
