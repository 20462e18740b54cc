"""The folder of a run: its lock, its ``run.json``, and what a continuation finds there."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from retrieval.files import write_text
from training.errors import CheckpointUnusable, TrainingError
from training.fine_tuning import log, result
from training.fine_tuning.checkpoints import Checkpoints, disk_full
from training.fine_tuning.config import settings_of_weights

RUN = "run.json"
LOCK = ".lock"


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
        self._lock = FileLock(self.path / LOCK, timeout=0)

    @property
    def checkpoints(self) -> Path:
        """Where they lie."""
        return self.path / "checkpoints"

    def claim(self, fresh: bool) -> None:
        """Make the folder this run's own, until :meth:`release`.

        Raises:
            TrainingError: it holds something else, or another process trains into it.
            CheckpointUnusable: it holds another run.
            DiskFull: it cannot even be begun.
        """
        if self.path.exists() and not self.path.is_dir():
            raise TrainingError(f"{self.path} is a file: choose another --out")
        if self._read() is None and self.path.is_dir() and self._foreign():
            raise TrainingError(
                f"{self.path} holds other files: choose an empty or a new folder for --out"
            )
        with disk_full(lambda: "nothing was trained yet"):
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire()
            except Timeout:
                raise TrainingError(
                    f"another process trains into {self.path} right now: "
                    "wait for it, or choose another --out"
                ) from None
        try:
            self._take(fresh)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let other processes have the folder; harmless when it is not claimed.

        The lock's file stays: who removes it takes it from whoever is about to hold it.
        """
        self._lock.release()

    def _take(self, fresh: bool) -> None:
        marker = self._read()
        if marker is not None and fresh:
            self._clear(marker)
            marker = None
        elif marker is not None and marker.get("run") != self.run:
            raise CheckpointUnusable(
                f"{self.path} holds another run ({self._difference(marker)}): "
                "choose another --out, or begin anew with --fresh"
            )
        if marker is None:
            with disk_full(lambda: "nothing was trained yet"):
                self.keep({})

    def files(self) -> dict[str, int]:
        """Names of the files in it, and when each was written."""
        found = (path for path in self.path.iterdir() if path.is_file())
        return {path.name: path.stat().st_mtime_ns for path in found}

    def finished(self, before: Mapping[str, int]) -> None:
        """Remember which files were written since ``before``, for whoever begins anew."""
        written = self.files().items() - before.items()
        self.keep({"files": sorted(name for name, _ in written if not _is_own(name))})

    def _clear(self, marker: Mapping[str, Any]) -> None:
        """What the run before left; an encoder of another kind would keep some of its files."""
        Checkpoints(self.checkpoints, self.run).remove()
        for name in (*marker.get("files", ()), log.NAME, result.RESULT_NAME, RUN):
            (self.path / Path(name).name).unlink(missing_ok=True)

    def _foreign(self) -> bool:
        # A run that was killed before it had begun leaves these.
        return any(not _is_own(path.name) for path in self.path.iterdir())

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
        write_text(self.path / RUN, json.dumps(content, indent=1))

    def _read(self) -> dict[str, Any] | None:
        try:
            found = json.loads((self.path / RUN).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def _difference(self, marker: Mapping[str, Any]) -> str:
        before = marker.get("settings") or {}
        names = [
            name
            for name, value in settings_of_weights(self._settings).items()
            if before.get(name) != value
        ]
        if names:
            return "with another " + ", ".join(names[:4]).replace("_", " ")
        return "on other data, or from another encoder"


def _is_own(name: str) -> bool:
    """Whether a file is no result: the lock, or run.json while it is written."""
    return name == LOCK or (name.startswith(f".{RUN}.") and name.endswith(".part"))
