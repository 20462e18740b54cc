"""``photopal search --like``: photos like a picture's file, or like one of the library."""

from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.errors import UnreadableImage

if TYPE_CHECKING:
    from retrieval.search import Query, Searcher

PICTURE_WEIGHT = 0.5
"""Of the picture beside words."""


def like_query(searcher: "Searcher", like: str, text: str) -> "tuple[Query, frozenset[int]]":
    """The query for photos like a picture, and the ids of the library's own copies of it.

    Args:
        searcher: over the library.
        like: a file, or the id of a photo of the library as ``search --json`` gives it.
        text: what is asked for besides, such as "but at night"; "" for nothing.

    Raises:
        PhotoNotFound: there is no photo with this id, or it is hidden.
        UnreadableImage: the file is no picture, or is not there.
        EncoderMismatch: the library belongs to another encoder.
    """
    from bot.assistant.pictures import asked_beside, vector_of
    from bot.intent.asking import content_of
    from retrieval.indexing import check_searchable
    from retrieval.photos.reading import open_image
    from retrieval.search import Query, QueryPicture, QueryText
    from retrieval.search.sureness import PICTURE

    library, path = searcher.library, Path(like).expanduser()
    check_searchable(library, searcher.encoder)
    if like.isdecimal() and not path.exists():
        photo = library.photo(int(like[:18]))
        vector = library.vectors([photo.id])[0]
        content = photo.content_hash
    else:
        try:
            vector = vector_of(searcher.encoder, open_image(path, 2 * searcher.encoder.image_size))
        except UnreadableImage as error:
            raise UnreadableImage(f"{path}: {error}") from error
        content = _content_of(path)
    words = asked_beside(text)
    words = content_of(words) or words
    weight = PICTURE_WEIGHT if words else 1.0
    own = [one.id for one in library.photos_by_content(content)] if content else []
    query = Query(
        (QueryText(words, 1 - weight),) if words else (),
        kind=PICTURE,
        pictures=(QueryPicture(vector, weight),),
    )
    return query, frozenset(own)


def _content_of(path: Path) -> str:
    from retrieval.files import content_hash

    return content_hash(path.read_bytes())
