"""Words that are to be read in the photo: quoted, "a sign that says STOP", the receipt from a shop.

What a sign says is no picture of it, and the encoder cannot read. So these words are looked for in
the text that was read in photos, and the rest of the request in what they show.
"""

import re
from dataclasses import dataclass

MAX_SAID_WORDS = 12
MAX_CHARS = 500
"""Of a request that are looked through."""

_QUOTED = re.compile(
    r"[\"“”„«»「『](?P<double>[^\"“”„«»「」『』]{1,160})[\"“”«»」』]"
    r"|(?<![^\s(])['‘](?P<single>[^'‘’]{2,80})['’](?![^\s).,!?])"
)
_CARRIER = (
    r"(?:signs?|signposts?|road ?signs?|street ?signs?|posters?|banners?|placards?|billboards?|"
    r"stickers?|labels?|plates?|plaques?|notes?|cards?|screens?|displays?|screenshots?|shirts?|"
    r"t-?shirts?|hoodies?|caps?|hats?|mugs?|cups?|bags?|box(?:es)?|bottles?|cakes?|doors?|walls?|"
    r"windows?|boards?|blackboards?|whiteboards?|books?|covers?|pages?|papers?|letters?|"
    r"newspapers?|magazines?|menus?|receipts?|invoices?|tickets?|flyers?|leaflets?|tattoos?|"
    r"graffiti|headlines?|something|one|photo|picture|image)"
)
_SAYS = re.compile(
    rf"(?:.*\b{_CARRIER}\b(?: \w+){{0,3}}?)[,\s]+(?:(?:that|which|where it|it|and it|on "
    r"which it)\s+)?(?:just |only |clearly )?(?:says?|saying|said|reads?|reading|spells?|spelling)"
    r"\b[\s:,]+(?P<said>\S.*)",
    re.IGNORECASE,
)
_IT_SAYS = re.compile(
    r".*?\b(?:where (?:it|the \w+)|that|which|it)\s+(?:just )?(?:says|reads|said)\b[\s:,]+"
    r"(?P<said>\S.*)",
    re.IGNORECASE,
)
_WITH_WORDS = re.compile(
    r".*?\b(?:with|has|having|bearing|showing|saying|of|containing)\s+(?:the |a )?"
    r"(?:words?|texts?|writing|lettering|inscription|slogan|headline|letters)\b[\s:,]*"
    r"(?P<said>\S.*)",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r".*?\b(?:with|has|have|having|where)\s+(?:the (?:words?|name|text)\s+)?"
    r"(?P<said>\S.*?)\s+(?:is )?(?:written|printed|engraved|spelled|scribbled)"
    r"(?:\s+(?:on|in|across|over|above|out)\b.*)?",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r".*? with (?P<said>[A-Z0-9][A-Z0-9 .&'-]+) on (?:it|them)")
"""In capitals only: a rug with a dog on it has no letters."""
_CERTAIN = (_SAYS, _IT_SAYS, _WITH_WORDS, _WRITTEN, _CAPITALS)

