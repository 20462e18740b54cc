"""Small checkpoints with random weights, in the very file formats of the hub's."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, trainers
from tokenizers.models import BPE, Unigram
from transformers import (
    CLIPConfig,
    CLIPModel,
    Siglip2Config,
    Siglip2Model,
    SiglipConfig,
    SiglipModel,
)

CORPUS = [
    "a photo of a cat sleeping on a red chair in the garden",
    "two dogs run along the sandy beach under a blue sky",
    "the rocket is launched at night, smoke and fire below",
    "an old temple in china with golden roofs, tourists in front of it",
    "a cup of coffee on a wooden table, warm morning light",
] * 4

_TOWER: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}


def make_clip(folder: Path, *, seed: int = 0, hidden_act: str = "quick_gelu") -> Path:
    """A CLIPModel as ``openai/clip-vit-base-patch32`` is laid out: vocab.json and merges.txt."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=800,
        initial_alphabet=alphabet,
        end_of_word_suffix="</w>",
        special_tokens=[letter + "</w>" for letter in alphabet],
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    trained = json.loads(tokenizer.to_str())["model"]
    vocabulary = dict(trained["vocab"])
    for name in ("<|startoftext|>", "<|endoftext|>"):
        vocabulary[name] = max(vocabulary.values()) + 1
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in trained["merges"]]
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]))
    _write(
        folder / "preprocessor_config.json",
        {
            "crop_size": 32,
            "do_center_crop": True,
            "do_normalize": True,
            "do_resize": True,
            "feature_extractor_type": "CLIPFeatureExtractor",
            "image_mean": [0.48145466, 0.4578275, 0.40821073],
            "image_std": [0.26862954, 0.26130258, 0.27577711],
            "resample": 3,
            "size": 32,
        },
    )
    config = CLIPConfig(
        text_config={
            **_TOWER,
            "vocab_size": len(vocabulary),
            "max_position_embeddings": 77,
            "hidden_act": hidden_act,
            # The published configurations say 2, which means: the greatest number ends the text.
            "eos_token_id": 2,
        },
        vision_config={**_TOWER, "image_size": 32, "patch_size": 8, "hidden_act": hidden_act},
        projection_dim=24,
    )
    torch.manual_seed(seed)
    CLIPModel(config).save_pretrained(folder)
    return folder


def make_siglip2(folder: Path, *, seed: int = 0) -> Path:
    """A SiglipModel with a Gemma vocabulary, as ``google/siglip2-base-patch32-256`` is."""
    folder.mkdir(parents=True, exist_ok=True)
    vocab_size = _write_gemma_tokenizer(folder)
    _write(
        folder / "preprocessor_config.json",
        {
            "do_resize": True,
            "image_mean": [0.5, 0.5, 0.5],
            "image_processor_type": "SiglipImageProcessor",
            "image_std": [0.5, 0.5, 0.5],
            "resample": 2,
            "size": {"height": 32, "width": 32},
        },
    )
    torch.manual_seed(seed)
    SiglipModel(_siglip_config(vocab_size)).save_pretrained(folder)
    return folder


def make_sharded_siglip2(folder: Path, *, seed: int = 0) -> Path:
    """The same with its weights in several files and an index, as large ones are published."""
    make_siglip2(folder, seed=seed)
    model = SiglipModel.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="60KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 2
    return folder


