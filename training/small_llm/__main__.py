"""``python -m training.small_llm``."""

from training.small_llm.lora import main

main()
