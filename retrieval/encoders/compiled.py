"""Networks compiled by OpenVINO for this processor, and kept on the disk once converted.

On a processor with AVX2 the starter's image network runs at more than three times torch's speed
and its text networks at twice, with the same vectors to the fifth digit; and whoever only answers
need not import torch, which takes seconds. Where OpenVINO is not installed or does not run, torch
serves.
"""

import contextlib
import functools
import hashlib
import logging
import os
import queue
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from retrieval.encoders.folder import fingerprint_of
from retrieval.files import replacing, write_bytes, write_text
from retrieval.threads import threads_for_networks

log = logging.getLogger(__name__)

Item = TypeVar("Item")

_MAKING_CORE = threading.Lock()


def load_openvino() -> Any:
    """The package, without the part that reports its use to its makers.

    OpenVINO does without ``openvino_telemetry`` where that is not installed.
    """
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino

    return openvino


def _core() -> Any:
    """OpenVINO's core, one for the process's whole life.

    When the last core and the last network are gone, OpenVINO unloads its CPU plugin, which frees
    the memory that signals are handled on (sigaltstack) in the thread that loaded it. Where another
    thread does that, the next signal ends the process.
    """
    with _MAKING_CORE:
        return _made_core()


@functools.cache
def _made_core() -> Any:
    return load_openvino().Core()


def is_installed() -> bool:
    """Whether OpenVINO is there."""
    return find_spec("openvino") is not None


UNUSED_SECONDS = 90 * 86_400.0
"""What nobody read for so long is removed when something else is kept."""


class CompiledNetwork:
    """A network that OpenVINO runs on the processor. Safe to use from several threads.

    It is compiled at its first use.
    """

    def __init__(self, model: Any, *, streams: int = 1) -> None:
        """Use :meth:`NetworkStore.open`.

        Args:
            model: OpenVINO's.
            streams: calls that run side by side, each on its share of the cores.
        """
        self._model = model
        self._streams = min(streams, threads_for_networks())
        self._compiled: Any = None
        self._requests: list[Any] = []
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Compile in the background; the first use waits for what is left of that."""

        def compile_now() -> None:
            # What fails here fails at the first use, for which somebody is responsible.
            with self._lock, contextlib.suppress(Exception):
                self._ready()

        threading.Thread(target=compile_now, name="compiles a network").start()

    def __call__(self, *inputs: NDArray[Any]) -> NDArray[np.float32]:
        """The network's one output."""
        with self._lock:
            result = self._ready()(list(inputs))[0]
            return np.array(result, dtype=np.float32)

    def rows(
        self,
        items: Sequence[Item],
        size: int,
        prepare: Callable[[Sequence[Item]], NDArray[np.float32]],
    ) -> NDArray[np.float32]:
        """The output [n, dim] for items, ``size`` of them at a time, side by side.

        Args:
            items: at least one.
            size: items that become one input.
            prepare: makes the input [size, ...] of some items; runs beside the network.
        """
        parts = [items[start : start + size] for start in range(0, len(items), size)]
        with self._lock:
            compiled = self._ready()
            workers = min(self._streams, len(parts))
            while len(self._requests) < workers:
                self._requests.append(compiled.create_infer_request())
            requests = [self._requests.pop() for _ in range(workers)]
        free: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for request in requests:
            free.put(request)

        def row(part: Sequence[Item]) -> NDArray[np.float32]:
            inputs = prepare(part)
            request = free.get()
            try:
                # The request's own memory is written to again by the next part.
                return np.array(request.infer([inputs])[0], dtype=np.float32)
            finally:
                free.put(request)

        try:
            with ThreadPoolExecutor(workers) as pool:
                return np.concatenate(list(pool.map(row, parts)))
        finally:
            with self._lock:
                self._requests += requests

    def _ready(self) -> Any:
        if self._compiled is None:
            settings = {
                "INFERENCE_PRECISION_HINT": "f32",
                "INFERENCE_NUM_THREADS": threads_for_networks(),
                "NUM_STREAMS": self._streams,
                # Several processes that pin their threads would all choose the same cores.
                "ENABLE_CPU_PINNING": False,
            }
            self._compiled = _core().compile_model(self._model, "CPU", settings)
            self._model = None
        return self._compiled


