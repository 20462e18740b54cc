"""The report as one page that holds everything, thumbnails and plots included.

All texts come from data and are escaped.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from training.bench.measures import RANK_SCORE
from training.bench.report.tables import (
    COST_HEAD,
    Section,
    Tables,
    cost_cells,
    interval,
    measure_head,
    shown,
)
from training.bench.result import Example, Result, Shown
from training.evaluation.report.pictures import data_url, thumbnail

SIGNIFICANT = 0.05
MOST_RECIPES_SHOWN = 4
"""Recipes whose first photos are shown for an example; a page of fifty would be no help."""

MOST_MISSING = 50


def html(tables: Tables, title: str, plots: Sequence[Mapping[str, bytes]]) -> str:
    """The whole page.

    Args:
        tables: of the report.
        title: of the page.
        plots: of each section, by name.
    """
    from jinja2 import Environment

    source = files("training.bench.report").joinpath("report.html.j2")
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        source.read_text(encoding="utf-8")
    )
    thumbnails = _Thumbnails()
    return page.render(
        title=title,
        cost_head=COST_HEAD,
        sections=[
            _section(section, some, thumbnails)
            for section, some in zip(tables.sections, plots, strict=True)
        ],
        without=[(row.name, row.told()) for row in tables.without],
    )


def _section(
    section: Section, plots: Mapping[str, bytes], thumbnails: "_Thumbnails"
) -> dict[str, Any]:
    first = section.results[0]
    missing = max((one.dataset.missing for one in section.results), key=len)
    return {
        "title": section.title,
        "facts": first.dataset,
        "heads": [measure_head(name) for name in section.measures],
        "rows": [_row(section, one) for one in section.results],
        "first": first.name,
        "paired": _paired(section),
        "costs": [(one.name, *_spread(one), *cost_cells(one)) for one in section.results],
        "failed": [
            (one.name, count, why) for one in section.results for why, count in one.failed.items()
        ],
        "missing": missing[:MOST_MISSING],
        "missing_count": len(missing),
        "plots": {name: data_url(data, "image/png") for name, data in plots.items()},
        "examples": _examples(section, thumbnails),
    }


def _row(section: Section, result: Result) -> dict[str, Any]:
    cells = []
    for name in section.measures:
        figure = result.measures.get(name)
        most = section.best(name) if name == RANK_SCORE else 1.0
        cells.append(
            {
                "text": shown(figure, name),
                "interval": interval(figure, name, result.dataset.queries),
                "best": section.is_best(result, name),
                "share": 0 if figure is None else round(100 * figure.mean / (most or 5.0), 1),
            }
        )
    return {
        "name": result.name,
        "about": result.about,
        "embedder": result.embedder,
        "cells": cells,
    }


def _spread(result: Result) -> tuple[str, str, str]:
    alike = result.similarity
    if alike is None:
        return ("–", "–", "–")
    share = f"{100 * alike.matched.share_over_half:.1f} %"
    return (f"{alike.matched.mean:.3f}", f"{alike.random.mean:.3f}", share)


def _paired(section: Section) -> dict[str, Any] | None:
    found = section.against_first
    if not found:
        return None
    names = list(dict.fromkeys(one.measure for one in found))
    by_recipe: dict[str, dict[str, dict[str, Any]]] = {}
    for one in found:
        by_recipe.setdefault(one.name, {})[one.measure] = {
            "text": f"{100 * one.difference:+.1f}",
            "p": f"p {one.p:.2g}",
            "sure": one.p < SIGNIFICANT,
            "better": one.difference > 0,
        }
    return {
        "heads": names,
        "rows": [(name, [some.get(one) for one in names]) for name, some in by_recipe.items()],
    }


def _examples(section: Section, thumbnails: "_Thumbnails") -> list[dict[str, Any]]:
    """The examples of the first recipe, and what others that have them found first."""
    shown_by: dict[str, list[tuple[str, Example]]] = {}
    for one in section.results[:MOST_RECIPES_SHOWN]:
        for example in one.examples:
            shown_by.setdefault(example.id, []).append((one.name, example))
    found = []
    for some in shown_by.values():
        lead = some[0][1]
        found.append(
            {
                "text": lead.text,
                "photo": thumbnails.of(lead.photo) if lead.photo else None,
                "wanted": thumbnails.entry(lead.wanted) if lead.wanted else None,
                "by": [
                    (name, one.rank, [thumbnails.entry(photo) for photo in one.first])
                    for name, one in some
                ],
            }
        )
    return found


class _Thumbnails:
    """Small pictures as data URLs, each made once."""

    def __init__(self) -> None:
        self._made: dict[str, str | None] = {}

    def of(self, path: str) -> str | None:
        if path not in self._made:
            self._made[path] = thumbnail(Path(path))
        return self._made[path]

    def entry(self, photo: Shown) -> dict[str, Any]:
        return {"id": photo.id, "right": photo.right, "url": self.of(photo.path)}
