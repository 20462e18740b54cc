"""Indexing: bring the library up to date with folders of photos."""

from retrieval.indexing.pipeline import check_encoder, check_searchable, index_folders
from retrieval.indexing.reembed import is_of_earlier
from retrieval.indexing.report import Failed, IndexReport, Loss, Progress, Remarked

__all__ = [
    "Failed",
    "IndexReport",
    "Loss",
    "Progress",
    "Remarked",
    "check_encoder",
    "check_searchable",
    "index_folders",
    "is_of_earlier",
]
