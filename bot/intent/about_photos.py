"""What is said of photos without looking for any by what they show.

The oldest or newest of all ("my newest picture"), a fact of one that is shown ("where was that?"),
a wish to change one ("delete the third"), and what the library holds ("what do you have?").
"""

import re
from dataclasses import dataclass

from bot.intent.numbers import numbers_in
from bot.intent.plan import Aspect, Extreme

_A = r"['’]?"
_PHOTO = r"(?:photo(?:graph)?|picture|pic|image|shot|snap)"
_IT = (
    rf"(?:it|that|this|these|those|them|they|both|all of (?:them|these|those)|"
    rf"(?:that|this|the|these|those) (?:ones?|{_PHOTO}s?))"
)
_OF_ALL = (
    rf"(?: (?:that )?(?:(?:i|we|you|there)(?:{_A}ve)? (?:ever |have |has |is |are )*(?:got|took|"
    rf"taken|have|own|is|are)?|ever taken|taken|of all(?: time)?|ever|of mine|(?:in|of|from) "
    rf"(?:here|(?:my|the|our|this|your) (?:whole |entire )?(?:library|collection|album|phone|"
    rf"photos|pictures)))(?!\w))*"
)
_OLD = r"(?:oldest|earliest|(?:very )?first(?= [^,.]*\b(?:ever|took|taken|of all)\b))"
_NEW = r"(?:newest|latest|most recent|(?:very )?last(?= [^,.]*\b(?:took|taken|of all)\b))"
_EXTREME = re.compile(
    rf"\b(?:the |my |our |your |its |an? )?(?:(?P<old>{_OLD})|(?P<new>{_NEW}))"
    rf"(?: (?P<number>two|three|four|five|six|few|\d+))?"
    rf"(?: (?P<what>(?:[\w-]+ )?(?:{_PHOTO}s?|ones?)\b)|(?=\W*$| of \w| from \w| first\W*$))"
    rf"{_OF_ALL}",
    re.IGNORECASE,
)
_ONE_OF = re.compile(r"^(?:(?P<thing>[\w-]+) )?(?P<noun>\S+)$")


@dataclass(frozen=True)
class Ranked:
    """A message without its words for the oldest or newest.

    Attributes:
        text: the rest, with "the photo" in their place.
        extreme: which end of time is meant; "" for none.
        several: whether more than one photo is meant ("the newest pictures", "oldest first").
    """

    text: str
    extreme: Extreme = ""
    several: bool = False


_END_OF_SOME = re.compile(
    rf"\b(?:the |my |our |your )?(?:very )?(?P<end>first|last)(?: (?P<number>two|three|four|five|"
    rf"six|ten|few|\d+))?(?P<what>(?: {_PHOTO}s?| ones?)?)(?: (?:i |we )?(?:took|taken|have|"
    rf"got))?"
    r"(?P<of>(?= (?:from|in|of|at) )|(?=\W*$))",
    re.IGNORECASE,
)
"""The first or last of some: "the last picture from Oslo", "the last 10 photos"."""


def _end_of_some(text: str, *, dated: bool, shown: int) -> re.Match[str] | None:
    match = _END_OF_SOME.search(text)
    if match is None:
        return None
    if match.end() < len(text.rstrip(" .?!")):
        return match if dated else None
    # Of those shown, "the last two" are seen already.
    many = match["number"] or ""
    more = many.isdigit() and int(many) > shown
    return match if match["what"] and many and (more or not shown) else None


