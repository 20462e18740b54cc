"""Evaluations in miniature: what counts, what is a miss and why, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.conversation import Conversation, Turn
from bot.descriptors import Description, Descriptors
from bot.dialogues.dialogue import Dialogue
from bot.dialogues.labels import LabelPool, bm25_scorer, entry_id, standardised
from bot.errors import DialogueUnreadable
from bot.settings import Settings
from retrieval.errors import NoPhotosFound
from retrieval.search import QueryText
from tests.support.fake_encoder import COLOURS as KNOWN_COLOURS
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint
from tests.training.conftest import COLOURS, dialogue, write
from training.errors import EvaluationError
from training.evaluation.plan import Plan
from training.evaluation.queries import EvalQuery
from training.evaluation.rankers import label_parts
from training.evaluation.run import Evaluation, Host, evaluate


def run(plan: Plan, encoder: ColourEncoder | None = None, **settings: Any) -> Evaluation:
    found = encoder or ColourEncoder()
    return evaluate(plan, Settings(**settings), Host(load_encoder=lambda name: found))


def embed_colours(texts: Any) -> np.ndarray:
    """Stands in for MiniLM: one dimension a colour word."""
    rows = np.full((len(texts), len(KNOWN_COLOURS)), 1e-3, dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for place, colour in enumerate(KNOWN_COLOURS):
            row[place] += colour in text.lower()
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


# -- photos ------------------------------------------------------------------------------------


def test_words_that_name_the_photo_find_it(file: Path, photos: Path) -> None:
    found = run(Plan((str(file),), photos=photos)).as_dict()
    assert found["n"] == found["pool"] == 8
    assert found["system"] == "offline"
    assert list(found["systems"]) == ["offline", "owner", "last-4", "dialogue"]
    for one in found["systems"].values():
        assert one["hit@1"] == one["mrr"] == 1.0
        assert one["precision@30_as_published"] == one["hit@30"] == 1.0
        assert one["precision@5"] == pytest.approx(1 / 5)
        assert one["median_rank"] == 1
        assert one["ci95"]["hit@1"] == [1.0, 1.0]
        assert one["misses_by_reason"] == {}
    assert found["chance"]["hit@1"] == 1 / 8
    assert found["recall_sum@1,5,10"] == 3.0


def test_photos_are_embedded_once(file: Path, photos: Path) -> None:
    encoder = ColourEncoder()
    plan = Plan((str(file),), photos=photos, queries=("owner",))
    run(plan, encoder)
    assert encoder.embedded == 8
    run(plan, encoder)
    assert encoder.embedded == 8


def test_a_folder_that_lacks_half_of_the_photos(file: Path, photos: Path) -> None:
    for colour in COLOURS[::2]:
        (photos / f"{colour}.png").unlink()
    plan = Plan((str(file),), photos=photos, queries=("owner",), only_available=True)
    found = run(plan).as_dict()
    assert (found["n"], found["pool"], found["hit@30"]) == (8, 4, 0.5)
    assert found["misses_by_reason"] == {"photo missing": 4}
    assert found["median_rank"] == 3.0
    assert (found["only_available"]["n"], found["only_available"]["hit@1"]) == (4, 1.0)


def test_an_unreadable_photo_is_a_miss_with_its_reason(file: Path, photos: Path) -> None:
    (photos / "red.png").write_bytes(b"no picture")
    found = run(Plan((str(file),), photos=photos, queries=("owner",))).as_dict()
    assert (found["n"], found["pool"]) == (8, 7)
    assert found["misses_by_reason"] == {"photo unreadable": 1}
    assert found["hit@1"] == 7 / 8


def test_the_gallery_may_be_larger_than_the_photos(
    file: Path, photos: Path, tmp_path: Path
) -> None:
    gallery = tmp_path / "gallery"
    for seed in range(5):
        paint(gallery / f"other{seed}.png", "black", seed=seed)
    paint(gallery / "red.png", "red", seed=0)
    found = run(Plan((str(file),), photos=photos, gallery=gallery, queries=("owner",))).as_dict()
    # Five others, the red one that is in both once, and the seven that only --photos has.
    assert found["pool"] == 13
    assert found["hit@1"] == 1.0
    alone = run(Plan((str(file),), gallery=gallery, queries=("owner",))).as_dict()
    assert (alone["pool"], alone["misses_by_reason"]["photo missing"]) == (6, 7)


def test_every_dialogue_counts(photos: Path, tmp_path: Path) -> None:
    silent = dialogue(1, "green", " ")
    file = write(
        tmp_path / "odd.json",
        [
            dialogue(0, "red"),
            silent,
            dialogue(2, "blue", "it was blue", "oh", shares=False),
            {**dialogue(3, "white"), "dialogue": []},
        ],
    )
    found = run(Plan((str(file),), photos=photos)).as_dict()
    for one in found["systems"].values():
        assert one["n"] == 4
        assert one["hit@30"] == 0.5
        assert one["misses_by_reason"] == {"nothing said before the photo": 2}
    assert found["problems"]["no share turn"] == 1
    assert found["problems"]["no turns"] == 1


def test_recorded_descriptors_lead_and_their_gaps_are_misses(
    file: Path, photos: Path, descriptors: Path
) -> None:
    plan = Plan((str(file),), photos=photos, descriptors=descriptors)
    evaluation = run(plan)
    found = evaluation.as_dict()
    assert found["system"] == "recorded"
    assert found["hit@1"] == 6 / 8
    # With eight photos none can be ranked below 30: only the one without descriptors is lost.
    assert found["misses_by_reason"] == {"no recorded descriptors": 1}
    assert found["by_empty_field"]["events"]["empty"]["n"] == 7
    assert found["by_empty_field"]["main_subject"]["filled"]["n"] == 7
    compared = {(one["b"], one["measure"]): one for one in found["comparisons"]}
    assert compared["owner", "hit@1"]["difference"] == -0.25
    assert not compared["owner", "hit@1"]["significant"]
    assert "recorded+owner" not in found["systems"]


def test_captions_by_humans(file: Path, photos: Path, tmp_path: Path) -> None:
    captions = tmp_path / "captions.jsonl"
    captions.write_text(json.dumps({"photo": "red.jpg", "captions": ["a red wall", "wall"]}) + "\n")
    plan = Plan((str(file),), photos=photos, captions=captions, queries=("caption",))
    found = run(plan).as_dict()
    assert found["hit@1"] == 1 / 8
    assert found["misses_by_reason"] == {"no caption": 7}


def test_breakdown_by_turns(photos: Path, tmp_path: Path) -> None:
    long = ("hi", "hello", "so", "yes", "well", "it is red", "oh")
    file = write(tmp_path / "a.json", [dialogue(0, "red", *long), dialogue(1, "blue")])
    found = run(Plan((str(file),), photos=photos, queries=("dialogue",))).as_dict()
    assert found["by_turns"] == {"0-5": {"n": 1, "hit@30": 1.0}, "6-8": {"n": 1, "hit@30": 1.0}}


def test_a_long_dialogue_loses_its_oldest_turns_first(photos: Path, tmp_path: Path) -> None:
    said = ["red " * 9, *["blah " * 9] * 3, "it was blue"]
    file = write(tmp_path / "a.json", [dialogue(0, "blue", *said)])
    found = run(Plan((str(file),), photos=photos, queries=("dialogue",))).as_dict()
    assert found["hit@1"] == 1.0


# -- labels ------------------------------------------------------------------------------------


def test_labels_need_no_photos_and_leave_out_named_people(file: Path) -> None:
    evaluation = run(Plan((str(file),), against="labels"), encoder=None)
    found = evaluation.as_dict()
    assert (found["against"], found["n"], found["pool"]) == ("labels", 8, 8)
    assert evaluation.gallery.labels[0] == "red, Wall"
    assert found["systems"]["owner/bm25"]["hit@1"] == 1.0
    assert set(found["systems"]) == {
        f"{kind}/{way}"
        for kind in ("offline", "owner", "last-4", "dialogue")
        for way in ("bm25", "dense", "both")
    }
    assert found["system"] == "offline/both"


def test_dialogues_without_labels_are_misses(tmp_path: Path) -> None:
    bare = {**dialogue(1, "blue"), "photo_description": "The photo has your dad Mark."}
    file = write(tmp_path / "a.json", [dialogue(0, "red"), bare])
    plan = Plan((str(file),), against="labels", queries=("owner",))
    assert run(plan).as_dict()["misses_by_reason"] == {"no labels in the file": 1}
    only = write(tmp_path / "b.json", [bare])
    with pytest.raises(EvaluationError, match="--photos"):
        run(Plan((str(only),), against="labels"))


def test_ranking_labels_by_hand() -> None:
    labels = ("Red, Wall", "Blue, Table", "Cats, Wall")
    dialogues = [Dialogue(str(n), (), description=text) for n, text in enumerate(labels)]
    pool = LabelPool(dialogues, embed_colours)
    queries = [[QueryText("a blue thing")], [QueryText("my cat")], []]
    assert pool.scores(queries, "bm25").argmax(axis=1)[:2].tolist() == [1, 2]
    assert pool.scores(queries, "dense").argmax(axis=1)[0] == 1
    assert pool.scores(queries, "both").shape == (3, 3)
    assert pool.place_of(dialogues[2]) == 2
    assert pool.place_of(Dialogue("9", ())) is None


def test_bm25_of_texts_without_words() -> None:
    assert not bm25_scorer(["the", ""])(["cat", ""]).any()
    assert not bm25_scorer(["cat"])(["", "the of", "dog"]).any()


def test_what_is_compared_with_labels() -> None:
    fields = Descriptors(main_subject="a cat", foreground_objects="cup", events="sleeping")
    recorded = EvalQuery(description=Description(descriptors=fields), beside=("look", "here"))
    assert [(part.text, part.weight) for part in label_parts(recorded)] == [
        ("a cat, cup", 1.0),
        ("look here", 0.5),
    ]
    vague = EvalQuery(description=Description(descriptors=Descriptors(events="a party")))
    assert [part.text for part in label_parts(vague)] == ["a party"]
    said = Conversation((Turn("a", "my cat"), Turn("b", "aw")), "a")
    offline = EvalQuery(description=Description(descriptors=fields, context=said))
    # Without an LLM the words as they were said count, not what the describer made of them.
    assert [part.text for part in label_parts(offline)] == ["my cat aw", "cat"]


def test_standardised_scores() -> None:
    rows = standardised(np.asarray([[1, 2, 3], [5, 5, 5]], dtype=np.float32))
    assert rows[0].mean() == pytest.approx(0)
    assert rows[0].std() == pytest.approx(1)
    assert rows[1].tolist() == [0, 0, 0]


# -- what is refused ---------------------------------------------------------------------------


def test_nothing_to_rank(file: Path) -> None:
    with pytest.raises(EvaluationError, match="--photos DIR"):
        run(Plan((str(file),)))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("not json", "not valid JSON"),
        ('{"a": 1}', "another shape"),
        ("[[1, 2]]", "another shape"),
    ],
)
def test_files_that_hold_no_dialogues(
    content: str, says: str, photos: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(DialogueUnreadable, match=says):
        run(Plan((str(path),), photos=photos))


def test_a_third_speaker_and_an_id_used_twice(photos: Path, tmp_path: Path) -> None:
    first = dialogue(0, "red")
    first["dialogue"][0]["user_id"] = 7
    file = write(tmp_path / "a.json", [first, dialogue(0, "blue")])
    found = run(Plan((str(file),), photos=photos, queries=("owner",))).as_dict()
    assert (found["n"], found["hit@1"]) == (2, 1.0)
    assert found["problems"]["more than two speakers"] == 1
    assert found["problems"]["an id used twice"] == 1


def test_descriptors_for_other_dialogues(file: Path, photos: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"id": 99, "main_subject": "a cat"}\n')
    with pytest.raises(EvaluationError, match="describes other dialogues"):
        run(Plan((str(file),), photos=photos, descriptors=other))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "line 1 is not valid JSON"),
        ("[]", "not a JSON object"),
        ('{"id": 0}', "expected"),
        ('{"id": 0, "main_subject": {"a": 1}}', "main_subject is not a text"),
        (b"\xff\xfe\xff", "UTF-8"),
    ],
)
def test_descriptors_that_are_none(
    content: str | bytes, says: str, file: Path, photos: Path, tmp_path: Path
) -> None:
    path = tmp_path / "d.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(EvaluationError, match=says):
        run(Plan((str(file),), photos=photos, descriptors=path))


def test_queries_that_cannot_be_made(file: Path, photos: Path) -> None:
    with pytest.raises(EvaluationError, match="choose of offline, llm"):
        run(Plan((str(file),), photos=photos, queries=("magic",)))
    with pytest.raises(EvaluationError, match="needs --descriptors"):
        run(Plan((str(file),), photos=photos, queries=("recorded",)))
    with pytest.raises(EvaluationError, match="needs an LLM"):
        run(Plan((str(file),), photos=photos, queries=("llm",)))


def test_folders_without_photos(file: Path, tmp_path: Path) -> None:
    with pytest.raises(DialogueUnreadable, match="no such folder"):
        run(Plan((str(file),), photos=tmp_path / "none"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoPhotosFound):
        run(Plan((str(file),), photos=tmp_path / "empty"))


def test_ids_fit_into_trec_files() -> None:
    assert entry_id("a/b c\td.jpg") == "a/b%20c%09d.jpg"
