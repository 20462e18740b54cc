"""Prompt texts, as files with a name and a version."""
