"""Image towers in whole numbers, run by ONNX Runtime: nearly twice as fast as torch on a CPU.

The matrix products of a transformer are done with weights of 7 bits and inputs of 8 bits, which
are scaled anew for every picture, so that a picture's vector depends on no other picture. Inputs
of trained transformers have a few channels far larger than the others, in whose scale the others
drown; a part of their size is moved into the weights before (SmoothQuant, Xiao et al. 2023,
https://arxiv.org/abs/2211.10438). Weights of 8 bits would overflow the sums of processors without
VNNI instructions.

A tower is converted only where that is right and pays: a dozen pictures are embedded by both, and
unless all vectors agree and the processor needs less time for them, torch goes on. What was found
is kept on the disk.
"""

import contextlib
import copy
import json
import logging
import os
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from retrieval.encoders.compiled import remove_unused, sha256_of
from retrieval.encoders.folder import fingerprint_of
from retrieval.files import replacing, write_text
from retrieval.threads import threads_for_networks

log = logging.getLogger(__name__)

Rows = NDArray[np.float32]
Item = TypeVar("Item")

MIN_COSINE = 0.995
"""Vectors of both ways must be as alike as this, picture by picture."""

MAX_COST = 0.9
"""Share of torch's processor time that must not be exceeded."""

CONVERT_AFTER = 64
"""Pictures that torch embeds before a tower is converted, which takes as long as that again."""

MAX_PARAMETERS = 350_000_000
"""Larger towers are left to torch: converting them takes minutes."""

SMALL_PARAMETERS = 150_000_000
"""Towers up to this size are converted whatever the memory, and compared by all pictures."""

_BYTES_A_PARAMETER = 16
"""Memory that must be free to convert a large tower; ViT-L/14 was measured to take 11."""

_LAYOUT = 1
"""Counts up when networks are made in another way than before."""

_WEIGHT_LIMIT = 63
_SMOOTHING = 0.5
_OPSET = 17
_TOGETHER = 2


def is_installed() -> bool:
    """Whether ONNX Runtime is there, and onnx, which torch needs to export."""
    return find_spec("onnxruntime") is not None and find_spec("onnx") is not None


@dataclass(frozen=True)
class Choice:
    """What a conversion found.

    Attributes:
        serves: whether the network in whole numbers does, rather than torch.
        cosine: the smallest between a vector of it and torch's.
        cost: processor time that it takes, as a share of torch's.
        sha256: of its file; "" where there is none.
    """

    serves: bool
    cosine: float
    cost: float
    sha256: str = ""


