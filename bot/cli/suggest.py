"""``photopal suggest``: photos for a dialogue."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.factories import open_searcher
from bot.cli.format import hits_as_json, print_hits
from bot.cli.options import (
    BaseUrlOption,
    CollapseOption,
    CountOption,
    CutoffOption,
    DebugOption,
    EncoderOption,
    JsonOption,
    LibraryOption,
    MaxTokensOption,
    ModelOption,
    OfflineOption,
    load_settings,
)
from bot.cli.output import Results, note, one_line, results
from bot.errors import BotError, EmptyDialogue

if TYPE_CHECKING:
    from bot.conversation import Conversation
    from bot.dialogues.dialogue import Dialogue
    from bot.suggest import Suggestion


def suggest(
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(
            help="PhotoChat's JSON, a chat as WhatsApp, Telegram or Signal export it, or plain "
            "lines 'A: …'; - reads standard input.",
            metavar="FILE",
        ),
    ],
    k: CountOption = 10,
    cutoff: CutoffOption = False,
    collapse: CollapseOption = False,
    dialogue: Annotated[
        str | None, typer.Option("--dialogue", metavar="ID", help="Only this dialogue of the file.")
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option("--owner", metavar="SPEAKER", help="Whose photos are searched."),
    ] = None,
    as_json: JsonOption = False,
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
    max_tokens: MaxTokensOption = None,
    offline: OfflineOption = False,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    debug: DebugOption = False,
) -> None:
    """Suggest the photos that fit a dialogue, best first.

    A file with several dialogues gives one answer each; with --json one object a line.
    """
    from bot.dialogues.reading import left_out, read_dialogues

    settings = load_settings(
        context,
        library=library,
        encoder=encoder,
        base_url=base_url,
        model=model,
        max_tokens=max_tokens,
        offline=offline,
    )
    found = read_dialogues(file, owner=owner, plain_text=True)
    for line in left_out(found).oddities():
        note(f"photopal: {line}")
    dialogues = [found.find(dialogue)] if dialogue is not None else list(found)
    if len(dialogues) == 1:
        # Said before anything heavy is loaded.
        _context(dialogues[0])
    with results(as_json) as out:
        searcher = open_searcher(settings)
        from bot.describe.llm import describer_chain
        from bot.describe.offline import offline_describer
        from bot.suggest import Suggester
        from retrieval.search import SearchOptions

        describer = offline_describer(settings.describer, searcher.encoder)
        suggester = Suggester(searcher, describer_chain(settings, describer))
        options = SearchOptions(k, cutoff, collapse)
        failed = 0
        for each in dialogues:
            try:
                suggestion = suggester.suggest(_context(each), options)
            except EmptyDialogue as error:
                failed += 1
                _show_failure(out, each, error)
            else:
                _show(out, each, suggestion, collapse, headed=len(dialogues) > 1)
    if failed:
        raise BotError(f"{failed} of {len(dialogues)} dialogues had nothing to go by")


def _context(dialogue: "Dialogue") -> "Conversation":
    """What precedes the photo. Raises EmptyDialogue when nothing does."""
    conversation = dialogue.conversation()
    if not conversation:
        which = f"dialogue {dialogue.id}" if dialogue.has_own_id else "the dialogue"
        raise EmptyDialogue(f"{which} says nothing before the photo: there is nothing to go by")
    return conversation


def _show(
    out: Results, dialogue: "Dialogue", found: "Suggestion", collapsed: bool, *, headed: bool
) -> None:
    description = found.description
    if description.notice:
        note(description.notice)
    fields = description.descriptors.model_dump()
    if not out.as_json:
        if headed:
            out.line(f"dialogue {dialogue.id}" if dialogue.has_own_id else "dialogue")
        for name, text in fields.items():
            if text:
                out.line(f"{name.replace('_', ' ')}: {text}")
        print_hits(out, found.result)
        if headed:
            out.line()
        return
    answer: dict[str, Any] = {
        "dialogue_id": dialogue.id if dialogue.has_own_id else None,
        "descriptors": fields,
        "context": description.context.as_lines(),
        "share": description.share,
        "confidence": round(description.confidence, 4),
        "source": description.source,
        **({"describer": description.describer} if description.source == "offline" else {}),
        "notice": description.notice,
        "results": hits_as_json(found.result, collapsed),
        "searched": found.result.searched,
        "nothing_fits": found.result.nothing_fits,
        "seconds": {name: round(value, 6) for name, value in found.seconds.items()},
    }
    out.json(answer)


def _show_failure(out: Results, dialogue: "Dialogue", error: Exception) -> None:
    note(f"photopal: {one_line(str(error))}")
    if out.as_json:
        identifier = dialogue.id if dialogue.has_own_id else None
        out.json({"dialogue_id": identifier, "results": [], "error": one_line(str(error))})
