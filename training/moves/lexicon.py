"""Write ``bot/intent/words/lexicon.txt``: right words that the text network's vocabulary lacks.

``python -m training.moves.lexicon``: the words of our dialogues that are written twice or more.
The spelling correction must leave them alone, and may take them for what was meant.
"""

import json
import re
from collections import Counter
from pathlib import Path

from bot.intent import understanding
from retrieval.encoders.starter.bases import load_text_base
from training.moves.examples import DIALOGUES

LEAST = 2
OUT = Path(understanding.__file__).with_name("words") / "lexicon.txt"
_WORD = re.compile(r"[a-z]{3,20}")


def words_of(dialogues: Path, vocabulary: set[str]) -> list[str]:
    """Words in lower case that are written :data:`LEAST` times and are not in the vocabulary."""
    counts: Counter[str] = Counter()
    for line in dialogues.read_text(encoding="utf-8").splitlines():
        for _, text in json.loads(line)["turns"]:
            counts.update(set(_WORD.findall((text or "").lower())))
    return sorted(
        word
        for word, count in counts.items()
        if count >= LEAST and word not in vocabulary and not re.search(r"(.)\1\1", word)
    )


def main() -> None:
    """The command."""
    words = words_of(DIALOGUES, set(load_text_base().tokenizer.get_vocab()))
    lines = ["# Right words that the text network's vocabulary lacks (training/moves/lexicon.py)."]
    line = ""
    for word in words:
        if len(line) + len(word) > 100:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    OUT.write_text("\n".join([*lines, line]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
