"""What a person can set in the page, for as long as the session lasts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_PHOTOS = 12


@dataclass(frozen=True)
class Choices:
    """The settings of one session.

    Attributes:
        photos: how many photos are shown at most.
        always_on: look for photos after every message.
        hints: show one small photo that fits well although nobody asked for one.
        use_llm: let the LLM describe and reply; False when none is configured.
        clarify: ask one short question where many photos fit alike. For front ends that show its
            answers.
    """

    photos: int = 6
    always_on: bool = False
    hints: bool = True
    use_llm: bool = False
    clarify: bool = False

    @classmethod
    def of(cls, values: Mapping[str, Any], fallback: "Choices", *, llm: bool) -> "Choices":
        """The choices that a browser sent; what makes no sense falls back."""
        photos = values.get("photos")
        if isinstance(photos, bool) or not isinstance(photos, (int, float)) or photos != photos:
            photos = fallback.photos
        always_on = values.get("always_on")
        hints = values.get("hints")
        use_llm = values.get("use_llm")
        clarify = values.get("clarify")
        return cls(
            photos=int(min(max(photos, 1), MAX_PHOTOS)),
            always_on=always_on if isinstance(always_on, bool) else fallback.always_on,
            hints=hints if isinstance(hints, bool) else fallback.hints,
            use_llm=llm and (use_llm if isinstance(use_llm, bool) else fallback.use_llm),
            clarify=clarify if isinstance(clarify, bool) else fallback.clarify,
        )
