"""Data sets, losses, trainable encoders, fine-tuning, metrics and evaluation (README.md)."""
