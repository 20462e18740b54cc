"""``python -m training.moves``."""

from training.moves.make import main

main()
