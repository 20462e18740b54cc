"""Messages that ask or announce in so many words, and clauses that say what a photo shows.

These decide before the classifier does: "where is that dog coming out of the water", "anything with
a boat in it?", "wait, I've got it on my phone".
"""

import re

from bot.intent.asking import take_apart
from bot.intent.asking_patterns import CHEERING, PLAIN_ANNOUNCING, SENDS_SOME
from bot.intent.features import is_description, shape_of
from bot.intent.moves import core_of
from bot.intent.spelling import is_photo_word
from bot.intent.words import split_words
from bot.vocabulary import is_chitchat

# Something is refused: "don't show me", "no more pictures".
NEGATED = re.compile(
    r"\b(?:don['’]?t|do not|stop|never|no need|not|no more|without|no (?:photos?|pictures?|"
    r"pics?))\b(?! you (?:have|think))",
    re.IGNORECASE,
)
# Photos are turned down: "no pictures now", "stop sending".
_REFUSES = re.compile(
    r"\b(?:no (?:more )?(?:photos?|pictures?|pics?|images?)|no need|(?:don't|do not|not) (?:need|"
    r"want|show|send|"
    r"bother|look)|(?:pictures?|photos?) can wait|not in the mood|stop (?:showing|sending|"
    r"looking))\b",
    re.IGNORECASE,
)
_ONLY_REFUSES = re.compile(
    r"(?:please |but )*no (?:more )?(?:photos?|pictures?|pics?|images?)(?: (?:of|with|from) "
    r"[^,.;!?]+)?(?:[,.;! ]+(?:please|pls|thanks|thank you|now|today))*[.! ]*",
    re.IGNORECASE,
)
"""A whole message: "no pictures of spiders, please"."""

# A story begins: "we went to the lake", "my sister called"; none that wants or looks for.
_TELLS = re.compile(
    r"(?:(?:and|so|but|well|oh|anyway)[\s,]+)*(?:(?:i|we|he|she|they|you|there|someone|my \w+|"
    r"our \w+)(?:'(?:ve|s|d|ll))? )"
    r"(?!.*\b(?:want|wanna|need|like|love|looking|searching|find|wish|see|fancy|after|can't|"
    r"cannot|should|must)\b)",
    re.IGNORECASE,
)
_SHOW_IT = re.compile(
    r"(?:please |can you |could you |would you |now |so |do |go )*(?:(?:show|find|get|bring|pull|"
    r"dig|fetch|search)(?: (?:it|that|this|them|those|me|us|him|her|one|that one|for it|for that))+"
    r"(?: (?:up|out|back|again))*(?: (?:to|for) (?:me|us))?|(?:let me|let us|can i|could i|may i|"
    r"can we|i want to|i wanna|i'd (?:like|love) to|i need to) (?:please )?see(?: (?:it|that|them|"
    r"him|her|this|those))?(?: again)?|"
    r"show (?:me|us)|where(?:'s| is| are) (?:it|that|he|she|they|those)|pictures? please|"
    r"photos? please|any (?:photos?|pictures?|pics?))",
    re.IGNORECASE,
)
"""A whole sentence after what it is about: "Rufus on the roof, find it"."""

_ANYTHING = re.compile(
    r"(?:is there |are there |maybe |perhaps )?(?:anything|something|any) (?:with|of|from|showing|"
    r"where|in which|in|on|at)\b.+\?|(?:anything|something) (?:with|showing) .+ (?:in|on) "
    r"(?:it|them|there)|any .+ (?:in|on) (?:it|them|there)",
    re.IGNORECASE,
)
"""A whole message: "anything with a boat in it?", "any selfies with a llama in them"."""

_WHERE_THAT = re.compile(
    r"where(?:'s|'re| is| are) (?:that|those) (?!going\b|coming from|supposed|meant|at\b|again\b|"
    r"(?:sound|noise|smell)s?\b)\w+.*",
    re.IGNORECASE,
)
"""A whole message: "where is that dog coming out of the water"; "where are my keys" is none."""