def split_extreme(text: str, *, dated: bool = False, shown: int = 0) -> Ranked:
    """Take "the oldest photo" and the like out of a message.

    "the oldest dog picture" leaves "the photo of dog"; "my oldest son" is no photo and stays.

    Args:
        text: a message.
        dated: whether it names a time or a place, of which "the last photo" may be.
        shown: photos in the last gallery.
    """
    of_some = _end_of_some(text, dated=dated, shown=shown)
    if of_some:
        photos = of_some["what"].strip().lower()
        return Ranked(
            f"{text[: of_some.start()]}the photo{text[of_some.end() :]}",
            "oldest" if of_some["end"].lower() == "first" else "newest",
            bool(of_some["number"]) or photos.endswith("s"),
        )
    match = _EXTREME.search(text)
    if match is None:
        return Ranked(text)
    what = (match["what"] or "").strip().lower()
    noun = _ONE_OF.match(what)
    thing = (noun["thing"] or "") if noun else ""
    several = bool(match["number"]) or what.endswith("s") or match[0].endswith(" first")
    several = several or text[match.end() :].strip(" .?!").lower() == "first"
    after = re.sub(r"^\s*first\b", "", text[match.end() :], flags=re.IGNORECASE)
    middle = f"the photo of {thing}" if thing else "the photo"
    rest = " ".join(f"{text[: match.start()]} {middle} {after}".split())
    return Ranked(rest, "oldest" if match["old"] else "newest", several)


# -- a photo that is shown -------------------------------------------------------------------

