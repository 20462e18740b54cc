"""``photopal search --image``: photos like pictures in files, or like some of the library."""

from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.terms import Asked, Term, query_texts
from retrieval.errors import UnreadableImage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retrieval.search import Query, Searcher


def like_query(searcher: "Searcher", asked: Asked) -> "tuple[Query, frozenset[int]]":
    """The query for photos like pictures, and the ids of the library's own copies of them.

    Args:
        searcher: over the library.
        asked: has at least one picture; each is a file, or the id of a photo of the library as
            ``search --json`` gives it. Its texts tell what is asked for besides, such as "but at
            night".

    Raises:
        PhotoNotFound: there is no photo with this id, or it is hidden.
        UnreadableImage: the file is no picture, or is not there.
        EncoderMismatch: the library belongs to another encoder.
    """
    from retrieval.indexing import check_searchable
    from retrieval.search import Query

    check_searchable(searcher.library, searcher.encoder)
    seen = [_look_at(searcher, image) for image in asked.images]
    contents = {content for _, content in seen if content}
    own = [photo.id for one in contents for photo in searcher.library.photos_by_content(one)]
    query = Query.alike(
        [vector for vector, _ in seen],
        query_texts(_besides(term) for term in asked.texts),
        exclude=query_texts(asked.minus),
    )
    return query, frozenset(own)


def _besides(term: Term) -> Term:
    """What a text asks for, without "like this, but" and words of asking."""
    from bot.assistant.pictures import asked_beside
    from bot.intent.asking import content_of

    words = asked_beside(term.text)
    return Term(content_of(words) or words, term.weight)


def _look_at(searcher: "Searcher", image: str) -> "tuple[NDArray[np.float32], str | None]":
    """The unit vector [dim] of a picture, and the hash of its content."""
    from bot.assistant.pictures import vector_of
    from retrieval.files import file_hash
    from retrieval.photos.reading import open_image

    library, path = searcher.library, Path(image).expanduser()
    if not path.exists():
        if not image.isdecimal():
            raise UnreadableImage(f"{path}: there is no such file")
        photo = library.photo(int(image[:18]))
        return library.vectors([photo.id])[0], photo.content_hash
    try:
        picture = open_image(path, 2 * searcher.encoder.image_size)
        return vector_of(searcher.encoder, picture), file_hash(path)
    except UnreadableImage as error:
        raise UnreadableImage(f"{path}: {error}") from error
