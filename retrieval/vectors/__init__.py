"""Vector indexes: the nearest photos to a vector."""
