"""Asking for photos whatever they show: "surprise me", "a random picture", "all you have"."""

import re

from bot.intent.words import split_words

MAX_WORDS = 14

_PHOTO = r"(?:photos?|pictures?|pics?|images?|shots?|snaps?|photographs?)"
_TRIGGER = re.compile(
    rf"\b(?:random(?:ly)?|surprise (?:me|us)|any (?:old )?(?:one|{_PHOTO})|all (?:of )?(?:(?:the|"
    rf"my|your|our|them|those) )*{_PHOTO}|(?:every|each) {_PHOTO}|(?:show|give|see|open|browse)\b.*"
    r"\b(?:everything|anything|whatever|all of (?:it|them)|it all|the lot)|(?:everything|anything|"
    r"whatever) (?:that )?(?:you|we|i)(?:['’]ve)? (?:have|got|find|like|want|took)|(?:pick|choose|"
    r"select) (?:one|some|any|something|a few)|you (?:choose|pick|decide)|(?:your|dealer['’]?s) "
    r"(?:choice|pick)|feeling lucky|(?:something|anything|smth|sth) (?:(?:that |which )?(?:isn't|"
    r"is not|not) boring|funny|silly|weird|nice|good|interesting|cool|fun|"
    r"great|lovely|beautiful|pretty|special|amazing|exciting|inspiring|worth seeing)|(?:browse|"
    r"flick|flip|leaf|scroll|look|go) through (?:(?:the|my|your|our|all) )*(?:library|album|"
    rf"collection|{_PHOTO}))\b",
    re.IGNORECASE,
)
_WORDS = frozenset(
    split_words(
        "a an the some any one ones two three five ten few couple of my your our me us i we you u "
        "it all every each them those these that which there is are here at please pls just then "
        "now well ok okay oh hey so and or can could will would may like want love to let's lets "
        "let do did got get have has had show give find pick choose select send see look open "
        "fetch browse bring up out for yourself i'd i've you've we've how about what go ahead on "
        "come through photo photos picture pictures pic pics image images shot shots snap snaps "
        "photograph photographs library album collection random randomly chosen picked selected "
        "completely totally really truly absolutely old surprise everything anything something "
        "whatever lot nice good interesting cool fun great lovely beautiful pretty special amazing "
        "exciting inspiring worth seeing again "
        "funny silly weird smth sth isn't not boring idk dunno no idea dear decide choice "
        "dealer's feeling lucky i'm am flick "
        "flip leaf scroll took taken know find will else maybe more another other single"
    )
)

_REFERRING = frozenset(("it", "them", "those", "these", "more", "other"))


def asks_for_any(text: str, *, shown: int) -> bool:
    """Whether a message asks for photos without caring what they show.

    Args:
        text: a message without its words for when and where.
        shown: photos in the last gallery; "show me all of them" means what they show.
    """
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower().replace("’", "'"))
    if not words or len(words) > MAX_WORDS or any(word not in _WORDS for word in words):
        return False
    if shown and _REFERRING.intersection(words):
        return False
    return bool(_TRIGGER.search(text))
