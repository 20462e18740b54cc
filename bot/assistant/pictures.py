"""A picture as a question: its vector, and what the words beside it ask for."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from bot.assistant.session import Topic, packed
from bot.intent.plan import Plan

if TYPE_CHECKING:
    from PIL import Image

    from retrieval.encoders.base import Encoder
    from retrieval.library import Library

Part = Literal["picture", "words"]
Weighing = Literal["more", "drop"]

STEP, MOST = 0.2, 0.9
"""How much more a part counts each time, and at most: the other one still says something."""

_LIKE_THIS = re.compile(
    r"^(?:(?:please|and|so|hey|ok|okay|can you|could you|do (?:i|we|you) have|have (?:i|we|you) got"
    r"|show me|find(?: me)?|search(?: for)?|look for|give me|i want|any(?:thing)?|some|more|all)\b"
    r"[ ,]*)*"
    r"(?:(?:photos?|pictures?|pics?|shots?|images?|ones?)\b[ ,]*)?"
    r"(?:(?:that (?:is|are|look)s?|which (?:is|are|look)s?)\b[ ,]*)?"
    r"(?:just |exactly |much |very )?(?:like|similar to|as|resembling)\b[ ,]*"
    r"(?:this|that|it|these|those|the)\b[ ,]*(?:photos?|pictures?|pics?|shots?|images?|ones?)?"
    r"[ ,.!?:;-]*(?:(?:but|only|just|and|except|yet|taken)\b[ ,]*)*",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"^(?:(?:show me|find|give me)\s+)?(?:more|similar|others?|what is (?:this|that)|this|that)"
    r"(?:\s+(?:photos?|pictures?|ones?|of (?:this|these|those|them)))?[ .!?]*$",
    re.IGNORECASE,
)


def asked_beside(message: str) -> str:
    """What a message asks for besides being like the picture that came with it; "" for nothing.

    Example::

        asked_beside("show me more like this, but at night")  # "at night"
    """
    text = " ".join(message.split())
    rest = _LIKE_THIS.sub("", text, count=1)
    if rest == text and _MORE.match(text):
        return ""
    return rest.strip(" .,;:!?")


def vector_of(encoder: "Encoder", picture: "Image.Image") -> NDArray[np.float32]:
    """The unit vector [dim] of a picture of any size."""
    return encoder.encode_images([picture.convert("RGB")])[0]


def topic_alike(library: "Library", photo_ids: Sequence[int], plan: Plan) -> Topic:
    """What to look for: photos like these of the library, with what the plan adds.

    Several photos are one picture by the mean of their vectors.

    Raises:
        PhotoNotFound: one of them is gone or hidden.
    """
    chosen = [library.photo(one).id for one in photo_ids]
    with library.snapshot():
        vector = library.vectors(chosen).mean(axis=0)
        made_by = library.fingerprint or ""
    return Topic(
        content=plan.content,
        exclude=(plan.exclude,) if plan.exclude else (),
        when=plan.when,
        where=plan.where,
        not_when=plan.not_when,
        not_where=plan.not_where,
        favourite=plan.favourite,
        picture=packed(vector),
        picture_by=made_by,
        picture_of=chosen[0] if len(chosen) == 1 else None,
        similar=chosen,
    )


def weighed(topic: Topic, part: Part, how: Weighing) -> Topic:
    """The topic with one of its parts counting more, or left out; without what was shown for it.

    Args:
        topic: has a picture and words.
        part: which of them.
        how: ``more`` or ``drop``.
    """
    itself = [] if topic.picture_of is None else [topic.picture_of]
    again = topic.model_copy(update={"galleries": [], "similar": itself})
    if how == "drop":
        words = {"content": "", "details": (), "exclude": ()}
        picture = {"picture": "", "picture_of": None}
        return again.model_copy(update=words if part == "words" else picture)
    weight = topic.picture_weight + (STEP if part == "picture" else -STEP)
    weight = round(min(max(weight, 1 - MOST), MOST), 2)
    return again.model_copy(update={"picture_weight": weight})
