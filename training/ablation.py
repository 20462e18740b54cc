"""Ablations of the training: each part is changed alone, with several seeds.

python -m training.ablation --captions FILE.jsonl --photos DIR --dev FILE.jsonl --dev-photos DIR
    --out DIR [--encoder starter] [--seeds 0 1 2] [--epochs N] [--only NAME ...]

The reference is what ``photopal train`` does by default. ``DIR`` gets ``ablation.json`` and
``ablation.md``, written anew after each run; started again, the same command goes on where it was.
"""

import argparse
import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from training.fine_tuning.config import TrainConfig
from training.fine_tuning.result import TrainResult

METRICS = ("hit@1", "hit@10", "hit@30", "mrr")
REFERENCE = "reference"
BEFORE = "before training"

VARIANTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        REFERENCE: {},
        "one-directional, fixed temperature": {
            "objective": "one-directional",
            "temperature": 0.07,
            "learned": False,
        },
        "symmetric, fixed temperature": {"learned": False},
        "sigmoid": {"objective": "sigmoid"},
        "no masking": {"masking": False},
        "negatives of the batch": {"negatives": "batch"},
        "negatives of the batch, no masking": {"negatives": "batch", "masking": False},
        "negatives of the batch and mined": {"negatives": "mined"},
        "no averaging of weights": {"wise": False},
        "no augmentation": {"augment": False},
        "both towers": {"tune": "both", "negatives": "batch"},
    }
)
"""What each row of the table changes in the reference."""

ONLY_CLIP = frozenset({"both towers"})
"""Rows that need an encoder whose image tower can move."""

Metrics = Mapping[str, float]
FineTune = Callable[[TrainConfig], TrainResult]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is not there yet and write the tables."""
    from training.fine_tuning.run import fine_tune

    options = _parser().parse_args(arguments)
    config = TrainConfig(
        sources=tuple(options.captions),
        photos=options.photos,
        dev=tuple(options.dev),
        dev_photos=options.dev_photos,
        out=options.out,
        encoder=options.encoder,
        tune=options.tune,
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
    )
    chosen = options.only or [
        name for name in VARIANTS if options.encoder != "starter" or name not in ONLY_CLIP
    ]
    ablate(config, chosen, options.seeds, fine_tune)


def ablate(
    config: TrainConfig, variants: Sequence[str], seeds: Sequence[int], fine_tune: FineTune
) -> dict[str, Any]:
    """Train every variant with every seed.

    Args:
        config: the reference; its ``out`` gets the tables and a folder ``runs``.
        variants: names of :data:`VARIANTS`.
        seeds: one run each.
        fine_tune: what trains a config, or hands out the result of one that was trained before.

    Returns:
        The table, as ``ablation.json`` holds it.
    """
    found: dict[str, dict[int, Metrics]] = {}
    before: Metrics | None = None
    table: dict[str, Any] = {}
    # All variants with the first seed come first: half a table says something already.
    for seed in seeds:
        for name in variants:
            run = config.out / "runs" / f"{_slug(name)}.{seed}"
            result = fine_tune(replace(config, out=run, seed=seed, **VARIANTS[name]))
            found.setdefault(name, {})[seed] = _metrics(result, "after")
            before = before or _metrics(result, "before")
            # The metrics stay, and with them the mark that this run is done.
            for weights in run.glob("*.safetensors"):
                weights.unlink()
            table = summarise(before, found)
            _write(config.out, table)
    return table


def summarise(before: Metrics, found: Mapping[str, Mapping[int, Metrics]]) -> dict[str, Any]:
    """Mean and spread (sample standard deviation) over the seeds, and the gain on the reference.

    The gain is the mean of the differences from the reference with the same seed.
    """
    rows: dict[str, Any] = {BEFORE: {"seeds": [], **{m: {"mean": before[m]} for m in METRICS}}}
    reference = found.get(REFERENCE, {})
    for name, runs in found.items():
        row: dict[str, Any] = {"seeds": sorted(runs), "changes": dict(VARIANTS.get(name, {}))}
        for metric in METRICS:
            values = [runs[seed][metric] for seed in sorted(runs)]
            row[metric] = {
                "mean": round(statistics.fmean(values), 4),
                "spread": round(statistics.stdev(values), 4) if len(values) > 1 else None,
                "values": values,
            }
            shared = sorted(set(runs) & set(reference))
            if shared and name != REFERENCE:
                gains = [runs[seed][metric] - reference[seed][metric] for seed in shared]
                row[metric]["gain"] = round(statistics.fmean(gains), 4)
        rows[name] = row
    return rows


def markdown(table: Mapping[str, Any]) -> str:
    """The table for people, in percent (MRR as well)."""
    lines = [
        f"| | seeds | {' | '.join(METRICS)} |",
        f"|---|---|{'---|' * len(METRICS)}",
    ]
    for name, row in table.items():
        cells = [_cell(row[metric]) for metric in METRICS]
        lines.append(f"| {name} | {len(row['seeds']) or ''} | {' | '.join(cells)} |")
    lines += [
        "",
        "Percent on dev: mean over the seeds ± their standard deviation "
        "(mean difference from the reference with the same seed).",
    ]
    return "\n".join(lines) + "\n"


def _cell(figure: Mapping[str, Any]) -> str:
    text = f"{100 * figure['mean']:.1f}"
    if figure.get("spread") is not None:
        text += f" ± {100 * figure['spread']:.1f}"
    if "gain" in figure:
        text += f" ({100 * figure['gain']:+.1f})"
    return text


def _metrics(result: TrainResult, when: str) -> Metrics:
    metrics = result.metrics["dev"][when]
    return {metric: float(metrics[metric]) for metric in METRICS}


def _write(folder: Path, table: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(table, indent=1, ensure_ascii=False)
    (folder / "ablation.json").write_text(text + "\n", encoding="utf-8")
    (folder / "ablation.md").write_text(markdown(table), encoding="utf-8")


def _slug(name: str) -> str:
    return name.replace(",", "").replace(" ", "-")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--captions", type=Path, nargs="+", required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--dev", type=Path, nargs="+", required=True)
    parser.add_argument("--dev-photos", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--encoder", default="starter")
    parser.add_argument("--tune", choices=["text", "head"], default="text")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=TrainConfig.batch_size)
    parser.add_argument("--learning-rate", type=float, default=TrainConfig.learning_rate)
    parser.add_argument("--only", nargs="+", choices=list(VARIANTS), metavar="ROW")
    return parser


if __name__ == "__main__":
    main()
