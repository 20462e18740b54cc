"""Datasets, fine-tuning, metrics and evaluation. Nothing here is needed to chat."""
