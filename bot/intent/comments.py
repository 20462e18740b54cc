"""Comments: what is said beside the photo, "the sledge from the cellar, might paint it".

A comment stands after what the photo shows, in a clause of its own, and speaks of the speaker, of
somebody's opinion, or of the talk. What goes on describing the photo is none: "the dog on the
beach, he has a red ball".
"""

import re
from dataclasses import dataclass

from bot.intent.asking import take_apart
from bot.intent.asking_patterns import GREETING, PHOTO
from bot.vocabulary import kind_of

_CLAUSE_END = re.compile(r"\s*(?:[,;.!?…:]+(?=\s|$)|\s[–—-]+(?=\s))\s*")
_A = r"['’]?"

_PRAISE = (
    r"(?:hilarious|funny|great|awful|amazing|brilliant|lovely|terrible|fun|delicious|wonderful|"
    r"gorgeous|beautiful|cute|adorable|sweet|perfect|my favou?rite|the best|the worst|insane|"
    r"crazy|incredible|ridiculous|unbelievable|so \w+|such an? \w+|priceless|epic|magic|magical|"
    r"a mess|a nightmare|a disaster|worth it|freezing|boiling|mad|silly|weird)"
)
_FEELS = (
    r"(?:hates?|hated|loves?|loved|wants?|wanted|needs?|needed|likes?|liked|asks?|asked|says?|"
    r"said|thinks?|thought|insists?|insisted|keeps? (?:asking|saying|telling)|won{_A}t|wouldn{_A}t|"
    r"doesn{_A}t|didn{_A}t|can{_A}t|cannot|will|would|misses|missed|made (?:me|us)|makes (?:me|us)|"
    r"cracks me up|cost|took (?:ages|hours|forever|me|us)|died|is gone|(?:is|are|{_A}s|{_A}re) "
    r"(?:asking|waiting|nagging|coming))"
).replace("{_A}", _A)

_WAIT = (
    r"(?:just )?(?:hold on|hang on|wait|wait for it|bear with me|give me (?:a|one) \w+|"
    r"(?:a|one|two) (?:sec\w*|moments?|minutes?|mins?|ticks?)|quick(?:ly)?|hurry(?: up)?|asap|"
    r"urgent(?:ly)?|let me .*|lemme .*|no rush|now|right now|coming up|there)"
)

