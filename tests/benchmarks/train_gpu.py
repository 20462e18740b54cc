"""A full fine-tune step of a ViT-B/32-sized CLIP with random weights, on a GPU.

python -m tests.benchmarks.train_gpu [--batch 1024] [--steps 20] [--checkpointing]

Both towers move: random pixels and token numbers go through them under bfloat16 autocast, then
through the symmetric loss, the gradients and a fused AdamW. Prints images a second and the
peak of memory as one JSON object; reading and decoding photos is not part of it.
"""

import argparse
import json
import statistics
import time
from typing import Any

import torch
import torch.nn.functional as F

from training.encoders.base import parameter_groups
from training.losses import make_loss

TOKENS = 77


def main() -> None:
    """Print one JSON object, or one line that there is no GPU."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--checkpointing", action="store_true", help="less memory, more time")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        parser.exit(1, "no CUDA device here: this benchmark needs one and was not run\n")
    print(json.dumps(measure(torch.device("cuda"), arguments), indent=2))


def measure(device: torch.device, arguments: argparse.Namespace) -> dict[str, Any]:
    """Figures of one device."""
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    torch.set_float32_matmul_precision("high")
    config = CLIPConfig()  # transformers' defaults are those of ViT-B/32
    model = CLIPModel(config).to(device).train()
    if arguments.checkpointing:
        model.gradient_checkpointing_enable()
    loss_fn = make_loss("symmetric").to(device)
    model.logit_scale.requires_grad_(False)
    groups = [*parameter_groups(model.parameters(), 5e-5, 0.05), *_temperature(loss_fn)]
    optimizer = torch.optim.AdamW(groups, lr=5e-5, fused=True)
    batch, side = arguments.batch, config.vision_config.image_size
    pixels = torch.randn(batch, 3, side, side, device=device)
    numbers = torch.randint(1, config.text_config.vocab_size - 2, (batch, TOKENS), device=device)
    same = torch.zeros(batch, batch, dtype=torch.bool, device=device)

    def step() -> float:
        with torch.autocast(device.type, torch.bfloat16):
            photos = model.get_image_features(pixel_values=pixels).pooler_output
            texts = model.get_text_features(input_ids=numbers).pooler_output
        loss = loss_fn(
            F.normalize(texts.float(), dim=-1), F.normalize(photos.float(), dim=-1), same
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return float(loss.item())

    losses = [step() for _ in range(arguments.warmup)]
    _reset_peak(device)
    seconds = []
    for _ in range(arguments.steps):
        started = time.perf_counter()
        losses.append(step())  # .item() waits for the device
        seconds.append(time.perf_counter() - started)
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "parameters": sum(p.numel() for p in model.parameters()),
        "batch": batch,
        "checkpointing": arguments.checkpointing,
        "images_per_second": round(batch / statistics.median(seconds), 1),
        "step_seconds": {
            "median": round(statistics.median(seconds), 4),
            "lowest": round(min(seconds), 4),
            "highest": round(max(seconds), 4),
        },
        "peak_memory_gib": round(_peak(device) / 2**30, 2),
        "loss": {"first": round(losses[0], 3), "last": round(losses[-1], 3)},
    }


def _temperature(loss_fn: torch.nn.Module) -> list[dict[str, Any]]:
    return parameter_groups(loss_fn.parameters(), 5e-5, 0.0)


def _reset_peak(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def _peak(device: torch.device) -> int:
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0


if __name__ == "__main__":
    main()
