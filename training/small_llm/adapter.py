"""A LoRA in llama.cpp's file format (GGUF)."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

NAMES = {
    "q_proj": "attn_q",
    "k_proj": "attn_k",
    "v_proj": "attn_v",
    "o_proj": "attn_output",
    "gate_proj": "ffn_gate",
    "up_proj": "ffn_up",
    "down_proj": "ffn_down",
}
"""Of the matrices, as transformers and as llama.cpp call them."""

_KEY = re.compile(r"base_model\.model\.model\.layers\.(\d+)\.\w+\.(\w+)\.lora_([AB])\.weight")


def tensors_of(
    weights: Mapping[str, NDArray[np.float32]], heads: int, key_value_heads: int
) -> dict[str, NDArray[np.float16]]:
    """The tensors of a LoRA for a Llama, under llama.cpp's names.

    llama.cpp rotates neighbouring pairs of a head's numbers where transformers rotates its halves
    (RoPE), so the rows of the query and key matrices, and of their ``B``, stand in another order.

    Args:
        weights: by peft's names, ``A`` [rank, in] and ``B`` [out, rank].
        heads: of the queries.
        key_value_heads: of the keys.

    Raises:
        ValueError: a name is none of a Llama's matrices.
    """
    found = {}
    for key, values in sorted(weights.items()):
        match = _KEY.fullmatch(key)
        if match is None or match[2] not in NAMES:
            raise ValueError(f"no matrix of a Llama: {key}")
        layer, matrix, side = match.groups()
        if side == "B" and matrix in ("q_proj", "k_proj"):
            values = interleaved(values, heads if matrix == "q_proj" else key_value_heads)
        name = f"blk.{layer}.{NAMES[matrix]}.weight.lora_{side.lower()}"
        found[name] = np.ascontiguousarray(values.astype(np.float16))
    return found


def interleaved(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows [heads * size, n] with the two halves of each head interleaved."""
    halves = rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:])
    swapped: NDArray[np.float32] = halves.swapaxes(1, 2).reshape(rows.shape)
    return swapped


def write_adapter(tensors: Mapping[str, NDArray[np.float16]], alpha: float, file: Path) -> None:
    """Write the file of an adapter. ``alpha / rank`` scales it."""
    import gguf

    writer = gguf.GGUFWriter(file, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for name, values in tensors.items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
