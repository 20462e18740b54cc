"""Photopal's retrieval: photos in, embeddings and ranked photos out. It knows nothing of chat."""
