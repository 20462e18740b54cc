"""Make the trained describer's phrase vectors: ``python -m training.phrases``.

Run it whenever the shipped starter changes. The phrases are those of
``bot/vocabulary/weights/phrases.jsonl``; what is usual for each is measured over our own dialogues.
"""

import argparse
import random
from pathlib import Path

from bot.conversation import Conversation
from bot.describe.phrases import meaning_of
from bot.describe.query import dialogue_parts
from bot.describe.rules import RuleDescriber
from bot.vocabulary.phrase_bank import PHRASES_NAME, WEIGHTS, PhraseBank, read_phrases, scores_over
from retrieval.encoders.starter import StarterEncoder
from training.datasets.read import read_examples
from training.errors import DatasetInvalid, TrainingError

DIALOGUES = Path(__file__).parent / "data" / "dialogues.jsonl"
SOME = 600
"""Dialogues over which a phrase's usual score is measured."""


def make(encoder: StarterEncoder, out: Path, dialogues: Path, some: int = SOME) -> PhraseBank:
    """Embed the phrases, measure their usual scores, write the bank."""
    conversations = conversations_of(dialogues)
    phrases, groups = read_phrases(out / PHRASES_NAME)
    vectors = encoder.scenes(phrases)
    random.Random(0).shuffle(conversations)
    describer = RuleDescriber()
    meanings = []
    for conversation in conversations[:some]:
        context = describer.describe(conversation).context
        if context:
            meanings.append(meaning_of(dialogue_parts(context, encoder), encoder))
    mean, deviation = scores_over(vectors, meanings)
    bank = PhraseBank(phrases, groups, vectors, mean, deviation, encoder.text_fingerprint)
    bank.save(out)
    return bank


def conversations_of(file: Path) -> list[Conversation]:
    """The conversations of a JSON Lines file of dialogues.

    Raises:
        DatasetInvalid: it is missing, as our own dialogues are where Photopal was installed.
    """
    if file == DIALOGUES and not file.exists():
        raise DatasetInvalid(
            f"{file} is missing: the training dialogues are not installed with Photopal; run this "
            "from a checkout of the repository, or name others with --dialogues"
        )
    found = read_examples([file], file.parent).examples
    return [example.conversation for example in found if example.conversation]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", type=Path, help="the shipped starter by default")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--dialogues", type=Path, default=DIALOGUES)
    arguments = parser.parse_args()
    try:
        make(StarterEncoder.load(arguments.encoder), arguments.out, arguments.dialogues)
    except TrainingError as error:
        raise SystemExit(f"training.phrases: {error}") from None


if __name__ == "__main__":
    main()
