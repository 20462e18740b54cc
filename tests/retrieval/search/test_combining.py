"""The network in an encoder's folder that makes one query of a picture and words."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import EncoderFolderInvalid
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.search import Query, QueryText, Searcher
from retrieval.search.calibration import made_by
from retrieval.search.combining import PictureCombiner
from tests.support.fake_encoder import COLOURS, ColourEncoder
from tests.support.pictures import paint


class FolderEncoder(ColourEncoder):
    """Has a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(background=True)
        self.folder = folder


@pytest.fixture
def encoder(tmp_path: Path) -> FolderEncoder:
    return FolderEncoder(tmp_path / "encoder")


@pytest.fixture
def library(tmp_path: Path, encoder: FolderEncoder) -> Iterator[Library]:
    for colour in ("red", "green", "blue", "yellow"):
        paint(tmp_path / "photos" / f"{colour}.png", colour)
    with Library.open(tmp_path / "library.db", create=True) as library:
        index_folders(library, encoder, [tmp_path / "photos"])
        yield library


def always(colour: str, encoder: ColourEncoder) -> PictureCombiner:
    """Adds one colour, whatever the picture and the words."""
    dim = encoder.dim
    added = np.zeros(dim, np.float32)
    added[list(COLOURS).index(colour)] = 20.0
    sizes = {"photo.0": (2, dim), "text.0": (2, dim), "joined.0": (3, 4), "added": (dim, 3)}
    tensors = {f"{name}.weight": np.zeros(size, np.float32) for name, size in sizes.items()}
    tensors |= {f"{name}.bias": np.zeros(size[0], np.float32) for name, size in sizes.items()}
    return PictureCombiner({**tensors, "added.bias": added}, 0.35, made_by(encoder))


def best(library: Library, encoder: ColourEncoder, query: Query) -> str:
    return Searcher(library, encoder).search(query).hits[0].path.stem


def test_it_is_asked_for_a_picture_with_words_only(
    library: Library, encoder: FolderEncoder
) -> None:
    red = encoder.encode_texts(["red"])[0]
    both = Query.alike([red], [QueryText("green")])
    assert best(library, encoder, both) == "green"
    always("blue", encoder).save(encoder.folder)

    assert best(library, encoder, both) == "blue"
    assert best(library, encoder, Query.alike([red])) == "red"
    assert best(library, encoder, Query.of("green")) == "green"
    assert best(library, encoder, Query.alike([red], [QueryText("green")], share=0.99)) != "green"
    ids, scores = Searcher(library, encoder).scores([both])
    assert library.photo(int(ids[scores[0].argmax()])).path.stem == "blue"


def test_it_adds_nothing_where_a_part_does_not_count(encoder: FolderEncoder) -> None:
    red, green = encoder.encode_texts(["red", "green"])
    combiner = always("blue", encoder)
    assert np.allclose(combiner.compose(red, green, green, 0.0), green, atol=1e-6)
    assert combiner.compose(red, green, green, 0.35) @ green < 0.1


def test_of_other_weights_it_is_not_used(library: Library, encoder: FolderEncoder) -> None:
    other = always("blue", ColourEncoder("another"))
    other.save(encoder.folder)
    both = Query.alike([encoder.encode_texts(["red"])[0]], [QueryText("green")])
    assert best(library, encoder, both) == "green"


def test_damaged_it_is_one_line(library: Library, encoder: FolderEncoder) -> None:
    always("blue", encoder).save(encoder.folder)
    file = encoder.folder / "combiner.safetensors"
    bent = always("blue", encoder)
    PictureCombiner(
        {**bent.tensors, "joined.0.weight": np.zeros((3, 9), np.float32)}, 0.35, bent.made_by
    ).save(encoder.folder)
    with pytest.raises(EncoderFolderInvalid, match="is no combiner"):
        best(library, encoder, Query.of("green"))
    file.write_bytes(b"nothing")
    with pytest.raises(EncoderFolderInvalid, match="is damaged"):
        best(library, encoder, Query.of("green"))