_COMMENTS = (
    # The speaker, or who is spoken to: "I told Paul all evening", "we're at the gate".
    r"(?:(?:and|but|so|because|cos|since|as|which|while|when|if|like) )?"
    r"(?:i|we|you|u|y{_A}all)(?:{_A}(?:m|ve|d|ll|re))?\b(?! (?:was|were)\b).*",
    # Without a speaker: "might sell it", "need it for the vet".
    r"(?:and |but |so )?(?:might|may|could|should|must|gonna|gotta|going to|can{_A}t|cannot|"
    r"won{_A}t|wouldn{_A}t|don{_A}t|didn{_A}t|want(?:ed)?|need(?:ed)?|hope|hoping|thinking|"
    r"trying|have to|had to|love|miss|remember|thought|thinking|wish|glad|still can{_A}t|"
    r"never (?:again|forget|thought|seen))\b.*",
    # Looking on: "see how it rose", "look at the state of it".
    r"(?:and |just )?(?:see|look)(?:(?: for yourself)?| (?:how|what|where)\b.*|"
    r" at (?:it|him|her|them|that|this|those|the (?:state|size|colou?r|face)\b.*)|"
    r" at (?:his|her|its|their|that|those)\b.*)",
    # Time to find it: "hold on", "one sec", "quick".
    _WAIT,
    # An opinion: "it was hilarious", "he hates it", "the landlord wants it".
    r"(?:and |but )?(?:he|she|it|they|that|this|those|these|which|who|(?:the|my|our) \w+(?: \w+)?|"
    rf"[A-Z]\w+)(?:(?:{{_A}}s|{{_A}}re| is| was| are| were| looks?| looked| turned out) "
    rf"(?:really |just |still |totally |absolutely |quite |pretty |very |too |all )*{_PRAISE}"
    rf"(?: .*)?|(?: (?:really|just|still|always|never|totally|even))* ?{_FEELS}\b.*)",
    # An age: "she was five", "I was only twelve there".
    r"(?:and )?(?:i|we|he|she|they|it) (?:was|were) (?:only |about |just |nearly )?(?:\d+|one|two|"
    r"three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen)\b(?: (?:years?|months?|"
    r"weeks?|days?)(?: old)?)?(?: (?:then|there))?",
    # Sounds and questions back: "haha", "isn't he cute", "what a mess", "you know which".
    r"(?:lol+|lmao+|rofl|(?:ha)+h?|(?:he)+h?|hah+a*|omg|wow|oops|ugh|phew|yum|xd|sigh|"
    r"(?:isn|aren|wasn|weren|doesn|didn|don){_A}t (?:it|he|she|that|they|you|we)\b.*|"
    r"what an? \w+.*|how (?:cute|sweet|lovely|funny|cool|nice|sad|awful|good|embarrassing)\b.*|"
    r"(?:so|too|very|really|pretty) \w+(?: \w+)?|right|you know(?: (?:which|the one|what i mean))?|"
    rf"no idea\b.*|for (?:real|once)|finally|at last|long story|ha|{_PRAISE})",
)
_COMMENT = re.compile("|".join(f"(?:{one})" for one in _COMMENTS).replace("{_A}", _A), re.I)
_VISIBLE = re.compile(
    r"\b(?:wearing|holding|standing|sitting|lying|riding|smiling|carrying|hugging|jumping|"
    r"in (?:it|them)|in the (?:photo|picture|middle|back|front|background))\b",
    re.IGNORECASE,
)
_PHOTO_OF = re.compile(rf"\b{PHOTO} of\b", re.IGNORECASE)
"""Names what a photo shows: "what was that wine, I took a picture of the label"."""

_THINGS = ("subjects", "attributes")
_MANY_THINGS = 2
"""A clause that names so many things may still say what the photo shows."""

_LAUGH = re.compile(
    r"\s+(?:lol+|lmao+|rofl|(?:ha){2,}h?|(?:he){2,}h?|xd|omg|😂+)\W*$", re.IGNORECASE
)


@dataclass(frozen=True)
class Commented:
    """A message, and what was said beside the photo."""

    content: str
    comment: str = ""


def split_comment(text: str) -> Commented:
    """Take comments off the end of a message; its first clause always stays.

    Example::

        split_comment("Sourdough! My first loaf, see how it rose")
        # Commented("Sourdough! My first loaf", "see how it rose")
    """
    text = text.strip()
    kept = _LAUGH.sub("", text)
    while True:
        ends = [match for match in _CLAUSE_END.finditer(kept) if match.start() > 0]
        ends = [match for match in ends if match.end() < len(kept)]
        if not ends:
            break
        clause = kept[ends[-1].end() :].strip(" .!?…,;:–—-")
        if not _is_comment(clause):
            break
        kept = kept[: ends[-1].start()]
    if re.fullmatch(_WAIT, kept, re.IGNORECASE) or GREETING.fullmatch(kept):
        # "wait, I've got it on my phone", "hello, I'd like …": the first clause shows nothing.
        return Commented(text)
    return Commented(kept, text[len(kept) :].strip(" ,;.!?…:–—-"))


def _is_comment(clause: str) -> bool:
    if not clause:
        return True
    if not _COMMENT.fullmatch(clause) or _VISIBLE.search(clause) or _PHOTO_OF.search(clause):
        return False
    asked = take_apart(clause)
    things = [word for word in re.findall(r"[^\W\d_]+", clause) if kind_of(word) in _THINGS]
    return len(things) < _MANY_THINGS and not (asked.names_photo or (asked.asks and things))
