"""``photopal replay``: watch the bot at work on recorded dialogues."""

import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.options import (
    BaseUrlOption,
    DebugOption,
    EncoderOption,
    JsonOption,
    LibraryOption,
    MaxTokensOption,
    ModelOption,
    OfflineOption,
    load_settings,
)
from bot.cli.output import Results, note, results, working

if TYPE_CHECKING:
    from bot.cli.replay_view import ReplayView
    from bot.dialogues.dialogue import Dialogue
    from bot.dialogues.replay import Candidate, Outcome, Replayer

STOP = ("q", "quit", "exit")


def replay(
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(help="PhotoChat's JSON: a file, a folder or a glob.", metavar="FILE"),
    ],
    dialogue: Annotated[
        str | None, typer.Option("--dialogue", metavar="ID", help="Only this dialogue.")
    ] = None,
    photos: Annotated[
        Path | None,
        typer.Option("--photos", metavar="DIR", help="The dialogues' photos; indexed once."),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            "--speed",
            metavar="N",
            min=0.01,
            max=1000,
            help="Turns a second; without it, Enter steps.",
        ),
    ] = None,
    k: Annotated[
        int,
        typer.Option("-k", "--count", metavar="K", min=1, max=100, help="A hit is among these."),
    ] = 10,
    as_json: JsonOption = False,
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
    max_tokens: MaxTokensOption = None,
    offline: OfflineOption = False,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    debug: DebugOption = False,
) -> None:
    """Replay dialogues turn by turn; see what is suggested where a photo was shared.

    Without --photos the library's photos are used if the dialogues' photos are among them. Where
    there are none, label texts are ranked in their place.
    """
    from bot.dialogues.reading import read_dialogues

    settings = load_settings(
        context,
        library=library,
        encoder=encoder,
        base_url=base_url,
        model=model,
        max_tokens=max_tokens,
        offline=offline,
    )
    dialogues = read_dialogues(file)
    for line in dialogues.oddities():
        note(f"photopal: {line}")
    chosen = [dialogues.find(dialogue)] if dialogue is not None else list(dialogues)
    with results(as_json) as out, ExitStack() as stack:
        from bot.cli.replay_opening import open_replayer

        replayer = open_replayer(settings, dialogues, photos, stack)
        if as_json:
            _as_json(out, replayer, chosen, k)
        else:
            _play(out, replayer, chosen, k, speed)


def _as_json(out: Results, replayer: "Replayer", chosen: "list[Dialogue]", k: int) -> None:
    from bot.dialogues.replay import offers

    for each in chosen:
        outcome = replayer.outcome(each, k)
        out.json(
            {
                "dialogue_id": each.id,
                "turns": [
                    {"speaker": turn.speaker, "text": turn.text, "shares_photo": turn.shares_photo}
                    for turn in each.turns
                ],
                "share_index": each.share_index,
                "offers": sorted(offers(each)),
                "descriptors": outcome.description.descriptors.model_dump(),
                "context": outcome.description.context.as_lines(),
                "source": outcome.description.source,
                "notice": outcome.description.notice,
                "against": outcome.against,
                "results": [_candidate(one) for one in outcome.candidates],
                "shared": _candidate(outcome.shared) if outcome.shared else None,
                "rank": outcome.rank,
                "pool": outcome.pool,
                "hit": outcome.hit,
                "k": k,
                "note": outcome.note,
                "seconds": {name: round(value, 6) for name, value in outcome.seconds.items()},
            }
        )


def _candidate(one: "Candidate") -> dict[str, Any]:
    where = {"path": str(one.photo.path)} if one.photo is not None else {"labels": one.text}
    return {"rank": one.rank, **where, "score": round(one.score, 6), "shared": one.shared}


def _play(
    out: Results,
    replayer: "Replayer",
    chosen: "list[Dialogue]",
    k: int,
    speed: float | None,
) -> None:
    from bot.cli.pictures import detect
    from bot.cli.replay_view import ReplayView

    console = out.console()
    view = ReplayView(console, detect(console.file) if console.is_terminal else None)
    pace = _Pace(speed, interactive=console.is_terminal and sys.stdin.isatty())
    outcomes = []
    for number, each in enumerate(chosen, start=1):
        view.heading(each, number, len(chosen))
        try:
            outcomes.append(_one(view, replayer, each, k, pace))
            if number < len(chosen):
                pace.wait("Enter: next dialogue · q: stop")
        except _Stopped:
            break
    if len(outcomes) > 1:
        hits = sum(outcome.hit for outcome in outcomes)
        by_labels = sum(outcome.against == "labels" for outcome in outcomes)
        how = f" ({by_labels:,} ranked among label texts)" if by_labels else ""
        out.line(f"{hits:,} of {len(outcomes):,} dialogues are hits at {k}{how}")


def _one(
    view: "ReplayView", replayer: "Replayer", dialogue: "Dialogue", k: int, pace: "_Pace"
) -> "Outcome":
    from bot.dialogues.replay import offers

    owner = dialogue.conversation().owner
    offered = offers(dialogue)
    outcome: Outcome | None = None
    for index, turn in enumerate(dialogue.turns):
        if index:
            pace.wait("Enter: next turn · q: stop")
        view.turn(turn, owner, offered.get(index))
        if index == dialogue.share_index:
            outcome = _suggested(view, replayer, dialogue, k)
    if outcome is None:
        outcome = _suggested(view, replayer, dialogue, k)
    return outcome


def _suggested(view: "ReplayView", replayer: "Replayer", dialogue: "Dialogue", k: int) -> "Outcome":
    with working("Photopal is looking …"):
        outcome = replayer.outcome(dialogue, k)
    view.outcome(dialogue, outcome, replayer.photo_of(dialogue))
    return outcome


class _Stopped(Exception):
    """The person has seen enough."""


class _Pace:
    """Waits between turns: for Enter, for a while, or not at all when nobody is there."""

    def __init__(self, speed: float | None, *, interactive: bool) -> None:
        self._pause = 1 / speed if speed else 0.0
        self._steps = interactive and speed is None

    def wait(self, prompt: str) -> None:
        """Until it goes on. Raises _Stopped."""
        if self._pause:
            time.sleep(self._pause)
        if not self._steps:
            return
        sys.stderr.write(f"\x1b[2m{prompt}\x1b[0m")
        sys.stderr.flush()
        line = sys.stdin.readline()
        # The prompt goes, so that what stays on the screen is the chat.
        sys.stderr.write("\x1b[1A\x1b[2K" if line else "\n")
        sys.stderr.flush()
        if not line or line.strip().lower() in STOP:
            raise _Stopped
