"""The report as LaTeX tables, in the manner of the package booktabs."""

import re

from training.bench.measures import RANK_SCORE
from training.bench.report.tables import Section, Tables, measure_head, shown
from training.bench.result import Result

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "→": r"$\rightarrow$",
    "–": "--",
    "−": "$-$",
}
_ESCAPED = re.compile(r"[\\~^→–−&%$#_{}]")


def latex(tables: Tables) -> str:
    """One ``table`` a data set, best figures in bold; the document loads ``booktabs``."""
    return "\n".join(["% \\usepackage{booktabs}", *(_table(one) for one in tables.sections)])


def _table(section: Section) -> str:
    facts = section.results[0].dataset
    head = " & ".join(["recipe", *(escaped(measure_head(name)) for name in section.measures)])
    rows = [
        " & ".join([escaped(one.name), *(_cell(section, one, m) for m in section.measures)])
        for one in section.results
    ]
    caption = (
        f"{escaped(section.title)}: {facts.photos:,} photos, {facts.queries:,} queries, in \\%, "
        "with half the width of the 95\\,\\% bootstrap interval."
    )
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{caption}}}",
            rf"\begin{{tabular}}{{l{'r' * len(section.measures)}}}",
            r"\toprule",
            head + r" \\",
            r"\midrule",
            *(row + r" \\" for row in rows),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _cell(section: Section, result: Result, name: str) -> str:
    figure = result.measures.get(name)
    if figure is None:
        return "--"
    text = shown(figure, name)
    if section.is_best(result, name):
        text = rf"\textbf{{{text}}}"
    if name == RANK_SCORE:
        return text
    return rf"{text} {{\scriptsize$\pm${50 * (figure.high - figure.low):.1f}}}"


def escaped(text: str) -> str:
    """A text that LaTeX sets as it is."""
    return _ESCAPED.sub(lambda found: _SPECIAL.get(found[0], f"\\{found[0]}"), text)