_ASKS = (
    r"(?:(?:and|so|but|ok(?:ay)?|hm+|wait|oh|hey|sorry)[\s,]+)*(?:(?:can|could|do) you (?:tell me|"
    r"know|remember|say) |tell me |i wonder |any idea |do we know |remind me )?"
)
_IN_IT = (
    rf"(?: (?:in|on|at|with|next to|beside|behind|near) (?:{_IT}|there|her|him|he|she|the {_PHOTO}|"
    r"(?:the )?(?:left|right|middle|front|back|background|foreground)))*"
)
_PERSON = (
    r"(?:(?:the|that|this|those|these) )?(?:(?:other|old|young|little|tall) )?(?:m[ae]n|wom[ae]n|"
    r"girls?|boys?|kids?|child(?:ren)?|bab(?:y|ies)|person|people|guys?|lad(?:y|ies)|couple|"
    r"everyone|everybody|dogs?|cats?|ones?)"
)
_WHO = re.compile(
    rf"{_ASKS}(?:who(?:{_A}s| is| are| was| were| do i see| can you see)?(?: (?:{_IT}|he|she|"
    rf"there|{_PERSON}))?|what (?:is|are|was) (?:his|her|their|its) names?|(?:is|was) (?:{_IT}|he|"
    rf"she) (?:me|my [a-z]+))(?: (?:standing|sitting|here))?{_IN_IT}",
    re.IGNORECASE,
)
_WHEN = re.compile(
    rf"{_ASKS}(?:when|wen|whn|(?:on |in )?(?:what|which) (?:year|date|day|month|time)|"
    rf"what(?:{_A}s| is| was) the (?:exact |precise |rough )?(?:date|year|day|month|"
    rf"time)(?: (?:of|on|for|when))?|how (?:old|long ago))(?:{_A}s| is| was| are| were| did (?:i|"
    rf"we|you) (?:take|shoot|make))?(?: {_IT})?(?: (?:from|taken|shot|made|photographed|then|"
    rf"again|in|on|photo|was|is|were|are|exactly))*",
    re.IGNORECASE,
)
_WHERE = re.compile(
    rf"{_ASKS}(?:where(?: (?:exactly|on earth|abouts))?|(?:in |at |from )?(?:what|which) (?:place|"
    rf"city|country|town|location|beach|park|lake|mountain|street|stadium|restaurant|museum|church|"
    rf"bridge|river|island|hotel|bar|zoo|village|forest|harbou?r|hill|garden|airport|"
    rf"station))(?:{_A}s| is| was| are| were| did (?:i|we|you) (?:take|shoot|"
    rf"make)| am i| are we| were we| was i)?(?: {_IT})?"
    rf"(?: (?:from|taken|shot|made|photographed|then|again|in|at|there|place|was|is|were|are|"
    rf"exactly))*",
    re.IGNORECASE,
)
_WHICH = re.compile(
    rf"{_ASKS}(?:what(?:{_A}s| is| are| was)(?: (?:{_IT}|in|on|the (?:(?:file ?)?name|file|title|"
    rf"story) (?:of|behind|with|for)))+(?: called| named| about)?{_IN_IT}|"
    rf"what am i (?:looking at|seeing)"
    rf"|(?:what|which)(?:{_A}s| is)? (?:the )?(?:file(?: ?name)?|folder|path)(?: (?:is|of|for|has|"
    rf"does|was|{_IT}|in|called|have))*|where(?:{_A}s| is) (?:the |its |that |this )?file(?: of|"
    rf" for)?(?: {_IT})?(?: (?:saved|stored|kept|located))?|"
    rf"(?:tell me |say )?(?:more |something |anything )?about {_IT}|(?:what|"
    rf"which) camera(?: (?:was|"
    rf"is|did|took|i|we|use|used|for|with|{_IT}|taken|shot|made|by))*|(?:any )?(?:details|"
    rf"info(?:rmation)?|metadata|exif)(?: (?:of|on|about|for) {_IT})?|"
    rf"what do you know about {_IT})",
    re.IGNORECASE,
)
_SAYS = re.compile(
    rf"{_ASKS}(?:what (?:does|do|did) (?:{_IT}|(?:the|that|this) (?:[\w-]+ )?[\w-]+) (?:say|read)"
    rf"|what(?:{_A}s| is| does it say| do they say)? (?:written |printed )?(?:on|in) (?:{_IT}|"
    rf"there|(?:the|that|this) (?:sign|poster|label|shirt|t-shirt|note|board|screen|page|cake|"
    rf"banner|door|plate|receipt|ticket|menu|screenshot))"
    rf"|what(?:{_A}s| is) written(?: (?:there|here))?"
    rf"|(?:(?:can|could|please) (?:you )?)?read (?:(?:me|us|out) )?(?:{_IT}|(?:the|that|this) "
    rf"(?:text|writing|words?|sign|poster|label|note|receipt|ticket|menu|letter|page|screenshot))"
    rf"(?: (?:to me|out|aloud|out loud|for me))?)"
    rf"(?: (?:exactly|on it|there|in (?:{_IT}|there)|on (?:{_IT}|there)))*"
    rf"|(?:the |that )?[\w' -]{{1,30}}, (?:can|could) you read (?:it|that|this)",
    re.IGNORECASE,
)
_WHETHER = re.compile(
    rf"{_ASKS}(?:is|was|are|were) {_IT} (?:really |taken |shot |made |not )*(?:from|in|at|near|on|"
    r"before|after|of)\b",
    re.IGNORECASE,
)
_ASPECTS: tuple[tuple[Aspect, re.Pattern[str]], ...] = (
    ("who", _WHO),
    ("when", _WHEN),
    ("where", _WHERE),
    ("which", _WHICH),
    ("says", _SAYS),
)
_NAMES_ONE = re.compile(rf"\b{_IT}\b|\b(?:he|she|{_PHOTO}|file|there)\b", re.IGNORECASE)


@dataclass(frozen=True)
class AboutOne:
    """A question about photos that are shown, or a wish to change them.

    Attributes:
        aspect: what is asked.
        numbers: their places, where they were named.
    """

    aspect: Aspect
    numbers: tuple[int, ...] = ()


_FORGOT = re.compile(
    r"[\s,;.–—-]+(?:i|we) (?:can't|cannot|can not|don't|do not|forgot|have forgotten)\b.*$",
    re.IGNORECASE,
)
"""After a question: "where was that, I can't remember"."""


