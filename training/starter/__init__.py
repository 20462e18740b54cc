"""How the starter encoder was made: ``python -m training.starter.make``."""
