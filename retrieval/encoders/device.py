"""Which processor computes, and in which precision."""

import torch

from retrieval.errors import EncoderUnavailable


def choose_device(name: str = "auto") -> torch.device:
    """The device by that name; ``auto`` prefers CUDA, then Apple's MPS, then the CPU.

    Raises:
        EncoderUnavailable: this machine has no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu"
    kind = name.partition(":")[0]
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": _has_mps()}
    if not present.get(kind, False):
        usable = ", ".join(device for device, there in present.items() if there)
        raise EncoderUnavailable(f"there is no device {name!r} on this machine: choose {usable}")
    return torch.device(name)


def choose_dtype(device: torch.device, name: str = "auto") -> torch.dtype:
    """The precision by that name; ``auto`` is bfloat16 where the processor computes it natively.

    On a CPU with bfloat16 instructions an image tower runs several times as fast, and a vector
    keeps a cosine above 0.999 with its full-precision self, so that both share one library.
    Without those instructions bfloat16 is emulated and slower.

    Raises:
        EncoderUnavailable: the name is none of ``auto``, ``float32``, ``bfloat16``.
    """
    if name == "auto":
        return torch.bfloat16 if _computes_bfloat16(device) else torch.float32
    known = {"float32": torch.float32, "bfloat16": torch.bfloat16}
    if name not in known:
        raise EncoderUnavailable(f"there is no precision {name!r}: choose auto, {', '.join(known)}")
    return known[name]


def _computes_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(bool(capabilities.get(name)) for name in ("amx_bf16", "avx512_bf16"))


def _has_mps() -> bool:
    return torch.backends.mps.is_available()
