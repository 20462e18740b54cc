"""Ranks the label texts of photos (``Drink, Head, Face``) where the photos cannot be had."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from bot.conversation import Conversation
from bot.describe.rules import RuleDescriber
from bot.descriptors import Description
from bot.dialogues.dialogue import Dialogue
from retrieval.encoders.base import Encoder
from retrieval.search import QueryText

Scores = NDArray[np.float32]
Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]
"""Texts to unit vectors [n, dim]."""

LabelQuery = Sequence[QueryText]

BM25_WEIGHT = 0.75
"""Of BM25 beside the dense scores. From 0.4 to 1.2 it matters little on PhotoChat's ``test_00``."""

BESIDE_WEIGHT = 0.5
"""Of what counts beside the main text: the owner's words beside descriptors, say."""

_BATCH = 64


class LabelPool:
    """The label texts of the photos of dialogues, one entry a photo.

    Attributes:
        ids: of the entries [n]: the photos' names.
        texts: of the entries [n].
        gold: the entry that each dialogue leads to, by dialogue id; dialogues whose photo has no
            labels are not in it.
    """

    def __init__(self, dialogues: Sequence[Dialogue], embed: Embed | None = None) -> None:
        """Nothing is embedded before the first query.

        Args:
            dialogues: whose photos' labels make up the pool.
            embed: compares texts; all-MiniLM-L6-v2 by default (:func:`sentence_embedder`).
        """
        labels: dict[str, str] = {}
        self.gold: dict[str, str] = {}
        for dialogue in dialogues:
            if dialogue.labels:
                name = entry_id(dialogue.photo_name or f"photo-of-{dialogue.id}")
                labels.setdefault(name, dialogue.labels)
                self.gold[dialogue.id] = name
        self.ids: NDArray[np.str_] = np.asarray(list(labels), dtype=np.str_)
        self.texts = tuple(labels.values())
        self._embed = embed
        self._scorers: Mapping[str, Callable[[Sequence[str]], Scores]] | None = None

    def __len__(self) -> int:
        """Number of entries."""
        return len(self.texts)

    def place_of(self, dialogue: Dialogue) -> int | None:
        """Place of the dialogue's own entry; None when its photo has no labels."""
        name = self.gold.get(dialogue.id)
        return None if name is None else int(np.flatnonzero(self.ids == name)[0])

    def scores(self, queries: Sequence[LabelQuery], by: str = "both") -> Scores:
        """Scores [queries, n].

        Args:
            queries: the texts of each and their weights; a query without a text scores all alike.
            by: ``bm25`` words, ``dense`` vectors, or ``both``: each sees what the other misses
                ("pup" is a dog, "Mule" is a mule).
        """
        score = self._scorer(by)
        if all(len(parts) <= 1 for parts in queries):
            return score([parts[0].text if parts else "" for parts in queries])
        fused: list[Scores] = []
        for place in range(max(map(len, queries))):
            some = [parts[place] if place < len(parts) else QueryText("", 0.0) for parts in queries]
            weights = np.asarray([[one.weight] for one in some], dtype=np.float32)
            fused.append(weights * standardised(score([one.text for one in some])))
        return np.sum(fused, axis=0)

    def _scorer(self, by: str) -> Callable[[Sequence[str]], Scores]:
        if self._scorers is None:
            embed = self._embed or sentence_embedder()
            lexical, vectors = bm25_scorer(self.texts), embed(self.texts)

            def dense(texts: Sequence[str]) -> Scores:
                return embed(texts) @ vectors.T

            def both(texts: Sequence[str]) -> Scores:
                return standardised(dense(texts)) + BM25_WEIGHT * standardised(lexical(texts))

            self._scorers = {"bm25": lexical, "dense": dense, "both": both}
        return self._scorers[by]


