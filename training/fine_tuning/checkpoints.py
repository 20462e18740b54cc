"""Checkpoints that survive a kill, a full disk and foreign files.

A checkpoint is a folder ``checkpoint-STEP`` of safetensors and JSON; nothing in it is a pickle. It
is written under another name and gets its own when whole; ``complete.json``, written last, holds
the size and hash of every file. What lacks it, or does not agree with it, is put aside, and the
run goes on from the one before.
"""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from retrieval.encoders.folder import PICKLE_SUFFIXES
from retrieval.files import file_hash
from training.errors import CheckpointUnusable, DiskFull

COMPLETE = "complete.json"
KEPT = 2
"""Checkpoints that are kept: the newest, and one to fall back on should it be damaged."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_WORDS = ("no space left", "file too large", "disk quota", "os error 28", "os error 27")


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint."""

    folder: Path
    step: int

    def __str__(self) -> str:
        """Its folder."""
        return str(self.folder)

    def tensors(self, name: str) -> dict[str, Tensor]:
        """The tensors of ``NAME.safetensors``.

        Raises:
            CheckpointUnusable: it is missing or damaged.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        path = self.folder / f"{name}.safetensors"
        try:
            return {_name_today(name): value for name, value in load_file(path).items()}
        except (OSError, SafetensorError) as error:
            raise CheckpointUnusable(f"{path} cannot be read: {error}") from error

    def has(self, name: str) -> bool:
        """Whether there is a ``NAME.safetensors``."""
        return (self.folder / f"{name}.safetensors").is_file()

    def json(self, name: str) -> dict[str, Any]:
        """The object of ``NAME.json``.

        Raises:
            CheckpointUnusable: it is missing or damaged.
        """
        path = self.folder / f"{name}.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CheckpointUnusable(f"{path} cannot be read: {error}") from error
        if not isinstance(found, dict):
            raise CheckpointUnusable(f"{path} holds no JSON object")
        return found


class Checkpoints:
    """The checkpoints of one run.

    Attributes:
        folder: that holds them.
        run: digest of the run's settings, data and encoder; those of other runs are refused.
    """

    def __init__(self, folder: Path, run: str, note: Callable[[str], None] | None = None) -> None:
        """The folder need not exist; ``note`` is told what is put aside."""
        self.folder = folder
        self.run = run
        self._note = note or (lambda line: None)

    def newest(self) -> Checkpoint | None:
        """The newest whole checkpoint; whatever is not whole is put aside.

        Raises:
            CheckpointUnusable: it belongs to another run, or its weights are a pickle.
        """
        self._clear_parts()
        for step, folder in self._found():
            refuse_pickles(folder)
            reason = damage(folder)
            if reason is None:
                found = Checkpoint(folder, step)
                if (other := found.json("complete").get("run")) != self.run:
                    raise CheckpointUnusable(
                        f"{folder} belongs to another run ({str(other)[:8]}, this one is "
                        f"{self.run[:8]}): choose another --out, or begin anew with --fresh"
                    )
                return found
            aside = _free(folder.with_name(f"damaged-{folder.name}"))
            folder.rename(aside)
            self._note(f"{folder.name} is not whole ({reason}); put aside as {aside.name}")
        return None

    @contextmanager
    def writing(self, step: int) -> Iterator[Path]:
        """A folder to write a checkpoint into; it becomes one when the block ends well.

        Raises:
            DiskFull: it does not fit; the one before stays.
        """
        final = self.folder / f"checkpoint-{step}"
        part = self.folder / f".part-{step}"
        try:
            with disk_full(self.kept):
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir(parents=True)
                yield part
                _complete(part, self.run)
                if final.exists():
                    shutil.rmtree(final)
                os.replace(part, final)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        for _, old in self._found()[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)

    def kept(self) -> str:
        """What remains of the run, in words, for the message of a failure."""
        found = self._found()
        if not found:
            return "there is no checkpoint yet"
        return f"the last good checkpoint is kept: {found[0][1]}"

    def remove(self) -> None:
        """Delete all of them, and nothing else."""
        self._clear_parts()
        for _, folder in self._found():
            shutil.rmtree(folder, ignore_errors=True)
        for folder in self.folder.glob("damaged-checkpoint-*"):
            shutil.rmtree(folder, ignore_errors=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _found(self) -> list[tuple[int, Path]]:
        found = []
        for folder in self.folder.glob("checkpoint-*"):
            step = folder.name.removeprefix("checkpoint-")
            if folder.is_dir() and step.isdecimal():
                found.append((int(step), folder))
        return sorted(found, reverse=True)

    def _clear_parts(self) -> None:
        for part in self.folder.glob(".part-*"):
            shutil.rmtree(part, ignore_errors=True)


def save_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors as safetensors, whatever device and layout they have."""
    from safetensors.torch import save_file

    # Cloned, because safetensors refuses tensors that share memory.
    whole = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    save_file(whole, path)


