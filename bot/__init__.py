"""Photopal's bot: from a conversation to the photos worth sharing."""