def label_query(
    description: Description, conversation: Conversation | None = None, beside: Sequence[str] = ()
) -> list[QueryText]:
    """The texts that are compared with labels. Labels name things: subject and objects do too.

    An LLM's descriptors name the things. Without an LLM labels are found by words as they were
    said: the context, mostly the owner's own words, and the noun phrases of the conversation
    (PhotoChat ``test_00``: hit@30 51.4; with the describer's phrases in their place 48.0).

    Args:
        description: of the photo.
        conversation: what was described; the description's context in its absence.
        beside: messages that count beside the description.
    """
    fields = description.descriptors
    context = " ".join(turn.text.strip() for turn in description.context.turns).strip()
    if context:
        fields = RuleDescriber().describe(conversation or description.context).descriptors
    things = _joined(fields.main_subject, fields.foreground_objects) or _joined(
        fields.background_scene, fields.events, fields.materials_and_attributes
    )
    parts = [QueryText(context), QueryText(things, BESIDE_WEIGHT)] if context else []
    parts = parts or [QueryText(things)]
    if beside:
        parts.append(QueryText(" ".join(beside), BESIDE_WEIGHT))
    return [part for part in parts if part.text]


def entry_id(name: str) -> str:
    """A name without blanks, which separate the columns of TREC files."""
    return quote(name, safe="/._-+@,()")


def bm25_scorer(labels: Sequence[str]) -> Callable[[Sequence[str]], Scores]:
    """BM25 (Robertson; Lucene's form, k1 1.2, b 0.75) over stemmed words, by the library bm25s."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25(k1=1.2, b=0.75)
    corpus = bm25s.tokenize(list(labels), stopwords="en", stemmer=stemmer, show_progress=False)
    empty = not corpus.vocab
    if not empty:
        index.index(corpus, show_progress=False)

    def score(texts: Sequence[str]) -> Scores:
        result = np.zeros((len(texts), len(labels)), dtype=np.float32)
        if empty or not texts:
            return result
        words = bm25s.tokenize(
            list(texts), stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False
        )
        for row, some in enumerate(words):
            known = [word for word in some if word in index.vocab_dict]
            if known:
                result[row] = index.get_scores(known)
        return result

    return score


def standardised(scores: Scores) -> Scores:
    """Each query's scores with mean 0 and variance 1; all alike become 0."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    return np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-9)


def sentence_embedder(encoder: Encoder | None = None) -> Embed:
    """Compares texts with texts: the encoder's text side, or all-MiniLM-L6-v2 when none is given.

    The starter's text side is MiniLM with a head that was trained towards photos; texts are better
    compared with the bare one.
    """
    if encoder is not None:
        return _Remembering(encoder.encode_texts)
    return _Remembering(_minilm_vectors())


class _Remembering:
    """Embeds each text once, however many systems ask for it."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._known: dict[str, Vectors] = {}

    def __call__(self, texts: Sequence[str]) -> Vectors:
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        if new:
            self._known.update(zip(new, self._embed(new), strict=True))
        return np.stack([self._known[text] for text in texts])


def _minilm_vectors() -> Embed:
    """all-MiniLM-L6-v2 as published: token states averaged, then normalised; [n, 384]."""
    import torch

    from retrieval.encoders.device import choose_dtype
    from retrieval.encoders.starter.bases import load_text_base
    from retrieval.encoders.starter.heads import sentence_vectors

    base = load_text_base()

    def embed(texts: Sequence[str]) -> Vectors:
        vectors: list[Vectors] = []
        # Texts of like length go together: padding costs as much as words.
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        half = choose_dtype(torch.device("cpu")) is torch.bfloat16
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
            for start in range(0, len(order), _BATCH):
                states, there = base.states([texts[at] for at in order[start : start + _BATCH]])
                vectors.append(sentence_vectors(states.float(), there).numpy())
        result = np.empty((len(texts), vectors[0].shape[1]), dtype=np.float32)
        result[order] = np.concatenate(vectors)
        return result

    return embed


def _joined(*phrases: str) -> str:
    return ", ".join(phrase for phrase in phrases if phrase)
