"""The training lines of the move classifier."""

from bot.intent.plan import Move
from tests.benchmarks.understanding import own_messages
from training.moves.examples import make_examples, read_lines


def test_every_move_has_lines_and_every_slot_is_filled() -> None:
    lines = read_lines()
    assert {move for move, *_ in lines} == set(Move)
    assert not [example for example in make_examples() if "{" in example.text]


def test_examples_are_the_same_each_time() -> None:
    assert make_examples()[:300] == make_examples()[:300]


def test_follow_ups_come_after_a_request() -> None:
    examples = [e for e in make_examples() if e.move is Move.MORE]
    asked = sum(e.state.asked for e in examples)
    assert asked / len(examples) > 0.85


def test_messages_for_measuring_are_not_among_the_lines() -> None:
    lines = {line.lower() for *_, line in read_lines()}
    short = [text for _, _, text in own_messages() if len(text.split()) > 3]
    assert not [text for text in short if text.lower() in lines]
