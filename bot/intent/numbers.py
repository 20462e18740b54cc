"""Which of the photos shown: "the second", "#2", "number three", "the last one", "1 and 3"."""

import re

from bot.intent.words import split_words

_ORDINALS = split_words(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
)
_CARDINALS = split_words("one two three four five six seven eight nine ten eleven twelve")
_FROM_END = {
    "last": -1, "very last": -1, "final": -1, "second to last": -2, "next to last": -2,
    "second last": -2,
    "one before last": -2, "penultimate": -2, "third to last": -3,
}  # fmt: skip
_ONE = r"(?: (?:one|ones|photo|picture|pic|image|shot))?"
_ORDINAL = "|".join(_ORDINALS)
_CARDINAL = "|".join(_CARDINALS)
_NUMBER = re.compile(
    r"(?:\b(?:the|that|this|your|my) )?(?:very )?(?:"
    rf"\b(?P<end>second to last|next to last|second last|third to last|penultimate|very last|last|"
    rf"final)\b(?P<lasts> (?:two|three|four|five)\b(?! (?:days|weeks|months|years|summers|"
    rf"winters)))?|\b(?P<word>{_ORDINAL})\b(?P<few> (?:two|three|four|five|few|couple)\b)?"
    r"|\b(?P<digits>\d{1,2})(?:st|nd|rd|th)\b"
    rf"|(?:\b(?:numbers?|num|no\.?|nr\.?|rank|result|item|photos?|pictures?|pics?|image)\s*|"
    rf"#\s*)(?P<named>\d{{1,3}}|{_CARDINAL})\b"
    r"|\b(?P<place>middle|left(?:most)?|rightmost|top|bottom)\b(?= (?:one|photo|picture|"
    r"pic)\b)"
    rf"){_ONE}\b",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"^(?:[^\d,.!?]{{1,30}}[,.!?:]\s*)?(?:(?:(?:can|could|would|will) (?:you|u|i)|please|pls|"
    rf"ok(?:ay)?|bet|so|yes|yeah|now|just|then|alright|great|cool|nice|i(?:['’]ll| will)|"
    rf"let me)[\s,]+)*(?:(?:share|send|show(?: me)?|open|post|forward|pick|take|give|have)(?: me|"
    rf" us)? )?((?:\d{{1,2}}|{_CARDINAL})(?:(?:\s*,\s*|\s*&\s*|\s+and\s+)(?:\d{{1,2}}|"
    rf"{_CARDINAL}))*)(?: (?:to|with) .*| please| pls| over| again| too)*$",
    re.IGNORECASE,
)
_NOT_THIS_ONE = re.compile(
    rf"\bnot (?:the |number |#)?(?:{_ORDINAL}|\d{{1,2}}(?:st|nd|rd|"
    rf"th)?)(?: one)?(?:[\s,;.]+but\b)?[\s,;.]+(?=(?:(?:please|just|rather|instead|share|send|"
    rf"post|forward|show|open|give|take|pick|me|us)\s+)*(?:the|number|#|\d|{_ORDINAL}))",
    re.IGNORECASE,
)
"""Before the one that is meant: "not the first, the second"."""
_LIST_REST = re.compile(
    rf"^(?:\s*,\s*|\s*&\s*|\s+and\s+)(?:the )?(\d{{1,2}}|{_CARDINAL})\b", re.IGNORECASE
)
_IN_THE = re.compile(r"\b(?:one )?(?:in|on|at) the (middle|left|right|top|bottom)\b", re.IGNORECASE)
_NOT_A_PLACE = re.compile(
    r"^\W*(?:day|time|night|week|month|year|summer|winter|birthday|christmas|steps?|dance|grade|"
    r"class|kiss|date|"
    r"communion|tooth|house|car|snow|hand|floor|street|world|of (?:january|february|march|april|"
    r"may|june|july|"
    r"august|september|october|november|december)|january|february|march|april|may|june|july|"
    r"august|september|"
    r"october|november|december|autumn|spring|fall|monday|tuesday|wednesday|thursday|friday|"
    r"saturday|sunday|weekend|"
    r"trip|holiday|vacation|prize|place|century|person|man|woman|minute|word|thing)\b",
    re.IGNORECASE,
)


def numbers_in(text: str, *, shown: int = 0) -> tuple[tuple[int, ...], str]:
    """Places of photos named in a text, in order, and the text without them.

    1 is the first, -1 the last. "last summer" and "the first day" name no photo.

    Args:
        text: a message without chatter at its ends.
        shown: photos in the last gallery, for "the middle one" and "the one on the right".
    """
    # What it is followed by is another place, so that something is always left.
    text = _NOT_THIS_ONE.sub("", text)
    bare = _BARE.match(text.strip())
    if bare and not re.search(r"\b(?:19|20)\d\d\b", text):
        words = re.findall(rf"\d{{1,2}}|{_CARDINAL}", bare[1], re.IGNORECASE)
        verb = text[: bare.start(1)] + text[bare.end(1) :]
        if verb.strip() or words[0].isdigit() or len(words) > 1:
            return tuple(_value(word) for word in words), verb.strip() or ""
    found: list[int] = []
    kept, position = [], 0
    for match in _NUMBER.finditer(text):
        if match.start() < position:
            continue
        following = text[match.end() :]
        one_named = bool(
            re.search(r"(?:one|ones|photo|picture|pic|image|shot)$", match[0], re.IGNORECASE)
        )
        if not one_named and _NOT_A_PLACE.match(following):
            continue
        end = match.end()
        found += _numbers_of(match, shown)
        if match["named"]:
            more = _LIST_REST.match(text[end:])
            while more:
                found.append(_value(more[1]))
                end += more.end()
                more = _LIST_REST.match(text[end:])
        kept.append(text[position : match.start()])
        position = end
    kept.append(text[position:])
    rest = " ".join(" ".join(kept).split())
    if not found:
        where = _IN_THE.search(text)
        if where and shown:
            before = text[: where.start()] + text[where.end() :]
            return (_place(where[1], shown),), " ".join(before.split())
        return (), text
    rest = re.sub(r"\s+(?:and|,)\s*(?=$|\s)", " ", rest).strip()
    return tuple(dict.fromkeys(found)), rest


def _numbers_of(match: re.Match[str], shown: int) -> list[int]:
    if match["lasts"] and match["end"].lower().endswith("last"):
        count = _CARDINALS.index(match["lasts"].strip().lower()) + 1
        return list(range(-count, 0))
    if match["end"]:
        return [_FROM_END[match["end"].lower()]]
    if match["word"]:
        number = _ORDINALS.index(match["word"].lower()) + 1
        few = (match["few"] or "").strip().lower()
        if few and number == 1:
            count = _CARDINALS.index(few) + 1 if few in _CARDINALS else 3
            return list(range(1, count + 1))
        return [number]
    if match["digits"]:
        return [int(match["digits"])]
    if match["named"]:
        return [_value(match["named"])]
    return [_place(match["place"], shown)]


def _place(word: str, shown: int) -> int:
    if word.lower().startswith(("left", "top")):
        return 1
    if word.lower().startswith(("right", "bottom")):
        return -1
    return (shown + 1) // 2 if shown else 1


def _value(word: str) -> int:
    return int(word) if word.isdigit() else _CARDINALS.index(word.lower()) + 1
