"""One base for all errors, and a docstring that shows the whole tree."""

import re

import bot.errors
import retrieval.errors
import training.errors
from retrieval.errors import PhotopalError

MODULES = (retrieval.errors, bot.errors, training.errors)


def test_the_docstring_names_every_error() -> None:
    named = set(re.findall(r"[A-Z]\w+", retrieval.errors.__doc__ or ""))
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, type) and issubclass(value, Exception):
                assert issubclass(value, PhotopalError)
                assert name in named, f"{name} is missing in the tree of retrieval.errors"
