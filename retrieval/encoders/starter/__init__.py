"""The starter encoder: EfficientNet-Lite1 and MiniLM out of packages, joined by trained heads."""

from retrieval.encoders.starter.encoder import SCENE_NAME, StarterEncoder

__all__ = ["SCENE_NAME", "StarterEncoder"]
