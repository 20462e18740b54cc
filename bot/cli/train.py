"""``photopal train``: fine-tune an encoder on dialogues or captions."""

from typing import Annotated

import typer

from bot.cli.later import training_module
from bot.cli.options import DebugOption, EncoderOption, load_settings


def train(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(help="Dialogues or captions to train on.", metavar="FILES")
    ],
    encoder: EncoderOption = None,
    debug: DebugOption = False,
) -> None:
    """Fine-tune an encoder so that it finds more; its photo vectors stay valid."""
    module = training_module("train", "train")
    settings = load_settings(context, encoder=encoder)
    module.train(files, settings=settings)
