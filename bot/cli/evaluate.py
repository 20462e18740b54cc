"""``photopal evaluate``: how well photos are found, on dialogues whose photo is known."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.later import training_module
from bot.cli.options import DebugOption, EncoderOption, JsonOption, LibraryOption, load_settings
from bot.cli.output import results


def evaluate(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(help="PhotoChat's JSON files, or a folder.", metavar="FILES")
    ],
    photos: Annotated[
        Path | None, typer.Option("--photos", metavar="DIR", help="The photos of the dialogues.")
    ] = None,
    as_json: JsonOption = False,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    debug: DebugOption = False,
) -> None:
    """Measure how often the right photo is among the first (Precision@30 and more)."""
    module = training_module("evaluate", "evaluate")
    settings = load_settings(context, library=library, encoder=encoder)
    with results(as_json) as out:
        report = module.evaluate(files, photos=photos, settings=settings)
        out.json(report) if as_json else out.line(str(report))
