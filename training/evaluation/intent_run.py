"""Runs the evaluation of when to share: ``photopal evaluate --intent``."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from bot.intent.share import share_model, wants_photo
from bot.settings import Settings
from training.errors import EvaluationError
from training.evaluation.intent import (
    IntentSample,
    IntentScores,
    best_threshold,
    intent_samples,
    score_decisions,
)
from training.evaluation.plan import Plan
from training.evaluation.run import Host, llm_as_dict, open_asker, read


def evaluate_intent(plan: Plan, settings: Settings, host: Host) -> dict[str, Any]:
    """Precision, recall and F1 of "share now", at every turn up to the share.

    With ``plan.tune_first`` the offline decision's threshold is chosen on that many dialogues and
    everything is tested on the others; without, it is the built-in one.

    The LLM's decision is the bot's with an LLM: it also shares when plain words ask for a photo. A
    failed call counts as "no".
    """
    started = time.perf_counter()
    dialogues = read(plan)
    tuning = dialogues.dialogues[: plan.tune_first or 0]
    tested = dialogues.dialogues[plan.tune_first or 0 :]
    samples = intent_samples(tested)
    if not any(sample.share for sample in samples):
        raise EvaluationError(
            f"none of the {len(tested)} dialogues to test on shares a photo: nothing to measure"
        )
    systems: dict[str, dict[str, Any]] = {"offline": _offline(samples, intent_samples(tuning))}
    report: dict[str, Any] = {}
    if settings.uses_llm:
        asker = open_asker(settings, plan, host)
        replies = asker.describe([sample.conversation for sample in samples])
        decisions = [reply.description is not None and reply.description.share for reply in replies]
        failed = sum(reply.description is None for reply in replies)
        systems["llm"] = {**_scores(samples, decisions).as_dict(), "failed": failed}
        report["llm_usage"] = llm_as_dict(asker.progress, plan)
    always = _scores(samples, [True] * len(samples)).as_dict()
    return {
        "task": "intent",
        "dialogues": len(tested),
        **systems["llm" if "llm" in systems else "offline"],
        "systems": {**systems, "always": always},
        "tuned_on": len(tuning) or None,
        "problems": dict(dialogues.problems),
        **report,
        "seconds": round(time.perf_counter() - started, 3),
    }


def _offline(samples: Sequence[IntentSample], tuning: Sequence[IntentSample]) -> dict[str, Any]:
    decided = [wants_photo(sample.conversation) for sample in samples]
    if not tuning:
        found = _scores(samples, [share for share, _ in decided], share_model().threshold)
        return found.as_dict()
    known = np.asarray([wants_photo(sample.conversation)[1] for sample in tuning])
    truth = np.asarray([sample.share for sample in tuning], dtype=bool)
    threshold, _ = best_threshold(truth, known)
    return _scores(samples, [sure >= threshold for _, sure in decided], threshold).as_dict()


def _scores(
    samples: Sequence[IntentSample], decisions: Sequence[bool], threshold: float | None = None
) -> IntentScores:
    return score_decisions([sample.share for sample in samples], decisions, threshold)
