"""The starter's training on made-up features: it learns, and it leaves alone what it must."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

import training
from retrieval.encoders.starter.heads import ImageHead, TextHead, pack, unpack
from retrieval.encoders.starter.layout import PHOTO_FEATURES
from training.datasets.read import read_examples
from training.encoders.token_states import PackedStates
from training.errors import TrainingError
from training.starter.concept import read_class_names
from training.starter.data import CAPTIONS
from training.starter.ensemble import merge
from training.starter.image import (
    WINDOWS,
    ImageRecipe,
    fit_image,
    joined,
    several_captions_loss,
    talk_texts,
)
from training.starter.make import embed_captions, recall
from training.starter.scene import Recipe, fit

PHOTOS = 40


@pytest.fixture(scope="module")
def world() -> tuple[list[torch.Tensor], PackedStates]:
    """Photos and captions that are noisy views of the same 40 things."""
    chance = torch.Generator().manual_seed(1)
    things = torch.randn(PHOTOS, 32, generator=chance)
    to_photo = torch.randn(32, PHOTO_FEATURES, generator=chance)
    to_text = torch.randn(32, 384, generator=chance)
    views = [
        (things + 0.05 * torch.randn(PHOTOS, 32, generator=chance)) @ to_photo for _ in range(2)
    ]
    said = things.repeat_interleave(CAPTIONS, 0) @ to_text
    tokens = said[:, None].expand(-1, 3, -1).reshape(-1, 384)
    return views, PackedStates(tokens.half(), torch.arange(0, 3 * len(said) + 1, 3))


def test_training_finds_each_caption_its_photo(
    world: tuple[list[torch.Tensor], PackedStates],
) -> None:
    views, captions = world
    losses: list[float] = []
    recipe = Recipe(epochs=6, batch=20, label_smoothing=0.0)
    image, text = fit(views, captions, recipe, lambda _e, loss, _i, _t: losses.append(loss))
    assert losses[-1] < losses[0]
    with torch.inference_mode():
        photos = image.scene(views[0])
        assert recall(photos, embed_captions(text, captions, scene_only=True))["hit@1"] > 0.5


def test_merged_heads_rank_as_their_scores_added_up(
    world: tuple[list[torch.Tensor], PackedStates],
) -> None:
    views, captions = world
    recipe = Recipe(epochs=3, batch=20)
    members = [fit(views, captions, replace(recipe, seed=n), lambda *_: None) for n in (0, 1)]
    alone = [image for image, _ in members]
    with torch.inference_mode():
        added = sum(image.scene(views[0]) @ image.scene(views[1]).T for image in alone)
    whole, text = merge(members, views)
    with torch.inference_mode():
        merged = whole.scene(views[0]) @ whole.scene(views[1]).T
        found = recall(whole.scene(views[0]), embed_captions(text, captions, scene_only=True))
    both = torch.stack([added.flatten(), merged.flatten()])
    assert torch.corrcoef(both)[0, 1] > 0.99
    assert found["hit@1"] > 0.5


def test_image_heads_learn_to_stand_beside_texts_that_stay(
    world: tuple[list[torch.Tensor], PackedStates],
) -> None:
    views, captions = world
    _, text = fit(views, captions, Recipe(epochs=6, batch=20), lambda *_: None)
    with torch.inference_mode():
        texts = embed_captions(text, captions, scene_only=True)
    before = texts.clone()
    recipe = ImageRecipe(epochs=12, batch=20, hidden=64)
    heads = [
        fit_image(
            views,
            before.unflatten(0, (-1, CAPTIONS)),
            replace(recipe, seed=n),
            lambda *_: None,
            talk=before.unflatten(0, (-1, CAPTIONS))[:, 1:3] if n else None,
        )
        for n in (0, 1)
    ]
    whole = joined(heads)
    with torch.inference_mode():
        added = sum(one.head(one.standardised(views[0])) for one in heads)
        assert torch.allclose(whole.scene(views[0]), F.normalize(added, dim=-1), atol=1e-5)
        assert recall(whole.scene(views[0]), texts)["hit@1"] > 0.5
    assert torch.equal(texts, before)


def test_dialogues_are_asked_of_every_photo(tmp_path: Path) -> None:
    turns = [["A", "We went to the beach."], ["B", "Lovely! Was the dog there?"], ["A", None]]
    line = {"id": "1", "photo": "red.jpg", "turns": turns}
    file = tmp_path / "dialogues.jsonl"
    file.write_text(json.dumps(line) + "\n")
    (tmp_path / "red.jpg").touch()
    texts = talk_texts([file], tmp_path, ["red.jpg"])
    assert len(texts) == WINDOWS and all("beach" in one or "dog" in one for one in texts)
    with pytest.raises(TrainingError, match=r"blue\.jpg"):
        talk_texts([file], tmp_path, ["red.jpg", "blue.jpg"])


def test_the_loss_of_several_captions_is_that_of_its_formula() -> None:
    scores = torch.tensor([[2.0, 1.0, 0.0, -1.0], [0.5, 0.0, 1.5, 3.0]])
    to_photo = torch.stack([-scores[:, c].log_softmax(0)[c // 2] for c in range(4)]).mean()
    to_text = torch.stack([-scores[c // 2].log_softmax(0)[c] for c in range(4)]).mean()
    assert several_captions_loss(scores, 0.0) == pytest.approx(float(to_photo + to_text) / 2)


def test_a_packed_head_is_nearly_the_same() -> None:
    torch.manual_seed(0)
    head, again = TextHead().eval(), TextHead().eval()
    unpack(again, pack(head))
    states, present = torch.randn(5, 7, 384), torch.ones(5, 7, dtype=torch.bool)
    cosines = (head(states, present) * again(states, present)).sum(1)
    assert (cosines > 0.999).all()
    with pytest.raises(KeyError):
        unpack(ImageHead(), {})


def test_our_own_dialogues_can_be_read(tmp_path: Path) -> None:
    file = Path(training.__file__).parent / "data" / "dialogues.jsonl"
    found = read_examples([file], tmp_path)
    assert len({example.photo for example in found.examples}) == 5400
    assert sum(example.descriptors is not None for example in found.examples) == 1610
    assert not found.problems


def test_there_are_a_thousand_class_names() -> None:
    classes = read_class_names()
    assert len(classes) == 1000
    assert classes[0].common == "tench"
    assert all(one.names() for one in classes)
