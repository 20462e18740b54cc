"""Chance level: what a random order of the pool would score.

With one relevant photo in a pool of n, every rank is as likely: ``P(hit@k) = min(k, n) / n`` and
``E[RR] = (1/1 + 1/2 + ... + 1/n) / n``.
"""


def chance_hit(k: int, pool: int) -> float:
    """The expected hit@k of a random order."""
    return min(k, pool) / pool if pool else 0.0


def chance_reciprocal_rank(pool: int) -> float:
    """The expected reciprocal rank of a random order."""
    return sum(1.0 / rank for rank in range(1, pool + 1)) / pool if pool else 0.0
