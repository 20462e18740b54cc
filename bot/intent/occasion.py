"""What a photo is wanted for, where that hides what it shows.

"a picture for my talk about rockets" is looked for as "rockets", "something with flowers for the
invitation" as "something with flowers". At the end of a request, see also
:data:`bot.intent.asking_patterns.PURPOSE`.
"""

import re

from bot.intent.asking_patterns import PHOTO

_WORK = (
    r"(?:presentation|talk|slides?|slide ?show|deck|keynote|speech|lecture|lesson|class|course|"
    r"seminar|workshop|post|blog|article|essay|story|report|paper|thesis|review|poster|flyer|"
    r"leaflet|brochure|banner|invitation|invite|card|newsletter|magazine|website|web ?page|page|"
    r"homepage|book|booklet|chapter|cover|project|homework|assignment|calendar|album|scrapbook|"
    r"collage|profile|thumbnail|wallpaper|background|screensaver|letter|e?-?mail|recipe|menu|mug|"
    r"t-?shirt|game|quiz|video|campaign|exhibition|advert|ad|listing|tweet|caption|diary|journal|"
    r"mood ?board|frame|wall)"
)
_A_PHOTO = (
    rf"(?:(?:an?|the|some|any|one|another) )?(?:(?:good|nice|great|suitable|fitting|right|decent|"
    rf"pretty|matching|single) )*(?:{PHOTO}|something|anything|one|ones)"
)
_USED = (
    r"(?:(?: (?:that|which|i|we|can|could|would|will|might|may|to|use|put|go|goes|going|fit|fits|"
    r"work|works|suit|suits|illustrate|illustrates|accompany|add|include|do))* "
    r"(?:for|with|in|on|into|as|to|illustrate|accompany|suit))"
)
_MY_WORK = (
    rf"(?: (?:my|our|an?|the|this|that|his|her|their|some))?(?: [\w-]+(?:['’]s)?){{0,3}}? {_WORK}\b"
)
_ABOUT = r"(?: (?:about|on|of|regarding|concerning|titled|called))"

_ON_TOPIC = re.compile(rf"{_A_PHOTO}{_USED}{_MY_WORK}{_ABOUT} (?P<topic>.+)", re.IGNORECASE)
_FIRST = re.compile(rf"{_A_PHOTO}{_USED}{_MY_WORK}\s*[,;:–—-]+\s*(?P<topic>.+)", re.IGNORECASE)
_MAKING = re.compile(
    r"(?:(?:i|we)(?:['’]?(?:m|re)| am| are)? )?(?:just |currently |still )?(?:writing|making|"
    r"preparing|doing|giving|working on|putting together|designing|building|drafting|finishing)"
    rf"{_MY_WORK}{_ABOUT} (?P<topic>[^,.;!?]+)[,.;!?–—-]+\s*(?P<asks>.+)",
    re.IGNORECASE,
)
_ASKS_AFTER = re.compile(
    rf"(?:(?:and|so|do|have|has|is|are|you|i|we|there|can|could|would|got|find|need|want|looking|"
    rf"for|to|go|use|some|any|me|please|give|show|see|with|that|it|fits?|for it|{_A_PHOTO})\b"
    r"[\s,?!.]*)+",
    re.IGNORECASE,
)


def topic_of(content: str) -> str | None:
    """What a photo that is wanted for something shall show; None where no such thing is named.

    Args:
        content: of a request, without its words of asking.
    """
    for pattern in (_ON_TOPIC, _FIRST):
        found = pattern.fullmatch(content)
        if found:
            return found["topic"]
    return None


def topic_of_work(sentence: str) -> str | None:
    """The topic of what somebody makes, where a photo for it is asked for in the same sentence.

    "I'm writing a post about cats, got anything?" gives "cats"; None for other sentences.
    """
    found = _MAKING.fullmatch(sentence)
    return found["topic"].strip() if found and _ASKS_AFTER.fullmatch(found["asks"]) else None
