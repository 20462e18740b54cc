"""Errors as other programs get them: a status, a kind and one line (RFC 9457, problem details).

A message may name the library's path, which is nobody's business on the other side: where it does,
a sentence of our own stands in.
"""

from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse

from bot.errors import (
    DialogueUnreadable,
    EmptyDialogue,
    LLMError,
    QuestionUnclear,
    SessionBusy,
    SessionUnknown,
)
from retrieval.errors import (
    EmptyQuery,
    EncoderMismatch,
    EncoderUnavailable,
    LibraryBusy,
    LibraryEmpty,
    LibraryError,
    LibraryNotFound,
    PhotoNotFound,
    UnreadableImage,
)

MEDIA_TYPE = "application/problem+json"
MAX_DETAIL_CHARS = 300


@dataclass(frozen=True)
class Problem:
    """What went wrong.

    Attributes:
        status: of HTTP.
        kind: a short name that programs can rely on, such as ``photo-not-found``.
        title: the kind in words; the same for every problem of the kind.
        detail: one line on this one.
    """

    status: int
    kind: str
    title: str
    detail: str

    def as_dict(self) -> dict[str, Any]:
        """The JSON of the problem."""
        return {
            "type": f"urn:photopal:problem:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }

    def response(self, **headers: str) -> JSONResponse:
        """The problem as an answer of HTTP; a ``_`` in a header's name stands for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return JSONResponse(self.as_dict(), self.status, named, MEDIA_TYPE)


_SAFE = ""
"""Stands for the error's own message, which says nothing about this machine."""

_KNOWN: tuple[tuple[type[Exception], int, str, str, str], ...] = (
    (PhotoNotFound, 404, "photo-not-found", "No such photo", "there is no such photo"),
    (UnreadableImage, 404, "photo-unreadable", "The photo cannot be shown", _SAFE),
    (SessionUnknown, 404, "session-unknown", "No such session", _SAFE),
    (SessionBusy, 409, "session-busy", "The session is busy", _SAFE),
    (QuestionUnclear, 422, "question-unclear", "The question is not clear", _SAFE),
    (EmptyQuery, 422, "empty-query", "There is nothing to look for", _SAFE),
    (EmptyDialogue, 422, "empty-conversation", "The conversation says nothing", _SAFE),
    (DialogueUnreadable, 422, "conversation-unreadable", "This is no conversation", _SAFE),
    (
        LibraryEmpty,
        503,
        "library-empty",
        "The library is empty",
        "the library holds no photo: run 'photopal index FOLDER'",
    ),
    (
        LibraryNotFound,
        503,
        "library-missing",
        "There is no library",
        "there is no library yet: run 'photopal index FOLDER'",
    ),
    (
        LibraryBusy,
        503,
        "library-busy",
        "The library is busy",
        "the library is being written to: try again in a moment",
    ),
    (
        EncoderMismatch,
        503,
        "library-outdated",
        "The library fits another encoder",
        "the library was made with another encoder: restart this server",
    ),
    (
        EncoderUnavailable,
        503,
        "encoder-unavailable",
        "The encoder cannot be loaded",
        "the encoder cannot be loaded: 'photopal status' says why",
    ),
    (
        LibraryError,
        503,
        "library-unusable",
        "The library cannot be used",
        "the library cannot be used: 'photopal status' says why",
    ),
    (LLMError, 502, "llm-failed", "The LLM failed", "the LLM gave no answer that can be used"),
)
"""The first line whose class fits is taken."""

UNEXPECTED = Problem(
    500, "unexpected", "Something went wrong", "something went wrong here; the server's log knows"
)


def problem_of(error: Exception) -> Problem:
    """How an error is told to another program."""
    for kind, status, name, title, detail in _KNOWN:
        if isinstance(error, kind):
            return Problem(status, name, title, detail or _one_line(str(error)))
    return UNEXPECTED


def _one_line(text: str) -> str:
    return " ".join(text.split())[:MAX_DETAIL_CHARS]
