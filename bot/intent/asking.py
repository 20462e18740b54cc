"""Words of asking: taken out of a message so that what is left says what the photo shows.

"could you find me that picture of a dog in the snow, please?" is looked for as "a dog in the snow":
request words make a sentence vector land among requests instead of near the photo. Words are taken
from the ends only, never from the middle, so a text that asks for nothing comes back unchanged.
"""

import re
from dataclasses import dataclass

from bot.intent.asking_patterns import (
    ABOUT_LOOKS,
    ANNOUNCING,
    APPEARANCE,
    ASKING,
    CHATTER,
    GREETING,
    IN_IT,
    LEADING,
    NOTED,
    PHOTO_PHRASE,
    PLAIN_ANNOUNCING,
    PLEASE,
    POINTING,
    PURPOSE,
    SENDS_SOME,
    TRAILING,
    TRAILING_PHOTO,
)
from bot.intent.occasion import topic_of, topic_of_work
from bot.intent.words import split_words, word_list

MAX_CHARS = 2_000
"""Of a message that are read: its start and its end, half each."""

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\s]+(?=\S)|\n+")
_ROUNDS = 4
_QUOTES = "'‘’"
_DESCRIBING = re.compile(
    r"^(?:(?:it|he|she|they|there|his|her|its|their|the|an?|this|that one|one|with|in|on|at|"
    r"wearing)"
    r"\b(?!'ll|'d)|\w+ing\b)",
    re.IGNORECASE,
)
_NOT_VISIBLE = re.compile(
    r"\b(?:i|i'm|i've|i'd|i'll|me|you|your|we'll|thanks|thank|please|wait|waited|hope|sorry|think|"
    r"know|remember|forgot|love|miss|better|really|it)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Asked:
    """A message taken apart.

    Attributes:
        content: what is left without the words of asking.
        asks: whether words of asking, or of photos, were there.
        announces: whether the person is about to show something.
        names_photo: whether a photo was named right after words of asking: "find the one with".
    """

    content: str
    asks: bool = False
    announces: bool = False
    names_photo: bool = False


def content_of(text: str) -> str:
    """What a photo shows, in the person's own words.

    ``"show me the photo of a dog running"`` gives ``"a dog running"``; a text without words of
    asking comes back unchanged.
    """
    return take_apart(text).content


def take_apart(text: str) -> Asked:
    """Content, and which kind of words were taken out of it.

    Of several sentences those that ask are kept, and those that go on describing; "I want to send
    it to Ben" says nothing about the photo.
    """
    noted = NOTED.fullmatch(bounded(text).strip())
    if noted:
        return Asked(_tidy(f"{noted['shown']}, {noted['thing']}"), asks=True, names_photo=True)
    sentences = [part for part in _SENTENCE_END.split(bounded(text)) if part.strip()]
    if not sentences:
        return Asked(text)
    parts = [_take_apart_sentence(sentence.strip()) for sentence in sentences]
    asks = any(part.asks for part in parts)
    announces = any(part.announces for part in parts)
    named = any(part.names_photo for part in parts)
    if len(parts) == 1:
        if asks or announces or parts[0].content != sentences[0].strip():
            return parts[0]
        return Asked(text)
    if not asks and not announces and all(not _is_chatter(part) for part in sentences):
        return Asked(text)
    kept = [
        part.content
        for part, sentence in zip(parts, sentences, strict=True)
        if part.content.strip()
        and not _is_chatter(sentence)
        and (part.asks or part.announces or _goes_on_describing(part.content))
    ]
    if not kept:
        kept = [part.content for part in parts if part.content.strip()]
    return Asked(_tidy(" ".join(_end_sentences(kept))), asks, announces, named)


def bounded(text: str) -> str:
    """A text of at most :data:`MAX_CHARS`: of a longer one its start and its end."""
    if len(text) <= MAX_CHARS:
        return text
    return f"{text[: MAX_CHARS // 2]} {text[-MAX_CHARS // 2 :]}"


def _take_apart_sentence(sentence: str) -> Asked:
    looks = ABOUT_LOOKS.match(sentence)
    if looks:
        return Asked(
            _tidy("".join(part for part in looks.groups() if part)), asks=True, names_photo=True
        )
    work = topic_of_work(sentence)
    if work:
        return Asked(_tidy(work), asks=True)
    far = _asked_politely(sentence)
    if far:
        return Asked(_tidy(_without_end(far, True)[0]), asks=True, names_photo=True)
    rest, asks, announces, named = sentence, False, False, False
    for _ in range(_ROUNDS):
        before = rest
        rest = _without(LEADING, rest)
        for pattern in (PLAIN_ANNOUNCING, ANNOUNCING):
            shorter = _without(pattern, rest)
            announces |= shorter != rest
            rest = shorter
        for pattern in (SENDS_SOME, ASKING, PHOTO_PHRASE, PLEASE, POINTING):
            shorter = _without(pattern, rest)
            named |= pattern is PHOTO_PHRASE and asks and shorter != rest
            asks |= shorter != rest
            rest = shorter
        if rest == before:
            break
    if announces or asks:
        appearance = APPEARANCE.match(rest)
        if appearance:
            rest = next(part for part in appearance.groups() if part)
    topic = topic_of(rest)
    if topic:
        rest, asks = topic, True
    if asks and len(rest.split()) <= _MOST_WORDS_IN_IT:
        rest = IN_IT.sub("", rest)
    rest, polite = _without_end(rest, asks or announces)
    asks |= polite
    if not (asks or announces) and rest == sentence:
        return Asked(sentence)
    return Asked(_tidy(rest), asks, announces, named)


_FAR_PHOTO = re.compile(
    r"(?P<before>.{5,200}?)\b(?:photo(?:graph)?|picture|pic|snap|shot|foto)s?,? "
    r"(?:of|with|w/?|where|from|showing|that shows?|in which)\s+(?P<what>\S.*)",
    re.IGNORECASE,
)
_POLITE = frozenset(
    split_words(
        "i i'd i'm we we'd you it is was be am are would could can might may should will do does "
        "if whether so very really most ever much too grateful delighted glad happy pleased "
        "obliged kind good enough nice lovely dear possible possibly maybe perhaps wonder "
        "wondering as to the a an my our some any that this one of those these for me us him her "
        "please hello hi "
        "trying try remember recall believe think need want wants wanted like love hoping hope "
        "help mum mum's mom dad grandma grandpa granny wife husband daughter son friend asked asks "
        "ask after have has got had there just only also now today once again and but search look "
        "know where somewhere old new favourite favorite omg hey ok okay yo wow oh lol u pls plz "
        "out up in"
    )
)

_WANTING = frozenset(
    split_words("show find see search searching want wants wanted look looking bring fetch give")
)


def _asked_politely(sentence: str) -> str:
    """What a photo shows that is asked for in many words: "I would be so grateful if you could …".

    "" where anything but words of asking stands before the photo.
    """
    found = _FAR_PHOTO.match(sentence)
    if found is None:
        return ""
    words = re.findall(r"[\w'’]+", found["before"].lower().replace("’", "'"))
    if len(words) < 2 or not _WANTING.intersection(words):
        return ""
    only_asking = all(word in _POLITE or word in word_list("asking") for word in words)
    return found["what"] if only_asking else ""


def _without(pattern: re.Pattern[str], text: str) -> str:
    """The text after a leading pattern."""
    found = pattern.match(text)
    return text[found.end() :].lstrip(" ,:;–—-") if found and found.end() else text


def _without_end(text: str, asked: bool) -> tuple[str, bool]:
    """The text before trailing words of asking, and whether there were any."""
    found = False
    for _ in range(_ROUNDS):
        before = text
        for pattern in (TRAILING, PURPOSE) if asked or found else (PLEASE_AT_END,):
            match = pattern.search(text)
            if match:
                text, found = text[: match.start()].rstrip(" ,;–—-"), True
        match = TRAILING_PHOTO.search(text)
        if match and (asked or found or len(text.split()) <= _MOST_WORDS_BEFORE_PHOTOS):
            text, found = text[: match.start()].rstrip(" ,;–—-"), True
        if text == before:
            break
    return text, found


PLEASE_AT_END = re.compile(
    r"[\s,]*\b(?:please|pls+|plz|plse|pretty please)\b[\s?!.]*$", re.IGNORECASE
)
_MOST_WORDS_BEFORE_PHOTOS = 5
_MOST_WORDS_IN_IT = 6


def _tidy(text: str) -> str:
    """Without marks of asking at the end, and without single quotation marks around the whole.

    Double ones stay: they tell that the words are to be read in the photo.
    """
    text = re.sub(r"\s*[?!…:]+$|(?<=\S)(?<!\s)\.+$", "", text.strip()).strip(" ,;–—-")
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    return text


def _is_chatter(sentence: str) -> bool:
    return bool(CHATTER.match(sentence) or GREETING.fullmatch(sentence))


def _goes_on_describing(text: str) -> bool:
    words = text.split()
    visible = _DESCRIBING.match(text) and not re.search(r"\b(?:i|you)\b", text, re.IGNORECASE)
    return bool(visible) or (len(words) <= 4 and not _NOT_VISIBLE.search(text))


def _end_sentences(parts: list[str]) -> list[str]:
    return [
        part if place == len(parts) - 1 or part[-1] in ".,!?" else part + "."
        for place, part in enumerate(parts)
    ]
