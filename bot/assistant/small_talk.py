"""Short, warm words for what is no request: chosen by the tone of a message."""

import re
from typing import Literal

from bot.assistant.sentences import DEFAULT_LANGUAGE, say, two_parts
from bot.assistant.session import OWNER, Session
from bot.intent.moves import is_complaint

Tone = Literal[
    "sure", "how_are_you", "hello", "complaint", "off_topic", "ok", "bad", "good", "story"
]

_HOW_ARE_YOU = re.compile(
    r"\b(how(?:'s| is| are| was| r)?\s+(?:you|u|ya|your|it going|things|life)|what'?s (?:up|new)"
    r"|you (?:ok|okay|good|alright)\b|wie geht|comment (?:ça|ca) va|ça va|qué tal|cómo estás"
    r"|come (?:va|stai)|como (?:vai|está)|tudo bem|hoe gaat|你好吗)",
    re.I,
)
_SURE = re.compile(
    r"(?:(?:hm+|oh|but|and|wait|really)[\s,]+)*(?:are you (?:really |quite |so |very |"
    r"100% )*(?:sure|certain)(?: about (?:that|this|it))?|is that (?:right|true|correct|"
    r"really (?:it|all))|you sure|why(?: (?:that|this|those|these)(?: ones?)?)?|how come|"
    r"how do you know(?: that)?)",
    re.I,
)
_THANKS = re.compile(
    r"\b(?:tha?n?ks?|thank|thankyou|thank(?:you|u)+|thx+|thnx|tnx|ty+|tysm|ta|cheers|appreciate\w*|"
    r"star|angel|well done|good job|great job|good work|nothing (?:else|more)|all (?:done|set|"
    r"good)|that'?s (?:all|everything|enough)|will do|bless)\b",
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
    r"|crash(?:ed)?|accident|dentist|doctor|headache|hungry|thirsty|raining|numb|stuck|stress(?:ed|ful)?|ugh|krank|traurig"
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
_REMARK_WORDS = 5
"""So few words are a remark ("that's my nephew!"), no story."""
_OFF_TOPIC = re.compile(
    r"^(?:(?:and|so|but|ok(?:ay)?|hey|hi|well|then)[\s,]+)*(?:(?:what|who|whom|whose|when|where|"
    r"why|how|which)(?:['’]?(?:s|re|d|ll))?\b"
    r"(?! (?:a|an) (?!.*\?))|(?:(?:is|are|was|were|does|do|did|can|could|will|would|should|has|"
    r"have)(?:n['’]?t)? \w+ .*|any \w+.*|got .*)\?\s*$|(?:tell|give|write|sing|teach|"
    r"recommend|explain|translate|calculate|book|order|call|play|set|remind)(?: me| us)? "
    r"(?:a|an|the|some|something|about|my|how|to)\b)",
    re.I,
)
"""A question or an order about something else than photos."""


_PRIVACY = re.compile(
    r"\b(who|anyone|anybody|people|person|human|private|privacy|safe|secure|upload\w*|cloud"
    r"|server|internet|online|sent|send|leave|stored?|spy\w*|data)\b",
    re.I,
)


_BOT = re.compile(r"^\W*(?:so |and )?(?:are you|who are you|what are you|who made you)\b", re.I)


def gives_thanks(message: str) -> bool:
    """Whether a contented message says thanks, and not only "that's the one"."""
    return bool(_THANKS.search(message))


def asks_who_answers(message: str) -> bool:
    """Whether a question is about what the assistant is."""
    return bool(_BOT.search(message))


def asks_about_privacy(message: str) -> bool:
    """Whether a question to the assistant is about who can see the photos."""
    return bool(_PRIVACY.search(message))


def tone_of(message: str) -> Tone:
    """How a message wants to be met."""
    if _SURE.fullmatch(message.strip(" .!?")):
        return "sure"
    if _HOW_ARE_YOU.search(message):
        return "how_are_you"
    words = re.findall(r"\w+", message)
    if _HELLO.search(message) and len(words) <= 2 * _OK_WORDS:
        return "hello"
    if is_complaint(message):
        return "complaint"
    if _OFF_TOPIC.search(message.strip()) and _OK_WORDS <= len(words) <= _QUESTION_WORDS:
        return "off_topic"
    if _SLANG_PRAISE.search(message):
        return "good"
    if _BAD.search(message) and not _APOLOGY.fullmatch(message.strip(" .!?")):
        return "bad"
    if _GOOD.search(message):
        return "good"
    return "ok" if len(words) <= _REMARK_WORDS else "story"


_SLANG_PRAISE = re.compile(
    r"\b(?:that|this|it|thats|its|they|those)(?:['’]?s| is| are|['’]re)? (?:so |really |pretty |"
    r"fucking |totally )*(?:sick|lit|fire|dope|insane|wild|mad|savage|wicked|epic)\b",
    re.I,
)
"""Praise in slang: "damn that's sick"."""
_QUESTION_WORDS = 14
_APOLOGY = re.compile(
    r"(?:(?:oh|ok|okay|i['’]?m|so|very|no|yes)[\s,]+)*sorry(?: about that|,? wrong \w+|"
    r" to (?:bother|disturb) you(?: again)?)?",
    re.I,
)


def chat(session: Session, message: str) -> str:
    """A few words back."""
    tone = tone_of(message)
    said = [turn.text for turn in session.turns if turn.speaker == OWNER][:-1]
    if tone == "story" and not said and _HELLO.search(message):
        tone = "hello"
    if tone == "good" and said and tone_of(said[-1]) == "bad":
        # "My dog died." "He loved the beach."
        tone = "story"
    if tone in ("sure", "how_are_you", "hello", "ok", "complaint", "off_topic"):
        return say(session, tone)
    kind = tone if session.language == DEFAULT_LANGUAGE else "story"
    if session.gallery or kind == "bad":
        # Photos are being talked of, or a photo is not what helps.
        return say(session, kind)
    return two_parts(session, kind, "story_more")
