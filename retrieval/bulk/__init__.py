"""Bulk embedding: index by many worker processes of an engine, from folders or object storage."""

from retrieval.bulk.engine import ENGINES, DaftEngine, Engine, open_engine
from retrieval.bulk.run import index_in_bulk

__all__ = ["ENGINES", "DaftEngine", "Engine", "index_in_bulk", "open_engine"]
