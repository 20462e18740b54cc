"""What keeps a streamed reply in bounds: its length, secrets, loops, other speakers' lines."""

import re
from collections.abc import Collection, Iterator

from bot.errors import LLMAnswerUnusable

MAX_REPLY_CHARS = 1_200

_ROLES = ("user", "human", "assistant", "photopal", "system", "bot", "ai")
_MARKUP = " \t*_#>\"'"
_SENTENCE = re.compile(r"[^.!?…\n]*[.!?…\n]+\s*")
_SHORT_SENTENCE = 12
"""Letters; a shorter sentence ("Here!") may be said twice."""

_LONGEST_RUN = 12
"""Words; the longest run whose repetition is looked for."""


class ReplyGuard:
    """Lets a stream of text through and ends it where it goes wrong.

    Secrets are cut out even across pieces. A reply ends (``full``) at its greatest length, where it
    says a sentence or a run of words again and again, and at a line that somebody else would say
    ("user: …"); a name in front of the whole reply is left out.
    """

    def __init__(self, secrets: Collection[str] = (), speakers: Collection[str] = ()) -> None:
        """``speakers`` of the conversation, beside the usual roles."""
        self.full = False
        self.shown = 0
        self._secrets = tuple(secrets)
        names = {name.lower().strip() for name in (*_ROLES, *speakers)} - {""}
        self._labels = tuple(f"{name}:" for name in sorted(names))
        self._raw = ""

    def let_through(self, piece: str) -> Iterator[str]:
        """What may be shown by now."""
        if not self.full:
            self._raw += piece
            yield from self._show(final=False)

    def end(self) -> Iterator[str]:
        """The rest. Raises LLMAnswerUnusable when nothing was said at all."""
        if not self.full:
            yield from self._show(final=True)
        if not self.shown:
            raise LLMAnswerUnusable("the LLM's reply was empty")

    def _show(self, *, final: bool) -> Iterator[str]:
        text = self._raw
        for secret in self._secrets:
            text = text.replace(secret, "…")
        text = self._without_own_label(text.lstrip())
        end, mark = self._end(text)
        if mark is not None:
            self.full = True
        elif not final:
            end -= self._held_back(text)
        if end > self.shown:
            piece, self.shown = text[self.shown : end], end
            yield piece
        if mark and self.shown:
            yield mark

    def _without_own_label(self, text: str) -> str:
        first = text.lstrip(_MARKUP)
        for label in self._labels:
            if first.lower().startswith(label):
                return first[len(label) :].lstrip(_MARKUP)
        return text

    def _end(self, text: str) -> tuple[int, str | None]:
        """Where the text must end, and what to put there; None when it may go on."""
        at = 0
        for line in text.splitlines(keepends=True):
            if at and line.lstrip(_MARKUP).lower().startswith(self._labels):
                return len(text[:at].rstrip()), ""
            at += len(line)
        seen: set[str] = set()
        for match in _SENTENCE.finditer(text):
            said = _letters(match.group())
            if len(said) >= _SHORT_SENTENCE and said in seen:
                return len(text[: match.start()].rstrip()), ""
            seen.add(said)
        if _runs_in_circles(text):
            return len(text), " …"
        if len(text) > MAX_REPLY_CHARS:
            return MAX_REPLY_CHARS, " …"
        return len(text), None

    def _held_back(self, text: str) -> int:
        """Characters at the end that may turn out to be the beginning of what must not show."""
        keep = max(
            (n for s in self._secrets for n in range(1, len(s)) if text.endswith(s[:n])), default=0
        )
        line = text.rpartition("\n")[2]
        name = line.lstrip(_MARKUP).lower()
        if any(label.startswith(name) for label in self._labels):
            keep = max(keep, len(line) + (1 if "\n" in text else 0))
        finished = list(_SENTENCE.finditer(text))
        begun = text[finished[-1].end() :] if finished else ""
        said = _letters(begun)
        before = (_letters(match.group()) for match in finished)
        if said and any(one.startswith(said) and len(one) >= _SHORT_SENTENCE for one in before):
            keep = max(keep, len(begun))
        return min(keep, len(text))


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text.lower())


def _runs_in_circles(text: str) -> bool:
    """Whether the text ends in a run of words that is said again and again."""
    words = text.lower().split()
    for length in range(1, _LONGEST_RUN + 1):
        times = 5 if length == 1 else 3
        last = words[-length * times :]
        if len(last) == length * times and last == last[:length] * times:
            return True
    return False
