"""Describe: from a conversation to the photo to look for, by an LLM or without one."""
