"""Token numbers come out as the towers were trained on them."""

import shutil
from pathlib import Path

import pytest
from transformers import AutoTokenizer, CLIPTokenizer

from retrieval.encoders.tokens import Tokens, read_tokens
from retrieval.errors import EncoderFolderInvalid
from tests.support.tiny_checkpoints import CORPUS

TEXTS = ["A Photo of a CAT, on a chair!", "two dogs", "naïve café 東京 🐱", "", "   \n "]


def tokens(checkpoints: dict[str, Path], name: str, max_tokens: int = 64) -> Tokens:
    return read_tokens(checkpoints[name], "clip" if name == "clip" else "siglip", max_tokens, 10**6)


@pytest.mark.parametrize("text", TEXTS)
def test_clip_numbers_are_those_of_transformers(text: str, checkpoints: dict[str, Path]) -> None:
    folder = checkpoints["clip"]
    theirs = CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))(text)
    assert tokens(checkpoints, "clip").batch([text]).tolist() == [theirs["input_ids"]]


def test_clip_numbers_survive_a_tokenizer_saved_by_transformers(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    folder = checkpoints["clip"]
    CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt")).save_pretrained(tmp_path)
    saved = read_tokens(tmp_path, "clip", 64, 10**6)
    assert saved.fingerprint() == tokens(checkpoints, "clip").fingerprint()


def test_clip_rows_are_as_long_as_the_longest_and_end_alike(checkpoints: dict[str, Path]) -> None:
    rows = tokens(checkpoints, "clip", 6).batch(["a cat", "a cat on a red chair in the garden"])
    assert rows.shape == (2, 6)
    assert rows[0, -1] == rows[1, -1] == rows.max()


@pytest.mark.parametrize("name", ["siglip", "siglip2"])
def test_siglip_texts_are_lower_case_ended_and_filled_up_on_the_right(
    name: str, checkpoints: dict[str, Path]
) -> None:
    ours = tokens(checkpoints, name)
    rows = ours.batch(["A CAT", "a cat", "two dogs"])
    assert rows.shape == (3, 64)
    assert rows[0].tolist() == rows[1].tolist() != rows[2].tolist()
    count = ours.count("a cat")
    end, pad = (1, 0) if name == "siglip2" else (1, 1)
    assert rows[0, count - 1] == end
    assert set(rows[0, count:].tolist()) == {pad}


def test_siglip2_pieces_are_those_of_the_checkpoints_own_tokenizer(
    checkpoints: dict[str, Path],
) -> None:
    theirs = AutoTokenizer.from_pretrained(checkpoints["siglip2"])
    pieces = theirs("two dogs on the beach", add_special_tokens=False)["input_ids"]
    ours = tokens(checkpoints, "siglip2").batch(["Two dogs on the beach"])[0].tolist()
    assert ours[: len(pieces) + 1] == [*pieces, 1]


def test_siglip_leaves_punctuation_out_as_it_was_trained(checkpoints: dict[str, Path]) -> None:
    rows = tokens(checkpoints, "siglip").batch(["a cat, on a chair!", "a cat on  a chair"])
    assert rows[0].tolist() == rows[1].tolist()


def test_a_siglip_vocabulary_of_sentencepiece_alone_is_read(tmp_path: Path) -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS),
        model_prefix=str(tmp_path / "spiece"),
        vocab_size=60,
        pad_id=-1,
        unk_id=2,
        eos_id=1,
        bos_id=0,
        minloglevel=2,
    )
    ours = read_tokens(tmp_path, "siglip", 64, 1000)
    row = ours.batch(["A cat, on a CHAIR!"])[0].tolist()
    count = ours.count("a cat on a chair")
    assert 3 < count < 20
    assert row == [*row[: count - 1], *[1] * (65 - count)]
    assert 1 not in row[: count - 1]


def test_a_text_that_is_too_long_still_ends_with_the_end_token(
    checkpoints: dict[str, Path],
) -> None:
    for name in ("clip", "siglip", "siglip2"):
        rows = tokens(checkpoints, name, 8).batch(["cat " * 50, "cat"])
        assert rows.shape == (2, 8)
        assert (
            rows[0, -1]
            == tokens(checkpoints, name).batch([""]).reshape(-1)[1 if name == "clip" else 0]
        )


def test_special_tokens_spelt_out_by_a_user_do_not_end_the_text(
    checkpoints: dict[str, Path],
) -> None:
    for name, spelt in (("clip", "<|endoftext|>"), ("siglip2", "<eos>"), ("siglip", "</s>")):
        ours = tokens(checkpoints, name)
        row = ours.batch([f"{spelt} a cat"])[0].tolist()
        end = ours.batch(["a cat"])[0].tolist()[ours.count("a cat") - 1]
        assert row.index(end) == ours.count(f"{spelt} a cat") - 1 > 0


def test_vocabularies_have_their_own_fingerprints(checkpoints: dict[str, Path]) -> None:
    names = ("clip", "siglip", "siglip2")
    assert len({tokens(checkpoints, name).fingerprint() for name in names}) == 3


def test_missing_damaged_and_too_large_vocabularies_are_refused(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(EncoderFolderInvalid, match=r"no tokenizer\.json"):
        read_tokens(tmp_path, "siglip", 64, 1000)
    folder = shutil.copytree(checkpoints["siglip2"], tmp_path / "copy")
    with pytest.raises(EncoderFolderInvalid, match="its model only 10"):
        read_tokens(folder, "siglip", 64, 10)
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(EncoderFolderInvalid, match="tokenizer cannot be read"):
        read_tokens(folder, "siglip", 64, 1000)