def about_shown(text: str, *, shown: int) -> AboutOne | None:
    """What a message asks of a photo that is shown; None when it asks nothing of one.

    Args:
        text: without chatter at its ends.
        shown: photos in the last gallery.
    """
    text = _FORGOT.sub("", text)
    if not text or len(text) > 120:
        return None
    numbers, _ = numbers_in(text, shown=shown)
    named, _, asked = text.partition(",")
    beside = re.sub(r"\bof (?:those|these|them)\b", "", numbers_in(named, shown=shown)[1])
    if numbers and asked and not beside.strip(" the"):
        # "the fourth one, when was that?"
        text = asked.strip()
    bare = text if asked and numbers else _with_it(text, shown) if numbers else text
    bare = bare.strip(" ?.!,")
    for aspect, pattern in _ASPECTS:
        if pattern.fullmatch(bare) and (numbers or _NAMES_ONE.search(bare) or shown):
            return AboutOne(aspect, numbers)
    return None


def asks_whether(text: str) -> bool:
    """Whether a message asks if a shown photo is from some time or place: "was that in Rome?"."""
    return bool(_WHETHER.match(text.strip()))


def _with_it(text: str, shown: int) -> str:
    """ "who is in the second photo" as "who is in it"."""
    words = text.split()
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length + 1):
            inside = " ".join(words[start : start + length])
            found, left = numbers_in(inside, shown=shown)
            if found and not left.strip(" ?.!,"):
                end = start + length
                if start and words[start - 1].lower() == "the":
                    start -= 1
                return " ".join([*words[:start], "it", *words[end:]])
    return text


_CHANGES = (
    r"(?:deleted?|erase|trash|rotate|flip|crop|edit|retouch|photoshop|brighten|darken|lighten|hide|"
    r"rename|tag|label|favou?rite|archive|sharpen|enhance|blur|resize|straighten|colou?ri[sz]e|"
    r"caption|mirror|unblur|restore)"
)
_CHANGES_IT = (
    r"(?:remove|bin|turn|move|fix|star|clean up|touch up|throw(?: away| out)?|"
    r"get rid of|chuck(?: out)?"
    r"|improve|zoom out of|cut|edit out|mark|sort out|copy|make|tidy up)"
)
_CHANGE = re.compile(
    rf"(?:(?:please|just|now|then|can|could|would|will|you|u|i|we|want|to|need|let{_A}s|go|ahead|"
    rf"and|how|do|id|i{_A}d|like|help|me|is|it|possible|ok|okay) )*"
    rf"(?:{_CHANGES}(?: (?:out|away))?(?: (?:(?:all|some|any|every|each)(?: of)?|{_IT}|my|the|"
    rf"photos?|pictures?|pics?|images?|ones?|duplicates?|doubles|blurry|bad|old|him|her|"
    rf"something|anything|red eyes?|background))+|{_CHANGES_IT} {_IT})"
    r"(?: (?:a bit|a little|please|for me|now|forever|for good|from (?:my|the|this) \w+|to the "
    r"(?:left|right|bin|trash)|by \d+ degrees?|\d+ degrees?|left|right|upside down|around|up|down|"
    r"away|out|clockwise|(?:as|to) (?:a )?favou?rites?|(?:brighter|darker|sharper|"
    r"lighter|black and "
    r"white|smaller|bigger in size|square)|to (?:another|a different|my) \w+))*",
    re.IGNORECASE,
)
_MAKE = re.compile(
    rf"(?:make|turn) {_IT}(?: a bit| a little| look)? (?:brighter|darker|sharper|lighter|black and "
    r"white|smaller|square|into .*|upside down|around|better)",
    re.IGNORECASE,
)


def asks_to_change(text: str) -> bool:
    """Whether photos are to be changed or thrown away: Photopal only reads them."""
    if len(text) > 120:
        return False
    numbers, _ = numbers_in(text)
    bare = (_with_it(text, 0) if numbers else text).strip(" ?.!,")
    if re.match(r"(?:.* )?(?:make|turn|copy) ", bare, re.IGNORECASE) and not re.match(
        rf".*\b{_CHANGES}\b", bare, re.IGNORECASE
    ):
        return bool(_MAKE.search(bare))
    return bool(_CHANGE.fullmatch(bare))


# -- the library -----------------------------------------------------------------------------

