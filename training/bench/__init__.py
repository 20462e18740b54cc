"""``photopal bench``: recipes of embedding photos and texts, run over data sets and reported."""
