"""What the page says when no LLM writes for it, and how the folded step reads."""

import re
from collections.abc import Mapping

from bot.descriptors import FIELDS, Description

LABELS = {
    "main_subject": "Main subject",
    "foreground_objects": "In the foreground",
    "background_scene": "Scene",
    "events": "What happens",
    "materials_and_attributes": "Look and material",
}

NOT_ASKED = (
    "I'll keep quiet until you want a photo: say “show me”, tell me that you are about to share "
    "one, or press the button."
)
NOT_ASKED_AGAIN = "I'm listening. Say “show me” when you want a photo."
HINT = "I have one that may fit, in case you want to share it."
NOTHING_TO_READ = "There is nothing to read in that. What are you chatting about?"
NOTHING_FITS = (
    "Nothing in your library fits that well enough to show. It helps to name what can be seen in "
    "the photo: who or what, where, doing what."
)
SOMETHING_WRONG = "Something went wrong on my side, and nothing was lost. Please try that again."


def found(count: int) -> str:
    """One line above the gallery."""
    if count == 0:
        return NOTHING_FITS
    if count == 1:
        return "This one fits best."
    return f"These {count} fit, the best one first."


def step_text(description: Description, seconds: Mapping[str, float], searched: int) -> str:
    """The folded step: descriptors as a table, then who wrote them and the time taken."""
    rows = [
        (LABELS[name], getattr(description.descriptors, name))
        for name in FIELDS
        if getattr(description.descriptors, name).strip()
    ]
    said = " ".join(turn.text for turn in description.context.turns)
    if said.strip():
        rows.append(("Also said", said))
    if not rows:
        rows.append(("Main subject", "nothing that a photo could show"))
    writer = {"llm": "The LLM", "recorded": "A recording"}.get(
        description.source, "The offline describer"
    )
    table = ["| | |", "|---|---|"]
    table += [f"| {label} | {plain(text)} |" for label, text in rows]
    photos = "1 photo" if searched == 1 else f"{searched:,} photos"
    times = (
        f"{writer} took {duration(seconds.get('describe', 0.0))}; searching {photos} took "
        f"{duration(seconds.get('search', 0.0))}."
    )
    return "\n".join(table) + f"\n\n{times}"


def duration(seconds: float) -> str:
    """Seconds for people: "12 ms", "1.3 s"."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{max(1, round(seconds * 1000))} ms"


def plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_{}\[\]()<>#+!|~&$-])", r"\\\1", " ".join(text.split()))
