"""The starter's scene vectors, in the order of steps that costs least."""

import torch
import torch.nn.functional as F
from torch import Tensor

from retrieval.encoders.starter_bases import STATE_DIM
from retrieval.encoders.starter_heads import TextHead


def scene_vectors(head: TextHead, states: Tensor, present: Tensor) -> Tensor:
    """Unit vectors [n, 512], those of ``TextHead.scene``, many times as fast.

    Attention pools values that are a linear map of the states, and its weights add up to one:

        sum_t a_t (W s_t + b) = W (sum_t a_t s_t) + b,

    so that the states are pooled first and each text is mapped once, not each of its tokens.

    Args:
        head: the text head.
        states: token states [n, tokens, 384].
        present: which tokens are there [n, tokens].
    """
    logits = head.attention(states).masked_fill(~present[..., None], -1e4)
    even = present[..., None].to(logits.dtype)
    # The mean is one more way to pool: one pass over the states does for all.
    weights = torch.cat([logits.softmax(dim=1), even], dim=2).to(states.dtype)
    pooled_states = torch.einsum("ntp,ntd->npd", weights, states)
    meaning = F.normalize(pooled_states[:, head.pools].float(), dim=-1)
    weight = head.values.weight.unflatten(0, (head.pools, -1))
    pooled = torch.einsum("npd,phd->nph", pooled_states[:, : head.pools], weight).flatten(1)
    pooled = pooled + head.values.bias
    scene = head.head(meaning * STATE_DIM**0.5) + head.contract(head.dropout(F.gelu(pooled)))
    return F.normalize(scene.float(), dim=-1)