_DOCUMENT = re.compile(
    r"\b(?:receipts?|invoices?|bills?|tickets?|screen ?shots?|posters?|menus?|labels?|"
    r"(?:business|visiting|post|greeting|id|membership) ?cards?|letters?|documents?|notes?|"
    r"whiteboards?|blackboards?|book covers?|forms?|prescriptions?|boarding pass(?:es)?|"
    r"newspapers?|banners?|(?:licen[cs]e|number) plates?|signs?|flyers?|leaflets?|brochures?|"
    r"certificates?|contracts?|recipes?|timetables?|schedules?|instructions|manuals?|stickers?|"
    r"statements?|price ?(?:tags?|lists?))\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"\b(?:a|an|the|my|our|your|his|her|their|this|that|some|any|from|of|for|with|about|at|in|on|"
    r"by|to|and|or|we|i|you|it|is|was|has|had|got|where|which|there|big|small|large|old|new|red|"
    r"green|blue|yellow|white|black|photos?|pictures?|pics?)\b",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"(?:\s+(?:on (?:it|them)|in it|in (?:big|large|small|red|white|bold) letters?|please))+$",
    re.IGNORECASE,
)
_ABROAD = (
    re.compile(
        r"(?:写着|写有|写的是|寫著|上面写)[着的是:：\"“「『\s]*(?P<said>[^\"”」』，。！？的]{1,30})"
    ),
    re.compile(
        r"(?:auf (?:de[mr]|denen)|worauf|wo) (?P<said>\S.{0,60}?) (?:drauf\s?)?steht\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"mit (?:der aufschrift|dem (?:text|wort)|den worten)[:\s]+(?P<said>\S.{0,60})",
        re.IGNORECASE,
    ),
)
"""Chinese and German words for it."""
_EDGES = " \t\n.,:;!?\"'“”„«»‘’「」『』()"


@dataclass(frozen=True)
class WrittenWords:
    """What a request tells of the text in a photo.

    Attributes:
        said: the words that are to be read; "" for none.
        certain: they stand there. Else they are about a document, and may stand on it.
    """

    said: str = ""
    certain: bool = False


def written_in(text: str) -> WrittenWords:
    """The words of a request that are to be read in the photo.

    Example::

        written_in("a sign that says no parking")  # "no parking", certain
        written_in("the receipt from Hornbach")    # "Hornbach", which may be read
    """
    text = " ".join(text.split())[:MAX_CHARS]
    quotes = [found["double"] or found["single"] for found in _QUOTED.finditer(text)]
    said = " ".join(part.strip(_EDGES) for part in quotes).strip()
    if said:
        return WrittenWords(said, certain=True)
    for pattern in _CERTAIN:
        found = pattern.fullmatch(text.rstrip(" .!?"))
        if found:
            said = _TRAILING.sub("", found["said"]).strip(_EDGES)
            if said and len(said.split()) <= MAX_SAID_WORDS:
                return WrittenWords(said, certain=True)
    if _DOCUMENT.search(text):
        said = " ".join(_BETWEEN.sub(" ", _DOCUMENT.sub(" ", text)).split()).strip(_EDGES)
        if len(said.split()) <= MAX_SAID_WORDS:
            return WrittenWords(said)
    return WrittenWords()


def written_abroad(text: str, *, asks: bool) -> str:
    """The words of a request in Chinese or German that are to be read in the photo; "" for none.

    Args:
        text: the message.
        asks: whether it asks for photos; else a quotation in it is none of a photo's.
    """
    for pattern in _ABROAD:
        found = pattern.search(text)
        if found:
            return found["said"].strip(_EDGES)
    told = written_in(text)
    return told.said if asks and told.certain else ""


_PAPER = re.compile(
    r"\b(?:receipts?|invoices?|tickets?|screen ?shots?|posters?|prescriptions?|"
    r"boarding pass(?:es)?|flyers?|leaflets?|timetables?|business cards?|certificates?)\b",
    re.IGNORECASE,
)
"""Documents that are hardly spoken of but as things: "letters" and "notes" are."""
_ASKED_FOR = re.compile(
    r"(?:(?:hey|hi|so|and|ok(?:ay)?|please)[\s,]+)*"
    r"(?:is|are|was) there\b|(?:do|did) (?:i|we|you) (?:still )?have\b|have (?:i|we|you) got\b|"
    r"where(?:['’]?s| is| are)\b|i (?:need|want)\b|i['’]?m looking for\b|(?:any|got)\b",
    re.IGNORECASE,
)


def is_asked_for(text: str) -> bool:
    """Whether a message asks for something with text in it: "is there a receipt from the shop?"."""
    told = written_in(text)
    return bool(_ASKED_FOR.match(text)) and bool(told.certain or _PAPER.search(text))


def without_quotes(text: str) -> str:
    """A request without the marks of quotation; its apostrophes stay."""
    return " ".join(
        _QUOTED.sub(lambda found: f" {found['double'] or found['single']} ", text).split()
    )
