"""Reads the prompt files of this folder."""

import re
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Example:
    """One shot: what is asked, and the answer that is wanted."""

    question: str
    answer: str


@dataclass(frozen=True)
class Prompt:
    """A prompt text with its name and version, so that a result can say what made it.

    Attributes:
        name: as in the file's name, ``describe`` for ``describe.v1.md``.
        version: likewise, 1 there.
        system: the instructions.
        examples: the shots, in the file's order.
    """

    name: str
    version: int
    system: str
    examples: tuple[Example, ...] = ()


class PromptNotFound(LookupError):
    """No prompt file has this name and version."""


def load_prompt(name: str, version: int | None = None) -> Prompt:
    """The prompt ``name``; the newest version unless one is named.

    A file holds one ``# System`` section, then any number of ``# Question`` and ``# Answer``
    sections in turn.

    Raises:
        PromptNotFound: there is no such file.
    """
    folder = files("prompts")
    found = re.compile(re.escape(name) + r"\.v(\d+)\.md")
    versions = [
        int(match.group(1)) for entry in folder.iterdir() if (match := found.fullmatch(entry.name))
    ]
    if not versions or (version is not None and version not in versions):
        asked = name if version is None else f"{name}, version {version}"
        raise PromptNotFound(f"there is no prompt {asked}")
    chosen = max(versions) if version is None else version
    text = folder.joinpath(f"{name}.v{chosen}.md").read_text(encoding="utf-8")
    parts = re.split(r"^# (System|Question|Answer)[ \t]*$", text, flags=re.MULTILINE)
    sections = [(title, body.strip()) for title, body in zip(parts[1::2], parts[2::2], strict=True)]
    system = "\n\n".join(body for title, body in sections if title == "System")
    questions = [body for title, body in sections if title == "Question"]
    answers = [body for title, body in sections if title == "Answer"]
    examples = tuple(Example(q, a) for q, a in zip(questions, answers, strict=True))
    return Prompt(name=name, version=chosen, system=system, examples=examples)
