"""The model card: what an encoder was trained on, how, and how well it does."""

from collections.abc import Mapping
from typing import Any

from training.fine_tuning.result import TrainResult

NAME = "MODEL_CARD.md"
MEASURES = ("hit@1", "hit@10", "hit@30", "mrr")
NOT_SHOWN = ("sources", "photos", "out", "dev", "dev_photos", "test", "test_photos", "workers",
             "fresh", "save_every", "save_minutes", "keep_checkpoints", "descriptors",
             "dev_descriptors", "test_descriptors")  # fmt: skip


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
        "## Metrics",
        "",
        *_metrics(result),
        "",
        *_by_kind(result),
        "Share of queries whose photo is among the first k, over the whole gallery; 95 % bootstrap "
        "intervals over the queries. Computed with this folder as anybody loads it. Epoch and "
        "alpha were chosen on dev, so its metrics are a little too good; test was not looked at.",
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
        *(
            f"| {name} | {_plain(value)} |"
            for name, value in settings.items()
            if name not in NOT_SHOWN
        ),
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
