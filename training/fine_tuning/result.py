"""What came out of a run."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

NAME = "result.json"


@dataclass(frozen=True)
class TrainResult:
    """A finished run.

    Attributes:
        folder: the encoder.
        metrics: ``{"dev": {"before", "after"}, "test": {...}}``: hit@k and MRR with intervals, of
            the encoder as it was and as the folder gives it.
        alpha: share of the tuned weights in the result; 0 is the encoder as it was.
        alphas: figure on dev of each share that was tried.
        epochs_run: epochs that were trained.
        best_epoch: the one whose weights were taken.
        batch_size: texts a step and process.
        data: counts of examples and photos, and of what was left out, by reason.
        seconds: of the training, all its parts together.
        pairs_per_second: of the last part, evaluation included.
        library_stays_valid: whether photos keep their vectors.
        settings: of the config.
        machine: hardware, software, git commit.
    """

    folder: Path
    metrics: Mapping[str, Mapping[str, Mapping[str, Any]]]
    alpha: float
    alphas: Mapping[str, float]
    epochs_run: int
    best_epoch: int
    batch_size: int
    data: Mapping[str, Any]
    seconds: float
    pairs_per_second: float
    library_stays_valid: bool
    settings: Mapping[str, Any] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)

    @property
    def skipped(self) -> Mapping[str, int]:
        """What was left out, by reason: photos, and texts."""
        return {**self.data["skipped_photos"], **self.data["problems"]}

    def as_dict(self) -> dict[str, Any]:
        """The JSON of ``photopal train``."""
        found = asdict(self)
        found["folder"] = str(self.folder)
        return {"encoder": found.pop("folder"), **found.pop("metrics"), **found}

    def write(self) -> None:
        """Keep it in the folder."""
        text = json.dumps(self.as_dict(), indent=1, ensure_ascii=False)
        (self.folder / NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """What a folder keeps; None when its run has not ended."""
        try:
            found = json.loads((folder / NAME).read_text(encoding="utf-8"))
            del found["encoder"]
            metrics = {name: found.pop(name) for name in ("dev", "test") if name in found}
            return cls(folder=folder, metrics=metrics, **found)
        except (OSError, ValueError, KeyError, TypeError):
            return None
