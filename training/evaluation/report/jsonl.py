"""One line a dialogue: what was asked, where the photo stood, what was found instead."""

import json
from typing import Any

from training.evaluation.gallery import Gallery
from training.evaluation.outcome import Outcome, Run

SHOWN = 10


def dialogue_lines(results: list[Run], gallery: Gallery) -> str:
    """JSON Lines: ``{"id", "photo", "turns", "systems": {name: {"rank", ...}}}``."""
    lines = []
    for outcomes in zip(*(result.outcomes for result in results), strict=True):
        dialogue = outcomes[0].dialogue
        conversation = dialogue.conversation()
        value = {
            "id": dialogue.id,
            "photo": next(iter(gallery.gold.get(dialogue.id, ())), dialogue.photo_name),
            "labels": dialogue.labels,
            "turns": len(conversation.turns),
            "owner": conversation.owner,
            "systems": {
                result.name: _system(outcome)
                for result, outcome in zip(results, outcomes, strict=True)
            },
        }
        lines.append(json.dumps(value, ensure_ascii=True))
    return "".join(f"{line}\n" for line in lines)


def _system(outcome: Outcome) -> dict[str, Any]:
    value: dict[str, Any] = {
        "rank": outcome.rank,
        "reason": outcome.reason,
        "query": outcome.asked.text,
        "top": [[name, round(score, 6)] for name, score in outcome.top[:SHOWN]],
    }
    if outcome.asked.detail:
        value["detail"] = outcome.asked.detail
    if outcome.asked.description is not None:
        value["descriptors"] = outcome.asked.description.descriptors.model_dump()
    return value
