"""The folder of a run: whose it is, and what may be written into it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.errors import CheckpointUnusable, TrainingError
from training.fine_tuning import log, result
from training.fine_tuning.checkpoints import Checkpoints, disk_full

RUN = "run.json"


class RunFolder:
    """``OUT``: run.json, checkpoints and the log while it trains; an encoder in the end.

    Attributes:
        path: the folder.
        run: digest of settings, data and encoder.
    """

    def __init__(self, path: Path, run: str, settings: Mapping[str, Any]) -> None:
        """Nothing is written yet."""
        self.path = path.expanduser().absolute()
        self.run = run
        self._settings = settings

    @property
    def checkpoints(self) -> Path:
        """Where they lie."""
        return self.path / "checkpoints"

    def claim(self, fresh: bool) -> None:
        """Make the folder this run's own.

        Raises:
            TrainingError: it holds something else.
            CheckpointUnusable: it holds another run.
            DiskFull: it cannot even be begun.
        """
        marker = self._read()
        if marker is None:
            if self.path.exists() and not self.path.is_dir():
                raise TrainingError(f"{self.path} is a file: choose another --out")
            if self.path.is_dir() and any(self.path.iterdir()):
                raise TrainingError(
                    f"{self.path} holds other files: choose an empty or a new folder for --out"
                )
        elif fresh:
            Checkpoints(self.checkpoints, self.run).remove()
            for name in (log.NAME, result.NAME, RUN):
                (self.path / name).unlink(missing_ok=True)
            marker = None
        elif marker.get("run") != self.run:
            raise CheckpointUnusable(
                f"{self.path} holds another run ({self._difference(marker)}): "
                "choose another --out, or begin anew with --fresh"
            )
        if marker is None:
            with disk_full(lambda: "nothing was trained yet"):
                self.path.mkdir(parents=True, exist_ok=True)
                self.keep({})

    def kept(self, name: str) -> Any:
        """What :meth:`keep` kept under a name; None when nothing."""
        return (self._read() or {}).get(name)

    def keep(self, values: Mapping[str, Any]) -> None:
        """Keep values for a continuation."""
        content = {
            **(self._read() or {}),
            "run": self.run,
            "settings": dict(self._settings),
            **values,
        }
        part = self.path / f".{RUN}.part"
        part.write_text(json.dumps(content, indent=1), encoding="utf-8")
        part.replace(self.path / RUN)

    def _read(self) -> dict[str, Any] | None:
        try:
            found = json.loads((self.path / RUN).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def _difference(self, marker: Mapping[str, Any]) -> str:
        from training.fine_tuning.plan import NOT_OF_THE_WEIGHTS

        before = marker.get("settings") or {}
        names = [
            name
            for name, value in self._settings.items()
            if name not in NOT_OF_THE_WEIGHTS and before.get(name) != value
        ]
        if names:
            return "with another " + ", ".join(names[:4]).replace("_", " ")
        return "on other data, or from another encoder"
