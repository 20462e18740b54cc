"""OpenAI-compatible servers as they are: requests that they take, answers where they put them.

Servers differ in what they refuse with a 400 and in which part of a message the answer lies. Both
are mended here, at the level of JSON, so that everything above sees one kind of server. What a
model of a server needs is found out once and remembered for the process.
"""

import json
import re
import threading
from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import cache
from typing import Any

from bot.llm.thoughts import without_thoughts

MORE_TOKENS_FACTOR = 4

Payload = Mapping[str, Any]


class Cure(StrEnum):
    """A change to a request that a server would not take, or not answer, as it was."""

    NO_SCHEMA = "no schema"
    NEW_LIMIT = "max_completion_tokens in place of max_tokens"
    OLD_LIMIT = "max_tokens in place of max_completion_tokens"
    NO_TEMPERATURE = "no temperature"
    NO_SYSTEM = "instructions in the first message of the user"
    MORE_TOKENS = "more tokens, as all were spent on thoughts"


class Cures:
    """The cures that each model of one server needs. Safe to use from several threads."""

    def __init__(self) -> None:
        self._known: dict[str, frozenset[Cure]] = {}
        self._lock = threading.Lock()

    def of(self, model: str) -> frozenset[Cure]:
        """What is known of a model."""
        with self._lock:
            return self._known.get(model, frozenset())

    def remember(self, model: str, cures: Collection[Cure]) -> None:
        """These were of help."""
        with self._lock:
            self._known[model] = self._known.get(model, frozenset()) | frozenset(cures)


@cache
def cures_of(endpoint: str) -> Cures:
    """What this process knows of the server at ``endpoint``."""
    return Cures()


_STATUSES = frozenset({400, 404, 415, 422, 500, 501})
_SCHEMA_WORDS = re.compile(
    r"response_format|json[_ ]?(?:schema|mode|object)|structured[_ ]outputs?|grammar|guided"
    r"|constrained|\bschema\b"
)
_SYSTEM_WORDS = re.compile(
    r"system (?:role|messages?|prompts?|instructions?)|roles? [^.]{0,20}system|system' role"
    r"|developer (?:role|instructions?|messages?)|roles must alternate"
    r"|(?:must|should) (?:start|begin) with (?:a|the) user|only user(?: and|,) (?:assistant|model)"
)
_HOPELESS_WORDS = re.compile(
    r"api[_ ]?key|unauthori[sz]ed|credential|quota|billing|credits?\b"
    r"|context (?:length|window|size)|maximum context|too (?:long|many tokens)"
    r"|model [^.]{0,80}(?:not found|not exist)|(?:no|unknown|invalid) model|content polic|safety"
)


def cure_for(status: int, body: str, payload: Payload) -> Cure | None:
    """The change that this refusal calls for; None when the same would be refused again.

    Args:
        status: of the HTTP response.
        body: its text.
        payload: the request that was refused.
    """
    if status not in _STATUSES:
        return None
    words = body[:4_000].lower()
    if "max_completion_tokens" in words and "max_tokens" in payload:
        return Cure.NEW_LIMIT
    if "max_completion_tokens" in words and "max_completion_tokens" in payload:
        return Cure.OLD_LIMIT
    if "temperature" in words and "temperature" in payload:
        return Cure.NO_TEMPERATURE
    if _SYSTEM_WORDS.search(words) and _has_system(payload):
        return Cure.NO_SYSTEM
    if "response_format" in payload:
        if _SCHEMA_WORDS.search(words):
            return Cure.NO_SCHEMA
        # A refusal in words that nobody foresaw: the schema is what servers know least.
        if status in (400, 422) and not _HOPELESS_WORDS.search(words):
            return Cure.NO_SCHEMA
    return None


def cured(payload: Payload, cures: Collection[Cure]) -> dict[str, Any]:
    """The request with these changes."""
    changed = dict(payload)
    if Cure.NO_SCHEMA in cures:
        changed.pop("response_format", None)
    if Cure.NEW_LIMIT in cures and "max_tokens" in changed:
        changed["max_completion_tokens"] = changed.pop("max_tokens")
    if Cure.OLD_LIMIT in cures and "max_completion_tokens" in changed:
        changed["max_tokens"] = changed.pop("max_completion_tokens")
    if Cure.NO_TEMPERATURE in cures:
        changed.pop("temperature", None)
    if Cure.NO_SYSTEM in cures:
        changed["messages"] = _without_system(changed.get("messages", []))
    if Cure.MORE_TOKENS in cures:
        for name in ("max_tokens", "max_completion_tokens"):
            if isinstance(changed.get(name), int):
                changed[name] *= MORE_TOKENS_FACTOR
    return changed


def _has_system(payload: Payload) -> bool:
    messages = payload.get("messages")
    return isinstance(messages, list) and any(
        isinstance(one, dict) and one.get("role") in ("system", "developer") for one in messages
    )


def _without_system(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The instructions in front of the first user's message; equal roles in a row as one."""
    kept: list[dict[str, Any]] = []
    for message in messages:
        role = "user" if message.get("role") in ("system", "developer") else message.get("role")
        said = message.get("content")
        if kept and kept[-1].get("role") == role and isinstance(said, str):
            kept[-1] = {**kept[-1], "content": f"{kept[-1].get('content', '')}\n\n{said}"}
        else:
            kept.append({**message, "role": role})
    return kept


def failed_generation(body: str) -> str | None:
    """The answer inside a refusal: some servers refuse what the model wrote, and quote it."""
    try:
        error = json.loads(body).get("error")
    except (ValueError, AttributeError, RecursionError):
        return None
    said = error.get("failed_generation") if isinstance(error, dict) else None
    return said if isinstance(said, str) and "{" in said else None


def as_completion(text: str, model: str) -> dict[str, Any]:
    """A chat completion that says this."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {
        "id": "answer", "object": "chat.completion", "created": 0, "model": model,
        "choices": [choice],
    }  # fmt: skip


def message_of(completion: Any) -> tuple[dict[str, Any], str] | None:
    """The message of a chat completion and why it ended; None when it is none."""
    try:
        choice = completion["choices"][0]
        message, finish = choice["message"], choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError):
        return None
    return (message, str(finish or "")) if isinstance(message, dict) else None


def answer_elsewhere(message: Mapping[str, Any], finish: str) -> str | None:
    """The answer when a message has no content: a call of a tool, or what was thought.

    Thoughts are the answer only where the server has put it among them by mistake: the model ended
    by itself and there is no other word of it.
    """
    content = message.get("content")
    if content and (not isinstance(content, str) or without_thoughts(content).strip()):
        return None
    for call in reversed(message.get("tool_calls") or []):
        if said := _arguments(call.get("function") if isinstance(call, dict) else None):
            return said
    if said := _arguments(message.get("function_call")):
        return said
    for name in ("reasoning_content", "reasoning"):
        said = message.get(name)
        if finish != "length" and isinstance(said, str) and "{" in said:
            return said
    return None


def _arguments(function: Any) -> str | None:
    said = function.get("arguments") if isinstance(function, dict) else None
    if isinstance(said, dict):
        return json.dumps(said)
    return said if isinstance(said, str) and said.strip() else None


def spent_on_thoughts(message: Mapping[str, Any], finish: str) -> bool:
    """Whether the tokens were used up before the answer began."""
    content = message.get("content")
    said = without_thoughts(content).strip() if isinstance(content, str) else content
    return finish == "length" and not said