_HOLDS = re.compile(
    rf"{_ASKS}(?:(?:(?:do you have |give me |show me |is there |can i see )?(?:a |the )?list of|"
    rf"(?:can you )?list) (?:all )?(?:the |my )?(?:cities|places|countries)(?: (?:you know|i have|"
    rf"there are|i(?:{_A}ve)? been to|in (?:here|there|my photos|the library)))?|what(?:{_A}s|"
    rf" is| do i have| do you have| have i got| have you got)? "
    rf"(?:there )?(?:in|on) (?:here|(?:my|the|this|our|your) (?:photo |picture )?(?:library|"
    rf"collection|albums?|archive|photos|pictures|phone|computer|disk))"
    rf"|(?:what|which)(?: (?:kinds?|sorts?) of)?(?: (?:photos?|pictures?|pics?|images?|"
    rf"stuff|things))?"
    rf"(?: all)? (?:do|have|can|did) (?:i|we|you) (?:have|got|see|find|know|know about|store)"
    rf"(?: (?:here|all|there|stored|saved|got|of mine|in (?:total|there|here)))*"
    rf"|what(?:{_A}s| is| are| pictures are| photos are) (?:there|here)(?: to (?:see|"
    rf"look at|find))?"
    rf"|(?:what(?:{_A}s| do you know)|tell me(?: something| more)?|anything) about (?:my|the|this|"
    rf"our) (?:photos?|pictures?|library|collection|album)|"
    rf"(?:give me )?(?:an? )?(?:overview|summary|"
    rf"statistics|stats)(?: (?:of|about|on) (?:my|the|all) (?:\w+ )?(?:photos?|pictures?|library|"
    rf"collection))?|do (?:i|we|you) have (?:any|some|many|a lot of) (?:photos?|pictures?|pics?)"
    rf"(?: (?:at all|here))?|(?:what|which) (?:years?|places?|cities|countries)(?: (?:are|do|have|"
    rf"did|were|was|is|i|we|you|my|the|photos?|pictures?|been|in|from|there|here|got|have|know|"
    rf"covered?|visit(?:ed)?|of|to|taken|library|album|collection|go|gone|travel(?:led)?|my|all|"
    rf"so far))*|where (?:all )?(?:did|have|were|was) (?:we|i|you) (?:go|been|travel(?:led)?|"
    rf"visit(?:ed)?|all|been to|gone|go to)(?: (?:to|in|then|so far|already|ever|before|all|"
    rf"on holiday|that year))*)",
    re.IGNORECASE,
)


def asks_what_there_is(text: str) -> bool:
    """Whether a message asks what the library holds: "what photos do I have?"."""
    return bool(_HOLDS.fullmatch(text.strip(" ?.!,")))


# -- everything ------------------------------------------------------------------------------

_EVERYTHING = re.compile(
    rf"(?:(?:just|simply|really|absolutely|literally|please|me|us|the|of) )*"
    rf"(?:everything|all(?: of (?:it|them|those|my|the))?|anything|whatever|"
    rf"any(?:thing)?|something|"
    rf"the lot|stuff|things|the whole lot|every (?:single )?(?:one|photo|picture|pic)|what|"
    rf"whichever|some(?: of (?:it|them))?|lots|ones?|more|most)"
    rf"(?: (?:at all|else|that|which|there|is|are|was|here|(?:i|we|you|u)(?:{_A}ve)?|have|has|got|"
    rf"took|take|shot|taken|can|could|find|know|of|from|in|to|did|ever|photos?|pictures?|pics?|"
    rf"images?|stuff|things|show|nice|good|pretty|lovely|beautiful|cool|great|possible|available|"
    rf"really|please|me|do|photographed|happened|we did))*",
    re.IGNORECASE,
)


def means_everything(text: str) -> bool:
    """Whether a content says nothing of what is to be seen: "everything", "whatever you have"."""
    return bool(_EVERYTHING.fullmatch(text.strip(" ?.!,;:")))
