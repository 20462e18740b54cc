"""Whether recipes still give the figures that are known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.bench.measures import RANK_SCORE
from training.bench.recipes import Expected, Recipe
from training.bench.result import NotMeasured, Row

OK, DRIFT, NOT_HERE = "ok", "FAIL", "not measured here"


@dataclass(frozen=True)
class Checked:
    """One expected figure.

    Attributes:
        recipe: its name.
        verdict: ``ok``, ``FAIL`` or ``not measured here``.
        measure: its name; "" where nothing was measured.
        found: the figure; None where nothing was measured.
        expected: what is known; None where nothing was measured.
        reason: why nothing was measured.
    """

    recipe: str
    verdict: str
    measure: str = ""
    found: float | None = None
    expected: Expected | None = None
    reason: str = ""

    def told(self) -> str:
        """One line for people."""
        if self.expected is None or self.found is None:
            return f"{self.verdict}  {self.recipe}: {self.reason}"
        return (
            f"{self.verdict}  {self.recipe}  {self.measure} {self.found:.4g}, expected "
            f"{self.expected.value:g} ± {self.expected.tolerance:g} ({self.expected.source})"
        )

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        found: dict[str, Any] = {"recipe": self.recipe, "verdict": self.verdict}
        if self.expected is None:
            return found | {"reason": self.reason}
        return found | {
            "measure": self.measure,
            "found": self.found,
            **self.expected.model_dump(),
        }


def with_expectations(recipes: Mapping[str, Recipe]) -> dict[str, Recipe]:
    """Those of which a figure is known."""
    return {name: recipe for name, recipe in recipes.items() if recipe.expected}


def checked(recipes: Mapping[str, Recipe], rows: Sequence[Row]) -> list[Checked]:
    """What became of every expected figure.

    Args:
        recipes: that were measured.
        rows: what they gave, in their order.
    """
    found = []
    for (name, recipe), row in zip(recipes.items(), rows, strict=True):
        if isinstance(row, NotMeasured):
            found.append(Checked(name, DRIFT if row.failed else NOT_HERE, reason=row.reason))
            continue
        for measure, expected in recipe.expected.items():
            figure = row.measures[measure]
            value = figure.total if measure == RANK_SCORE else figure.mean
            # Figures are kept with six digits.
            fits = abs(value - expected.value) <= expected.tolerance + 1e-6
            found.append(Checked(name, OK if fits else DRIFT, measure, value, expected))
    return found
