"""Short, warm words for what is no request: chosen by the tone of a message."""

import re
from typing import Literal

from bot.assistant.sentences import say, two_parts
from bot.assistant.session import Session

Tone = Literal["how_are_you", "hello", "ok", "bad", "good", "story"]

_HOW_ARE_YOU = re.compile(
    r"\b(how(?:'s| is| are| was| r)?\s+(?:you|u|ya|your|it going|things|life)|what'?s (?:up|new)"
    r"|you (?:ok|okay|good|alright)\b|wie geht|comment (?:ça|ca) va|ça va|qué tal|cómo estás"
    r"|come (?:va|stai)|como (?:vai|está)|tudo bem|hoe gaat|你好吗)",
    re.I,
)
_HELLO = re.compile(
    r"^\W*(hi+|hey+|hello|hiya|yo|morning|good (?:morning|evening|afternoon)|hallo|moin|servus"
    r"|bonjour|salut|hola|buenos d[ií]as|ciao|buongiorno|ol[aá]|bom dia|goedemorgen|dag|你好|嗨)\b",
    re.I,
)
_BAD = re.compile(
    r"\b(sick|ill|flu|fever|hurts?|hurting|pain|broke|broken|lost|died|dead|death|funeral|vet"
    r"|hospital|surgery|sad|sorry|worried|worry|scared|afraid|tired|exhausted|awful|terrible"
    r"|horrible|worst|cry|crying|cried|miss(?:ed)? (?:him|her|them|you)|fired|cancelled|stolen"
    r"|crash(?:ed)?|accident|dentist|headache|numb|stuck|stress(?:ed|ful)?|ugh|krank|traurig"
    r"|malade|triste|enfermo|malato|doente|ziek)\b",
    re.I,
)
_GOOD = re.compile(
    r"\b(great|lovely|wonderful|amazing|awesome|fantastic|brilliant|happy|glad|excited|won|passed"
    r"|engaged|married|birthday|promoted|best|love(?:d|ly)?|yay|hooray|finally|congrats"
    r"|slept through|super|toll|génial|genial|fantastico|ótimo|geweldig)\b",
    re.I,
)
_OK_WORDS = 3


_PRIVACY = re.compile(
    r"\b(who|anyone|anybody|people|person|human|private|privacy|safe|secure|upload\w*|cloud"
    r"|server|internet|online|sent|send|leave|stored?|spy\w*|data)\b",
    re.I,
)


def asks_about_privacy(message: str) -> bool:
    """Whether a question to the assistant is about who can see the photos."""
    return bool(_PRIVACY.search(message))


def tone_of(message: str) -> Tone:
    """How a message wants to be met."""
    if _HOW_ARE_YOU.search(message):
        return "how_are_you"
    words = re.findall(r"\w+", message)
    if _HELLO.search(message) and len(words) <= 2 * _OK_WORDS:
        return "hello"
    if _BAD.search(message):
        return "bad"
    if _GOOD.search(message):
        return "good"
    return "ok" if len(words) <= _OK_WORDS else "story"


def chat(session: Session, message: str) -> str:
    """A few words back."""
    tone = tone_of(message)
    if tone in ("how_are_you", "hello", "ok"):
        return say(session, tone)
    if tone == "story":
        return two_parts(session, "story", "story_more")
    if session.language != "en":
        return two_parts(session, "story", "story_more")
    return two_parts(session, tone, "story_more")
