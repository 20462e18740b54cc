"""The offline describer that was trained: it says what the photo shows, not how it was said.

"that two wheeled toy of his" holds no word that a photo finder could use. The starter's text side
was trained on thousands of dialogues to land where the photo lies (``photopal train``); from there
the nearest of some two thousand phrases for what photos show ("a bicycle", "a boy") are read off.
No LLM, the same answer every time.
"""

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bot.conversation import Conversation
from bot.describe.query import dialogue_parts, is_request, own_words
from bot.describe.rules import RuleDescriber
from bot.descriptors import MAX_FIELD_CHARS, Description, Descriptors

if TYPE_CHECKING:
    from bot.vocabulary.phrase_bank import PhraseBank
    from retrieval.encoders.base import Encoder
    from retrieval.encoders.starter import StarterEncoder

Vectors = NDArray[np.float32]

MOST: Mapping[str, int] = {
    "main_subject": 1,
    "foreground_objects": 3,
    "background_scene": 1,
    "events": 2,
    "materials_and_attributes": 2,
}
"""Phrases of each field."""

LEAST = 1.0
"""Deviations above its mean that a phrase must reach to be said at all."""

ALIKE = 0.75
"""Cosine from which on two phrases say the same."""


class PhraseDescriber:
    """Fills the five fields with what the dialogue means.

    The rest of the description (the dialogue itself as context, whether to share now) is the
    :class:`bot.describe.rules.RuleDescriber`'s, and so is everything when nothing fits.
    """

    def __init__(self, encoder: "Encoder | None" = None) -> None:
        """What is needed is loaded at the first use, unless it is there.

        Args:
            encoder: one that is loaded already; used if its text side is the shipped starter's.
        """
        self._given = encoder
        self._plain = RuleDescriber()

    @cached_property
    def _reader(self) -> "tuple[Encoder, PhraseBank]":
        bank = shipped_bank()
        given = self._given
        if given is not None and given.text_fingerprint == bank.made_by:
            return given, bank
        return shipped_encoder(), bank

    def describe(self, conversation: Conversation) -> Description:
        """The description of the photo that fits the conversation.

        Raises:
            EncoderUnavailable, EncoderFolderInvalid: the starter or the phrases cannot be read.
        """
        plain = self._plain.describe(conversation)
        if not plain.context:
            return plain
        if is_request(plain.context):
            # What is shown as looked for is what is looked for: the person's own words.
            words = Descriptors(main_subject=own_words(plain.context)[:MAX_FIELD_CHARS])
            return plain.model_copy(update={"descriptors": words})
        encoder, bank = self._reader
        meaning = meaning_of(dialogue_parts(plain.context, encoder), encoder)
        found = {
            name: ", ".join(bank.fitting(meaning, name, most, least=LEAST, alike=ALIKE))[
                :MAX_FIELD_CHARS
            ]
            for name, most in MOST.items()
        }
        fields = Descriptors(**found)
        if fields.is_empty():
            return plain
        return plain.model_copy(update={"descriptors": fields})


def meaning_of(parts: Sequence[tuple[str, float]], encoder: "Encoder") -> Vectors:
    """One unit vector [512] of weighted texts in the starter's scene part alone.

    The texts are embedded whole, as the search embeds them, so that an encoder that keeps vectors
    (:class:`retrieval.encoders.cached.CachedTextEncoder`) does the work once. They are fused as
    search fuses them, each counting by how much it tells photos apart.
    """
    from retrieval.encoders.starter.layout import SCENE_DIM
    from retrieval.search.fusion import fuse

    vectors = encoder.encode_texts([text for text, _ in parts])[:, :SCENE_DIM]
    scenes = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    weights = np.array([weight for _, weight in parts], dtype=np.float32)
    background = encoder.reference_statistics()
    covariance = background[1][:SCENE_DIM, :SCENE_DIM] if background is not None else None
    return fuse(scenes, weights, covariance)


@cache
def shipped_bank() -> "PhraseBank":
    """The phrases that come with Photopal, read once."""
    from bot.vocabulary.phrase_bank import WEIGHTS, PhraseBank

    return PhraseBank.load(WEIGHTS)


@cache
def shipped_encoder() -> "StarterEncoder":
    """The starter as shipped, loaded once."""
    from retrieval.encoders.starter import StarterEncoder

    return StarterEncoder.load(compiled=True)
