"""What surrounds a run: the program that watches it, and the machine it runs on."""

import os
import platform
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.encoders.base import Encoder


@dataclass(frozen=True)
class Progress:
    """How far a stage of the run is.

    Attributes:
        stage: ``photos`` while they are embedded, ``steps`` while it trains.
        done: of ``total``.
        total: photos or steps.
        more: loss, hit@30 on dev, pairs a second, as one text.
    """

    stage: str
    done: int
    total: int
    more: str = ""


def _load(name: str) -> "Encoder":
    from retrieval.encoders import load_encoder

    return load_encoder(name)


@dataclass(frozen=True)
class Reporter:
    """How a run loads its encoder and tells of its progress.

    Attributes:
        load_encoder: by name or folder.
        watch: told of the progress.
        note: told in one line what happens.
    """

    load_encoder: "Callable[[str], Encoder]" = _load
    watch: Callable[[Progress], None] = lambda progress: None
    note: Callable[[str], None] = lambda line: None


def hardware() -> str:
    """Processor, cores and accelerator, in words."""
    import torch

    parts = [f"{_processor()}, {os.cpu_count()} cores", f"{torch.get_num_threads()} threads"]
    if torch.cuda.is_available():
        parts.append(f"{torch.cuda.device_count()} x {torch.cuda.get_device_name()}")
    return ", ".join(parts)


def software() -> str:
    """The libraries whose versions matter."""
    import torch
    import transformers

    return (
        f"Python {platform.python_version()}, torch {torch.__version__}, "
        f"transformers {transformers.__version__}"
    )


def commit() -> str:
    """Photopal's git commit, marked when files differ from it; its version where there is none."""
    here = Path(__file__).resolve().parents[2]
    try:
        if (here / ".git").exists():
            head = _git(here, "rev-parse", "--short=12", "HEAD")
            changed = _git(here, "status", "--porcelain", "--untracked-files=no")
            return f"{head}{' with changes' if changed else ''}"
    except (OSError, subprocess.SubprocessError):
        pass
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"photopal {version('photopal')}"
    except PackageNotFoundError:
        return "unknown"


def _git(folder: Path, *command: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *command], capture_output=True, text=True, timeout=10, check=True
    )
    return done.stdout.strip()


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
