"""The starter's training on made-up features: it learns, and it leaves alone what it must."""

import json
from pathlib import Path

import pytest
import torch

from retrieval.encoders.starter_heads import ImageHead, TextHead, pack, unpack
from training.starter.concept import read_class_names
from training.starter.data import CAPTIONS, Captions, Pool, read_dialogues
from training.starter.make import embed_captions, recall
from training.starter.scene import Recipe, fit, info_nce
from training.starter.talk import TalkRecipe, tune

PHOTOS = 40


@pytest.fixture(scope="module")
def world() -> tuple[list[torch.Tensor], Captions]:
    """Photos and captions that are noisy views of the same 40 things."""
    chance = torch.Generator().manual_seed(1)
    things = torch.randn(PHOTOS, 32, generator=chance)
    to_photo = torch.randn(32, 2560, generator=chance)
    to_text = torch.randn(32, 384, generator=chance)
    views = [
        (things + 0.05 * torch.randn(PHOTOS, 32, generator=chance)) @ to_photo for _ in range(2)
    ]
    said = things.repeat_interleave(CAPTIONS, 0) @ to_text
    tokens = said[:, None].expand(-1, 3, -1).reshape(-1, 384)
    return views, Captions(tokens.half(), torch.arange(0, 3 * len(said) + 1, 3))


def test_training_finds_each_caption_its_photo(world: tuple[list[torch.Tensor], Captions]) -> None:
    views, captions = world
    losses: list[float] = []
    recipe = Recipe(epochs=6, batch=20, label_smoothing=0.0)
    image, text = fit(views, captions, recipe, lambda _e, loss, _i, _t: losses.append(loss))
    assert losses[-1] < losses[0]
    with torch.inference_mode():
        photos = image.scene(views[0])
        assert recall(photos, embed_captions(text, captions, scene_only=True))["hit@1"] > 0.5
        locked = torch.stack([image.scene(view) for view in views])
    before = {name: value.clone() for name, value in image.state_dict().items()}
    old = text.head.linear.weight.detach().clone()
    pool = Pool(captions, torch.arange(PHOTOS).repeat_interleave(CAPTIONS), 10)
    talk = TalkRecipe(epochs=2, captions_per_batch=20)
    tuned = tune(locked.clone(), captions, [pool], text, talk, lambda *_: None)
    assert not torch.equal(tuned.head.linear.weight, old)
    assert all(torch.equal(before[name], value) for name, value in image.state_dict().items())


def test_the_loss_is_least_for_matching_pairs() -> None:
    same = torch.nn.functional.normalize(torch.randn(8, 4), dim=-1)
    scale = torch.tensor(20.0)
    assert info_nce(same, same, scale) < info_nce(same, same.roll(1, 0), scale)


def test_a_packed_head_is_nearly_the_same() -> None:
    torch.manual_seed(0)
    head, again = TextHead().eval(), TextHead().eval()
    unpack(again, pack(head))
    states, present = torch.randn(5, 7, 384), torch.ones(5, 7, dtype=torch.bool)
    cosines = (head(states, present) * again(states, present)).sum(1)
    assert (cosines > 0.999).all()
    with pytest.raises(KeyError):
        unpack(ImageHead(), {})


def test_dialogues_end_at_the_share_and_come_in_windows(tmp_path: Path) -> None:
    file = tmp_path / "dialogues.jsonl"
    turns = [[1, "how was it?"], [0, "muddy"], [0, None], [1, "wow"]]
    fields = {
        "main_subject": "a dog",
        "foreground_objects": "",
        "background_scene": "creek",
        "events": "digging",
        "materials_and_attributes": "",
    }
    file.write_text(json.dumps({"photo": "a.jpg", "turns": turns, "descriptors": fields}) + "\n")
    windows, described = read_dialogues([file])
    assert ("a.jpg", "how was it? muddy") in windows
    assert ("a.jpg", "muddy") in windows
    assert not any("wow" in text for _, text in windows)
    assert ("a.jpg", "a dog, creek, digging") in described


def test_our_own_dialogues_can_be_read() -> None:
    file = Path(read_dialogues.__code__.co_filename).parents[1] / "data" / "dialogues.jsonl"
    windows, described = read_dialogues([file])
    assert len({photo for photo, _ in windows}) == 1540
    assert not described


def test_there_are_a_thousand_class_names() -> None:
    classes = read_class_names()
    assert len(classes) == 1000
    assert classes[0].common == "tench"
    assert all(one.names() for one in classes)
