"""A photo read for the library, in one go: its picture, what its file says, and remarks."""

from dataclasses import dataclass

from PIL import Image

from retrieval.photos.metadata import Metadata, metadata_of
from retrieval.photos.reading import Source, attempt, upright_rgb


@dataclass(frozen=True, slots=True)
class Decoded:
    """A photo that was read.

    Attributes:
        image: upright, in RGB.
        metadata: what the file says of it.
        remark: what a person should know of how it was read; None when all was well.
    """

    image: Image.Image
    metadata: Metadata
    remark: str | None = None


def read_photo(source: Source, side: int | None = None, *, mend: bool = True) -> Decoded:
    """Read a photo; see :func:`retrieval.photos.reading.open_image` and ``attempt``.

    Args:
        source: the file, or its bytes.
        side: when given, the picture's shorter edge has from this to twice as many pixels,
            whatever costs least; a smaller one keeps its size.
        mend: read also what is damaged or cut off.

    Raises:
        UnreadableImage: with a short reason, for whatever is wrong with the file.
    """

    def work(image: Image.Image) -> Decoded:
        metadata = metadata_of(image)
        picture = upright_rgb(image, side, srgb=False, at_least=True)
        return Decoded(picture.image, metadata, picture.remark)

    decoded, mended = attempt(source, work, mend=mend)
    remarks = [remark for remark in (mended, decoded.remark) if remark]
    return Decoded(decoded.image, decoded.metadata, "; ".join(remarks) or None)
