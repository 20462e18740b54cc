"""Intent: what a message wants, and when a photo belongs into a conversation."""
