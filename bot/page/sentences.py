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

NOTHING_TO_READ = "There is nothing to read in that. What are you chatting about?"
SOMETHING_WRONG = "Something went wrong on my side, and nothing was lost. Please try that again."


def step_text(looked_for: Mapping[str, str], seconds: Mapping[str, float], searched: int) -> str:
    """The folded step: what was looked for as a table, and the time taken.

    Args:
        looked_for: texts by the name of what they are (a descriptor field, "your words" …).
        seconds: by step.
        searched: how many photos were compared.
    """
    rows = [
        (LABELS.get(name, name.capitalize()), text)
        for name, text in looked_for.items()
        if text.strip()
    ]
    if not rows:
        rows.append((LABELS["main_subject"], "nothing that a photo could show"))
    table = ["| | |", "|---|---|"]
    table += [f"| {label} | {plain(text)} |" for label, text in rows]
    photos = "1 photo" if searched == 1 else f"{searched:,} photos"
    times = " and ".join(f"{name} {duration(value)}" for name, value in seconds.items())
    return "\n".join(table) + f"\n\n{photos} compared" + (f" ({times})." if times else ".")


def descriptor_texts(description: Description) -> dict[str, str]:
    """The fields of a description that say something, and what was said besides."""
    fields = {name: getattr(description.descriptors, name) for name in FIELDS}
    return {name: text for name, text in fields.items() if text.strip()}


def duration(seconds: float) -> str:
    """Seconds for people: "12 ms", "0.2 s", "1.3 s"."""
    return f"{seconds:.1f} s" if seconds >= 0.1 else f"{max(1, round(seconds * 1000))} ms"


_SPECIAL = r"[\\`*_{}\[\]()<>#+!|~&$-]"


def plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return re.sub(f"({_SPECIAL})", r"\\\1", " ".join(text.split()))


def unescaped(markdown: str) -> str:
    """What :func:`plain` and :func:`plain_text` were given."""
    return re.sub(rf"\\({_SPECIAL})", r"\1", markdown)


def plain_text(text: str) -> str:
    """As :func:`plain`, but paragraphs stay."""
    return "\n\n".join(plain(part) for part in text.split("\n\n"))
