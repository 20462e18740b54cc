"""Text inside photos: read by optical character recognition and kept in the library."""

from retrieval.ocr.base import TextReader
from retrieval.ocr.rapid import open_reader, reader_available
from retrieval.ocr.run import TextProgress, TextReport, read_texts

__all__ = [
    "TextProgress",
    "TextReader",
    "TextReport",
    "open_reader",
    "read_texts",
    "reader_available",
]
