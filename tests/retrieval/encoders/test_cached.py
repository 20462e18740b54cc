"""The encoder that embeds a text once."""

import threading

import numpy as np

from retrieval.encoders import Encoder
from retrieval.encoders.base import Embeddings
from retrieval.encoders.cached import CachedTextEncoder
from tests.support.fake_encoder import ColourEncoder


class Counting(ColourEncoder):
    """Notes the texts that it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def encode_texts(self, texts: list[str]) -> Embeddings:  # type: ignore[override]
        self.texts += texts
        return super().encode_texts(texts)


def test_it_is_an_encoder_with_the_same_vectors() -> None:
    plain, cached = ColourEncoder(), CachedTextEncoder(ColourEncoder())
    assert isinstance(cached, Encoder)
    texts = ["a red car", "a blue one", "a red car"]
    for _ in range(2):
        np.testing.assert_array_equal(cached.encode_texts(texts), plain.encode_texts(texts))
    assert cached.encode_texts([]).shape == (0, plain.dim)
    assert cached.fingerprint == plain.fingerprint


def test_a_text_is_embedded_once_and_the_oldest_is_forgotten() -> None:
    inner = Counting()
    cached = CachedTextEncoder(inner, max_texts=2)
    cached.encode_texts(["a", "b", "a"])
    cached.encode_texts(["a", "b"])
    assert inner.texts == ["a", "b"]
    cached.encode_texts(["c"])
    cached.encode_texts(["b", "c"])
    assert inner.texts == ["a", "b", "c"]
    cached.encode_texts(["a"])
    assert inner.texts == ["a", "b", "c", "a"]


def test_many_threads_get_the_vectors_of_their_own_texts() -> None:
    cached, plain = CachedTextEncoder(ColourEncoder(), max_texts=5), ColourEncoder()
    wrong: list[str] = []

    def ask(number: int) -> None:
        for step in range(50):
            text = f"{'red' if (number + step) % 2 else 'blue'} {step % 7}"
            if not np.array_equal(cached.encode_texts([text]), plain.encode_texts([text])):
                wrong.append(text)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
