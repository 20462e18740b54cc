"""What the LLM answered, kept on disk: an interrupted evaluation goes on where it stopped.

An answer belongs to the prompt (name, version, text), the model, the server (without credentials)
and the conversation as the LLM saw it. When any of these changes it is asked again. Failures are
not kept: the next run tries them anew.

Kept is what the LLM wrote, word for word, and it is read anew each time: a parser that has learned
more reads more out of it.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.conversation import Conversation
from bot.llm.transcript import transcript
from prompts.loader import Prompt
from retrieval.paths import home, make_private_folder
from training.errors import EvaluationError

SCHEMA_VERSION = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answer (
    prompt TEXT NOT NULL,
    prompt_version INTEGER NOT NULL,
    prompt_hash TEXT NOT NULL,
    model TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    conversation_hash TEXT NOT NULL,
    text TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    answered_at TEXT NOT NULL,
    PRIMARY KEY (prompt, prompt_version, prompt_hash, model, endpoint, conversation_hash)
) WITHOUT ROWID
"""


@dataclass(frozen=True)
class Tokens:
    """What an answer cost."""

    input: int = 0
    output: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(self.input + other.input, self.output + other.output)


@dataclass(frozen=True)
class Answer:
    """What an LLM wrote, and what it cost."""

    text: str
    tokens: Tokens = Tokens()


def default_cache_path() -> Path:
    """Where answers are kept unless another file is named."""
    return make_private_folder(home() / "evaluation") / "answers.db"


class AnswerCache:
    """Answers of one prompt, model and server, in an SQLite file that may hold many.

    Attributes:
        outdated: answers of an older Photopal that were put aside at opening: it kept what its
            parser had read, not what the LLM wrote, so they are asked for again.
    """

    def __init__(self, path: Path, prompt: Prompt, model: str, endpoint: str) -> None:
        """Open or create the file.

        Args:
            path: of the database.
            prompt: with which the LLM is asked.
            model: its name.
            endpoint: the server, without credentials (:func:`bot.llm.client.endpoint_of`).

        Raises:
            EvaluationError: the file is no cache, or a newer version wrote it.
        """
        self.outdated = 0
        self._key = (prompt.name, prompt.version, _hash(repr(prompt)), model, endpoint)
        self.path = path
        try:
            self._connection = sqlite3.connect(path, timeout=10.0)
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA_VERSION:
                self._connection.close()
                raise EvaluationError(
                    f"the answers in {path} were kept by a newer Photopal: update it, or move the "
                    "file away"
                )
            with self._connection:
                self._connection.execute("PRAGMA journal_mode = WAL")
                self.outdated = _put_aside(self._connection) if version == 1 else 0
                self._connection.execute(_SCHEMA)
                self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        except sqlite3.Error as error:
            raise EvaluationError(f"the answers in {path} cannot be used: {error}") from error

    def get(self, conversation: Conversation) -> Answer | None:
        """The answer to this conversation, if there was one."""
        row = self._connection.execute(
            "SELECT text, input_tokens, output_tokens FROM answer WHERE prompt = ? AND "
            "prompt_version = ? AND prompt_hash = ? AND model = ? AND endpoint = ? AND "
            "conversation_hash = ?",
            (*self._key, conversation_hash(conversation)),
        ).fetchone()
        return None if row is None else Answer(row[0], Tokens(row[1], row[2]))

    def put(self, conversation: Conversation, answer: Answer) -> None:
        """Keep an answer; it is on disk when this returns."""
        try:
            with self._connection:
                self._connection.execute(
                    "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *self._key,
                        conversation_hash(conversation),
                        answer.text,
                        answer.tokens.input,
                        answer.tokens.output,
                        datetime.now(UTC).isoformat(timespec="seconds"),
                    ),
                )
        except sqlite3.Error as error:
            raise EvaluationError(
                f"an answer cannot be kept in {self.path}: {error}; those before it are"
            ) from error

    def known(self, conversations: Sequence[Conversation]) -> int:
        """How many of these need not be asked again."""
        return sum(self.get(conversation) is not None for conversation in conversations)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _put_aside(connection: sqlite3.Connection) -> int:
    """Rename the answers of the first version, whose text is not known; returns how many."""
    (count,) = connection.execute("SELECT count(*) FROM answer").fetchone()
    connection.execute("ALTER TABLE answer RENAME TO answer_version_1")
    return int(count)


def conversation_hash(conversation: Conversation) -> str:
    """Of all that the LLM is shown of a conversation."""
    return _hash(transcript(conversation))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
