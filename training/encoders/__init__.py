"""Trainable encoders: the starter, CLIP and SigLIP while they are trained."""

from retrieval.encoders.base import Encoder
from training.encoders.base import TUNES, TrainableEncoder, Tune
from training.errors import EncoderNotTrainable, TrainingError

__all__ = ["TUNES", "TrainableEncoder", "Tune", "make_trainable"]


def make_trainable(
    encoder: Encoder, *, tune: Tune = "text", lora: int = 0, freeze_layers: int = 0
) -> TrainableEncoder:
    """Make an encoder trainable; it is changed in place from then on.

    Args:
        encoder: the starter, or one of the CLIP and SigLIP families.
        tune: ``text`` (the image side is locked: photo vectors and libraries stay valid),
            ``both`` (not for the starter), or ``head`` (only the last layers of the text side;
            fast, for the network behind them runs once over each text).
        lora: rank of LoRA adapters on attention and MLP layers; 0 moves the weights themselves.
        freeze_layers: lowest layers of the text tower that stay as they are.

    Raises:
        TrainingError: settings that do not go together.
        EncoderNotTrainable: another kind of encoder, or one that cannot be trained this way.
    """
    if tune not in TUNES:
        raise TrainingError(f"there is no way to tune {tune!r}: choose {', '.join(TUNES)}")
    if lora < 0:
        raise TrainingError(f"a LoRA rank of {lora} makes no sense: choose 0 (none) or more")
    if tune == "head" and (lora or freeze_layers):
        raise TrainingError(
            "--tune head locks the whole network: leave LoRA and locked layers out, "
            "or choose --tune text"
        )
    from retrieval.encoders.clip import ClipEncoder
    from retrieval.encoders.starter import StarterEncoder

    if isinstance(encoder, ClipEncoder):
        if tune == "head":
            from training.encoders.clip_head import TrainableClipHead

            return TrainableClipHead(encoder)
        from training.encoders.clip import TrainableClip

        return TrainableClip(encoder, tune, lora, freeze_layers)
    if isinstance(encoder, StarterEncoder):
        if tune == "both":
            raise EncoderNotTrainable(
                "the starter's image side stays locked, so that every library stays valid: "
                "choose --tune text or --tune head"
            )
        if tune == "head":
            from training.encoders.starter_head import TrainableStarterHead

            return TrainableStarterHead(encoder)
        from training.encoders.starter import TrainableStarter

        return TrainableStarter(encoder, lora, freeze_layers)
    raise EncoderNotTrainable(
        f"the encoder {encoder.name!r} cannot be trained: "
        "only the starter and the CLIP and SigLIP families can"
    )
