"""What a photo must not show: "without the dog", "not the one with the red car"."""

import re
from dataclasses import dataclass

from bot.intent.asking import take_apart
from bot.intent.spelling import photo_words

_ONE = (
    r"(?:the |that |those |any |ones? |photos? |pictures? |pics? )*(?:ones?|photos?|pictures?|"
    r"pics?)"
    r"(?: (?:with|where(?: there(?:'s| is| are))?|of|that (?:has|have|shows?)))?"
)
_EXCLUDING = re.compile(
    r"(?:^|(?<=[\s,;.(–—-]))(?:no,? (?=not\b)|and |but |only |just |though |exactly |"
    r"(?:the )?same(?: (?:one|thing|photo|picture))? |it )*"
    r"(?P<word>without|w/o|sans|minus|excluding|except(?: for)?|other than|apart from|leav(?:e|"
    r"ing) out|exclude|"
    r"skip|ignore|not counting|filter out|take out|get rid of|anything but|everything but|all but|"
    r"with no|with nobody|with no one|don['’]?t (?:show|include|want)(?: me)?(?: any)?|"
    r"do not (?:show|include)(?: me)?|(?:no|not)(?! more\b| idea\b| worries\b| problem\b| rush\b|"
    r" wait\b| matter\b| thanks\b| sure\b| bad\b|"
    r" that['’]?s| it['’]?s| (?:it|that|this|he|she|they|we|you) (?:was|were|is|are|had|has)\b|"
    r" i\b| one\b| no\b| yet\b| now\b| only\b| just\b| really\b| really\b))\b"
    rf"(?: (?:any of|any|having))?(?: {_ONE})?\s+",
    re.IGNORECASE,
)
_END = re.compile(
    r"\s*(?:[,;.!?–—(]|\b(?:but|and (?:with|only|in|at|on|from)|instead|please|pls|i mean|i meant|"
    r"rather|though|in (?:it|them)\b|this time|either|too|at all|if possible|thanks)\b).*$",
    re.IGNORECASE | re.DOTALL,
)
_WORN = re.compile(
    r"^(?:an? |any |his |her |their |the )?(?:\w+ )?(?:shirts?|shoes?|socks?|clothes|clothing|"
    r"helmets?|pants|trousers|"
    r"tops?|jackets?|coats?|glasses|hair|teeth|legs?|arms?|sleeves|leash|saddle|hands|t-shirts?|"
    r"gloves)\b",
    re.IGNORECASE,
)
_NOBODY = {"nobody": "people", "no one": "people", "anyone": "people", "anybody": "people",
           "everyone": "people", "persons": "people", "humans": "people"}  # fmt: skip


MOST_TERSE_WORDS = 5
"""Of two things and a "not" between them."""


@dataclass(frozen=True)
class Exclusion:
    """A text without what it excludes, and that; of several things with a comma between."""

    content: str
    exclude: str = ""


def split_exclusion(text: str, *, begun: bool = False) -> Exclusion:
    """Take "without X" and the like out of a text.

    ``"the beach but without people"`` gives content ``"the beach"`` and exclude ``"people"``.
    "a man without a shirt" is a look, not an exclusion, and stays.

    Args:
        text: a message or its content.
        begun: photos were looked for before, so a text may be nothing but an exclusion.
    """
    match = _EXCLUDING.search(text)
    if match is None:
        return Exclusion(text)
    rest = text[match.end() :]
    end = _END.search(rest)
    excluded = rest[: end.start()] if end else rest
    after = rest[end.start() :] if end else ""
    before = text[: match.start()].rstrip(" ,;–—-(")
    starts = not before.strip(" .!")
    short_word = match["word"].lower() in ("no", "not")
    whole = text.split()
    if match["word"].lower() == "not" and 1 < len(whole) <= MOST_TERSE_WORDS and not starts:
        # "sandwich not salad"
        first, last = whole[0].lower(), whole[-1].lower().strip(".!?")
        short_word = not ({first, last} <= photo_words())
    if (
        short_word
        and not starts
        and text[: match.start()].rstrip()[-1] not in ",;.(–—-"
        and "but" not in match[0].lower()
    ):
        return Exclusion(text)
    if starts and not begun and short_word:
        return Exclusion(text)
    if _WORN.match(excluded) and before and match["word"].lower() in ("without", "with no"):
        return Exclusion(text)
    excluded = _tidy(take_apart(_tidy(excluded)).content)
    excluded = re.sub(r"^(?:in it|having) ", "", excluded)
    excluded = _NOBODY.get(excluded.lower(), excluded)
    if not excluded:
        return Exclusion(text)
    after = re.sub(
        r"^\W*(?:but|instead|please|pls|i mean|i meant|rather|though|in (?:it|them)|this time|"
        r"either|too|at all|and|"
        r"thanks)\b\W*", "", after, flags=re.IGNORECASE,
    )  # fmt: skip
    if after.strip(" ,.;!?"):
        more = split_exclusion(after.strip(" ,.;!?"), begun=True)
        after, excluded = more.content, ", ".join(filter(None, (excluded, more.exclude)))
    content = " ".join(part for part in (before.strip(" ."), after.strip(" ,.;!?")) if part)
    return Exclusion(content, excluded)


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" ,.;:!?–—-()")
