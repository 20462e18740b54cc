"""The starter encoder: EfficientNet-Lite1 and MiniLM out of packages, joined by trained heads."""

from retrieval.encoders.starter.encoder import StarterEncoder
from retrieval.encoders.starter.layout import SCENE_NAME

__all__ = ["SCENE_NAME", "StarterEncoder"]
