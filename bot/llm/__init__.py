"""The LLM: its client, retries, errors and state."""