def damage(folder: Path) -> str | None:
    """Why a checkpoint is not whole; None when it is."""
    try:
        marker = json.loads((folder / COMPLETE).read_text(encoding="utf-8"))
        files = dict(marker["files"])
    except FileNotFoundError:
        return f"it lacks {COMPLETE}"
    except (OSError, ValueError, KeyError, TypeError):
        return f"its {COMPLETE} is damaged"
    for name, (size, digest) in files.items():
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        if path.stat().st_size != size or file_hash(path) != digest:
            return f"{name} is damaged"
    return None


def refuse_pickles(folder: Path) -> None:
    """Refuse a checkpoint that holds a pickle.

    Raises:
        CheckpointUnusable: it does.
    """
    for path in sorted(folder.iterdir()):
        if path.suffix in PICKLE_SUFFIXES:
            raise CheckpointUnusable(
                f"{path} is a pickle, which is never read: checkpoints are safetensors"
            )


def fit(weights: Mapping[str, Tensor], expected: Mapping[str, Tensor], origin: object) -> None:
    """Check that weights are those of this model.

    Raises:
        CheckpointUnusable: a name or a shape differs.
    """
    for name, tensor in expected.items():
        if name not in weights:
            raise CheckpointUnusable(f"{origin} is of another architecture: it lacks {name}")
        if weights[name].shape != tensor.shape:
            raise CheckpointUnusable(
                f"{origin} is of another architecture: its {name} is "
                f"{list(weights[name].shape)}, not {list(tensor.shape)}"
            )
    if more := sorted(set(weights) - set(expected)):
        raise CheckpointUnusable(f"{origin} is of another architecture: {more[0]} is unknown here")


@contextmanager
def disk_full(kept: Callable[[], str]) -> Iterator[None]:
    """Turn whatever a library says of a full disk into :class:`DiskFull`.

    Args:
        kept: says what remains, when it is needed.
    """
    try:
        yield
    except Exception as error:
        number = error.errno if isinstance(error, OSError) else None
        said = str(error).lower()
        if number in _FULL or any(words in said for words in _FULL_WORDS):
            raise DiskFull(f"the disk is full; {kept()}. Make room and run it again") from error
        raise


def _complete(folder: Path, run: str) -> None:
    files = {
        path.name: [path.stat().st_size, file_hash(path)]
        for path in sorted(folder.iterdir())
        if path.is_file()
    }
    marker = json.dumps({"run": run, "files": files}, indent=1)
    (folder / COMPLETE).write_text(marker, encoding="utf-8")


def _free(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free


def _name_today(name: str) -> str:
    """The name of a weight that an earlier version wrote under another one."""
    if name == "bank":
        return "photo_embeddings"
    if name.startswith("objective."):
        return "loss_fn." + name.removeprefix("objective.")
    return name


def optimizer_tensors(state: Mapping[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """An optimizer's ``state_dict`` as tensors by name, and the rest as JSON."""
    tensors: dict[str, Tensor] = {}
    plain: dict[str, Any] = {}
    for place, values in state["state"].items():
        for name, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"{place}.{name}"] = value
            else:
                plain[f"{place}.{name}"] = value
    return tensors, {"values": plain, "groups": state["param_groups"]}


def optimizer_state(tensors: Mapping[str, Tensor], rest: Mapping[str, Any]) -> dict[str, Any]:
    """The reverse of :func:`optimizer_tensors`."""
    state: dict[int, dict[str, Any]] = {}
    for key, value in {**tensors, **rest["values"]}.items():
        place, _, name = key.partition(".")
        state.setdefault(int(place), {})[name] = value
    groups = [
        {k: tuple(v) if k == "betas" else v for k, v in group.items()} for group in rest["groups"]
    ]
    return {"state": state, "param_groups": groups}


def trained(module: torch.nn.Module) -> dict[str, Tensor]:
    """The weights that a training moves, by name."""
    return {name: value for name, value in module.named_parameters() if value.requires_grad}
