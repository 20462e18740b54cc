"""How the LoRA of :mod:`bot.describe.small_llm` is made: ``python -m training.small_llm``."""