_WHERE_MINE = re.compile(
    r"where(?:'s|'re| is| are| did (?:i|we) (?:put|leave))(?: on earth)? (?:my|the|our) (?:\w+ )?"
    r"(?:keys?|kids|children|glasses|phone|wallet|purse|charger|shoes?|socks?|remote|bag|umbrella|passport|car|"
    r"coat|jacket|headphones|ticket|toilet|exit|bathroom|laptop|mouse|umbrellas?)(?: (?:again|now|"
    r"gone))?",
    re.IGNORECASE,
)
"""A whole message about something mislaid, not about a photo."""

_DETERMINERS = frozenset({"the", "my", "our", "a", "an", "his", "her", "that", "some"})
_PARTICIPLE = re.compile(
    r"\b(?:stuck|hidden|caught|parked|covered|dressed|buried|frozen|broken|torn|painted|wrapped|"
    r"asleep|lost|full)\s(?=\w)",
    re.IGNORECASE,
)
"""Verbs that describe a thing rather than tell a story: "the ball stuck under the shed"."""

_RELATION = frozenset(
    split_words("in on at with over under from of by near behind beside into onto up around inside")
)


_REMEMBERED = re.compile(
    r"(?:(?:and|so|but|well|oh)[\s,]+)*there(?:'s| is| was| were| are| must be| should be|"
    r" used to be) (?:an? |the |some |this |that |also |another )*(?:\w+ )?"
    r"(?:photos?|pictures?|pics?|shots?|snaps?) (?:of|with|where|from|in which|showing)\b",
    re.IGNORECASE,
)
"""A photo is told of that ought to be there: "there was a photo of a bride with red hair"."""

_IN_MY_PHOTOS = re.compile(
    r"^(?:(?:and|so|hey|hi|but)[\s,]+)*(?:is|are|was|were) there (?:an?|any|some|the|ever an?) .+"
    r"\b(?:in|on|among) (?:any of |all )?(?:my|our|the|these|those) (?:photos?|pictures?|pics?|"
    r"album|library|collection|phone|gallery)\b",
    re.IGNORECASE,
)
"""A thing is asked for in so many words: "is there a cat anywhere in my pictures?"."""

_CHEERS = re.compile(
    rf"(?:(?:please|now|just|can you|could you) )*{CHEERING} (?:an?|the|some|my|our) .+",
    re.IGNORECASE,
)
"""A whole message without its chatter: "cheer me up with a puppy"."""

_HAVE_A = re.compile(
    r"(?:(?:and|so|hey|hi|but|ok(?:ay)?)[\s,]+)*(?:do|have) (?:you|we|i) (?:(?:also|maybe|still|"
    r"perhaps|even) )*(?:have |got |own )?(?:got )?(?:an?|any|"
    r"some) (?P<what>[\w' -]+?)(?: (?:in (?:it|there|here)|there|here|somewhere|anywhere|at all|"
    r"by any chance|for me|too|as well))*",
    re.IGNORECASE,
)
"""A whole message: "do you have an airplane?"."""
_MOST_ASKED_FOR = 4
_OF_PEOPLE = frozenset(
    split_words(
        "time minute moment second name idea ideas question questions problem problems body job "
        "life brain heart soul friend friends family feelings opinion preference plan plans tip "
        "tips clue sense doubt favourite favorite advice suggestion suggestions"
    )
)
"""What somebody has, not a photo: "do you have a minute?"."""

_OWN_SCENE = re.compile(
    r"(?:my|our) (?:[\w'-]+ ){1,3}(?:(?:\w+ing|on|in|at|with|by|near|under|beside|behind)\b)"
    r"(?: [\w'-]+){0,6}",
    re.IGNORECASE,
)
_TOLD_NOW = re.compile(
    r"\b(?:is|are|am|was|were|has|had|have|did|does|do|will|would|can|could|got|came|went|said|told|"
    r"keeps?|just|still|always|never|today|tonight|tomorrow|yesterday|again|now|this (?:morning|"
    r"week|weekend|afternoon|evening)|hospital|surgery|pain|i|we|he|she|they|it|you)\b",
    re.IGNORECASE,
)


