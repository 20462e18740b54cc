"""What cameras write before they develop it: RAW files, through the preview inside or LibRaw.

A preview that is large enough is the photo as the camera meant it, and takes a hundredth of the
time; only a file without one is developed here.
"""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageFile

from retrieval.errors import UnreadableImage
from retrieval.photos.side_parts import jpeg_size, largest_jpeg
from retrieval.photos.tiff import directories, is_tiff

_SUFFIXES = """
    .dng .cr2 .cr3 .crw .nef .nrw .arw .sr2 .srf .orf .rw2 .raf .pef .srw .3fr .iiq .erf .mrw
    .x3f .kdc .dcr .rwl .gpr
"""
RAW_SUFFIXES = frozenset(_SUFFIXES.split())
"""File name endings of RAW files, in lower case."""

GOOD_PREVIEW = 1000
"""A preview with a shorter edge of so many pixels serves whatever is wanted."""

MAX_RAW_PIXELS = 400_000_000
"""Larger sensors than any camera's are refused."""

_SIGNS = (b"IIU\0", b"IIRO", b"IIRS", b"MMOR", b"FUJIFILMCCD-RAW", b"\0MRM", b"FOVb")
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_ORIENTATION = 0x0112
_FLIPS = {3: 3, 8: 5, 6: 6}
_TURNED = {
    3: Image.Transpose.ROTATE_180,
    5: Image.Transpose.ROTATE_90,
    6: Image.Transpose.ROTATE_270,
}
_JPEG_IN_RAF = 84


def has_raw_sign(prefix: bytes) -> bool:
    """Whether these first 16 bytes can only be those of a RAW file."""
    return (
        prefix.startswith(_SIGNS)
        or prefix[4:12] == b"ftypcrx "
        or prefix[6:14] == b"HEAPCCDR"
        or (is_tiff(prefix) and prefix[8:10] == b"CR")
    )


