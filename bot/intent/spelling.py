"""Misspellings forgiven: "fidn the yelow kyak" is read as "find the yellow kayak".

The lexicon is the vocabulary of the text network that is loaded anyway (some 20,000 English words,
the more usual ones first) and the describer's word lists. Only a word that is in neither, in no
form and in no compound, is put right, and only when a usual word is one slip away (two in a long
word). Names written with a capital are left alone.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.intent.words import split_words, word_list
from bot.vocabulary import CHITCHAT, KINDS, base_forms, kind_of
from bot.vocabulary import word_list as describing_words
from bot.vocabulary.phrase_bank import PHRASES_NAME, WEIGHTS, read_phrases

MAX_WORDS = 60
"""Of a message that are looked at."""

MOST_CORRECTIONS = 8
_SHORTEST, _LONG = 3, 8
_USUAL_SHORT = 6_000
_UNUSUAL = 40_000
"""Ranks: of a word that may be meant by one of four letters, and of one outside the vocabulary."""

_SLANG = frozenset(
    split_words(
        "pls plz plse thx tysm ty tnx lol lmao omg btw idk imo rn ur u r ppl cuz coz cos bc smth "
        "sth nvm gonna wanna gotta lemme gimme dunno kinda sorta hmu tbt brb ttyl cya pic pics "
        "pix selfie selfies yo ya yep yup nah nope haha hehe aww awww hm hmm mm uh um er ah oh "
        "oof meh yay doggo pupper moar mum mums gran nana doggy kitty tortie bday xmas pram nappy "
        "jumper lorry owt nowt innit"
    )
)
_SLIPS = {
    "teh": "the", "hte": "the", "adn": "and", "nad": "and", "wiht": "with", "wtih": "with",
    "fo": "of",
    "ot": "to", "pciture": "picture", "pcis": "pics", "picutre": "picture", "form": "form",
    "taht": "that",
    "thta": "that", "yuo": "you", "cna": "can", "fidn": "find", "shwo": "show", "dgo": "dog",
    "dgos": "dogs",
    "wnat": "want", "ahve": "have", "hvae": "have", "hav": "have", "hve": "have", "wun": "one",
    "wiv": "with", "dat": "that", "dis": "this", "da": "the",
    "luk": "look", "foto": "photo", "fotos": "photos", "piks": "pics", "wher": "where",
    "wheres": "where's",
    "wich": "which", "thier": "their", "cud": "could", "wud": "would", "luv": "love",
    "plase": "please",
    "pelase": "please", "pleas": "please", "serch": "search", "sho": "show", "shw": "show",
    "pitcure": "picture",
    "pictue": "picture", "picure": "picture", "phto": "photo", "phtos": "photos", "pohto": "photo",
    "potos": "photos", "beech": "beach", "wana": "wanna", "wehre": "where", "whre": "where",
}  # fmt: skip
_TOKEN = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")
_ENDINGS = ("er", "ers", "ist", "ists", "ish", "less", "like", "y", "ness", "able", "s", "in")


class Speller:
    """Puts right what nobody meant to write. Thread-safe."""

    def __init__(self, vocabulary: Mapping[str, int], extra: Iterable[str] = ()) -> None:
        """Take a lexicon.

        Args:
            vocabulary: words and their ranks, the most usual lowest.
            extra: words that are right though they are not in it: names, places.
        """
        words = {
            word: rank
            for word, rank in vocabulary.items()
            if word.isascii() and word.isalpha() and (len(word) > 1 or word in "ai")
        }
        self._extra = {word.lower() for word in extra} | word_list("lexicon")
        self._ranks = words
        # Only words that are said of photos may be what was meant: "racket" is no "rocket".
        meant = photo_words()
        self._candidates = sorted(word for word in meant if len(word) >= _SHORTEST)
        self._correct_word = lru_cache(maxsize=4096)(self._find)

    def correct(self, text: str, keep: Collection[str] = ()) -> str:
        """The text with misspelt words put right; everything else stays as it is.

        Args:
            text: a message.
            keep: words that are right in this text, lower case.
        """
        left = MOST_CORRECTIONS

        def right(match: re.Match[str]) -> str:
            nonlocal left
            word = match[0]
            if left <= 0 or match.start() > MAX_WORDS * 12:
                return word
            if word.lower() in keep or (word[0].isupper() and match.start() and not text.isupper()):
                return word
            better = self._correct_word(word.lower())
            if better == word.lower():
                return word
            left -= 1
            return better.capitalize() if word[0].isupper() and match.start() == 0 else better

        return _TOKEN.sub(right, text)

    def knows(self, word: str) -> bool:
        """Whether a word is right as it is."""
        if word in _SLANG or word in self._extra or word in self._ranks:
            return True
        if "'" in word or "’" in word or word in photo_words() or kind_of(word):
            return True
        forms = base_forms(word)[1:]
        forms += [word.removesuffix(end) for end in _ENDINGS if word.endswith(end)]
        if any(len(form) >= 3 and (form in self._ranks or form in photo_words()) for form in forms):
            return True
        return any(
            word[:cut] in self._ranks and self._is_word(word[cut:])
            for cut in range(4, len(word) - 3)
        )

    def _is_word(self, word: str) -> bool:
        return any(form in self._ranks for form in base_forms(word))

    def _find(self, word: str) -> str:
        if word in _SLIPS:
            return _SLIPS[word]
        if len(word) < _SHORTEST or len(word) > 24 or self.knows(word):
            return word
        squeezed = re.sub(r"(.)\1{2,}", r"\1", word)
        if squeezed != word:
            # "pleeease", "sooo": lengthened on purpose.
            for form in (squeezed, re.sub(r"(.)\1{2,}", r"\1\1", word)):
                if self.knows(form):
                    return form
        most = 2 if len(word) >= _LONG else 1
        near = process.extract(
            word, self._candidates, scorer=OSA.distance, score_cutoff=most, limit=40
        )
        ranked = sorted(
            (distance, candidate[0] != word[0], self._ranks.get(candidate, _UNUSUAL), candidate)
            for candidate, distance, _ in near
            if len(word) > 4
            or len(candidate) > 4
            or self._ranks.get(candidate, _UNUSUAL) <= _USUAL_SHORT
        )
        if not ranked:
            return word
        _, other_start, _, best = ranked[0]
        if other_start and len(word) < 6:
            return word
        return str(best)


def is_photo_word(word: str) -> bool:
    """Whether a word, or what it is many of, is one that people use of photos.

    Args:
        word: in small letters.
    """
    return word in photo_words() or word.removesuffix("s") in photo_words()


@cache
def photo_words() -> frozenset[str]:
    """Words that people use when they ask for photos, or that photos are described with."""
    phrases, _ = read_phrases(WEIGHTS / PHRASES_NAME)
    words = {word.lower() for phrase in phrases for word in _TOKEN.findall(phrase)}
    words |= {
        form for word in words for form in base_forms(word) if form in describing_words("subjects")
    }
    for kind in (*KINDS, CHITCHAT):
        words |= {word for word in describing_words(kind) if word.isalpha()}
    return frozenset(words | word_list("asking") | word_list("verbs"))