class QuantizedNetwork:
    """A network that ONNX Runtime runs on the processor. Safe to use from several threads."""

    def __init__(self, model: Path | bytes) -> None:
        """``model``: a file in ONNX format, or its content."""
        import onnxruntime

        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = 1
        settings.log_severity_level = 3
        source = str(model) if isinstance(model, Path) else model
        self._session = onnxruntime.InferenceSession(
            source, settings, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    def rows(self, items: Sequence[Item], prepare: Callable[[Item], Rows]) -> Rows:
        """The outputs [n, dim] for items.

        Args:
            items: at least one.
            prepare: makes the network's input [1, ...] of an item.
        """

        def row(item: Item) -> Rows:
            result: Rows = self._session.run(None, {self._input: prepare(item)})[0]
            return result

        with ThreadPoolExecutor(min(len(items), threads_for_networks())) as pool:
            return np.concatenate(list(pool.map(row, items)))


class QuantizedStore:
    """Choices in a folder, each with its network, under a key that names all they depend on.

    What is damaged is made anew; a folder that cannot be written to costs no more than that.
    """

    def __init__(self, folder: Path) -> None:
        """The folder is made when something is kept."""
        self._folder = folder

    def read(self, key: str) -> tuple[Choice, QuantizedNetwork | None] | None:
        """The choice that was kept under this key; None when there is none or it is damaged."""
        choice_file, model = self._files(key)
        try:
            choice = Choice(**json.loads(choice_file.read_text(encoding="utf-8")))
            if not choice.serves:
                return choice, None
            if sha256_of(model) != choice.sha256:
                log.info("%s is damaged and will be made anew", model)
                return None
            network = QuantizedNetwork(model)
            with contextlib.suppress(OSError):
                os.utime(choice_file)
        except Exception:
            # ONNX Runtime's errors have no common type.
            log.debug("no quantized network %s", key, exc_info=True)
            return None
        return choice, network

    def keep(self, key: str, choice: Choice, model: bytes) -> None:
        """Write a choice, and its network where it serves, if the folder lets us."""
        choice_file, file = self._files(key)
        try:
            choice_file.unlink(missing_ok=True)
            if choice.serves:
                with replacing(file) as new:
                    new.write_bytes(model)
                choice = Choice(choice.serves, choice.cosine, choice.cost, sha256_of(file))
            write_text(choice_file, json.dumps(asdict(choice)))
            remove_unused(self._folder)
        except Exception:
            log.info("the quantized network cannot be kept in %s", self._folder, exc_info=True)

    def _files(self, key: str) -> tuple[Path, Path]:
        import onnxruntime

        name = fingerprint_of(key, _LAYOUT, onnxruntime.__version__)
        return self._folder / f"{name}.choice", self._folder / f"{name}.onnx"


class QuantizedTower:
    """A tower that changes over to whole numbers where these serve better. Safe with threads.

    Converting takes as long as embedding a few dozen pictures, so it waits until that many were
    embedded; what was converted once is used from the first picture on.
    """

    def __init__(self, store: QuantizedStore, key: str) -> None:
        """Nothing is read yet.

        Args:
            store: keeps what is converted.
            key: of the tower's weights and shape.
        """
        self._store = store
        self._key = key
        self._left = CONVERT_AFTER
        self._lock = threading.Lock()
        self._looked = self._settled = False
        self._network: QuantizedNetwork | None = None

    def network(
        self, pictures: int, make: Callable[[], tuple[Choice, bytes]]
    ) -> QuantizedNetwork | None:
        """The network for so many more pictures; None where torch is to embed them.

        Args:
            pictures: about to be embedded.
            make: converts the tower, see :func:`convert`; called once at most.
        """
        with self._lock:
            if not self._looked:
                self._looked = True
                kept = self._store.read(self._key)
                if kept is not None:
                    self._settled, self._network = True, kept[1]
            if not self._settled:
                self._left -= pictures
                if self._left < 0:
                    self._settled, self._network = True, self._made(make)
            return self._network

    def _made(self, make: Callable[[], tuple[Choice, bytes]]) -> QuantizedNetwork | None:
        try:
            choice, model = make()
            self._store.keep(self._key, choice, model)
            log.info("a tower in whole numbers: %s", choice)
            return QuantizedNetwork(model) if choice.serves else None
        except Exception:
            log.info("this tower cannot be converted: torch serves", exc_info=True)
            return None


def convert(
    tower: nn.Module, items: Sequence[Item], prepare: Callable[[Item], Rows]
) -> tuple[Choice, bytes]:
    """Convert a tower and find out whether that pays.

    Args:
        tower: from pictures' pixels [n, ...] to vectors [n, dim]; stays as it is.
        items: pictures of all kinds, by which the scales are set and the vectors compared.
        prepare: makes the network's input [1, ...] of an item.

    Returns:
        The choice, and the network in ONNX format.

    Raises:
        Exception: what torch or ONNX Runtime raise about an operation that they do not know.
    """
    size = sum(weights.numel() for weights in tower.parameters())
    if size > SMALL_PARAMETERS:
        if size > MAX_PARAMETERS or memory_left() < size * _BYTES_A_PARAMETER:
            raise MemoryError(f"a tower of {size:,} parameters is left to torch")
        items = items[::2]
    kind = next(tower.parameters()).dtype

    def by_torch(some: Sequence[Item]) -> Rows:
        pixels = np.concatenate([prepare(item) for item in some])
        vectors: Rows = tower(torch.from_numpy(pixels).to(kind)).float().numpy()
        return vectors

    with torch.inference_mode(), _largest_inputs(tower) as largest:
        expected, cost = _timed(by_torch, items)
    # Where a few layers spoil the vectors it is those that sum up the most products.
    widening = {layer: sizes for layer, sizes in largest.items() if _widens(layer)}
    for layers in (largest, widening):
        choice, model = _compared(_quantized(tower, layers), items, prepare, expected, cost)
        if choice.cosine >= MIN_COSINE:
            break
    return choice, model if choice.serves else b""


def _compared(
    tower: nn.Module,
    items: Sequence[Item],
    prepare: Callable[[Item], Rows],
    expected: Rows,
    cost: float,
) -> tuple[Choice, bytes]:
    """How a tower in whole numbers does beside torch's vectors and its processor time."""
    model = _exported(tower, prepare(items[0]))
    network = QuantizedNetwork(model)
    network.rows(items[:1], prepare)
    found, own_cost = _timed(lambda some: network.rows(some, prepare), items)
    share = own_cost / cost
    lengths = np.linalg.norm(expected, axis=1) * np.linalg.norm(found, axis=1)
    cosine = float(((expected * found).sum(1) / lengths).min())
    return Choice(cosine >= MIN_COSINE and share <= MAX_COST, cosine, share), model


def _timed(embed: Callable[[Sequence[Item]], Rows], items: Sequence[Item]) -> tuple[Rows, float]:
    """Vectors of items, and the processor time for a few of them at the best moment.

    Threads that wait for others on a busy machine turn meanwhile, which is no work.
    """
    found, costs = [], []
    for start in range(0, len(items), _TOGETHER):
        started = time.process_time()
        found.append(embed(items[start : start + _TOGETHER]))
        costs.append(time.process_time() - started)
    return np.concatenate(found), max(min(costs), 1e-9)


def _widens(layer: nn.Linear) -> bool:
    return layer.in_features <= layer.out_features


def memory_left() -> int:
    """Bytes that processes can still get; 0 where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("MemAvail")) << 10
    except (OSError, ValueError, StopIteration):
        return 0


class _Product(torch.autograd.Function):
    """A matrix product that is exported as ONNX Runtime's in whole numbers."""

    @staticmethod
    def symbolic(graph: Any, inputs: Any, *others: Any) -> Any:
        made = graph.op("com.microsoft::DynamicQuantizeMatMul", inputs, *others)
        sizes = inputs.type().sizes()
        if sizes is not None:
            made.setType(inputs.type().with_sizes([*sizes[:-1], others[0].type().sizes()[1]]))
        return made

    @staticmethod
    def forward(_: Any, inputs: Tensor, weights: Tensor, scales: Tensor, zeros: Tensor) -> Tensor:
        return inputs @ (weights.float() * scales)


class _QuantizedLinear(nn.Module):
    """A linear layer in whole numbers."""

    smoothing: Tensor
    weights: Tensor
    scales: Tensor
    zeros: Tensor

    def __init__(self, layer: nn.Linear, largest: Tensor) -> None:
        """``largest``: the largest size that each of the layer's inputs [in] had."""
        super().__init__()
        weights = layer.weight.detach().float()
        heaviest = weights.abs().amax(0).clamp(min=1e-5)
        smoothing = largest.clamp(min=1e-5) ** _SMOOTHING / heaviest ** (1 - _SMOOTHING)
        smoothed = (weights * smoothing).t()
        scales = smoothed.abs().amax(0).clamp(min=1e-12) / _WEIGHT_LIMIT
        whole = (smoothed / scales).round().to(torch.int8).contiguous()
        self.register_buffer("smoothing", 1 / smoothing)
        self.register_buffer("weights", whole)
        self.register_buffer("scales", scales)
        self.register_buffer("zeros", torch.zeros(len(scales), dtype=torch.int8))
        self.bias = None if layer.bias is None else layer.bias.detach().float()

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs [..., out] of inputs [..., in]."""
        products: Tensor = _Product.apply(
            inputs * self.smoothing, self.weights, self.scales, self.zeros
        )
        return products if self.bias is None else products + self.bias


def _layers(tower: nn.Module) -> Iterator[nn.Linear]:
    """The linear layers that are called as such."""
    for child in tower.children():
        if type(child) is nn.Linear:
            yield child
        elif not isinstance(child, nn.MultiheadAttention):
            # That one takes the weights of its layers into products of its own.
            yield from _layers(child)


@contextlib.contextmanager
def _largest_inputs(tower: nn.Module) -> Iterator[dict[nn.Linear, Tensor]]:
    """Inside, the largest size of every input [in] of every layer that is called."""
    largest: dict[nn.Linear, Tensor] = {}

    def look(layer: Any, inputs: tuple[Tensor, ...]) -> None:
        sizes = inputs[0].detach().abs().flatten(0, -2).amax(0).float()
        largest[layer] = torch.maximum(largest[layer], sizes) if layer in largest else sizes

    hooks = [layer.register_forward_pre_hook(look) for layer in _layers(tower)]
    try:
        yield largest
    finally:
        for hook in hooks:
            hook.remove()


def _quantized(tower: nn.Module, largest: dict[nn.Linear, Tensor]) -> nn.Module:
    """A copy of a tower whose layers are in whole numbers."""
    instead: dict[int, Any] = {
        id(layer): _QuantizedLinear(layer, sizes) for layer, sizes in largest.items()
    }
    return copy.deepcopy(tower, instead).float().eval()


def _exported(tower: nn.Module, example: Rows) -> bytes:
    # Tracing warns of every branch on a shape; what comes out is compared.
    with (
        tempfile.TemporaryDirectory() as folder,
        torch.no_grad(),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        file = Path(folder) / "network.onnx"
        torch.onnx.export(
            tower,
            (torch.from_numpy(example),),
            file,
            input_names=["pixels"],
            output_names=["vectors"],
            opset_version=_OPSET,
            dynamo=False,
        )
        return file.read_bytes()
