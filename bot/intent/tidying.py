"""Messages put into plainer words before they are read: fillers out, split verbs joined."""

import re

_FILLERS = re.compile(
    r"\b(?:tf|wtf|the (?:hell|heck|fuck)|on earth|for the life of me|goddamn(?:ed)?|freaking|"
    r"fricking|frigging|literally|basically)\b|[\s,]+(?:you know the (?:kind|sort|type|one)|"
    r"if you know what i mean|if at all possible|if you (?:would|don't mind|will)|and (?:such|"
    r"stuff|so on|whatnot|the like|all that)|or such|n stuff|(?:or|and) something like that|"
    r"or something|if there(?:'s| is| are) (?:one|any|some)(?: here| there)?|if (?:one|"
    r"any) exists|etc)(?=[\s,.!?]|$)",
    re.IGNORECASE,
)
_SPLIT_VERB = re.compile(
    r"\b(?:leave|leaving|filter) (?P<what>(?!out\b|me\b|us\b|it\b|"
    r"that\b|this\b|them\b|those\b|a look\b)(?:[\w'-]+ ){1,5}?)out\b(?! of\b)",
    re.IGNORECASE,
)
_LAST_CLAUSE = re.compile(
    r"^.{8,160}?(?:[,;:]| so| and)\s+(?P<asked>(?:so )?(?:i |we )?(?:'d like |would like |"
    r"really )?(?:need|want|am looking for|'m looking for|looking for|searching for)(?: some|"
    r" a few| any| to see)?(?: good| nice)? (?:photos?|pictures?|pics?|images?|shots?|one|"
    r"ones) (?:of|with|from|where|in|showing)\b.+|(?:so |now |next )?first (?:anything|something|"
    r"photos|pictures) (?:with|of)\b.+)$",
    re.IGNORECASE | re.DOTALL,
)


_STORY_WORDS = 20
_REMEMBERED = re.compile(
    r"\b(?:there (?:must|should|has to|ought to|might|may) (?:still )?be|i (?:know|swear|bet|"
    r"think) there (?:is|was|are|were)|(?:mentioned|remembered|recalled|talked about|told (?:me|"
    r"us) about|asked (?:me |us )?about|thought of)) (?:an?|some|one|that|"
    r"the) (?:\w+ )?(?:photos?|pictures?|pics?|shots?|ones?) (?:of|with|"
    r"where) (?P<what>[^,.;!?]+?)(?: (?:that )?(?:we|i) (?:took|have|had))?(?: (?:somewhere|"
    r"anywhere|in (?:here|there)))?(?=[,.;!?]|$)",
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
    return re.sub(r"[ \t]+", " ", asked["asked"] if asked else text).strip()
