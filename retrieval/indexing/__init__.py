"""Indexing: bring the library up to date with folders of photos."""

from retrieval.indexing.pipeline import (
    Failed,
    IndexReport,
    Progress,
    check_encoder,
    index_folders,
)

__all__ = ["Failed", "IndexReport", "Progress", "check_encoder", "index_folders"]
