"""What came out of a run: as JSON, and as a model card for people."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from training.fine_tuning.config import settings_of_recipe

RESULT_NAME = "result.json"
CARD_NAME = "MODEL_CARD.md"
MEASURES = ("hit@1", "hit@10", "hit@30", "mrr")


@dataclass(frozen=True)
class TrainResult:
    """A finished run.

    Attributes:
        folder: the encoder.
        metrics: ``{"dev": {"before", "after"}, "test": {...}}``: hit@k and MRR with intervals, of
            the encoder as it was and as the folder gives it.
        alpha: share of the tuned weights in the result; 0 is the encoder as it was.
        alphas: figure on dev of each share that was tried.
        epochs_run: epochs that were trained.
        best_epoch: the one whose weights were taken.
        batch_size: texts a step and process.
        data: counts of examples and photos, and of what was left out, by reason.
        seconds: of the training, all its parts together.
        pairs_per_second: of the last part, evaluation included.
        library_stays_valid: whether photos keep their vectors.
        settings: of the run.
        machine: hardware, software, git commit.
    """

    folder: Path
    metrics: Mapping[str, Mapping[str, Mapping[str, Any]]]
    alpha: float
    alphas: Mapping[str, float]
    epochs_run: int
    best_epoch: int
    batch_size: int
    data: Mapping[str, Any]
    seconds: float
    pairs_per_second: float
    library_stays_valid: bool
    settings: Mapping[str, Any] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)

    @property
    def skipped(self) -> Mapping[str, int]:
        """What was left out, by reason: photos, and texts."""
        return {**self.data["skipped_photos"], **self.data["problems"]}

    def as_dict(self) -> dict[str, Any]:
        """The JSON of ``photopal train``."""
        found = asdict(self)
        found["folder"] = str(self.folder)
        return {"encoder": found.pop("folder"), **found.pop("metrics"), **found}

    def write(self) -> None:
        """Keep it in the folder."""
        text = json.dumps(self.as_dict(), indent=1, ensure_ascii=False)
        (self.folder / RESULT_NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """What a folder keeps; None when its run has not ended."""
        try:
            found = json.loads((folder / RESULT_NAME).read_text(encoding="utf-8"))
            del found["encoder"]
            metrics = {name: found.pop(name) for name in ("dev", "test") if name in found}
            return cls(folder=folder, metrics=metrics, **found)
        except (OSError, ValueError, KeyError, TypeError):
            return None


def model_card(result: TrainResult, data_hash: str, files: Mapping[str, Any]) -> str:
    """Markdown.

    Args:
        result: of the run.
        data_hash: of texts and photos.
        files: names of the files of each split, without their folders.
    """
    settings = result.settings
    valid = result.library_stays_valid
    moved = "Photo vectors did not move: libraries indexed with the encoder it came from stay valid"
    if not valid:
        moved = (
            "Photo vectors moved: libraries have to be indexed again "
            "(`photopal index --rebuild --encoder FOLDER`)"
        )
    lines = [
        "# A fine-tuned photo search encoder",
        "",
        f"Made by `photopal train` from `{settings.get('encoder')}`, "
        f"tuning `{settings.get('tune')}`. {moved}.",
        "",
        "## Figures",
        "",
        *_metrics(result),
        "",
        *_by_kind(result),
        "Share of queries whose photo is among the first k, over the whole gallery; 95 % bootstrap "
        "intervals over the queries. Computed with this folder as anybody loads it. Epoch and "
        "alpha were chosen on dev, so its figures are a little too good; test was not looked at.",
        "",
        "## Data",
        "",
        *(f"- {split}: {', '.join(map(str, names))}" for split, names in files.items() if names),
        *(f"- {name.replace('_', ' ')}: {_plain(value)}" for name, value in result.data.items()),
        f"- hash of texts and photos: `{data_hash}`",
        "",
        "## Training",
        "",
        f"- epochs: {result.epochs_run} run, the weights of epoch {result.best_epoch} taken",
        f"- alpha (share of the tuned weights, WiSE-FT): {result.alpha:g}",
        f"- {result.seconds / 3600:.2f} hours, {result.pairs_per_second:,.0f} pairs/s",
        *(f"- {name}: {value}" for name, value in result.machine.items()),
        "",
        "| setting | value |",
        "|---|---|",
        *(f"| {name} | {_plain(value)} |" for name, value in settings_of_recipe(settings).items()),
        "",
    ]
    return "\n".join(lines)


def _metrics(result: TrainResult) -> list[str]:
    lines = ["| | queries | photos | " + " | ".join(MEASURES) + " |", "|---" * 7 + "|"]
    for split, pair in result.metrics.items():
        for when, metrics in pair.items():
            cells = [shown(metrics, name) for name in MEASURES]
            lines.append(
                f"| {split}, {when} | {metrics['n']:,} | {metrics['pool']:,} | "
                + " | ".join(cells)
                + " |"
            )
    return lines


def _by_kind(result: TrainResult) -> list[str]:
    """hit@30 of each kind of query, where there are several."""
    lines = []
    for split, pair in result.metrics.items():
        for name, after in pair["after"].items():
            if name.endswith("/hit@30"):
                kind, before = name.partition("/")[0], pair["before"][name]
                lines.append(
                    f"- {split}, {kind} queries: hit@30 {100 * before:.1f} before, "
                    f"{100 * after:.1f} after"
                )
    return [*lines, ""] if lines else []


def shown(metrics: Mapping[str, Any], name: str) -> str:
    """A figure with its interval, in percent."""
    low, high = metrics["ci95"][name]
    return f"{100 * metrics[name]:.1f} ({100 * low:.1f}–{100 * high:.1f})"


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {number}" for name, number in value.items()) or "none"
    return str(value)
