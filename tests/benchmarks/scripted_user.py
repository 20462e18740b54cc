"""What one press of a button is worth: a scripted user over AlbumChat.

python -m tests.benchmarks.scripted_user --dialogues FILE --library PATH --album FILE

``FILE`` of dialogues is in AlbumChat's format, ``PATH`` an indexed library that holds their photos,
and the album's ``FILE`` says of each photo, a line each, when and where it was taken. The offline
describer reads each dialogue; photos are searched for, shown and asked about as the page does it,
five at a time, near-duplicates as one. Dialogues without a right photo are left out.

*Not this*: where the first five hold no right photo, the user presses "not this" on the first one,
and five others are shown. Told: the share of dialogues with a right photo among the first five
(hit@5) before and after, and after once more without the push, which is what leaving that one
photo out is worth alone.

*A question*: the user answers what is asked from what the album says of the right photo, and stays
silent where it says nothing or no answer is right. As ChatIR measures it (Levy et al. 2023,
https://arxiv.org/abs/2305.20062), hit@k of a round counts what has been found up to it; round 0 is
before the question. BRI, the best log rank integral (Lee et al. 2024, PlugIR,
https://arxiv.org/abs/2406.03411), with the best rank pi_t up to round t of T, lower is better:

    BRI = mean of  ( log pi_0 + log pi_T ) / 2T  +  sum_{0 < t < T} log pi_t / T
"""

import argparse
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from bot.assistant.clarify import Answer, Question, narrowing, question_for
from bot.describe.phrases import PhraseDescriber
from bot.dialogues.reading import read_dialogues
from retrieval.encoders import load_encoder
from retrieval.encoders.cached import CachedTextEncoder
from retrieval.filters import Filter
from retrieval.library import Facts, Photo
from retrieval.search import Judged, Query, Searcher, SearchOptions
from training.evaluation.album import AlbumPlanner
from training.evaluation.gallery import open_library
from training.evaluation.queries import EvalQuery, ask_describer
from training.evaluation.rankers import photo_query

SHOWN = 5
DEPTH = 500
"""Photos that are ranked; one further down counts as the next."""
HITS = (1, 5, 10)


@dataclass(frozen=True)
class Asked:
    """One dialogue: its query, what may be shown, and the ids of the photos that are right."""

    query: Query
    chosen: Filter
    right: frozenset[int]


