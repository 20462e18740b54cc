"""Take a library along: export it, and take an export in on another machine."""

from retrieval.transfer.exporting import ExportReport, export_library
from retrieval.transfer.importing import ImportReport, import_library

__all__ = ["ExportReport", "ImportReport", "export_library", "import_library"]
