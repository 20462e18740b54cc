"""Pairs of similar photos, and what the captions of the second say that those of the first do not.

Data of the form *reference photo + text → target photo* ("like this one, but in deep snow") is
rare. Here it is made from a set of captioned photos, by the captions alone, so that no image
encoder decides what counts as similar:

1. **Similar**: two photos are compared by the TF-IDF vectors of their captions' word stems, stop
   words left out. A reference's partners are its ``neighbours`` nearest photos with a cosine from
   ``lowest`` to below ``highest``: nearer ones show the same scene, where nothing is to be changed.
2. **New**: a stem that at least ``said_by`` of the target's captions say, and none of the
   reference's does.
3. **Text**: of the target's captions, the one whose phrases hold the most new stems in the fewest
   words. A phrase is a run of words between stop words and punctuation; those phrases are kept that
   hold a new stem, up to ``words`` words.

What this cannot do: nothing is ever taken away ("without the fence"), both photos stay similar in
words that only one annotator may have used, and other photos may fit a query as well as its target
does, which counts as an error of whoever finds them first. So figures compare ways to search, and
are no measure of how content a person would be.
"""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|[^\sa-z]")
_BLOCK = 512


@dataclass(frozen=True)
class Pair:
    """A reference, a target, and how they differ.

    Attributes:
        reference: place of the photo that is shown.
        target: place of the photo that is meant.
        text: what is new in the target.
    """

    reference: int
    target: int
    text: str


@dataclass(frozen=True)
class PairRule:
    """How pairs are made; see the module.

    Attributes:
        each: pairs of one reference at most.
        neighbours: photos among which they are drawn.
        lowest: cosine of captions that a partner has at least.
        highest: cosine that it stays below.
        said_by: captions of the target that must say what is new.
        words: of a text at most.
        seed: draws the partners.
    """

    each: int = 1
    neighbours: int = 30
    lowest: float = 0.25
    highest: float = 0.8
    said_by: int = 2
    words: int = 6
    seed: int = 20


def similar_pairs(captions: Sequence[Sequence[str]], rule: PairRule | None = None) -> list[Pair]:
    """Pairs of similar photos, by reference.

    The same captions in the same order and the same rule give the same pairs.

    Args:
        captions: of each photo.
        rule: how; the defaults when None.
    """
    rule = rule or PairRule()
    phrases = [[_phrases(caption) for caption in own] for own in captions]
    said = [Counter(stem for own in photo for stem in _stems(own)) for photo in phrases]
    chance = random.Random(rule.seed)
    found = []
    for reference, partners in enumerate(_neighbours(said, rule)):
        chance.shuffle(partners)
        told = 0
        for target in partners:
            text = _difference(phrases[target], said[target], said[reference], rule)
            if text and told < rule.each:
                found.append(Pair(reference, target, text))
                told += 1
    return found


@dataclass(frozen=True)
class _Word:
    text: str
    stem: str


_Phrase = list[_Word]


def _phrases(caption: str) -> list[_Phrase]:
    """The runs of words that mean something."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
    from Stemmer import Stemmer

    tokens = _TOKEN.findall(caption.lower())
    stems = Stemmer("english").stemWords(tokens)
    phrases: list[_Phrase] = [[]]
    for token, stem in zip(tokens, stems, strict=True):
        if not token[0].isalpha() or token in ENGLISH_STOP_WORDS:
            phrases.append([])
        else:
            phrases[-1].append(_Word(token, stem))
    return [phrase for phrase in phrases if phrase]


def _stems(phrases: list[_Phrase]) -> set[str]:
    return {word.stem for phrase in phrases for word in phrase}


def _neighbours(said: Sequence[Counter[str]], rule: PairRule) -> list[list[int]]:
    """The places of each photo's similar ones, nearest first."""
    import numpy as np

    vectors = _tf_idf(said)
    found = []
    for start in range(0, len(said), _BLOCK):
        block = (vectors[start : start + _BLOCK] @ vectors.T).toarray()
        for row, cosines in enumerate(block):
            cosines[start + row] = -1
            nearest = np.lexsort((np.arange(len(cosines)), -cosines))[: rule.neighbours]
            fits = (cosines[nearest] >= rule.lowest) & (cosines[nearest] < rule.highest)
            found.append(nearest[fits].tolist())
    return found


def _tf_idf(said: Sequence[Counter[str]]) -> "csr_matrix":
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.pipeline import make_pipeline

    return make_pipeline(DictVectorizer(), TfidfTransformer(sublinear_tf=True)).fit_transform(said)


def _difference(
    captions: list[list[_Phrase]], said: Counter[str], known: Counter[str], rule: PairRule
) -> str:
    """What one of the target's captions says that the reference's do not; "" for nothing."""
    new = {stem for stem, times in said.items() if times >= rule.said_by and not known[stem]}
    best, best_gain = "", (0, 0)
    for caption in captions:
        telling = [phrase for phrase in caption if any(word.stem in new for word in phrase)]
        words = [word for phrase in telling for word in phrase]
        gain = (len({word.stem for word in words} & new), -len(words))
        if words and len(words) <= rule.words and gain > best_gain:
            best_gain = gain
            best = ", ".join(" ".join(word.text for word in phrase) for phrase in telling)
    return best