class ScriptedUser:
    """Presses and answers over one library.

    Args:
        searcher: over the library.
        facts: of the library.
        album: what the album says of each photo, by its file's name.
    """

    def __init__(
        self, searcher: Searcher, facts: Facts, album: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.searcher = searcher
        self.facts = facts
        self.album = album

    def rank(self, asked: Asked, chosen: Filter, judged: Judged | None = None) -> int:
        """Of the first right photo, from 1; one that stands behind another counts as that one."""
        options = SearchOptions(k=DEPTH, collapse=True, filter=chosen, judged=judged or Judged())
        hits = self.searcher.search(asked.query, options).hits
        for hit in hits:
            if asked.right & {hit.photo_id, *hit.similar}:
                return hit.rank
        return len(hits) + 1

    def first_shown(self, asked: Asked) -> int | None:
        """The best photo, which the user turns down when none of those shown is right."""
        options = SearchOptions(k=1, collapse=True, filter=asked.chosen)
        hits = self.searcher.search(asked.query, options).hits
        return hits[0].photo_id if hits else None

    def after_not_this(self, asked: Asked, wrong: int, *, push: bool) -> int:
        """The rank after "not this"."""
        chosen = replace(asked.chosen, exclude=frozenset({wrong}))
        return self.rank(asked, chosen, Judged(disliked=(wrong,)) if push else None)

    def question(self, asked: Asked) -> Question | None:
        """What the page would ask."""
        return question_for(self.searcher, asked.query, asked.chosen, SHOWN, Judged())

    def answer(self, question: Question, asked: Asked) -> Answer | None:
        """The answer that is true of the first right photo of which the album knows it."""
        photos = self.searcher.library.photos(sorted(asked.right))
        for photo in photos.values():
            for answer in question.answers:
                if self._is_true(answer, photo):
                    return narrowing(answer, self.facts.first, self.facts.last)
        return None

    def _is_true(self, answer: Answer, photo: Photo) -> bool:
        told = self._told(photo)
        narrowed = narrowing(answer, self.facts.first, self.facts.last)
        if answer.where:
            place = answer.where[0]
            return place.country == told.get("country") and place.city in ("", told.get("city"))
        taken = told.get("taken_at")
        return bool(taken) and any(date.fromisoformat(taken[:10]) in one for one in narrowed.when)

    def _told(self, photo: Photo) -> Mapping[str, Any]:
        for root in self.searcher.library.roots():
            if photo.path.is_relative_to(root):
                return self.album.get(photo.path.relative_to(root).as_posix(), {})
        return {}


def not_this(user: ScriptedUser, everything: Sequence[Asked]) -> dict[str, Any]:
    """hit@5 before and after one press."""
    before, alone, after = [], [], []
    pressed = 0
    for asked in everything:
        rank = user.rank(asked, asked.chosen)
        before.append(rank <= SHOWN)
        wrong = user.first_shown(asked) if rank > SHOWN else None
        if wrong is None:
            alone.append(before[-1])
            after.append(before[-1])
            continue
        pressed += 1
        alone.append(user.after_not_this(asked, wrong, push=False) <= SHOWN)
        after.append(user.after_not_this(asked, wrong, push=True) <= SHOWN)
    return {
        "pressed": pressed,
        "hit@5 before": _share(before),
        "hit@5 after, only left out": _share(alone),
        "hit@5 after": _share(after),
    }


def one_question(user: ScriptedUser, everything: Sequence[Asked]) -> dict[str, Any]:
    """hit@k and BRI before and after one question, over all dialogues and where it was asked."""
    ranks: list[tuple[int, int]] = []
    facets: Counter[str] = Counter()
    answered = 0
    of_asked: list[tuple[int, int]] = []
    for asked in everything:
        first = user.rank(asked, asked.chosen)
        then = first
        question = user.question(asked)
        if question is not None:
            facets[question.facet] += 1
            answer = user.answer(question, asked)
            if answer is not None:
                answered += 1
                narrowed = replace(
                    asked.chosen,
                    dates=answer.when or asked.chosen.dates,
                    places=answer.where or asked.chosen.places,
                )
                then = user.rank(asked, narrowed)
            of_asked.append((first, then))
        ranks.append((first, then))
    return {
        "asked": dict(facets),
        "answered": answered,
        "all": _rounds(ranks),
        "where it was asked": _rounds(of_asked),
    }


def _rounds(ranks: Sequence[tuple[int, ...]]) -> dict[str, Any]:
    """hit@k by round, and BRI, of the ranks of each round."""
    if not ranks:
        return {"n": 0}
    best = [tuple(min(row[: place + 1]) for place in range(len(row))) for row in ranks]
    told: dict[str, Any] = {"n": len(ranks)}
    for number in range(len(ranks[0])):
        told[f"round {number}"] = {f"hit@{k}": _share([r[number] <= k for r in best]) for k in HITS}
    told["BRI without a question"] = round(float(np.mean([math.log(row[0]) for row in best])), 4)
    told["BRI"] = round(float(np.mean([best_log_rank_integral(row) for row in best])), 4)
    return told


def best_log_rank_integral(best: Sequence[int]) -> float:
    """Of the best ranks up to each round; see the module."""
    rounds = len(best) - 1
    logs = [math.log(rank) for rank in best]
    return (logs[0] + logs[-1]) / (2 * rounds) + sum(logs[1:-1]) / rounds


def _share(found: Sequence[bool]) -> float:
    return round(sum(found) / len(found), 4)


def _asked(
    searcher: Searcher, asked: EvalQuery, relevant: Sequence[str], ids: Mapping[Path, int]
) -> Asked:
    paths = [root / name for name in relevant for root in searcher.library.roots()]
    right = frozenset(ids[path] for path in paths if path in ids)
    return Asked(photo_query(asked, searcher.encoder), asked.filter, right)


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dialogues", type=Path, required=True)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--album", type=Path, required=True)
    arguments = parser.parse_args()
    encoder = CachedTextEncoder(load_encoder("starter"), 20_000)
    dialogues = read_dialogues([arguments.dialogues]).dialogues
    searcher = open_library(dialogues, arguments.library, encoder).searcher
    queries = ask_describer(PhraseDescriber(encoder).describe)(dialogues)
    queries = AlbumPlanner(searcher.library, {}).planned("offline", dialogues, queries)
    ids = {photo.path: photo.id for photo in searcher.library.photos_with("present")}
    everything = [
        _asked(searcher, query, dialogue.album.relevant, ids)
        for dialogue, query in zip(dialogues, queries, strict=True)
        if dialogue.album is not None and dialogue.album.relevant and query.failed is None
    ]
    lines = arguments.album.read_text(encoding="utf-8").splitlines()
    album = {row["file"]: row for row in map(json.loads, lines)}
    user = ScriptedUser(searcher, searcher.library.facts(), album)
    told = {
        "dialogues": len(everything),
        "not this": not_this(user, everything),
        "one question": one_question(user, everything),
    }
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
