"""Texts of several threads that are embedded together, by one thread."""

import threading
import time
from collections.abc import Sequence

import numpy as np
import pytest

from retrieval.encoders.batching import InferenceThread, Rows
from retrieval.encoders.cached import CachedTextEncoder
from tests.support.fake_encoder import ColourEncoder


class Network:
    """Embeds a text as its length; can be held up, and notes each batch and its thread."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.threads: set[int] = set()
        self.free = threading.Event()
        self.free.set()
        self.begun = threading.Event()

    def embed(self, texts: Sequence[str]) -> Rows:
        self.batches.append(list(texts))
        self.threads.add(threading.get_ident())
        self.begun.set()
        assert self.free.wait(30)
        if "broken" in texts:
            raise ValueError("a broken text")
        return np.array([[len(text)] for text in texts], np.float32)

    def embed_other(self, texts: Sequence[str]) -> Rows:
        return -self.embed(texts)


class Callers:
    """Threads that wait for vectors."""

    def __init__(self) -> None:
        self.found: dict[str, object] = {}
        self.threads: list[threading.Thread] = []

    def ask(self, name: str, work: object, *arguments: object) -> None:
        def run() -> None:
            try:
                self.found[name] = work(*arguments)  # type: ignore[operator]
            except Exception as error:
                self.found[name] = error

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def wait(self) -> dict[str, object]:
        for thread in self.threads:
            thread.join(30)
        return self.found


def held_up(network: Network, together: InferenceThread, callers: Callers) -> None:
    """The thread works on a first text until ``network.free`` is set."""
    network.free.clear()
    callers.ask("first", together.run, network.embed, ["first"])
    assert network.begun.wait(30)


def gathered(together: InferenceThread, jobs: int) -> None:
    """Wait until so many jobs lie in the queue."""
    while together._jobs.qsize() < jobs:
        time.sleep(0.001)


def test_what_gathers_while_the_network_works_is_its_next_batch() -> None:
    network, together, callers = Network(), InferenceThread(), Callers()
    held_up(network, together, callers)
    for number, texts in enumerate((["a"], ["bb", "ccc"], ["a"])):
        callers.ask(str(number), together.run, network.embed, texts)
        gathered(together, number + 1)
    network.free.set()
    found = callers.wait()
    assert network.batches == [["first"], ["a", "bb", "ccc"]]
    assert {name: np.ravel(rows).tolist() for name, rows in found.items()} == {
        "first": [5],
        "0": [1],
        "1": [2, 3],
        "2": [1],
    }
    assert len(network.threads) == 1 and threading.get_ident() not in network.threads
    together.close()


def test_batches_are_bounded_and_of_one_kind() -> None:
    network, together, callers = Network(), InferenceThread(max_texts=2), Callers()
    held_up(network, together, callers)
    asked = [(network.embed, ["a"]), (network.embed_other, ["b"]), (network.embed, ["c", "d"])]
    asked += [(network.embed, ["e"])]
    for number, (embed, texts) in enumerate(asked):
        callers.ask(str(number), together.run, embed, texts)
        gathered(together, number + 1)
    network.free.set()
    found = callers.wait()
    assert network.batches == [["first"], ["a", "e"], ["b"], ["c", "d"]]
    assert np.ravel(found["1"]).tolist() == [-1]
    together.close()


def test_a_text_that_breaks_the_network_harms_nobody_else() -> None:
    network, together, callers = Network(), InferenceThread(), Callers()
    held_up(network, together, callers)
    for number, text in enumerate(("fine", "broken", "good")):
        callers.ask(text, together.run, network.embed, [text])
        gathered(together, number + 1)
    network.free.set()
    found = callers.wait()
    assert isinstance(found["broken"], ValueError)
    assert [np.ravel(found[text]).tolist() for text in ("fine", "good")] == [[4], [4]]
    with pytest.raises(ValueError, match="a broken text"):
        together.run(network.embed, ["broken"])
    assert np.ravel(together.run(network.embed, ["later"])).tolist() == [5]
    together.close()


def test_a_closed_thread_has_done_its_work_and_starts_again() -> None:
    network, together = Network(), InferenceThread()
    together.run(network.embed, ["a"])
    together.close()
    together.close()
    assert np.ravel(together.run(network.embed, ["bb"])).tolist() == [2]
    together.close()


def test_a_text_that_is_being_embedded_is_waited_for() -> None:
    """Two chats ask for one new text: the second does not embed it again."""
    network, encoder = Network(), ColourEncoder()
    encoder.encode_texts = network.embed  # type: ignore[method-assign]
    cached, callers = CachedTextEncoder(encoder), Callers()
    network.free.clear()
    callers.ask("one", cached.encode_texts, ["a red car"])
    assert network.begun.wait(30)
    callers.ask("two", cached.encode_texts, ["a red car", "a blue car"])
    while len(network.batches) < 2:
        time.sleep(0.001)
    network.free.set()
    found = callers.wait()
    assert network.batches == [["a red car"], ["a blue car"]]
    assert np.ravel(found["one"]).tolist() == [9]
    assert np.ravel(found["two"]).tolist() == [9, 10]


def test_a_failed_text_is_tried_again() -> None:
    network, encoder = Network(), ColourEncoder()
    encoder.encode_texts = network.embed  # type: ignore[method-assign]
    together = InferenceThread()
    cached = CachedTextEncoder(encoder, thread=together)
    for _ in range(2):
        with pytest.raises(ValueError, match="a broken text"):
            cached.encode_texts(["broken"])
    assert network.batches == [["broken"], ["broken"]]
    together.close()
