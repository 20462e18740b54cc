"""Care of a library: is all well with it, and what can be mended."""

from retrieval.care.doctor import Diagnosis, examine
from retrieval.care.findings import Finding

__all__ = ["Diagnosis", "Finding", "examine"]
