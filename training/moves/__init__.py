"""How the move classifier of :mod:`bot.intent.move_model` is made: ``python -m training.moves``."""
