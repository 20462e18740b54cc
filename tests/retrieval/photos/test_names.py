"""Words in the names of files and folders."""

from pathlib import Path

import pytest

from retrieval.photos.names import name_words, words_of_path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("IMG_20220204_161233", []),
        ("DSC_1439 (2)", []),
        ("IMG-20230815-WA0180", []),
        ("WhatsApp Image 2023-08-15 at 10.11.12", []),
        ("rocket", ["rocket"]),
        ("GoldenRetriever-on_theBeach", ["golden", "retriever", "beach"]),
        ("Grandma's 80th", ["grandma", "th"]),
        ("NASALaunch", ["nasa", "launch"]),
        ("Urlaub auf Föhr", ["urlaub", "auf", "föhr"]),
        ("cafe\u0301", ["café"]),
        ("猫と犬", ["猫と犬"]),
        ("red RED Red", ["red"]),
        ("a b c", []),
        ("🚀 \x00\n", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert name_words(text) == words


def test_folders_count_up_to_the_indexed_one() -> None:
    path = Path("/home/anna/Holidays/2019 Rome/Trevi fountain.jpg")
    root = Path("/home/anna/Holidays")
    assert words_of_path(path, [root]) == ["trevi", "fountain", "rome", "holidays"]
    assert words_of_path(path, []) == ["trevi", "fountain", "rome"]
