"""The tables of an evaluation, for a README or a paper's appendix."""

from collections.abc import Mapping, Sequence
from typing import Any

HIT = ("hit@1", "hit@5", "hit@10", "hit@30")

NOTE = (
    "hit@k: the right one is among the first k (with one right one, also R@k). hit@30 is what the "
    'course behind PhotoChat\'s leaderboard publishes as "Precision@30"; precision in the sense of '
    "trec_eval (P_30) cannot exceed 1/30 here. Every dialogue counts: one without photo, query or "
    "answer is a miss. In brackets: 95 % bootstrap intervals."
)


def markdown(report: Mapping[str, Any]) -> str:
    """All tables of :meth:`training.evaluation.run.Evaluation.as_dict`."""
    systems = systems_of(report)
    lead = systems[0]
    lines = [
        "# Evaluation",
        "",
        f"{lead['n']} dialogues, ranking {report['against']}, pool of {lead['pool']}.",
        "",
        *results_table(systems),
        "",
        NOTE,
    ]
    if any("only_available" in one for one in systems):
        lines += ["", "## Only dialogues whose photo is there", ""]
        lines += results_table(
            [{"system": one["system"], **one["only_available"]} for one in systems]
        )
    if report.get("comparisons"):
        lines += ["", f"## {cell(lead['system'])} against the others, paired", ""]
        lines += _comparisons(report["comparisons"])
    if "kinds" in lead:
        lines += ["", "## By kind of request", ""]
        lines += _by_kind(systems)
    lines += ["", f"## Misses of {cell(lead['system'])}", ""]
    lines += table(
        ("reason", "dialogues"),
        [(reason, str(count)) for reason, count in lead["misses_by_reason"].items()],
    )
    lines += ["", "## By number of turns", ""]
    lines += _by_turns(systems)
    if "by_empty_field" in lead:
        lines += ["", f"## Descriptors of {cell(lead['system'])}", ""]
        lines += _by_field(lead["by_empty_field"])
    if report.get("problems"):
        lines += ["", "## Oddities of the files", ""]
        lines += table(
            ("what", "how many"), [(name, str(n)) for name, n in report["problems"].items()]
        )
    if report.get("llm"):
        lines += ["", "## The LLM", ""]
        lines += table(("", ""), [(name, str(n)) for name, n in report["llm"].items()])
    return "\n".join(lines) + "\n"


def systems_of(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The numbers of every system, the leading one first."""
    return list(report["systems"].values()) if "systems" in report else [report]


def results_table(systems: Sequence[Mapping[str, Any]]) -> list[str]:
    """One row a system, and chance."""
    head = [
        "system",
        "n",
        "hit@1",
        "hit@5",
        "hit@10",
        "hit@30 = P@30 as published",
        "Sum(1,5,10)",
        "MRR",
        "nDCG@10",
        "MAP@30",
        "median rank",
    ]
    rows = []
    for one in systems:
        hits = [f"{percent(one[name])} {_interval(one['ci95'][name])}" for name in HIT]
        rows.append(
            (
                str(one["system"]),
                str(one["n"]),
                *hits,
                percent(one["recall_sum@1,5,10"]),
                f"{one['mrr']:.3f} [{one['ci95']['mrr'][0]:.3f}, {one['ci95']['mrr'][1]:.3f}]",
                f"{one['ndcg@10']:.3f}",
                f"{one['map@30']:.3f}",
                f"{one['median_rank']:g}",
            )
        )
    chance = systems[0].get("chance")
    if chance:
        middle = f"{(systems[0]['pool'] + 1) / 2:g}"
        hits = [percent(chance[name]) for name in HIT]
        rows.append(("*chance*", "", *hits, "", f"{chance['mrr']:.3f}", "", "", middle))
    return table(head, rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    return [
        "| " + " | ".join(map(cell, head)) + " |",
        "|" + " --- |" * len(head),
        *("| " + " | ".join(map(cell, row)) + " |" for row in rows),
    ]


def cell(text: str) -> str:
    """A text that stays in its cell."""
    return " ".join(str(text).split()).replace("|", "\\|")


def percent(value: float) -> str:
    """``0.169`` gives ``16.9``."""
    return f"{100 * value:.1f}"


def _interval(bounds: Sequence[float]) -> str:
    return f"[{percent(bounds[0])}, {percent(bounds[1])}]"


def _comparisons(comparisons: Sequence[Mapping[str, Any]]) -> list[str]:
    return table(
        ("against", "measure", "difference", "p", "p (Holm)", ""),
        [
            (
                one["b"],
                one["measure"],
                f"{one['difference']:+.3f}",
                f"{one['p']:.3g}",
                f"{one['p_adjusted']:.3g}",
                "significant" if one["significant"] else "could be luck",
            )
            for one in comparisons
        ],
    )


def _by_kind(systems: Sequence[Mapping[str, Any]]) -> list[str]:
    def share(value: float | None) -> str:
        return "" if value is None else percent(value)

    rows = []
    for one in systems:
        for kind, numbers in one["kinds"].items():
            names = ("above_excluded", "excluded_first", "refused")
            hits = [share(numbers[name]) for name in ("hit@1", "hit@5", "hit@30")]
            more = [share(numbers.get(name)) for name in names]
            rows.append((one["system"], kind, str(numbers["n"]), *hits, *more))
        refused = one.get("refused")
        if refused:
            rows.append((one["system"], "all answerable", *[""] * 6, share(refused["answerable"])))
    head = (
        "system",
        "kind",
        "n",
        "hit@1",
        "hit@5",
        "hit@30",
        "above the excluded",
        "excluded first",
        "refused",
    )
    return table(head, rows)


def _by_turns(systems: Sequence[Mapping[str, Any]]) -> list[str]:
    buckets = list(systems[0]["by_turns"])
    counts = [f"{name} turns (n = {systems[0]['by_turns'][name]['n']})" for name in buckets]
    return table(
        ("hit@30 of", *counts),
        [
            (one["system"], *(percent(one["by_turns"][name]["hit@30"]) for name in buckets))
            for one in systems
        ],
    )


def _by_field(fields: Mapping[str, Any]) -> list[str]:
    def half(value: Mapping[str, Any]) -> str:
        return f"{percent(value['hit@30'])} (n = {value['n']})" if value["n"] else "-"

    return table(
        ("field", "hit@30 when it is empty", "when it is filled"),
        [(name, half(one["empty"]), half(one["filled"])) for name, one in fields.items()],
    )