def names_own_scene(said: str) -> bool:
    """Whether a message is a caption of somebody of one's own: "my son playing football".

    A verb of a story or a time ("my son is playing", "my dog in surgery today") tells of life.
    """
    bare = said.strip(" .!?")
    return (
        bool(_OWN_SCENE.fullmatch(bare))
        and not _TOLD_NOW.search(bare)
        and "Vd" not in shape_of(_PARTICIPLE.sub("", re.sub(r"\b\w+ing\b", "", bare)))
    )


def asks_plainly(said: str) -> bool:
    """Whether a message asks for photos in so many words, in its first or its last sentence."""
    if NEGATED.search(said):
        return False
    if (
        _CHEERS.fullmatch(core_of(said))
        or _KIND_OF_PHOTO.fullmatch(core_of(said))
        or _asks_for_a_thing(said)
        or _IN_MY_PHOTOS.search(said)
        or _REMEMBERED.match(said)
        or SENDS_SOME.match(said)
    ):
        return True
    if _TELLS.match(said):
        return False
    sentences = [part for part in re.split(r"(?<=[.!?;:])\s+|,\s+", said) if part.strip(" .,!?")]
    core = core_of(said)
    whole = f"{core}?" if said.rstrip().endswith("?") else core
    return (
        take_apart(said).names_photo
        or bool(_ANYTHING.fullmatch(whole) or _WHERE_THAT.fullmatch(core))
        or (len(sentences) > 1 and bool(_SHOW_IT.fullmatch(core_of(sentences[-1]))))
    )


def _asks_for_a_thing(said: str) -> bool:
    has = _HAVE_A.fullmatch(core_of(said))
    words = has["what"].lower().split() if has else []
    if not 1 <= len(words) <= _MOST_ASKED_FOR:
        return False
    return is_photo_word(words[-1]) and words[-1] not in _OF_PEOPLE


def announces_plainly(said: str) -> bool:
    """Whether a clause of a message says that a photo is coming."""
    if NEGATED.search(said):
        return False
    clauses = re.split(r"[.!?;:,]\s+|\s[–—-]\s", said)
    return any(PLAIN_ANNOUNCING.match(core_of(clause)) for clause in clauses)


def is_caption(text: str) -> bool:
    """Whether a clause says what a photo shows: "the mower behind the shed", not "my cat"."""
    tokens = shape_of(_PARTICIPLE.sub("", text))
    linked = any(token in _RELATION or token.endswith("ing") for token in tokens[1:-1])
    named = is_description(tokens) or (
        (tokens[0] in _DETERMINERS or tokens[0].endswith("'s")) and is_description([*tokens, "S"])
    )
    return len(tokens) >= 3 and linked and named