def make_open_clip(folder: Path, *, seed: int = 0, twin: Path | None = None) -> Path:
    """The CLIP of :func:`make_clip` as OpenCLIP publishes it: other names, one matrix for three.

    ``twin`` gets the same model in the layout of transformers.
    """
    make_clip(folder, seed=seed, hidden_act="gelu")
    if twin is not None:
        shutil.copytree(folder, twin)
    model = CLIPModel.from_pretrained(folder)
    weights: dict[str, torch.Tensor] = {"logit_scale": model.logit_scale.data}
    for ours, theirs in (("vision_model", "visual."), ("text_model", "")):
        tower = getattr(model, ours)
        for number, layer in enumerate(tower.encoder.layers):
            block = f"{theirs}transformer.resblocks.{number}."
            attention = layer.self_attn
            three = [attention.q_proj, attention.k_proj, attention.v_proj]
            weights[f"{block}attn.in_proj_weight"] = torch.cat([one.weight for one in three])
            weights[f"{block}attn.in_proj_bias"] = torch.cat([one.bias for one in three])
            for name, module in (
                ("attn.out_proj", attention.out_proj),
                ("ln_1", layer.layer_norm1),
                ("ln_2", layer.layer_norm2),
                ("mlp.c_fc", layer.mlp.fc1),
                ("mlp.c_proj", layer.mlp.fc2),
            ):
                weights |= {f"{block}{name}.{k}": v for k, v in module.state_dict().items()}
    vision, text = model.vision_model, model.text_model
    weights |= {
        "visual.class_embedding": vision.embeddings.class_embedding,
        "visual.conv1.weight": vision.embeddings.patch_embedding.weight,
        "visual.positional_embedding": vision.embeddings.position_embedding.weight,
        "visual.ln_pre.weight": vision.pre_layrnorm.weight,
        "visual.ln_pre.bias": vision.pre_layrnorm.bias,
        "visual.ln_post.weight": vision.post_layernorm.weight,
        "visual.ln_post.bias": vision.post_layernorm.bias,
        "visual.proj": model.visual_projection.weight.T,
        "token_embedding.weight": text.embeddings.token_embedding.weight,
        "positional_embedding": text.embeddings.position_embedding.weight,
        "ln_final.weight": text.final_layer_norm.weight,
        "ln_final.bias": text.final_layer_norm.bias,
        "text_projection": model.text_projection.weight.T,
    }
    weights = {name: tensor.detach().clone().contiguous() for name, tensor in weights.items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    shape = {"layers": 2, "width": 32}
    _write(
        folder / "open_clip_config.json",
        {
            "model_cfg": {
                "embed_dim": 24,
                "vision_cfg": {
                    **shape,
                    "image_size": 32,
                    "patch_size": 8,
                    "head_width": 8,
                    "mlp_ratio": 2.0,
                },
                "text_cfg": {
                    **shape,
                    "context_length": 77,
                    "vocab_size": model.config.text_config.vocab_size,
                    "heads": 4,
                    "mlp_ratio": 2.0,
                },
            },
            "preprocess_cfg": {
                "mean": [0.48145466, 0.4578275, 0.40821073],
                "std": [0.26862954, 0.26130258, 0.27577711],
                "interpolation": "bicubic",
                "resize_mode": "shortest",
            },
        },
    )
    for name in ("config.json", "model.safetensors", "preprocessor_config.json"):
        (folder / name).unlink()
    return folder


def make_siglip1(folder: Path, *, seed: int = 0) -> Path:
    """A SiglipModel with a sentencepiece-like vocabulary in tokenizer.json, as SigLIP 1."""
    make_siglip2(folder, seed=seed)
    tokenizer = Tokenizer(Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=150, special_tokens=["<unk>", "</s>"], unk_token="<unk>"
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    _write(folder / "tokenizer_config.json", {"eos_token": "</s>", "pad_token": "</s>"})
    return folder


def make_naflex(folder: Path, *, seed: int = 0) -> Path:
    """A Siglip2Model as ``google/siglip2-base-patch16-naflex`` is: any proportions."""
    folder.mkdir(parents=True, exist_ok=True)
    vocab_size = _write_gemma_tokenizer(folder)
    _write(
        folder / "preprocessor_config.json",
        {
            "image_mean": [0.5, 0.5, 0.5],
            "image_processor_type": "Siglip2ImageProcessor",
            "image_std": [0.5, 0.5, 0.5],
            "max_num_patches": 16,
            "patch_size": 8,
            "resample": 2,
        },
    )
    config = Siglip2Config(
        text_config={**_TOWER, "vocab_size": vocab_size, "max_position_embeddings": 64},
        vision_config={**_TOWER, "patch_size": 8, "num_patches": 16},
    )
    torch.manual_seed(seed)
    Siglip2Model(config).save_pretrained(folder)
    return folder


def _siglip_config(vocab_size: int) -> SiglipConfig:
    return SiglipConfig(
        text_config={**_TOWER, "vocab_size": vocab_size, "max_position_embeddings": 64},
        vision_config={**_TOWER, "image_size": 32, "patch_size": 8},
    )


def _write_gemma_tokenizer(folder: Path) -> int:
    tokenizer = Tokenizer(BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Fuse()
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=["<pad>", "<eos>", "<bos>", "<unk>"]
        + [f"<0x{byte:02X}>" for byte in range(256)],
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    # As published: a Gemma tokenizer that neither lowers the case nor ends the text by itself.
    _write(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "GemmaTokenizer",
            "bos_token": "<bos>",
            "eos_token": "<eos>",
            "pad_token": {"__type": "AddedToken", "content": "<pad>", "special": True},
            "model_max_length": 64,
            "padding_side": "right",
        },
    )
    return tokenizer.get_vocab_size()


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content))
