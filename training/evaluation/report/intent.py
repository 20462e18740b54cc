"""The table of an evaluation of when to share."""

from collections.abc import Mapping
from typing import Any

from training.evaluation.report.markdown import percent, table

NOTE = (
    'Precision, recall and F1 are of "share now", at every turn up to the share. PhotoChat\'s '
    "paper: BERT-base F1 53.2, T5-3B 58.9, trained on 10,286 dialogues."
)


def intent_markdown(report: Mapping[str, Any]) -> str:
    """The table of :func:`training.evaluation.intent_run.evaluate_intent`."""
    rows = []
    for name, one in report["systems"].items():
        threshold = one.get("threshold")
        rows.append(
            (
                name,
                percent(one["precision"]),
                percent(one["recall"]),
                percent(one["f1"]),
                "" if threshold is None else f"{threshold:.3f}",
            )
        )
    tuned = report["tuned_on"]
    where = f"; threshold chosen on {tuned} other dialogues" if tuned else ""
    counts = f"{report['n']} turns of {report['dialogues']} dialogues, {report['shares']} shares"
    lines = [
        "# When to share",
        "",
        f"{counts}{where}.",
        "",
        *table(("decision", "precision", "recall", "F1", "threshold"), rows),
        "",
        NOTE,
    ]
    return "\n".join(lines) + "\n"
