"""Photo files: find, read, describe, shrink and copy them."""
