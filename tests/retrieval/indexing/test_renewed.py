"""An encoder whose image side was made anew: its libraries answer, and are embedded anew."""

import shutil
from pathlib import Path

import pytest

from retrieval.errors import EncoderMismatch, PhotosMissing
from retrieval.indexing import Progress, index_folders
from retrieval.library import Library
from retrieval.search import FollowingSearcher, Query, QueryPicture, Searcher, SearchOptions
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint


class Renewed(ColourEncoder):
    """Sees as before, by another image side."""

    def __init__(self, before: ColourEncoder) -> None:
        super().__init__(before.name)
        self.fingerprint = "renewed"
        self.text_fingerprint = before.text_fingerprint
        self.earlier = (before.fingerprint,)


@pytest.fixture
def renewed(encoder: ColourEncoder) -> Renewed:
    return Renewed(encoder)


@pytest.fixture
def indexed(library: Library, encoder: ColourEncoder, photos: Path) -> Library:
    index_folders(library, encoder, [photos])
    return library


def best(library: Library, encoder: ColourEncoder, query: Query) -> str:
    with Library.read(library.path) as reader:
        return Searcher(reader, encoder).search(query, SearchOptions(k=1)).hits[0].path.stem


def test_the_library_answers_as_it_is(
    indexed: Library, encoder: ColourEncoder, renewed: Renewed
) -> None:
    assert best(indexed, renewed, Query.of("blue")) == "blue"
    picture = QueryPicture(encoder.encode_texts(["green"])[0], 1.0, encoder.fingerprint)
    assert best(indexed, renewed, Query((), pictures=(picture,))) == "green"
    assert indexed.fingerprint == encoder.fingerprint
    assert renewed.embedded == 0


def test_the_next_index_embeds_all_anew_and_takes_new_photos_in(
    indexed: Library, encoder: ColourEncoder, renewed: Renewed, photos: Path
) -> None:
    paint(photos / "violet.jpg", "purple")
    answers: list[str] = []

    def show(now: Progress) -> None:
        answers.append(best(indexed, renewed, Query.of("blue")))

    report = index_folders(indexed, renewed, [photos], on_progress=show, batch_size=2)
    assert report.indexed == 1
    assert set(answers) == {"blue"}
    assert (indexed.fingerprint, indexed.encoder_name) == ("renewed", encoder.name)
    assert renewed.embedded == 7
    assert best(indexed, renewed, Query.of("purple")) == "violet"
    assert index_folders(indexed, renewed, []).indexed == 0
    assert renewed.embedded == 7
    with pytest.raises(EncoderMismatch):
        best(indexed, encoder, Query.of("blue"))


def test_a_running_chat_goes_on(
    indexed: Library, encoder: ColourEncoder, renewed: Renewed, photos: Path
) -> None:
    with Library.read(indexed.path) as reader:
        chat = FollowingSearcher(reader, renewed, lambda name: renewed)
        assert chat.search(Query.of("red")).hits[0].path.stem == "red"
        index_folders(indexed, renewed, [photos])
        assert chat.search(Query.of("red")).hits[0].path.stem == "red"


def test_photos_that_are_away_are_not_lost(
    indexed: Library, renewed: Renewed, photos: Path, tmp_path: Path
) -> None:
    shutil.move(photos, tmp_path / "away")
    with pytest.raises(PhotosMissing):
        index_folders(indexed, renewed, [])
    shutil.move(tmp_path / "away", photos)
    assert best(indexed, renewed, Query.of("blue")) == "blue"


def test_a_library_without_photos_is_simply_its_own(
    indexed: Library, renewed: Renewed, photos: Path, tmp_path: Path
) -> None:
    indexed.forget_folder(photos)
    other = tmp_path / "other"
    paint(other / "red.jpg", "red")
    assert index_folders(indexed, renewed, [other]).indexed == 1
    assert indexed.fingerprint == "renewed"


def test_an_encoder_that_names_no_earlier_one_is_refused(
    indexed: Library, encoder: ColourEncoder, renewed: Renewed
) -> None:
    renewed.earlier = ()
    with pytest.raises(EncoderMismatch, match=r"other weights .*--rebuild"):
        best(indexed, renewed, Query.of("blue"))
    with pytest.raises(EncoderMismatch, match="--rebuild"):
        index_folders(indexed, renewed, [])
