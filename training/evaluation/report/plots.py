"""Curves of an evaluation, as PNG: hit@k for every k, and where the photos stood."""

from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np

from training.evaluation.outcome import Run
from training.metrics import chance_hit

MAX_CURVES = 8
MAX_K = 100


def hit_curve(results: Sequence[Run]) -> bytes:
    """hit@k against k, one curve a system, and chance."""
    figure = new_figure()
    axes = figure.add_subplot()
    pool = results[0].pool
    ks = np.arange(1, max(2, min(pool, MAX_K)) + 1)
    for result in results[:MAX_CURVES]:
        ranks = _ranks(result)
        values = [100 * float((ranks <= k).sum()) / max(1, len(result.outcomes)) for k in ks]
        axes.plot(ks, values, label=result.name, linewidth=1.8)
    chance = [100 * chance_hit(int(k), pool) for k in ks]
    axes.plot(ks, chance, label="chance", color="0.6", linestyle="--", linewidth=1.2)
    axes.set(xscale="log", xlabel="k", ylabel="hit@k, % of all dialogues", ylim=(0, 100))
    axes.set_xlim(1, int(ks[-1]))
    axes.set_xticks([k for k in (1, 2, 5, 10, 30, 100) if k <= ks[-1]])
    axes.set_xticklabels([str(k) for k in (1, 2, 5, 10, 30, 100) if k <= ks[-1]])
    axes.minorticks_off()
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=9)
    return png_of(figure)


def rank_histogram(result: Run) -> bytes:
    """How many photos stood at which rank, in steps that widen; the last bar was never ranked."""
    edges = [1, 2, 6, 11, 31, 101, 301, 1_001, 10_001, 10**9]
    names = ["1", "2-5", "6-10", "11-30", "31-100", "101-300", "301-1,000", "1,001-10,000", "more"]
    ranks = _ranks(result)
    counts = [int(((ranks >= low) & (ranks < high)).sum()) for low, high in pairwise(edges)]
    last = max((place for place, count in enumerate(counts) if count), default=0)
    shown = max(last + 1, 5)
    figure = new_figure()
    axes = figure.add_subplot()
    missed = len(result.outcomes) - len(ranks)
    bars = axes.bar([*names[:shown], "not\nranked"], [*counts[:shown], missed], color="#4477aa")
    bars[-1].set_color("0.6")
    axes.bar_label(bars, fontsize=9)
    axes.set(xlabel=f"rank of the photo ({result.name})", ylabel="dialogues")
    axes.spines[["top", "right"]].set_visible(False)
    return png_of(figure)


def new_figure(width: float = 7.2, height: float = 4.2) -> Any:
    """An empty figure; ``width`` and ``height`` in inches, at 120 dots an inch."""
    # Without pyplot: no window system is looked for, and nothing global is left behind.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def png_of(figure: Any) -> bytes:
    """A figure as a PNG file; the same figure gives the same bytes."""
    out = BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _ranks(result: Run) -> Any:
    return np.asarray([one.rank for one in result.outcomes if one.rank is not None])
