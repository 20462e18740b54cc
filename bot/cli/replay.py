"""``photopal replay``: watch the bot at work on a recorded dialogue."""

from typing import Annotated

import typer

from bot.cli.later import training_module
from bot.cli.options import DebugOption, EncoderOption, LibraryOption, load_settings


def replay(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="PhotoChat's JSON.", metavar="FILE")],
    dialogue: Annotated[
        str | None, typer.Option("--dialogue", metavar="ID", help="Only this dialogue.")
    ] = None,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    debug: DebugOption = False,
) -> None:
    """Replay a dialogue turn by turn, and see what would be suggested where a photo was shared."""
    module = training_module("replay", "replay")
    settings = load_settings(context, library=library, encoder=encoder)
    module.replay(file, dialogue=dialogue, settings=settings)
