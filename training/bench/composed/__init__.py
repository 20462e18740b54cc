"""Queries of a text and a photo ("like this one, but red"), and terms that must not be there.

* :mod:`.spec`: what a recipe says under ``fusion``;
* :mod:`.compose`: :func:`compose` makes query vectors of the vectors of the parts;
* :mod:`.combiner`, :mod:`.fit`, :mod:`.make`: a small network in place of a weighted sum, its
  training, and ``python -m training.bench.composed.make``.
"""

from training.bench.composed.compose import QueryParts, compose, embed_parts
from training.bench.composed.spec import CombinerFusion, FusionSpec, LateFusion, SubtractFusion

__all__ = [
    "CombinerFusion",
    "FusionSpec",
    "LateFusion",
    "QueryParts",
    "SubtractFusion",
    "compose",
    "embed_parts",
]
