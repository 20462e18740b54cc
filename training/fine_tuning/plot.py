"""The curves of a run, as PNG: the loss, and hit@30 on dev."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any


def curves(log: Sequence[Mapping[str, Any]]) -> bytes:
    """A plot of the log's ``loss`` and ``hit@30`` against the epoch."""
    # Without pyplot: no window system is looked for, and nothing global is left behind.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.2), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    losses = [(entry["epoch"], entry["loss"]) for entry in log if "loss" in entry]
    axes.plot(*zip(*losses, strict=True) if losses else ((), ()), color="0.55", label="loss")
    axes.set(xlabel="epoch", ylabel="loss")
    beside = axes.twinx()
    for name, colour in (("hit@30", "#4477aa"), ("hit@1", "#88aacc")):
        points = [(entry["epoch"], 100 * entry[name]) for entry in log if name in entry]
        if points:
            beside.plot(
                *zip(*points, strict=True), color=colour, marker="o", markersize=3, label=name
            )
    beside.set(ylabel="found on dev, %", ylim=(0, 100))
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9)
    axes.grid(alpha=0.25)
    out = BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
