"""The numbered migrations of the history: one set of files for each kind of database."""

import re
from functools import cache
from importlib import resources
from typing import Literal

Dialect = Literal["sqlite", "postgres"]
"""The same numbers stand in both folders, and make the same tables and columns."""

_FOLDERS: dict[Dialect, str] = {"sqlite": ".", "postgres": "postgres"}


def migrations(after: int = 0, dialect: Dialect = "sqlite") -> list[tuple[int, str]]:
    """Number and SQL of each migration with a higher number, in order."""
    found = []
    for file in resources.files("bot.history.migrations").joinpath(_FOLDERS[dialect]).iterdir():
        number = re.match(r"(\d+)_\w+\.sql$", file.name)
        if number and int(number[1]) > after:
            found.append((int(number[1]), file.read_text(encoding="utf-8")))
    return sorted(found)


@cache
def latest_version(dialect: Dialect = "sqlite") -> int:
    """The schema version that this program writes."""
    return max(number for number, _ in migrations(dialect=dialect))
