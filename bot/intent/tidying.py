"""Messages put into plainer words before they are read: fillers out, split verbs joined."""

import re

_FILLERS = re.compile(
    r"\b(?:tf|wtf|the (?:hell|heck|fuck)|on earth|for the life of me|goddamn(?:ed)?|freaking|"
    r"fricking|frigging|literally|basically)\b"
    r"|[\s,]+(?:you know the (?:kind|sort|type|one)|if you know what i mean|if at all possible|"
    r"if you "
    r"(?:would|don't mind|will)|and (?:such|stuff|so on|whatnot|the like|all that)|or such|n stuff|"
    r"(?:or|and) something like that|or something|if there(?:'s| is| are) (?:one|any|"
    r"some)(?: here| "
    r"there)?|if (?:one|any) exists|etc)(?=[\s,.!?]|$)",
    re.IGNORECASE,
)
_SPLIT_VERB = re.compile(
    r"\b(?P<verb>leave|leaving|keep|filter|throw|cut|take|kick) (?P<what>(?!out\b|me\b|us\b|it\b|"
    r"that\b|"
    r"this\b|them\b|those\b|a look\b)(?:[\w'-]+ ){1,5}?)out\b(?! of\b)",
    re.IGNORECASE,
)
_LAST_CLAUSE = re.compile(
    r"^.{8,160}?(?:[,;:]| so| and)\s+(?P<asked>(?:so )?(?:i |we )?(?:'d like |would like |"
    r"really )?(?:need|"
    r"want|am looking for|'m looking for|looking for|searching for)(?: some| a few| any| to see)?"
    r"(?: good| nice)? (?:photos?|pictures?|pics?|images?|shots?|one|ones) (?:of|with|from|where|"
    r"in|"
    r"showing)\b.+)$",
    re.IGNORECASE | re.DOTALL,
)


_STORY_WORDS = 20
_REMEMBERED = re.compile(
    r"\b(?:there (?:must|should|has to|ought to|might|may) (?:still )?be|i (?:know|swear|bet|"
    r"think) there "
    r"(?:is|was|are|were)) (?:an?|some|one|that|the) (?:\w+ )?(?:photos?|pictures?|pics?|shots?|"
    r"ones?) "
    r"(?:of|with|where) (?P<what>[^,.;!?]+?)(?: (?:somewhere|anywhere|in (?:here|"
    r"there)))?(?=[,.;!?]|$)",
    re.IGNORECASE,
)
"""In a long story: "… there must be a picture of us on a boat somewhere, and he bet …"."""


def in_plain_words(text: str) -> str:
    """A message without fillers, with "leave Tokyo out" as "leave out Tokyo".

    Of a story with a plain request only that is kept: "it's mum's birthday, I need pictures
    of her garden".

    Args:
        text: a message.
    """
    text = _FILLERS.sub("", text)
    text = _SPLIT_VERB.sub(lambda match: f"leave out {match['what'].strip()}", text)
    remembered = _REMEMBERED.search(text) if len(text.split()) > _STORY_WORDS else None
    if remembered:
        return f"show me the photo of {remembered['what'].strip()}"
    asked = _LAST_CLAUSE.match(text)
    return (asked["asked"] if asked else " ".join(text.split())).strip()
