"""What people said of photos by a button: shared, favourite, thumbs, "not this".

Each is a pair to learn from, kept with its chat and deleted with it.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.assistant.session import Session, Topic
from bot.descriptors import FIELDS
from bot.errors import ChatNotFound, FeedbackNotFound
from bot.history.database import Database

Kind = Literal["share", "favourite", "up", "not_this", "down"]

LIKED: tuple[Kind, ...] = ("share", "favourite", "up")
TURNED_DOWN: tuple[Kind, ...] = ("not_this", "down")

_COLUMNS = "id, chat_id, owner, library, kind, query, looked_for, photo_id, photo_hash, given_at"


@dataclass(frozen=True)
class KeptFeedback:
    """One thing that a person said of one photo.

    Attributes:
        id: a UUID.
        chat_id: of the chat that it was said in.
        owner: who said it.
        library: uid of the library that the photo belongs to.
        kind: by which button.
        query: what was looked for, in words; "" where only a time, a place or a picture was.
        photo_id: in the library.
        photo_hash: of the photo's content when it was said.
        given_at: when, ISO 8601 in UTC.
        looked_for: what was looked for, by name.
    """

    id: str
    chat_id: str
    owner: str
    library: str
    kind: Kind
    query: str
    photo_id: int
    photo_hash: str
    given_at: str
    looked_for: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_liked(self) -> bool:
        """Whether the photo fits what was looked for."""
        return self.kind in LIKED


def query_words(topic: Topic | None) -> str:
    """What was looked for, in words: the person's own, else those of whoever described the talk."""
    if topic is None:
        return ""
    said = [text for name, text in topic.looked_for.items() if name in FIELDS and text.strip()]
    return topic.words or ", ".join(said)


class FeedbackStore(Database):
    """The part of the history that holds feedback; its methods are as those of ``History``."""

    def give(self, feedback: KeptFeedback) -> None:
        """Keep one; what was said against it before, of the same photo for the same words, goes.

        Raises:
            ChatNotFound: its chat is not kept (any more).
        """
        against = TURNED_DOWN if feedback.is_liked else LIKED
        with self.transaction():
            if not self._all("SELECT 1 FROM chat WHERE id = ?", (feedback.chat_id,)):
                raise ChatNotFound(f"there is no chat {feedback.chat_id} in the history")
            for kind in (*against, feedback.kind):
                self._execute(
                    "DELETE FROM feedback "
                    "WHERE chat_id = ? AND photo_id = ? AND query = ? AND kind = ?",
                    (feedback.chat_id, feedback.photo_id, feedback.query, kind),
                )
            self._execute(
                f"INSERT INTO feedback ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    feedback.id,
                    feedback.chat_id,
                    feedback.owner,
                    feedback.library,
                    feedback.kind,
                    feedback.query,
                    json.dumps(dict(feedback.looked_for), ensure_ascii=False),
                    feedback.photo_id,
                    feedback.photo_hash,
                    feedback.given_at,
                ),
            )

    def take_back(self, chat_id: str, photo_id: int, kinds: Sequence[Kind]) -> None:
        """What was said by these buttons of a photo in a chat is taken back."""
        with self.transaction():
            for kind in kinds:
                self._execute(
                    "DELETE FROM feedback WHERE chat_id = ? AND photo_id = ? AND kind = ?",
                    (chat_id, photo_id, kind),
                )

    def feedback(
        self,
        *,
        owner: str | None = None,
        library: str | None = None,
        chat_id: str | None = None,
    ) -> list[KeptFeedback]:
        """What was said, the newest first.

        Args:
            owner: by whom; None means by anybody.
            library: of the photos of the library with this uid; None means of any.
            chat_id: in which chat; None means in any.
        """
        chosen = {"owner": owner, "library": library, "chat_id": chat_id}
        named = {column: value for column, value in chosen.items() if value is not None}
        where = " AND ".join(f"{column} = ?" for column in named) or "1 = 1"
        rows = self._all(
            f"SELECT {_COLUMNS} FROM feedback WHERE {where} ORDER BY given_at DESC, id DESC",
            tuple(named.values()),
        )
        return [_feedback(row) for row in rows]

    def forget_feedback(self, ids: Sequence[str], *, owner: str | None = None) -> int:
        """Delete some for good, and take them out of their chats' state; how many there were.

        Args:
            ids: of which.
            owner: whose they must be; None means anybody's.

        Raises:
            FeedbackNotFound: one of them is not there; then none is deleted.
        """
        with self.transaction():
            known = {one.id: one for one in self.feedback(owner=owner)}
            chosen = []
            for identifier in dict.fromkeys(ids):
                if identifier not in known:
                    raise FeedbackNotFound(
                        f"there is no feedback {identifier}: photopal feedback list shows the ids"
                    )
                chosen.append(known[identifier])
            for one in chosen:
                self._execute("DELETE FROM feedback WHERE id = ?", (one.id,))
            for chat_id in dict.fromkeys(one.chat_id for one in chosen):
                self._unlearn(chat_id, [one.photo_id for one in chosen if one.chat_id == chat_id])
        self._empty_log()
        return len(chosen)

    def _unlearn(self, chat_id: str, photo_ids: Sequence[int]) -> None:
        """The state of a chat no longer goes by what was said of these photos."""
        for (text,) in self._all("SELECT session FROM chat WHERE id = ?", (chat_id,)):
            # One that another version wrote is not read by this one either.
            with suppress(ValueError):
                session = Session.model_validate_json(text)
                for photo_id in photo_ids:
                    session.forget_judgement(photo_id)
                self._execute(
                    "UPDATE chat SET session = ? WHERE id = ?",
                    (session.model_dump_json(), chat_id),
                )

    def _empty_log(self) -> None:
        """What was deleted must not stay in the write-ahead log either."""
        raise NotImplementedError


def _feedback(row: Sequence[Any]) -> KeptFeedback:
    value = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return KeptFeedback(**{**value, "looked_for": json.loads(value["looked_for"])})
