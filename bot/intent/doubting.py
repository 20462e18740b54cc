"""Questions with a "no" in them: "is there no photo of the sea?" asks for one as much as any.

And stories of nothing, which ask for none: "we found nothing in Rome".
"""

import re

from bot.intent.move_patterns import PHOTOS

_ABOUT = r"(?:of|with|from|in|at|on|where|showing|that|taken)\b"
_OPENING = r"(?P<opening>(?:(?:and|so|but|wait|what|really|hmm|oh)[\s,]+)*)"
_NO = r"(?:no|not (?:any|an?|one|a single))(?: (?:single|other))?"

_OWN = (
    r"(?:in|on|among) (?:any of |all )?(?:my|our|the|these|those) "
    r"(?:album|library|gallery|photos?|pictures?|pics?)\b"
)

_THERE = re.compile(
    rf"{_OPENING}(?:(?:is|are|was|were)(?:n'?t)? there|there(?:'s| is| are))(?: really| truly|"
    rf" actually)* (?:{_NO} (?={PHOTOS}\b|.+{_OWN})|(?P<nothing>nothing (?={_ABOUT})))",
    re.IGNORECASE,
)
_YOU_HAVE = re.compile(
    rf"{_OPENING}(?:(?:do|did|have|don'?t|haven'?t) )?(?:i|we|you)(?: really| actually| seriously)?"
    rf"(?: have| got| took| take)+ (?:{_NO} (?={PHOTOS}\b)|(?P<nothing>nothing (?={_ABOUT})))",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"{_OPENING}(?:(?P<nothing>(?:nothing|{_NO} {PHOTOS}) (?=(?:from|in|at|on|taken)\b)|"
    rf"nothing (?={_ABOUT}))|{_NO} (?={PHOTOS} {_ABOUT}))",
    re.IGNORECASE,
)


_NOTHING_THERE = re.compile(
    rf"{_OPENING}(?:there (?:was|were|is|'s)|(?:i|we|they|he|she)(?: have| had|'ve|'d)? "
    r"(?!want|need|would|like|show|send)\w+) (?:absolutely |really |simply )?(?:nothing|none|"
    r"nobody|no ?one)\b",
    re.IGNORECASE,
)


def tells_of_nothing(text: str) -> bool:
    """Whether a message tells what was not: "we found nothing in Rome"."""
    return bool(_NOTHING_THERE.match(text)) and not text.rstrip().endswith("?")


def without_doubt(text: str) -> str:
    """A question whether there is no photo, as the question whether there is one.

    "Do you really have nothing with a guitar?" becomes "anything with a guitar?". What is no
    question ("there was nothing in Rome", "no photos of bikes, please") stays as it is.

    Args:
        text: a message.
    """
    if not text.rstrip().endswith("?"):
        return text
    match = _THERE.match(text) or _YOU_HAVE.match(text) or _BARE.match(text)
    if match is None:
        return text
    rest = text[match.end() :].lstrip()
    if match["nothing"]:
        return f"{match['opening']}anything {rest}"
    return f"{match['opening']}is there any {rest}"
