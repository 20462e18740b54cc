"""How well messages are understood.

``python -m tests.benchmarks.understanding [--utterances FILE] [--captions FILE] [--talks FILE]``

* utterances: JSON Lines of ``{"text", "label": "photo" | "none", "kind"}``; prints precision,
  recall and F1 of "a photo is wanted", and the share that is right of each kind.
* captions: JSON Lines of ``{"captions": [...]}``; prints how many come back unchanged, and how many
  come back exactly out of phrasings of asking.
* talks: JSON Lines of ``{"move", "steps": [{"say"}]}``; prints the plan of each step.
* our own messages with their moves (``tests/bot/intent/messages.tsv``, none of them trained on):
  share of right moves and their confusion. Always.
* first messages of talks (``tests/bot/intent/first_messages.tsv``), written by somebody who had not
  seen what the classifier learns from: precision, recall and F1 of "a photo is wanted". Always.
"""

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from bot.intent.asking import content_of
from bot.intent.plan import Move, TalkState
from bot.intent.understanding import Understanding
from bot.intent.where import KnownPlaces

OWN = Path(__file__).parents[1] / "bot" / "intent" / "messages.tsv"
FIRST = OWN.with_name("first_messages.tsv")
NOW = date(2026, 6, 10)
PHRASINGS = (
    "show me the photo of {}",
    "can you find {}",
    "do you have a picture of {}?",
    "I'm looking for {}",
    "find the one where {}",
    "{} please",
    "got any of {}?",
    "where is that one with {}",
    "let me see {}",
    "could you please pull up the picture of {}?",
    "pics of {}",
    "I'd love to see {} again",
)
_TRUE, _FALSE = "wanted", "not wanted"


def read_jsonl(path: Path) -> list[dict]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def own_messages(path: Path = OWN) -> list[tuple[Move, bool, str]]:
    """Move, whether photos were looked for before, and text."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            move, asked, text = line.split("\t")
            found.append((Move(move), asked == "asked", text))
    return found


def first_messages(path: Path = FIRST) -> list[tuple[bool, str]]:
    """Whether a photo is wanted, and text."""
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line)
    return [(label == "want", text) for label, text in rows]


def figures(pairs: Iterable[tuple[bool, bool]]) -> dict[str, float]:
    """Precision, recall and F1 of pairs (said, true)."""
    counts = Counter(pairs)
    hits, false, missed = counts[True, True], counts[True, False], counts[False, True]
    return {
        "precision": round(hits / max(hits + false, 1), 3),
        "recall": round(hits / max(hits + missed, 1), 3),
        "f1": round(2 * hits / max(2 * hits + false + missed, 1), 3),
    }


def first_figures(understanding: Understanding) -> dict[str, float]:
    """Precision, recall and F1 over :func:`first_messages`, in a library without places."""
    nowhere = KnownPlaces({})
    return figures(
        (
            understanding.plan(text, TalkState(), now=NOW, places=nowhere).move.wants_photo,
            wanted,
        )
        for wanted, text in first_messages()
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="How well messages are understood.")
    parser.add_argument("--utterances", type=Path)
    parser.add_argument("--captions", type=Path)
    parser.add_argument("--talks", type=Path)
    parser.add_argument(
        "--most", type=int, default=1_000, help="captions that are put into phrasings"
    )
    parser.add_argument("--show", action="store_true", help="print what was misunderstood")
    chosen = parser.parse_args()
    understanding = Understanding()
    places = KnownPlaces({})
    printed: dict[str, object] = {
        "own": _own(understanding, places, chosen.show),
        "first": first_figures(understanding),
    }
    if chosen.utterances:
        printed["utterances"] = _utterances(understanding, places, chosen.utterances, chosen.show)
    if chosen.captions:
        printed["content"] = _content(chosen.captions, chosen.most)
    if chosen.talks:
        _talks(understanding, places, chosen.talks)
    print(json.dumps(printed, indent=1))


def _own(understanding: Understanding, places: KnownPlaces, show: bool) -> dict[str, object]:
    confusion: Counter[str] = Counter()
    pairs, right = [], 0
    messages = own_messages()
    took = []
    for move, asked, text in messages:
        state = TalkState(6, "dogs in the snow", True) if asked else TalkState()
        start = time.perf_counter()
        plan = understanding.plan(text, state, now=NOW, places=places)
        took.append(time.perf_counter() - start)
        right += plan.move is move
        pairs.append((plan.move.wants_photo, move.wants_photo))
        if plan.move is not move:
            confusion[f"{move} as {plan.move}"] += 1
            if show:
                print(f"{move:>10} as {plan.move:<10} {'asked ' if asked else '      '}{text}")
    took.sort()
    return {
        "messages": len(messages),
        "moves right": round(right / len(messages), 3),
        "photo wanted": figures(pairs),
        "confusion": dict(confusion.most_common(20)),
        "median ms": round(1e3 * took[len(took) // 2], 1),
    }


def _utterances(
    understanding: Understanding, places: KnownPlaces, path: Path, show: bool
) -> dict[str, object]:
    pairs = []
    kinds: dict[str, list[bool]] = {}
    for line in read_jsonl(path):
        plan = understanding.plan(line["text"], TalkState(), now=NOW, places=places)
        said, true = plan.move.wants_photo, line["label"] == "photo"
        pairs.append((said, true))
        kinds.setdefault(f"{line['label']}, {line.get('kind')}", []).append(said == true)
        if show and said != true:
            print(f"{line['label']:>6} as {plan.move:<10} {line['text']}")
    shares = {kind: f"{sum(good)}/{len(good)}" for kind, good in sorted(kinds.items())}
    return {**figures(pairs), "right by kind": shares}


def _content(path: Path, most: int) -> dict[str, object]:
    captions = [caption for line in read_jsonl(path) for caption in line["captions"]]
    unchanged = sum(content_of(caption) == caption for caption in captions)
    chosen = random.Random(0).sample(captions, min(most, len(captions)))
    exact = total = 0
    for caption in chosen:
        wanted = caption.rstrip(" .")
        for phrasing in PHRASINGS:
            exact += content_of(phrasing.format(wanted)) == wanted
            total += 1
    return {
        "captions unchanged": f"{unchanged}/{len(captions)}",
        "exact out of phrasings": round(exact / max(total, 1), 4),
    }


def _talks(understanding: Understanding, places: KnownPlaces, path: Path) -> None:
    for talk in read_jsonl(path):
        state = TalkState()
        for step in talk["steps"]:
            plan = understanding.plan(step["say"], state, now=NOW, places=places)
            told = {k: str(v) for k, v in vars(plan).items() if v and k not in ("language", "sure")}
            print(f"{talk['move']:>12}  {step['say']}\n{'':14}{told}")
            if plan.move.wants_photo:
                topic = plan.content or state.topic
                state = TalkState(6, topic, True)


if __name__ == "__main__":
    main()