class RawImageFile(ImageFile.ImageFile):
    """A RAW file as Pillow shows files: opened at once, decoded upright when it is loaded."""

    format = "RAW"
    format_description = "RAW of a camera"

    def _open(self) -> None:
        import rawpy

        assert self.fp is not None
        self._content = self.fp.read()
        self._raw: Any = None
        try:
            # LibRaw is never given a file that it may keep open.
            self._raw = rawpy.imread(io.BytesIO(self._content))
            sizes = self._raw.sizes
            width, height = sizes.iwidth or sizes.width, sizes.iheight or sizes.height
            self._flip = sizes.flip
        except rawpy.LibRawError:
            # A camera that is newer than LibRaw writes a preview as all do.
            width, height = self._size_of_preview()
            self._flip = _FLIPS.get(self.getexif().get(_ORIENTATION, 1), 0)
        if width * height > MAX_RAW_PIXELS:
            raise UnreadableImage(f"{width:,} x {height:,} pixels are more than any camera has")
        self._mode = "RGB"
        self._size = (height, width) if self._flip in (5, 6) else (width, height)
        self._wanted: int | None = None
        self._done = False
        self.tile = []

    def draft(self, mode: str | None, size: tuple[int, int] | None) -> None:
        """Note how large the picture is wanted."""
        self._wanted = min(size) if size else None

    def load(self) -> Any:
        """Decode the preview, or develop the picture."""
        if not self._done:
            picture = self._picture()
            self._done = True
            self._im, self._size, self._mode = picture.im, picture.size, picture.mode
            self.info = dict(picture.info)
            if self._raw is not None:
                self._raw.close()
        return Image.Image.load(self)

    def _picture(self) -> Image.Image:
        from rawpy import LibRawError

        enough = min(self._wanted or GOOD_PREVIEW, GOOD_PREVIEW, *self._size)
        preview = self._preview()
        if self._raw is None and preview is None:
            raise UnreadableImage("a RAW file of a kind that is not known, with a damaged preview")
        if preview is not None and min(preview.size) >= enough:
            return preview
        try:
            return self._developed(enough)
        except LibRawError:
            # Sensor data of a kind that LibRaw does not know; a small preview is better than none.
            if preview is None:
                raise
            return preview

    def _preview(self) -> Image.Image | None:
        """The largest preview, upright; None when there is none that can be read."""
        import rawpy

        try:
            if self._raw is None:
                return self._decoded(largest_jpeg(self._content) or b"")
            found = self._raw.extract_thumb()
            if found.format == rawpy.ThumbFormat.JPEG:
                return self._decoded(bytes(found.data))
            if found.format == rawpy.ThumbFormat.BITMAP:
                return self._upright(Image.fromarray(np.asarray(found.data)), None)
        except Exception:
            # LibRaw and Pillow fail in many ways; the sensor's data may be fine all the same.
            return None
        return None

    def _decoded(self, preview: bytes) -> Image.Image:
        picture = Image.open(io.BytesIO(preview), formats=["JPEG"])
        turn = picture.getexif().get(_ORIENTATION)
        if self._wanted is not None:
            picture.draft("RGB", (self._wanted, self._wanted))
        picture.load()
        return self._upright(_turned_by_exif(picture, turn), turn)

    def _size_of_preview(self) -> tuple[int, int]:
        preview = largest_jpeg(self._content)
        if preview is None:
            raise UnreadableImage("a RAW file of a kind that is not known, without a preview")
        return jpeg_size(preview)

    def _upright(self, picture: Image.Image, orientation: Any) -> Image.Image:
        """Turned as the RAW says, unless the preview has been turned already."""
        if picture.mode != "RGB":
            picture = picture.convert("RGB")
        turn = _TURNED.get(self._flip)
        lies = (picture.width > picture.height) == (self._size[0] > self._size[1])
        turned = orientation not in (None, 1) or (self._flip in (5, 6) and lies)
        return picture if turn is None or turned else picture.transpose(turn)

    def _developed(self, enough: int) -> Image.Image:
        half = min(self._size) // 2 >= enough
        values = self._raw.postprocess(use_camera_wb=True, half_size=half, output_bps=8)
        return Image.fromarray(values)

    def getexif(self) -> Image.Exif:
        """EXIF from where this maker keeps it."""
        return exif_of_raw(self._content)


def _turned_by_exif(picture: Image.Image, orientation: Any) -> Image.Image:
    from PIL import ImageOps

    return ImageOps.exif_transpose(picture) if orientation not in (None, 1) else picture


def is_raw_tiff(content: bytes) -> bool:
    """Whether a file with a TIFF's head is a RAW: it holds what a sensor saw."""
    return any(page.is_sensor_data for page in directories(content))


def exif_of_raw(content: bytes) -> Image.Exif:
    """The EXIF of a RAW file; empty when there is none that can be read."""
    exif = Image.Exif()
    try:
        if content.startswith(b"FUJIFILMCCD-RAW"):
            start, length = (
                int.from_bytes(content[place : place + 4], "big")
                for place in (_JPEG_IN_RAF, _JPEG_IN_RAF + 4)
            )
            with Image.open(io.BytesIO(content[start : start + length]), formats=["JPEG"]) as image:
                return image.getexif()
        if content[4:12] == b"ftypcrx ":
            return _exif_of_cr3(content[: 1 << 20])
        if content[:2] in (b"II", b"MM"):
            exif.load((b"II*\0" if content[:2] == b"II" else b"MM\0*") + content[4:])
    except Exception:
        return Image.Exif()
    return exif


def _exif_of_cr3(head: bytes) -> Image.Exif:
    """Canon's CR3 keeps three small TIFF files in boxes of their own."""

    def box(name: bytes) -> Image.Exif:
        inside = Image.Exif()
        place = head.find(name)
        if place >= 4:
            length = int.from_bytes(head[place - 4 : place], "big")
            inside.load(head[place + 4 : place - 4 + length])
        return inside

    exif = box(b"CMT1")
    exif.get_ifd(_EXIF_IFD).update(dict(box(b"CMT2")))
    exif.get_ifd(_GPS_IFD).update(dict(box(b"CMT4")))
    return exif
