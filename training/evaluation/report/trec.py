"""Run and qrels files as trec_eval reads them: ``trec_eval qrels.txt runs/owner.run``."""

import numpy as np

from bot.dialogues.labels import entry_id
from training.evaluation.gallery import Gallery
from training.evaluation.outcome import Run


def qrels(result: Run, gallery: Gallery) -> str:
    """``query 0 photo 1`` lines. A photo that is not in the pool is relevant all the same."""
    lines = []
    for one in result.outcomes:
        right = gallery.gold.get(one.dialogue.id)
        if right is None:
            right = (entry_id(one.dialogue.photo_name or f"photo-of-{one.dialogue.id}"),)
        lines += [f"{query_id(one.dialogue.id)} 0 {photo} 1" for photo in right]
    return "".join(f"{line}\n" for line in lines)


def run(result: Run) -> str:
    """``query Q0 photo rank score system`` lines.

    trec_eval reads score and photo only and breaks ties as we do; every dialogue without a query is
    absent, so evaluate with ``-c``, which counts it as a miss.
    """
    tag = entry_id(result.name).replace("/", "-")
    lines = []
    for one in result.outcomes:
        query = query_id(one.dialogue.id)
        for rank, (photo, score) in enumerate(one.top, start=1):
            # Nine digits hold a float32 exactly: what was a tie stays one, and nothing else does.
            lines.append(f"{query} Q0 {photo} {rank} {np.float32(score):.9g} {tag}")
    return "".join(f"{line}\n" for line in lines)


def query_id(dialogue: str) -> str:
    """The dialogue's id without blanks."""
    return entry_id(dialogue) or "-"


def run_name(result: Run) -> str:
    """The file of a system's run."""
    return f"{entry_id(result.name).replace('/', '-')}.run"
