"""The run's log (JSON Lines, one object an interval and one an epoch) and its curves."""

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

NAME = "log.jsonl"


class RunLog:
    """Appends to ``log.jsonl``; a continuation forgets what the killed run wrote too much."""

    def __init__(self, path: Path) -> None:
        """The file need not exist."""
        self.path = path

    def begin(self, step: int) -> None:
        """Drop lines after ``step``, which will be written again, and a torn last line."""
        kept = [line for line in self.read() if line.get("step", 0) <= step]
        if step == 0:
            kept = []
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("".join(map(_line, kept)), encoding="utf-8")

    def write(self, entry: Mapping[str, Any]) -> None:
        """Append one object."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(_line(entry))

    def read(self) -> list[dict[str, Any]]:
        """All whole lines."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        found = []
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                found.append(entry)
        return found


def _line(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=False) + "\n"


def curves(log: Sequence[Mapping[str, Any]]) -> bytes:
    """A plot (PNG) of the log's ``loss``, and of ``hit@30`` and ``hit@1`` on dev, by epoch."""
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
