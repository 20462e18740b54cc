"""What the library keeps of the text inside photos (:mod:`retrieval.ocr` reads it)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.library.connection import Database, chunks, now, path_of
from retrieval.photos.letters import SHORTEST_PIECE, letters_of, pieces_of
from retrieval.text import clean_text

MAX_LINES = 400
MAX_LINE_CHARS = 300
"""Of one photo, what is kept: a page in small print has about a hundred lines."""

MAX_FOUND = 200
"""Photos that are looked at closely for one query, those first that share most with it."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text in a photo.

    Attributes:
        text: as it was read, on one line, without control characters.
        height: of its letters, as a share of the photo's shorter edge.
    """

    text: str
    height: float


@dataclass(frozen=True, slots=True)
class TextCounts:
    """In how many photos text was looked for.

    Attributes:
        read: photos that were read; those without any text and those that failed count.
        with_text: photos that hold text.
        failed: photos that could not be read for text.
        unread: photos that are still to be read.
    """

    read: int
    with_text: int
    failed: int
    unread: int


@dataclass(frozen=True, slots=True)
class UnreadPhoto:
    """A photo whose text is not known."""

    content_hash: str
    path: Path


class Texts(Database):
    """The part of the library that belongs to text inside photos."""

    @property
    def reads_text(self) -> bool:
        """Whether text is read in photos that are indexed."""
        return self._setting("reads_text") == "1"

    def set_reads_text(self, reads: bool) -> None:
        """Read text in photos that are indexed from now on, or do not; what was read is kept."""
        if reads != self.reads_text:
            with self.transaction(alters_search=False):
                self._set("reads_text", int(reads))

    def photos_without_text_read(self, reader: str) -> list[UnreadPhoto]:
        """One present photo of each content that this version of a reader did not look at."""
        rows = self._all(
            "SELECT p.content_hash, p.path FROM photo p "
            "LEFT JOIN photo_text t ON t.content_hash = p.content_hash AND t.reader = ? "
            "WHERE p.status = 'present' AND p.content_hash IS NOT NULL AND t.id IS NULL "
            "GROUP BY p.content_hash ORDER BY min(p.id)",
            (reader,),
        )
        return [UnreadPhoto(row[0], path_of(row[1])) for row in rows]

    def put_text(
        self,
        content_hash: str,
        reader: str,
        lines: Sequence[TextLine] = (),
        reason: str | None = None,
    ) -> None:
        """Write what was read in photos of this content.

        Args:
            content_hash: of the photos' bytes.
            reader: which reader, with its version.
            lines: from top to bottom; none: there is no text.
            reason: why it could not be read; not tried again by this version of the reader.
        """
        kept = [line for line in map(_bounded, lines[:MAX_LINES]) if line.text]
        content = json.dumps([[one.text, round(one.height, 4)] for one in kept], ensure_ascii=False)
        letters = letters_of(" ".join(one.text for one in kept))
        with self.transaction(alters_search=False):
            self._execute("DELETE FROM photo_text WHERE content_hash = ?", (content_hash,))
            cursor = self._execute(
                "INSERT INTO photo_text (content_hash, reader, lines, reason, read_at) "
                "SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM photo WHERE content_hash = ?)",
                (content_hash, reader, content, reason, now(), content_hash),
            )
            if letters and cursor.rowcount:
                self._execute(
                    "INSERT INTO text_letters (rowid, letters) VALUES (?, ?)",
                    (cursor.lastrowid, letters),
                )

    def texts(self, photo_ids: Iterable[int]) -> dict[int, tuple[TextLine, ...]]:
        """The lines of text in these photos, by id; photos without text are left out."""
        found: dict[int, tuple[TextLine, ...]] = {}
        for some in chunks([int(one) for one in photo_ids]):
            marks = ",".join("?" * len(some))
            rows = self._all(
                "SELECT p.id, t.lines FROM photo p JOIN photo_text t "
                f"ON t.content_hash = p.content_hash WHERE p.id IN ({marks})",
                some,
            )
            found |= {row[0]: lines for row in rows if (lines := _lines(row[1]))}
        return found

    def find_texts(
        self, words: Sequence[str], *, misread: bool = False
    ) -> dict[int, tuple[TextLine, ...]]:
        """The lines of photos that hold any of these words, anywhere in them.

        Args:
            words: as :func:`retrieval.photos.letters.written_words` makes them.
            misread: also photos that hold only pieces of the words.
        """
        long = [word for word in words if len(word) >= SHORTEST_PIECE]
        short = [word for word in words if len(word) < SHORTEST_PIECE]
        pieces = [piece for word in long for piece in (pieces_of(word) if misread else [word])]
        found: list[int] = []
        if pieces:
            rows = self._all(
                "SELECT rowid FROM text_letters WHERE text_letters MATCH ? ORDER BY rank LIMIT ?",
                (" OR ".join(f'"{piece}"' for piece in dict.fromkeys(pieces)), MAX_FOUND),
            )
            found += [row[0] for row in rows]
        for word in short:
            # Words of Chinese have two characters; no index knows pieces so short.
            rows = self._all(
                "SELECT rowid FROM text_letters WHERE instr(letters, ?) LIMIT ?", (word, MAX_FOUND)
            )
            found += [row[0] for row in rows]
        result: dict[int, tuple[TextLine, ...]] = {}
        for some in chunks(list(dict.fromkeys(found))):
            marks = ",".join("?" * len(some))
            for number, lines in self._all(
                "SELECT p.id, t.lines FROM photo_text t JOIN photo p "
                f"ON p.content_hash = t.content_hash WHERE t.id IN ({marks}) "
                "AND p.status = 'present' AND p.hidden = 0",
                some,
            ):
                result[number] = _lines(lines)
        return result

    def add_texts(self, other: "Texts") -> None:
        """Add what another library read in photos of content that this one holds, too.

        What this one has read itself stays.
        """
        with self.transaction(alters_search=False):
            rows = other._all(
                "SELECT t.content_hash, t.reader, t.lines, t.reason, t.read_at, l.letters "
                "FROM photo_text t LEFT JOIN text_letters l ON l.rowid = t.id"
            )
            for content_hash, *rest, letters in rows:
                cursor = self._execute(
                    "INSERT OR IGNORE INTO photo_text "
                    "(content_hash, reader, lines, reason, read_at) SELECT ?, ?, ?, ?, ? "
                    "WHERE EXISTS (SELECT 1 FROM photo WHERE content_hash = ?)",
                    (content_hash, *rest, content_hash),
                )
                if letters and cursor.rowcount:
                    self._execute(
                        "INSERT INTO text_letters (rowid, letters) VALUES (?, ?)",
                        (cursor.lastrowid, letters),
                    )

    def text_counts(self) -> TextCounts:
        """In how many present photos text was looked for, and found."""
        row = self._one(
            "SELECT count(t.id), count(CASE WHEN t.lines <> '[]' THEN 1 END), count(t.reason), "
            "count(*) FROM photo p LEFT JOIN photo_text t ON t.content_hash = p.content_hash "
            "WHERE p.status = 'present'"
        )
        read, with_text, failed, photos = row or (0, 0, 0, 0)
        return TextCounts(read, with_text, failed, photos - read)

    def forget_texts(self) -> int:
        """Delete all text that was read; of how many contents."""
        with self.transaction(alters_search=False):
            return self._execute("DELETE FROM photo_text").rowcount


def _bounded(line: TextLine) -> TextLine:
    return TextLine(" ".join(clean_text(line.text, MAX_LINE_CHARS).split()), float(line.height))


def _lines(stored: str) -> tuple[TextLine, ...]:
    return tuple(TextLine(text, height) for text, height in json.loads(stored))
