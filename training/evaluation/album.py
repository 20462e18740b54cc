"""AlbumChat: dialogues that say when, where and what not, over one person's album.

A dialogue of kind ``no_answer`` asks for a photo that is not there: right is to say so. Any of the
``relevant`` photos of another is a hit, since near-duplicates of one moment are equally right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from bot.dialogues.dialogue import Dialogue
from retrieval.library import Library
from retrieval.search.filters import DateRange, Filter, Place
from training.errors import EvaluationError
from training.evaluation.queries import EvalQuery
from training.evaluation.recorded import json_lines

NO_ANSWER = "no_answer"
EXCLUDE = "exclude"


@dataclass(frozen=True)
class RecordedPlan:
    """What a recorded answer of an LLM says beside the descriptors."""

    when: tuple[DateRange, ...] = ()
    where: tuple[Place, ...] = ()
    exclude: str = ""


class AlbumPlanner:
    """Says when, where and what not: of recorded answers, else by reading the dialogue."""

    def __init__(self, library: Library, answers: Mapping[str, RecordedPlan]) -> None:
        """Plan searches of this library.

        Args:
            library: whose places are known.
            answers: recorded plans by dialogue id, for the query "recorded".
        """
        from bot.intent.where import KnownPlaces

        facts = library.facts()
        self._places = KnownPlaces(facts.places, {folder.name for folder in facts.folders})
        self._answers = answers

    def planned(
        self, kind: str, dialogues: Sequence[Dialogue], asked: list[EvalQuery]
    ) -> list[EvalQuery]:
        """The queries of one kind with what they filter by and exclude."""
        return [
            self._planned(kind, dialogue, one)
            for dialogue, one in zip(dialogues, asked, strict=True)
        ]

    def _planned(self, kind: str, dialogue: Dialogue, asked: EvalQuery) -> EvalQuery:
        from bot.intent.dialogue_plan import plan_of

        if dialogue.album is None:
            return asked
        plan = self._answers.get(dialogue.id) if kind == "recorded" else None
        when, where, exclude = (
            (plan.when, plan.where, plan.exclude) if plan is not None else ((), (), "")
        )
        if plan is None:
            said = plan_of(dialogue.conversation(), now=dialogue.album.now, places=self._places)
            when, where, exclude = said.when, said.where, said.exclude
        return replace(asked, filter=Filter(dates=when, places=where), exclude=exclude)


def read_plans(path: Path) -> dict[str, RecordedPlan]:
    """The plans of recorded answers by dialogue id.

    Lines of ``{"id", "when": {"from", "to"} or null, "where": {"city", "country"} or null,
    "exclude": ""}``; the descriptors beside them are read elsewhere.

    Raises:
        EvaluationError: there is no such file, or a line has another shape.
    """
    found = {}
    for number, line in json_lines(path):
        try:
            found[str(line["id"])] = RecordedPlan(
                _when(line.get("when")), _where(line.get("where")), str(line.get("exclude") or "")
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise EvaluationError(
                f'{path}, line {number}: expected {{"id": …, "when": {{"from": "2022-07-01", '
                '"to": "2022-07-31"} or null, "where": {"city": …, "country": …} or null}'
            ) from None
    return found


def _when(value: Any) -> tuple[DateRange, ...]:
    if not value:
        return ()
    first, last = (date.fromisoformat(day) if day else None for day in (value["from"], value["to"]))
    return (DateRange(first, last),)


def _where(value: Any) -> tuple[Place, ...]:
    if not value:
        return ()
    place = Place(city=str(value.get("city") or ""), country=str(value.get("country") or ""))
    return (place,) if place else ()
