"""What people set in the page, kept from one visit to the next."""

import json
import logging
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.assistant import Choices
from retrieval.files import write_text

log = logging.getLogger(__name__)

MAX_PEOPLE = 1_000


class KeptChoices:
    """A small JSON file of choices by person. Safe to use from several threads.

    Nobody's conversation depends on it: a file that cannot be read or written is the same as none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._guard = threading.Lock()

    def of(self, person: str, fallback: Choices, *, llm: bool) -> Choices:
        """The choices of a person, or ``fallback`` where none are kept."""
        with self._guard:
            known = self._read().get(person)
        return Choices.of(known, fallback, llm=llm) if isinstance(known, dict) else fallback

    def keep(self, person: str, choices: Choices) -> None:
        """Remember the choices of a person."""
        with self._guard:
            people = self._read()
            people.pop(person, None)
            people[person] = asdict(choices)
            kept = dict(list(people.items())[-MAX_PEOPLE:])
            try:
                write_text(self.path, json.dumps(kept))
            except OSError as error:
                log.warning("settings cannot be kept in %s: %s", self.path, error.strerror)

    def _read(self) -> dict[str, Any]:
        try:
            people = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return people if isinstance(people, dict) else {}
