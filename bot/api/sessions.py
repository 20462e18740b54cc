"""Sessions of other programs: sent along as JSON, or kept here under an id."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from bot.assistant import Session
from bot.assistant.gallery import GalleryMaker
from bot.assistant.session import unpacked
from bot.errors import QuestionUnclear, SessionBusy, SessionUnknown

MAX_KEPT = 1_000
"""Sessions that are kept at once; the one that was used longest ago goes first."""

MAX_ID = 2**63 - 1
MAX_TURNS = 200
MAX_IDS = 20_000
"""Photo ids in a session that is sent along."""


class KeptSessions:
    """Sessions in memory, by an id that cannot be guessed. They end with the process."""

    def __init__(self, most: int = MAX_KEPT) -> None:
        self._most = most
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._busy: set[str] = set()
        self._guard = threading.Lock()

    def begin(self) -> str:
        """A new session; its id."""
        identifier = secrets.token_urlsafe(16)
        with self._guard:
            self._sessions[identifier] = Session()
            while len(self._sessions) > self._most:
                self._sessions.popitem(last=False)
        return identifier

    def require(self, identifier: str) -> None:
        """Refuse early what :meth:`using` would refuse. Raises SessionUnknown, SessionBusy."""
        with self._guard:
            self._available(identifier)

    def end(self, identifier: str) -> None:
        """Forget a session for good. Raises SessionUnknown."""
        with self._guard:
            if self._sessions.pop(identifier, None) is None:
                raise _unknown()

    @contextmanager
    def using(self, identifier: str) -> Iterator[Session]:
        """A session while one message is answered; when that fails, it stays as it was.

        Raises:
            SessionUnknown: there is none of this id.
            SessionBusy: another message of it is being answered.
        """
        with self._guard:
            kept = self._available(identifier)
            self._busy.add(identifier)
        try:
            session = kept.model_copy(deep=True)
            yield session
            with self._guard:
                if identifier in self._sessions:
                    self._sessions[identifier] = session
                    self._sessions.move_to_end(identifier)
        finally:
            with self._guard:
                self._busy.discard(identifier)

    def _available(self, identifier: str) -> Session:
        kept = self._sessions.get(identifier)
        if kept is None:
            raise _unknown()
        if identifier in self._busy:
            raise SessionBusy("this session is still answering: wait for the answer")
        return kept

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._sessions)


def session_from(sent: Mapping[str, Any], galleries: GalleryMaker) -> Session:
    """The session that a program sent along; its folders are named, not given as paths.

    Raises:
        QuestionUnclear: it is no session, or is larger than any that was sent out.
    """
    try:
        session = Session.model_validate(dict(sent))
    except (ValidationError, RecursionError):
        raise QuestionUnclear(
            "this is no session: send the one of the last answer back as it came, or {}"
        ) from None
    ids = list(_ids(session))
    if len(session.turns) > MAX_TURNS or len(ids) > MAX_IDS:
        raise QuestionUnclear("the session is larger than any that was sent out")
    if any(not 0 < one <= MAX_ID for one in ids):
        raise QuestionUnclear("the session names photos that cannot be")
    if not all(
        _is_picture(topic.picture, galleries.searcher.encoder.dim) for topic in session.topics
    ):
        raise QuestionUnclear("the session holds a picture that is none of this library's encoder")
    for topic in session.topics:
        topic.folders = galleries.folders([folder.name for folder in topic.folders])
    return session


def session_as_json(session: Session) -> dict[str, Any]:
    """The session for a program, to be sent back with the next message."""
    sent = session.model_copy(deep=True)
    for topic in sent.topics:
        topic.folders = tuple(Path(folder.name) for folder in topic.folders)
    value: dict[str, Any] = sent.model_dump(mode="json")
    return value


def _ids(session: Session) -> Iterator[int]:
    yield from session.gallery
    yield from session.refused
    yield from session.offered
    yield from session.shared
    for topic in session.topics:
        yield from (*topic.similar, *topic.liked, *topic.disliked)
        for gallery in topic.galleries:
            yield from gallery


def _is_picture(packed: str, dim: int) -> bool:
    """Whether a topic's picture is none, or a vector of as many numbers."""
    if not packed:
        return True
    try:
        vector = unpacked(packed)
    except ValueError:
        return False
    return vector.shape == (dim,) and bool(np.isfinite(vector).all())


def _unknown() -> SessionUnknown:
    return SessionUnknown("there is no such session here: leave session_id away to begin a new one")
