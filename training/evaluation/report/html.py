"""The report for people who look rather than read: the worst misses with their photos.

One file that holds everything, thumbnails included, so that it can be mailed. All texts come from
data and are escaped.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from training.evaluation.gallery import Gallery
from training.evaluation.outcome import Outcome, Run
from training.evaluation.report.markdown import HIT, percent, systems_of
from training.evaluation.report.pictures import data_url, thumbnail

WORST = 40
TOP = 5
MAX_TURNS = 14


def html(
    report: Mapping[str, Any],
    results: Sequence[Run],
    gallery: Gallery,
    plots: Mapping[str, bytes],
) -> str:
    """The whole page."""
    from jinja2 import Environment

    source = files("training.evaluation.report").joinpath("report.html.j2")
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        source.read_text(encoding="utf-8")
    )
    thumbnails = _Thumbnails(gallery)
    lead = results[0]
    return page.render(
        report=report,
        systems=systems_of(report),
        hits=HIT,
        percent=percent,
        lead=lead.name,
        plots={name: data_url(data, "image/png") for name, data in plots.items()},
        misses=[_miss(one, gallery, thumbnails) for one in worst(lead)],
        labels=bool(gallery.labels),
    )


def worst(result: Run) -> list[Outcome]:
    """What was not found first: ranked lowest first, then what was not ranked at all."""
    misses = [one for one in result.outcomes if one.rank != 1]
    return sorted(misses, key=lambda one: (one.rank is None, -(one.rank or 0)))[:WORST]


def _miss(outcome: Outcome, gallery: Gallery, thumbnails: "_Thumbnails") -> dict[str, Any]:
    conversation = outcome.dialogue.conversation()
    gold = gallery.gold.get(outcome.dialogue.id, ())
    described = outcome.asked.description
    fields = described.descriptors.model_dump() if described is not None else {}
    return {
        "id": outcome.dialogue.id,
        "rank": outcome.rank,
        "reason": outcome.reason,
        "detail": outcome.asked.detail,
        "turns": [
            (turn.speaker == conversation.owner, turn.text)
            for turn in conversation.turns[-MAX_TURNS:]
        ],
        "cut": max(0, len(conversation.turns) - MAX_TURNS),
        "fields": [(name.replace("_", " "), text) for name, text in fields.items() if text],
        "query": "" if fields else outcome.asked.text,
        "gold": thumbnails.entry(gold[0]) if gold else None,
        "top": [
            {**thumbnails.entry(name), "score": f"{score:.3f}", "right": name in gold}
            for name, score in outcome.top[:TOP]
        ],
    }


class _Thumbnails:
    """Small pictures as data URLs, each made once."""

    def __init__(self, gallery: Gallery) -> None:
        self._paths = gallery.paths
        self._labels = dict(zip(gallery.ids, gallery.labels, strict=False))
        self._made: dict[str, str | None] = {}

    def entry(self, name: str) -> dict[str, Any]:
        if name not in self._made:
            path = self._paths.get(name)
            self._made[name] = thumbnail(path) if path else None
        return {"name": name, "url": self._made[name], "labels": self._labels.get(name, "")}
