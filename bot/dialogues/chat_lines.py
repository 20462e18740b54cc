"""Chats exported as text, one message a line: WhatsApp (Android, iOS), and Signal by signal-export.

How a line begins depends on the phone and its language: ``31.12.23, 21:15 - Anna: …``,
``[12/31/23, 9:15:09 PM] Anna: …``, ``2023/12/31 下午9:15 - Anna: …``. What is read is the shape: a
date of three numbers, a time, a speaker. Whether the day or the month comes first is told by the
whole file.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from pathlib import PurePath

from bot.conversation import Turn
from retrieval.photos.reading import PHOTO_SUFFIXES

_MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2068\u2069\ufeff"
"""Marks of the direction of writing, which the apps put around dates, names and their own notes."""

_HEAD = re.compile(
    rf"""[{_MARKS}\s]{{0,5}}\[?[{_MARKS}]{{0,5}}
    (?P<one>\d{{1,4}})\s?[./\-年년]\s?(?P<two>\d{{1,2}})\s?[./\-月월]\s?(?P<three>\d{{1,4}})[日일]?\.?
    ,?\s*(?:[^\W\d]{{1,4}}\.?\s)?               # um, à, klo, kl., a las
    (?P<before>上午|下午|午前|午後|早上|晚上|凌晨|中午|오전|오후)?\s?
    \d{{1,2}}[:.h]\d{{2}}(?:[:.]\d{{2}})?
    (?P<after>\s?(?:[ap]\.?\s?m\.?|[^\W\d]{{1,6}}\.?))?
    \s?(?:\]|\s[-–—])[{_MARKS}\s]*
    (?P<rest>.*)""",
    re.X | re.I | re.S,
)
_SPOKEN = re.compile(r"(?P<speaker>[^:\n]{1,80}?)\s?[:：](?:\s(?P<text>.*)|$)", re.S)
_BRACKETED = re.compile(r"<[^<>\n]{1,80}>")
_FILE = re.compile(r"[\w\-. ]{1,120}?\.(?P<suffix>[A-Za-z0-9]{2,5})\b")
_MARKDOWN_IMAGE = re.compile(r"!\[[^\]\n]{0,200}\]\([^)\n]{0,300}\)")
_OMITTED = re.compile(
    r"omitted|weggelassen|ausgeschlossen|omis|omitid|ocult|omess|weggelaten|absent|utelämna|"
    r"udelad|utelatt|pominięt|опущен|пропущен|без медиа|dahil edilmedi|忽略|省略|略去|なし|"
    r"제외|생략|محذوف|छोड़",
    re.I,
)
_NO_PHOTO = re.compile(
    r"v[ií]d[eé]o|видео|视频|影片|動画|동영상|audio|аудио|ton\b|音频|語音|音声|음성|sticker|стикер|"
    r"贴图|貼圖|スタンプ|스티커|gif|documen|dokument|document|документ|文档|contact|kontakt|contatt",
    re.I,
)
_PROBED_LINES = 20
MAX_LINE_CHARS = 20_000


@dataclass(frozen=True)
class ExportedTurn:
    """A message of an export, and the day on which it was sent, where that is known."""

    turn: Turn
    day: date | None


@dataclass(frozen=True)
class _Line:
    numbers: tuple[str, str, str]
    half_day: bool
    rest: str


def is_chat_text(text: str) -> bool:
    """Whether a text is an export of messages: one of its first lines begins as they do."""
    lines = [line for line in text[:20_000].split("\n") if line.strip()][:_PROBED_LINES]
    heads = [head for line in lines if (head := _HEAD.match(line))]
    return any(_SPOKEN.match(head["rest"]) for head in heads) or len(heads) > len(lines) / 2


def chat_turns(text: str) -> tuple[ExportedTurn, ...]:
    """The messages of an export, oldest first. Notes of the app itself are no messages."""
    lines = list(_messages(text))
    order = _date_order([line for line in lines if line.rest])
    return tuple(
        ExportedTurn(turn, _day(line.numbers, order))
        for line in lines
        if (turn := _turn(line.rest)) is not None
    )


def _messages(text: str) -> Iterator[_Line]:
    """Each message with the lines that go on with it."""
    current: _Line | None = None
    more: list[str] = []
    for line in text.split("\n"):
        line = line[:MAX_LINE_CHARS].rstrip("\r")
        head = _HEAD.match(line)
        if head is None:
            more.append(line)
            continue
        if current is not None:
            yield _joined(current, more)
        half_day = bool(head["before"] or (head["after"] or "").strip(" ."))
        current, more = _Line((head["one"], head["two"], head["three"]), half_day, head["rest"]), []
    if current is not None:
        yield _joined(current, more)


def _joined(line: _Line, more: Sequence[str]) -> _Line:
    rest = "\n".join([line.rest, *more]).rstrip()
    return _Line(line.numbers, line.half_day, rest)


def _turn(rest: str) -> Turn | None:
    """What a line says; None for a note of the app ("Anna joined")."""
    spoken = _SPOKEN.match(rest)
    if spoken is None:
        return None
    speaker = spoken["speaker"].strip(_MARKS + " ~\u202f\xa0")
    text = spoken["text"] or ""
    if not speaker:
        return None
    # iOS puts such a mark before whatever the app, not the person, has written.
    from_app = text.startswith("\u200e")
    text = text.strip(_MARKS + " \u202f\xa0\n")
    photo, text = _without_attachment(text, from_app)
    return Turn(speaker, text, photo)


def _without_attachment(text: str, from_app: bool) -> tuple[bool, str]:
    """Whether a message hands over a photo, and what is said beside it."""
    first, _, caption = text.partition("\n")
    if "](" in text and _MARKDOWN_IMAGE.search(text):
        return True, " ".join(_MARKDOWN_IMAGE.sub(" ", text).split())
    if (bracket := _BRACKETED.fullmatch(first.strip(_MARKS + " "))) is not None:
        # "<Media omitted>", "<attached: 00000012-PHOTO-….jpg>", whatever the language.
        return _is_photo(bracket[0]), caption.strip()
    named = _FILE.match(first) if first.endswith((")", ")\u200e")) else None
    tail = first[named.end() :].strip(_MARKS + " ") if named else ""
    if named and re.fullmatch(r"\([^()]{3,60}\)", tail):
        # "IMG-20231231-WA0001.jpg (file attached)"
        return _is_photo(named[0]), caption.strip()
    short = len(first) <= 60 and (from_app or len(first.split()) <= 3)
    if short and _OMITTED.search(first):
        return _is_photo(first), caption.strip()
    if from_app:
        return False, ""
    return False, _without_edit_mark(text)


def _without_edit_mark(text: str) -> str:
    """The message without "<This message was edited>"."""
    start = text.rfind("<\u200e", max(0, len(text) - 80))
    return text[:start].rstrip() if start >= 0 and text.endswith(">") else text


def _is_photo(attached: str) -> bool:
    file = _FILE.search(attached)
    if file is not None and (":" in attached or "<" not in attached):
        return PurePath(f"x.{file['suffix']}").suffix.lower() in PHOTO_SUFFIXES
    return not _NO_PHOTO.search(attached)


def _date_order(lines: Sequence[_Line]) -> str:
    """``ymd``, ``dmy`` or ``mdy``: the order in which most dates exist and time runs forward."""
    if lines and len(lines[0].numbers[0]) == 4:
        return "ymd"
    american = any(line.half_day for line in lines)
    orders = ("mdy", "dmy") if american else ("dmy", "mdy")
    dates = [numbers for numbers, _ in groupby(line.numbers for line in lines)]

    def oddities(order: str) -> int:
        days = [_day(numbers, order) for numbers in dates]
        known = [day for day in days if day is not None]
        backward = sum(later < earlier for earlier, later in pairwise(known))
        return (len(days) - len(known)) * 10 + backward

    return min(orders, key=oddities)


def _day(numbers: tuple[str, str, str], order: str) -> date | None:
    parts = dict(zip(order, map(int, numbers), strict=True))
    year = parts["y"] + 2000 if parts["y"] < 100 else parts["y"]
    try:
        return date(year, parts["m"], parts["d"])
    except ValueError:
        return None
