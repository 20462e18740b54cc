"""The thoughts that reasoning models write before their answer, and how to leave them out.

Servers with a parser for thoughts send them apart; the others send them in the text, between marks
that differ by model: ``<think>``, ``[THINK]``, ``<|channel|>analysis<|message|>`` and more.
"""

import re
from collections.abc import Iterator

_WORDS = r"(?:think|thinking|thoughts?|reasoning|reflection|analysis|scratchpad|seed:think)"
_OPEN = (
    rf"<{_WORDS}\b[^<>]{{0,80}}>"
    r"|\[think(?:ing)?\]|◁think▷"
    r"|<\|begin_of_thought\|>|<\|start_thinking\|>"
    # The head of a harmony message, up to its channel.
    r"|<\|start\|>"
    # Every channel but "final" holds no answer; the name ends at the message mark.
    r"|<\|?channel\|?>\s*(?!final\b)[^<|]{0,80}(?:<\|(?:constrain|start|end)\|>[^<|]{0,40})?"
    r"(?:<\|message\|>|\n)"
)
_CLOSE = (
    rf"</{_WORDS}\s*>"
    r"|\[/think(?:ing)?\]|◁/think▷"
    r"|<\|end_of_thought\|>|<\|end_thinking\|>"
    r"|<channel\|>"
)
# These end thoughts and are no text themselves.
_ANSWER = (
    r"<\|channel\|>\s*final\b[^<|]{0,80}(?:<\|constrain\|>[^<|]{0,40})?<\|message\|>"
    r"|<\|message\|>|<\|(?:begin|end)_of_solution\|>|<\|(?:start|end)_response\|>"
)
_TOKEN = r"<\|(?:end|return|call|im_end|eot_id|endoftext)\|>"
_MARK = re.compile(
    f"(?P<open>{_OPEN})|(?P<close>{_CLOSE})|(?P<answer>{_ANSWER})|(?P<token>{_TOKEN})",
    re.IGNORECASE,
)
_LONGEST_MARK = 240
_MARK_BEGINS = re.compile(r"(?:<\|?channel\|?>|[<\[◁])", re.IGNORECASE)

_MUSING_WORDS = frozenset(
    "ok okay alright hm hmm hmmm well so first let let's we i the got looking".split()  # noqa: SIM905
)
_MUSING = re.compile(
    r"\W*(?:ok(?:ay)?|alright|hm+|well|so|first|let me|let's|we (?:need|have|should)"
    r"|i (?:need|should)|the (?:user|conversation)|got it|looking at)\b",
    re.IGNORECASE,
)
_ABOUT_THE_TASK = re.compile(
    r"\bthe (?:user|conversation|instructions?|system prompt)\b", re.IGNORECASE
)


def without_thoughts(text: str) -> str:
    """A whole answer without thoughts, also those that were never closed or never opened."""
    said: list[str] = []
    for piece in _Scanner().read(text, final=True):
        if piece is None:
            said.clear()
        else:
            said.append(piece)
    return "".join(said)


class ThoughtFilter:
    """Takes the thoughts out of a text that comes in pieces.

    What may be the beginning of a mark is held back until it is clear. Some models open their
    thoughts in the prompt, so that only the closing mark is seen: a text that begins as thoughts do
    ("Okay, the user …") is held back until that mark or the end.
    """

    def __init__(self, *, hold: bool = False) -> None:
        """``hold`` back all until a closing mark or the end: this model is known to think first."""
        self.unopened = False
        self._scanner = _Scanner()
        self._hold = hold
        self._said = False
        self._waiting = ""

    def feed(self, piece: str) -> str:
        """What is surely said, and no thought, of the text so far."""
        return self._let_through(self._scanner.read(piece))

    def end(self) -> str:
        """The rest, when no more comes; nothing when all of it reads as thoughts."""
        out = self._let_through(self._scanner.read("", final=True))
        waiting, self._waiting = self._waiting, ""
        if _MUSING.match(waiting) and _ABOUT_THE_TASK.search(waiting):
            return out
        return out + waiting

    def _let_through(self, pieces: Iterator[str | None]) -> str:
        out = ""
        for piece in pieces:
            if piece is None:
                self.unopened, self._hold = True, False
                self._waiting = out = ""
            elif self._said:
                out += piece
            else:
                self._waiting += piece
                if not self._hold and not _may_muse(self._waiting):
                    self._said = True
                    out, self._waiting = out + self._waiting, ""
        return out


def _may_muse(text: str) -> bool:
    """Whether a text of which this is the beginning may turn out to be thoughts."""
    first, blank, rest = text.lstrip().partition(" ")
    word = first.lower().strip(",.!:…")
    if not blank:
        return any(one.startswith(word) for one in _MUSING_WORDS)
    if word not in _MUSING_WORDS:
        return False
    return " " not in rest or _MUSING.match(text) is not None


class _Scanner:
    """Splits a text that comes in pieces into what is said and what is thought."""

    def __init__(self) -> None:
        self._held = ""
        self._depth = 0

    def read(self, piece: str, *, final: bool = False) -> Iterator[str | None]:
        """What is said; None when a closing mark shows that all before it was a thought."""
        self._held += piece
        while match := _MARK.search(self._held):
            before, self._held = self._held[: match.start()], self._held[match.end() :]
            if before and not self._depth:
                yield before
            if match.lastgroup == "open":
                self._depth += 1
            elif match.lastgroup == "close" and self._depth:
                self._depth -= 1
            elif match.lastgroup == "close":
                yield None
            else:
                # The answer begins, or a harmony message ends and its thoughts with it.
                self._depth = 0
        keep = 0 if final else self._mark_begun()
        ready = self._held[: len(self._held) - keep]
        self._held = self._held[len(ready) :]
        if ready and not self._depth:
            yield ready

    def _mark_begun(self) -> int:
        """Characters at the end that may be the beginning of a mark."""
        window = self._held[-_LONGEST_MARK:]
        for match in _MARK_BEGINS.finditer(window):
            rest = window[match.start() :]
            if match.group().lower().strip("<|>") == "channel" or not re.search(r"[>\]▷]", rest):
                return len(rest)
        return 0