def names_a_scene(said: str) -> bool:
    """Whether a message is nothing but a caption: "friends having drinks", "light on the water".

    Each word is one that people use of photos, and none tells a story or asks.
    """
    core = core_of(said)
    if said.rstrip().endswith("?") or _TOLD_NOW.search(core) or NEGATED.search(core):
        return False
    if _SOMEONE_HERE.search(core):
        return False
    words = [word.lower() for word in re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", core)]
    if not 3 <= len(words) <= _MOST_CAPTION_WORDS or words[0] in _NOBODY_SEEN:
        return False
    if "Vd" in shape_of(_PARTICIPLE.sub("", re.sub(r"\b\w+ing\b", "", core))):
        return False
    if is_caption(core):
        return True
    shown = [word for word in words if word not in _DETERMINERS and word not in _RELATION]
    return (
        any(word in _RELATION for word in words[1:-1])
        and words[0] not in _RELATION
        and all(map(is_photo_word, shown))
    )


_MOST_CAPTION_WORDS = 10
_NOBODY_SEEN = frozenset(split_words("nobody everybody everyone anybody nothing everything this"))
_SOMEONE_HERE = re.compile(r"\b(?:me|us|you|your|sent|told|gave|said)\b", re.IGNORECASE)


def asks_for_what_was_told(said: str) -> bool:
    """Whether a message asks to see what was told and names nothing: "could you dig it up?"."""
    return bool(_SHOW_IT.fullmatch(core_of(said)))


def lists_things(said: str) -> bool:
    """Whether a message is a list of things to be seen: "tennis, women only", "food, mostly"."""
    core = _NOW.sub("", core_of(said))
    parts = [part.strip() for part in core.split(",") if part.strip()]
    wished = len(parts) > 1 or _WISHED.search(said)
    if not wished or len(parts) > _MOST_LISTED or said.rstrip().endswith("?"):
        return False
    if _TOLD_NOW.search(core) or "Vd" in shape_of(core):
        return False
    for part in parts:
        words = _MOSTLY.sub("", part.lower()).split()
        things = [word for word in words if word not in _DETERMINERS]
        if not 1 <= len(things) <= 3 or not all(map(is_photo_word, things)):
            return False
        if is_chitchat(part.lower()) or _SOMEONE_HERE.search(part):
            return False
    return True


_NOW = re.compile(r"^(?:(?:and|ok(?:ay)?|now|next|then|so)\b[\s,]+)+", re.IGNORECASE)
_MOSTLY = re.compile(r"\b(?:only|mostly|mainly|maybe|perhaps|preferably|please|especially|just)\b")
_WISHED = re.compile(r"\b(?:maybe|perhaps|mostly|mainly|preferably)[.! ]*$", re.IGNORECASE)
_MOST_LISTED = 4
_KIND_OF_PHOTO = re.compile(
    r"(?:(?:the|my|our|an?|that|some|any) )?(?:\w+ )?(?:screenshots?|selfies?|portraits?|"
    r"close-?ups?|scans?|panoramas?|group shots?|headshots?) (?:of|with|from) .+",
    re.IGNORECASE,
)
"""A whole message: "screenshot of my bank transfer"."""


def tells_of_life(said: str) -> bool:
    """Whether a message that asks for nothing tells what happened or is to come.

    "my boss shouted at us", "we're having a baby in May".
    """
    asked = take_apart(said)
    if asked.asks or asked.announces or "?" in said:
        return False
    done = _TELLS.match(said) and _DONE_TO_ME.search(said)
    to_come = _TO_COME.match(said) and not _NAMES_PHOTOS.search(said)
    return bool(done or to_come or _MISSED.search(said))


_NAMES_PHOTOS = re.compile(
    r"\b(?:anything|something|photos?|pictures?|pics?|show|find|shots?|ones?)\b", re.IGNORECASE
)
_DONE_TO_ME = re.compile(
    r"\b(?:[a-z]+ed|told|said|gave|made|left|took|sent|got|kept|forgot|let|stood|sold|lost|beat)\b"
    r".*\b(?:me|us)\b",
    re.IGNORECASE,
)
_TO_COME = re.compile(
    r"(?:(?:so|and|well|oh|guess what|hey)[\s,!]+)*(?:we|i|she|they|he|my \w+)(?:'re|'m|'s| are|"
    r" am| is) (?:\w+ly )?(?:expecting|having|getting|going|planning|moving|leaving|starting|"
    r"flying|visiting|about to|due|pregnant|engaged|off)\b",
    re.IGNORECASE,
)
_MISSED = re.compile(
    r"(?:^|[.!]\s+)(?:and )?(?:i|we)(?: (?:really|still|do|so))* miss (?:him|her|them|it|"
    r"those days)(?: (?:so much|a lot|every day|dearly))*\W*$",
    re.IGNORECASE,
)


def only_refuses(said: str) -> bool:
    """Whether a message does nothing but turn photos down."""
    return bool(_ONLY_REFUSES.fullmatch(said.strip()))


def is_refusal(said: str) -> bool:
    """Whether photos are turned down, or a thing is looked for at home, not a photo of it."""
    return bool(_REFUSES.search(said) or _WHERE_MINE.fullmatch(core_of(said)))
