"""Recorded dialogues: file formats, PhotoChat, replay."""
