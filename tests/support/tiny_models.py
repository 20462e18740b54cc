"""Small models of the bench with random weights, in the very file formats of the hub's."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from training.bench.embedders.torchvision_import import import_without_torchvision

_WORDS = """
    [PAD] [UNK] [CLS] [SEP] [MASK] [DEC] [ENC] a an the of in on at is two . , photo picture wall
    dog cat house tree red green blue yellow purple orange white grey black
"""
_TOWER: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}


def make_bert(folder: Path, *, seed: int = 0) -> Path:
    """A BertModel as ``google-bert/bert-base-uncased`` is laid out."""
    from transformers import BertConfig, BertModel

    size = _write_words(folder)
    torch.manual_seed(seed)
    BertModel(BertConfig(**_TOWER, vocab_size=size, max_position_embeddings=64)).save_pretrained(
        folder
    )
    return folder


def make_sentence_encoder(folder: Path, *, seed: int = 0) -> Path:
    """The same as a chain of modules, as ``sentence-transformers/all-MiniLM-L6-v2`` is."""
    make_bert(folder, seed=seed)
    chain = ("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")
    modules = [
        {"idx": at, "name": str(at), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for at, (path, kind) in enumerate(chain)
    ]
    (folder / "1_Pooling").mkdir()
    _write(folder / "modules.json", modules)
    _write(folder / "sentence_bert_config.json", {"max_seq_length": 32, "do_lower_case": False})
    _write(
        folder / "1_Pooling" / "config.json",
        {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True},
    )
    return folder


def make_blip(folder: Path, *, seed: int = 0) -> Path:
    """A BlipForImageTextRetrieval as ``Salesforce/blip-itm-base-coco`` is laid out."""
    return _make_blip(folder, "BlipForImageTextRetrieval", seed)


def make_blip_captioner(folder: Path, *, seed: int = 0) -> Path:
    """A captioning model as ``Salesforce/blip-image-captioning-base`` is laid out."""
    return _make_blip(folder, "BlipForConditionalGeneration", seed)


def _make_blip(folder: Path, architecture: str, seed: int) -> Path:
    import transformers

    size = _write_words(folder)
    text = {
        **_TOWER,
        "encoder_hidden_size": 32,
        "vocab_size": size,
        "max_position_embeddings": 64,
        "pad_token_id": 0,
        "bos_token_id": 5,
        "sep_token_id": 3,
        "eos_token_id": 3,
    }
    config = transformers.BlipConfig(
        text_config=text,
        vision_config={**_TOWER, "image_size": 32, "patch_size": 8},
        image_text_hidden_size=16,
    )
    torch.manual_seed(seed)
    getattr(transformers, architecture)(config).save_pretrained(folder)
    _write(
        folder / "preprocessor_config.json",
        {
            "do_normalize": True,
            "do_resize": True,
            "image_mean": [0.48145466, 0.4578275, 0.40821073],
            "image_std": [0.26862954, 0.26130258, 0.27577711],
            "image_processor_type": "BlipImageProcessor",
            "resample": 3,
            "size": {"height": 32, "width": 32},
        },
    )
    return folder


def make_timm(folder: Path, *, seed: int = 0) -> Path:
    """A small ResNet as timm publishes its models."""
    timm, models = import_without_torchvision("timm", "timm.models")
    torch.manual_seed(seed)
    models.save_for_hf(timm.create_model("test_resnet"), str(folder), safe_serialization=True)
    return folder


def make_open_clip_resnet(folder: Path, *, seed: int = 0) -> Path:
    """A CLIP with a ResNet, as the hub's copy of ``RN50`` is laid out."""
    (open_clip,) = import_without_torchvision("open_clip")
    folder.mkdir(parents=True)
    _write(
        folder / "open_clip_config.json",
        {
            "model_cfg": {
                "embed_dim": 24,
                "quick_gelu": True,
                "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8},
                "text_cfg": {
                    "context_length": 77,
                    "vocab_size": 49408,
                    "width": 32,
                    "heads": 4,
                    "layers": 1,
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
    torch.manual_seed(seed)
    model = open_clip.create_model(f"local-dir:{folder}")
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    return folder


def _write_words(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    words = _WORDS.split()
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    _write(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "BertTokenizer",
            "do_lower_case": True,
            "model_max_length": 512,
            "bos_token": "[DEC]",
            "additional_special_tokens": ["[ENC]"],
        },
    )
    return len(words)


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))
