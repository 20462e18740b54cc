"""WiSE-FT: the average of original and tuned weights, chosen on dev.

    W(alpha) = (1 - alpha) W_original + alpha W_tuned

(Wortsman et al. 2022, https://arxiv.org/abs/2109.01903). The average often does as well on what
was trained as the tuned weights do, and keeps more of what the original knew. Alpha is chosen on
the dev photos.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

ALPHAS = (0.0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)

State = Mapping[str, Tensor]


@torch.no_grad()
def interpolate(module: nn.Module, original: State, tuned: State, alpha: float) -> None:
    """Put ``W(alpha)`` into a module.

    Of a LoRA adapter only ``B`` is interpolated, which is 0 in the original: the merged weights
    ``W + s (alpha B) A`` lie on the straight line then, which they would not with both factors.

    Args:
        module: whose weights are replaced.
        original: its ``state_dict`` before the training.
        tuned: and after it.
        alpha: 0 is the original, 1 the tuned one, both to the last bit.
    """
    mixed = {}
    for name, after in tuned.items():
        before = original[name].to(after.device)
        straight = after.is_floating_point() and ".lora_A." not in name
        if alpha == 0 and ".lora_A." not in name:
            mixed[name] = before
        elif alpha == 1 or not straight:
            mixed[name] = after
        else:
            mixed[name] = torch.lerp(before.float(), after.float(), alpha).to(after.dtype)
    module.load_state_dict(mixed)


def choose_alpha(
    module: nn.Module,
    original: State,
    tuned: State,
    evaluate: Callable[[], float],
    alphas: Sequence[float] = ALPHAS,
) -> tuple[float, dict[float, float]]:
    """The alpha with the best figure; the module holds its weights afterwards.

    Of equal figures the greatest alpha wins: a dev gallery too small to tell them apart is no
    reason to undo the training.

    Args:
        module: whose weights are replaced.
        original: its ``state_dict`` before the training, not sharing memory with the module.
        tuned: and after it, likewise.
        evaluate: the figure, greater is better, with the module as it is.
        alphas: to be tried.

    Returns:
        The alpha chosen, and the figure of each.
    """
    figures: dict[float, float] = {}
    for alpha in alphas:
        interpolate(module, original, tuned, alpha)
        figures[alpha] = float(evaluate())
    best = max(figures, key=lambda alpha: (figures[alpha], alpha))
    interpolate(module, original, tuned, best)
    return best, figures
