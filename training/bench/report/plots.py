"""Plots of a data set's recipes, as PNG."""

from typing import Any

import numpy as np

from training.bench.measures import RANK_SCORE
from training.bench.report.tables import Section
from training.bench.result import Result
from training.bench.similarity import Similarity
from training.evaluation.report.plots import new_figure, png_of
from training.metrics import chance_hit

MOST = 8
"""Recipes in one plot."""

MOST_SPREADS = 6

MAX_K = 100
TICKS = (1, 2, 5, 10, 30, 100)
BLUE, GREY = "#4477aa", "#999999"


def plots_of(section: Section) -> dict[str, bytes]:
    """The plots by their names: hits, intervals, similarities."""
    found = {"hit at k": hit_curves(section), "intervals": intervals(section)}
    alike = [one for one in section.results if one.similarity is not None][:MOST_SPREADS]
    if alike:
        found["similarities"] = similarities(alike)
    return found


def hit_curves(section: Section) -> bytes:
    """hit@k against k, a curve a recipe, and chance."""
    figure = new_figure()
    axes = figure.add_subplot()
    pool = section.results[0].dataset.photos
    ks = np.arange(1, max(2, min(pool, MAX_K)) + 1)
    for one in section.results[:MOST]:
        ranks = np.asarray([rank for rank in one.ranks if rank is not None])
        values = [100 * float((ranks <= k).sum()) / max(1, len(one.ranks)) for k in ks]
        axes.plot(ks, values, label=one.name, linewidth=1.8)
    chance = [100 * chance_hit(int(k), pool) for k in ks]
    axes.plot(ks, chance, label="chance (one right)", color="0.6", linestyle="--", linewidth=1.2)
    ticks = [k for k in TICKS if k <= ks[-1]]
    axes.set(xscale="log", xlabel="k", ylabel="hit@k, % of all queries", ylim=(0, 100))
    axes.set_xlim(1, int(ks[-1]))
    axes.set_xticks(ticks)
    axes.set_xticklabels([str(k) for k in ticks])
    axes.minorticks_off()
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=8)
    return png_of(figure)


def intervals(section: Section) -> bytes:
    """Means with their 95 % intervals, a panel for each of the first measures."""
    names = [name for name in section.measures if name != RANK_SCORE][:3]
    results = section.results[::-1]
    figure = new_figure(height=1.4 + 0.3 * len(results))
    for place, name in enumerate(names):
        axes = figure.add_subplot(1, len(names), place + 1)
        for row, one in enumerate(results):
            measured = one.measures.get(name)
            if measured is None:
                continue
            mean, low, high = (100 * one for one in (measured.mean, measured.low, measured.high))
            # Rounded bounds may lie on the wrong side of a mean by a hair.
            error = [[max(0.0, mean - low)], [max(0.0, high - mean)]]
            axes.errorbar([mean], [row], xerr=error, fmt="o", color=BLUE, capsize=3, markersize=5)
        axes.set(title=f"{name}, %", ylim=(-0.6, len(results) - 0.4))
        axes.set_yticks(range(len(results)))
        axes.set_yticklabels([one.name for one in results] if place == 0 else [], fontsize=8)
        axes.grid(alpha=0.25, axis="x")
        axes.spines[["top", "right"]].set_visible(False)
    return png_of(figure)


def similarities(results: list[Result]) -> bytes:
    """Histograms with densities of matching and random pairs, a panel a recipe."""
    columns = min(2, len(results))
    rows = -(-len(results) // columns)
    figure = new_figure(height=0.4 + 2.2 * rows)
    for place, one in enumerate(results):
        assert one.similarity is not None
        axes = figure.add_subplot(rows, columns, place + 1)
        _spreads(axes, one.similarity)
        axes.set_title(one.name, fontsize=9)
        if place == 0:
            axes.legend(frameon=False, fontsize=8)
        if place >= len(results) - columns:
            axes.set_xlabel("similarity", fontsize=8)
    return png_of(figure)


def _spreads(axes: Any, similarity: Similarity) -> None:
    edges = np.asarray(similarity.edges)
    widths = np.diff(edges)
    both = (("random pairs", GREY, similarity.random), ("matching", BLUE, similarity.matched))
    for label, colour, spread in both:
        heights = np.asarray(spread.counts) / max(1, spread.n) / widths
        axes.bar(edges[:-1], heights, widths, align="edge", color=colour, alpha=0.35, label=label)
        if any(spread.density):
            axes.plot(similarity.points, spread.density, color=colour, linewidth=1.6)
    axes.set_yticks([])
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)
