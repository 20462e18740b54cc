"""The alarm for a space in which all texts have become alike.

A contrastive loss can be lowered for a while by drawing all vectors together; nothing is found in
such a space. The measure is the mean cosine of two different texts,

    ``(|sum_i v_i|^2 - n) / (n (n - 1))``

over unit vectors ``v_i`` (Wang and Isola 2020, "uniformity", https://arxiv.org/abs/2005.10242).
"""

from torch import Tensor

from training.errors import CollapseDetected

HIGHEST = 0.98
"""Mean cosine above which texts are called alike ..."""

LEAST_SHARE = 0.1
"""... and of the room that the untrained encoder left, ``1 - cosine``, so much has to remain: some
encoders keep all their texts in a narrow cone and work well."""


def mean_cosine(vectors: Tensor) -> float:
    """Mean cosine of two different rows of unit vectors [n, dim]; 0 for fewer than two."""
    count = len(vectors)
    if count < 2:
        return 0.0
    total = vectors.double().sum(0)
    return float((total @ total - count) / (count * (count - 1)))


def check_collapse(cosine: float, before: float, kept: str) -> None:
    """Raise when texts have become alike.

    Args:
        cosine: mean cosine of the dev texts now.
        before: the same before the training.
        kept: what remains of the run, for the message.

    Raises:
        CollapseDetected: they have.
    """
    limit = max(HIGHEST, 1 - LEAST_SHARE * (1 - before))
    if cosine > limit:
        raise CollapseDetected(
            f"all texts became alike (mean cosine {cosine:.3f}, before the training "
            f"{before:.3f}); {kept}. Try a lower --learning-rate or a larger --batch-size"
        )
