"""The history: chats and their messages, stored, found, renamed and deleted for good."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.errors import ChatNotFound, HistoryError
from bot.history.database import folded
from bot.history.feedback import FeedbackStore
from bot.history.records import KeptChat, KeptMessage
from retrieval.paths import home

HISTORY_NAME = "history.db"

_CHAT = "id, owner, library, title, started_at, changed_at, renamed, session, choices"
_MESSAGE = "id, author, text, said_at, markdown, answers, reply, buttons, number"


def history_path() -> Path:
    """The history that is used when no other is named."""
    return home() / HISTORY_NAME


class History(FeedbackStore):
    """Chats by id. Every method runs in a transaction of its own, or in the one around it.

    All of them raise :class:`bot.errors.HistoryError` when the file cannot be used.
    """

    # -- writing ---------------------------------------------------------------------------

    def begin(self, chat: KeptChat) -> None:
        """Keep a new chat; one that is there already stays as it is.

        Raises:
            ChatNotFound: a chat of that id belongs to somebody else.
        """
        with self.transaction():
            self._execute(
                f"INSERT INTO chat ({_CHAT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO NOTHING",
                (
                    chat.id,
                    chat.owner,
                    chat.library,
                    chat.title,
                    chat.started_at,
                    chat.changed_at,
                    chat.renamed,
                    chat.session,
                    json.dumps(dict(chat.choices)),
                ),
            )
            if self.chat(chat.id).owner != chat.owner:
                raise _unknown(chat.id)

    def add(self, chat_id: str, message: KeptMessage) -> None:
        """Keep a message; one that is there already stays as it is.

        Raises:
            ChatNotFound: there is no such chat (any more).
        """
        with self.transaction():
            self._change(chat_id, "changed_at = max(changed_at, ?)", message.said_at)
            self._execute(
                "INSERT INTO message (id, chat_id, author, text, said_at, markdown, answers, "
                "reply, buttons) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                (
                    message.id,
                    chat_id,
                    message.author,
                    message.text,
                    message.said_at,
                    message.markdown,
                    message.answers,
                    None if message.reply is None else json.dumps(message.reply),
                    json.dumps([dict(button) for button in message.buttons]),
                ),
            )

    def set_session(self, chat_id: str, session: str, title: str) -> None:
        """Keep the state of a chat, and its title unless the person gave one.

        Raises:
            ChatNotFound: there is no such chat (any more).
        """
        self._change(
            chat_id,
            "session = ?, title = CASE WHEN renamed THEN title ELSE ? END",
            session,
            title,
        )

    def set_choices(self, chat_id: str, choices: Mapping[str, Any]) -> None:
        """Keep the settings of a chat. Raises ChatNotFound."""
        self._change(chat_id, "choices = ?", json.dumps(dict(choices)))

    def remove_button(self, message_id: str, button_id: str) -> None:
        """A button was pressed and is gone; nothing happens when it is not there."""
        with self.transaction():
            for (buttons,) in self._all("SELECT buttons FROM message WHERE id = ?", (message_id,)):
                left = [one for one in json.loads(buttons) if one.get("id") != button_id]
                self._execute(
                    "UPDATE message SET buttons = ? WHERE id = ?", (json.dumps(left), message_id)
                )

    def rename(self, chat_id: str, title: str) -> None:
        """Give a chat a title of the person's own; an empty one is refused by ValueError.

        Raises:
            ChatNotFound: there is no such chat.
        """
        title = " ".join(title.split())
        if not title:
            raise ValueError("a title must say something")
        self._change(chat_id, "title = ?, renamed = 1", title[:200])

    def delete(self, chat_id: str) -> None:
        """Delete a chat for good: its bytes are overwritten. Raises ChatNotFound."""
        with self.transaction():
            if not self._execute("DELETE FROM chat WHERE id = ?", (chat_id,)):
                raise _unknown(chat_id)
        self._empty_log()

    def delete_all(self, owner: str | None = None) -> int:
        """Delete every chat of an owner, or of all, for good; how many there were."""
        with self.transaction():
            count = self._execute(
                "DELETE FROM chat WHERE ?1 IS NULL OR owner = ?1",
                (owner,),
            )
        self._empty_log()
        return count

    def _change(self, chat_id: str, change: str, *values: Any) -> None:
        with self.transaction():
            if not self._execute(f"UPDATE chat SET {change} WHERE id = ?", (*values, chat_id)):
                raise _unknown(chat_id)

    def _empty_log(self) -> None:
        """What was deleted must not stay in the write-ahead log either."""
        # While another process reads, the log is emptied at its next turn.
        with suppress(HistoryError):
            self._execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # -- reading ---------------------------------------------------------------------------

    def chats(
        self,
        *,
        owner: str | None = None,
        library: str | None = None,
        search: str = "",
        first: int | None = None,
        after: str | None = None,
    ) -> list[KeptChat]:
        """Chats, the one that changed last first.

        Args:
            owner: whose; None means everybody's.
            library: uid of the library that they are about; None means any.
            search: words that must all stand in the title or in the messages of a chat.
            first: at most so many.
            after: id of the chat before the first one of this page.
        """
        where, values = ["1"], []
        if owner is not None:
            where.append("owner = ?")
            values.append(owner)
        if library is not None:
            where.append("library = ?")
            values.append(library)
        for word in folded(search).split():
            where.append(
                "(instr(folded(title), ?) OR EXISTS (SELECT 1 FROM message AS m "
                "WHERE m.chat_id = chat.id AND instr(folded(m.text), ?)))"
            )
            values += [word, word]
        if after is not None:
            where.append(
                "(changed_at, id) < (SELECT changed_at, id FROM chat AS one WHERE one.id = ?)"
            )
            values.append(after)
        rows = self._all(
            f"SELECT {_CHAT} FROM chat WHERE {' AND '.join(where)} "
            "ORDER BY changed_at DESC, id DESC LIMIT ?",
            (*values, -1 if first is None else first),
        )
        return [_chat(row) for row in rows]

    def chat(self, chat_id: str) -> KeptChat:
        """One chat. Raises ChatNotFound."""
        rows = self._all(f"SELECT {_CHAT} FROM chat WHERE id = ?", (chat_id,))
        if not rows:
            raise _unknown(chat_id)
        return _chat(rows[0])

    def messages(
        self, chat_id: str, *, last: int | None = None, before: int | None = None
    ) -> list[KeptMessage]:
        """The messages of a chat, oldest first; none when there is no such chat.

        Args:
            chat_id: of which chat.
            last: only so many of the newest.
            before: only those with a smaller number.
        """
        rows = self._all(
            f"SELECT {_MESSAGE} FROM message WHERE chat_id = ?1 AND (?2 IS NULL OR number < ?2) "
            "ORDER BY number DESC LIMIT ?3",
            (chat_id, before, -1 if last is None else last),
        )
        return [_message(row) for row in reversed(rows)]

    def count_messages(self, chat_id: str) -> int:
        """How many messages a chat has."""
        return int(self._all("SELECT count(*) FROM message WHERE chat_id = ?", (chat_id,))[0][0])


def _chat(row: Sequence[Any]) -> KeptChat:
    value = dict(zip(_names(_CHAT), row, strict=True))
    value["renamed"] = bool(value["renamed"])
    return KeptChat(**{**value, "choices": json.loads(value["choices"])})


def _message(row: Sequence[Any]) -> KeptMessage:
    value = dict(zip(_names(_MESSAGE), row, strict=True))
    reply = value["reply"]
    value["reply"] = None if reply is None else json.loads(reply)
    return KeptMessage(**{**value, "buttons": tuple(json.loads(value["buttons"]))})


def _names(columns: str) -> list[str]:
    return columns.split(", ")


def _unknown(chat_id: str) -> ChatNotFound:
    return ChatNotFound(f"there is no chat {chat_id} in the history (photopal history list)")
