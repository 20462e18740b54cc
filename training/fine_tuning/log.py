"""The run's log: JSON Lines, one object an interval and one an epoch."""

import json
from collections.abc import Mapping
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