class NetworkStore:
    """Converted networks in a folder, each under a key that names all it was made from.

    A network is two files, and a third one, written last, that holds their hashes. What is
    damaged is made anew. A folder that cannot be written to costs no more than the time of
    converting again.
    """

    def __init__(self, folder: Path) -> None:
        """The folder is made when something is kept."""
        self._folder = folder

    def read(self, key: str, *, streams: int = 1) -> CompiledNetwork | None:
        """The network that was kept under this key; None when there is none or it is damaged."""
        description, weights, sums = self._files(key)
        try:
            if sums.read_text(encoding="utf-8") != _sums(description, weights):
                log.info("%s is damaged and will be made anew", description)
                return None
            model = _core().read_model(description, weights)
            with contextlib.suppress(OSError):
                os.utime(sums)
        except Exception:
            # OpenVINO raises bare RuntimeErrors, also on a processor that it does not know.
            log.debug("no converted network %s", key, exc_info=True)
            return None
        return CompiledNetwork(model, streams=streams)

    def is_empty(self) -> bool:
        """Whether no network was ever kept here."""
        return next(self._folder.glob("*.sums"), None) is None

    def keep(self, key: str, model: Any, *, streams: int = 1) -> CompiledNetwork:
        """Write a converted network, if the folder lets us, and give it back ready for use."""
        description, weights, sums = self._files(key)
        try:
            sums.unlink(missing_ok=True)
            with replacing(weights) as new_weights:
                write_bytes(description, _serialised(model, new_weights))
            write_text(sums, _sums(description, weights))
            remove_unused(self._folder)
        except Exception:
            log.info("the converted network cannot be kept in %s", self._folder, exc_info=True)
        return CompiledNetwork(model, streams=streams)

    def _files(self, key: str) -> tuple[Path, Path, Path]:
        description = self._folder / f"{fingerprint_of(key, _version())}.xml"
        return description, description.with_suffix(".bin"), description.with_suffix(".sums")


def convert(module: Any, examples: Sequence[Any], shapes: Sequence[Sequence[int]]) -> Any:
    """A torch module with one output as OpenVINO's model.

    Args:
        module: in evaluation mode.
        examples: one tensor for each input, with which the module is traced.
        shapes: of each input; -1 where any number goes.

    Raises:
        Exception: what OpenVINO raises about an operation that it does not know.
    """
    import torch

    load_openvino()
    from openvino import PartialShape, Type
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    # OpenVINO's own convert_model does this and reports each use to its makers.
    frontend = FrontEndManager().load_by_framework("pytorch")
    # Tracing warns of every branch on a shape; the tests compare what comes out.
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        decoder = TorchScriptPythonDecoder(module, example_input=tuple(examples))
    model = frontend.convert(frontend.load(decoder))
    types = {torch.float32: Type.f32, torch.int64: Type.i64, torch.bool: Type.boolean}
    for parameter, example, shape in zip(model.get_parameters(), examples, shapes, strict=True):
        parameter.set_element_type(types[example.dtype])
        parameter.set_partial_shape(PartialShape(list(shape)))
    model.validate_nodes_and_infer_types()
    return model


def converted_or_none(make: Callable[[], Any]) -> Any:
    """What ``make`` converts, None when OpenVINO cannot."""
    try:
        return make()
    except Exception:
        log.info("OpenVINO cannot convert this network: torch serves", exc_info=True)
        return None


def _serialised(model: Any, weights: Path) -> bytes:
    """Write a network's weights into a file; its description is given back."""
    openvino = load_openvino()

    # A description is only written under a name that ends so.
    with tempfile.TemporaryDirectory() as folder:
        description = Path(folder) / "network.xml"
        openvino.serialize(model, str(description), str(weights))
        return description.read_bytes()


def remove_unused(folder: Path) -> None:
    """Remove networks of older versions, and of encoders that are gone."""
    now = time.time()
    for ending in (".sums", ".choice"):
        for sign in folder.glob(f"*{ending}"):
            if now - sign.stat().st_mtime > UNUSED_SECONDS:
                for end in (ending, ".xml", ".bin", ".onnx"):
                    sign.with_suffix(end).unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """A file's hash, by the algorithm that processors have instructions for."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sums(*files: Path) -> str:
    return " ".join(sha256_of(path) for path in files)


def _version() -> str:
    openvino = load_openvino()

    return str(openvino.__version__)
