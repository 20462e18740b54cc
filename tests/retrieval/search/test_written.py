"""Text in photos through the search that the product uses: who wins, who must not, what is told."""

from pathlib import Path

import pytest

from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.library.texts import TextLine
from retrieval.ocr import read_texts
from retrieval.photos.letters import pieces_of, written_words
from retrieval.search import Query, Searcher, SearchOptions, Written
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint
from tests.support.scripted_reader import ScriptedReader

TEXTS = {
    "red": [("NOPARKING", 0.1), "24 hours"],
    "green": ["HORNBACH", "red paint 3.99", "TOTAL 12.00"],
    "blue": ["Wi-Fi Passw0rd", "tulip-4821"],
    "yellow": ["出口", "密码：四二"],
    "purple": [("WET", 0.1), ("FLOOR", 0.1)],
}


class SpellingEncoder(ColourEncoder):
    """Knows short words only; longer ones it must spell."""

    def count_tokens(self, text: str) -> int:
        return 2 + len(text) // 7


@pytest.fixture
def searcher(tmp_path: Path):
    for seed, colour in enumerate((*TEXTS, "white", "black")):
        paint(tmp_path / "photos" / f"DSC_{seed}.png", colour, seed=seed)
    encoder = SpellingEncoder(background=True)
    with Library.open(tmp_path / "library.db", create=True) as library:
        index_folders(library, encoder, [tmp_path / "photos"])
        read_texts(library, ScriptedReader(TEXTS))
        yield Searcher(library, encoder)


def first(searcher: Searcher, query: Query) -> tuple[str, str]:
    """The number of the first photo as the name of its colour, and its text that was asked for."""
    hit = searcher.search(query, SearchOptions(3)).hits[0]
    return [*TEXTS, "white", "black"][int(hit.path.stem[4:])], hit.written


def written(text: str, certain: bool = True, shown: str = "a white photo") -> Query:
    return Query(Query.of(shown).parts, names=shown, written=Written(text, certain))


@pytest.mark.parametrize(
    ("said", "found", "told"),
    [
        ("no parking", "red", "NOPARKING"),
        ("No PARKING!", "red", "NOPARKING"),
        ("wet floor", "purple", "WET … FLOOR"),
        ("wifi password", "blue", "Wi-Fi Passw0rd"),
        ("password", "blue", "Wi-Fi Passw0rd"),
        ("出口", "yellow", "出口"),
        ("密码", "yellow", "密码：四二"),
        ("hornbäch", "green", "HORNBACH"),
    ],
)
def test_what_is_said_to_be_written_wins_over_the_picture(
    searcher: Searcher, said: str, found: str, told: str
) -> None:
    assert first(searcher, written(said)) == (found, told)


def test_words_about_a_document_win_when_they_are_found(searcher: Searcher) -> None:
    assert first(searcher, written("Hornbach", certain=False))[0] == "green"
    assert first(searcher, written("hardware", certain=False)) == ("white", "")


def test_an_unfamiliar_word_is_found_by_itself(searcher: Searcher) -> None:
    assert first(searcher, Query.of("hornbach", names=True)) == ("green", "HORNBACH")


def test_small_print_does_not_spoil_a_plain_query(searcher: Searcher) -> None:
    assert first(searcher, Query.of("red", names=True))[0] == "red"
    assert first(searcher, Query.of("the red", names=True))[0] == "red"


def test_who_does_not_ask_for_names_is_not_answered_by_texts(searcher: Searcher) -> None:
    hits = searcher.search(Query.of("hornbach")).hits
    assert all(not hit.written for hit in hits)


def test_it_is_surer_and_passes_the_cut_off(searcher: Searcher) -> None:
    query = written("no parking", shown="something")
    result = searcher.search(query, SearchOptions(3, cutoff=True))
    plain = searcher.search(Query.of("something"), SearchOptions(3))
    assert result.hits[0].written == "NOPARKING"
    assert result.sure == "fits" and result.probability > plain.probability


def test_a_hidden_photo_is_not_found_by_its_text(searcher: Searcher) -> None:
    (secret,) = searcher.library.find_texts(["hornbach"])
    searcher.library.set_hidden(secret, True)
    assert searcher.library.find_texts(["hornbach"]) == {}
    found = searcher.search(written("hornbach"), SearchOptions(20)).hits
    assert secret not in [hit.photo_id for hit in found]
    searcher.library.set_hidden(secret, False)
    assert first(searcher, written("hornbach"))[0] == "green"


def test_a_filter_holds_for_texts_too(searcher: Searcher) -> None:
    from retrieval.search import Filter

    (photo,) = searcher.library.find_texts(["hornbach"])
    chosen = SearchOptions(20, filter=Filter(exclude=frozenset([photo])))
    found = searcher.search(written("hornbach"), chosen).hits
    assert photo not in [hit.photo_id for hit in found]


@pytest.mark.parametrize("said", ['"', "*", "NEAR(", "a OR b", "x" * 5_000, "�\x00", "()", "- -"])
def test_no_text_breaks_the_index_of_letters(searcher: Searcher, said: str) -> None:
    assert searcher.search(written(said), SearchOptions(2)).hits


def test_a_text_as_long_as_a_page_is_quoted_in_part(searcher: Searcher) -> None:
    photo = searcher.library.photos_with("present")[-1]
    lines = [TextLine(f"parking rule {number} of the town", 0.01) for number in range(200)]
    searcher.library.put_text(str(photo.content_hash), "scripted 1", lines)
    hits = searcher.search(written("parking rule 7"), SearchOptions(20)).hits
    (told,) = [hit.written for hit in hits if hit.photo_id == photo.id]
    assert told and len(told) <= 120


def test_words_of_scripts_without_blanks() -> None:
    found = written_words("Wi-Fi: Café 密码2024 ＡＢＣ")
    assert found == ["wi", "fi", "cafe", "密码", "2024", "abc"]
    assert pieces_of("exit") == ["exi", "xit"]
    assert pieces_of("no") == []
