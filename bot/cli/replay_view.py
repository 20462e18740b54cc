"""How a replay looks in the terminal: a chat, and the suggestions where a photo is shared."""

from typing import TYPE_CHECKING

from rich.align import Align
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bot.cli.output import printable
from bot.dialogues.replay import Candidate, Outcome, described
from retrieval.errors import UnreadableImage
from retrieval.photos.reading import open_image

if TYPE_CHECKING:
    from bot.cli.pictures import Protocol
    from bot.conversation import Turn
    from bot.dialogues.dialogue import Dialogue
    from retrieval.library import Photo

PICTURES = 5
_THUMBNAIL_SIDE = 200


class ReplayView:
    """Writes a replay to a console; with pictures where the terminal shows them."""

    def __init__(self, console: Console, pictures: "Protocol | None" = None) -> None:
        self.console = console
        self.pictures = pictures

    def heading(self, dialogue: "Dialogue", number: int, total: int) -> None:
        """Which dialogue begins."""
        place = f" ({number:,} of {total:,})" if total > 1 else ""
        owner = dialogue.conversation().owner
        title = f"dialogue {dialogue.id}{place} · {owner} owns the photos"
        self.console.print()
        self.console.print(Rule(Text(printable(title)), style="dim"))

    def turn(self, turn: "Turn", owner: str, offer: float | None = None) -> None:
        """One message: the owner of the photos on the right, everybody else on the left."""
        mine = turn.speaker == owner
        name = printable(turn.speaker)
        text = Text(printable(turn.text.strip()) or "…")
        if turn.shares_photo:
            text = Text("(shares a photo)", style="bold")
            if turn.text.strip():
                text.append(f"\n{printable(turn.text.strip())}", style="not bold")
        panel = Panel(
            text,
            title=Text(name, style="dim"),
            title_align="right" if mine else "left",
            border_style="cyan" if mine else "bright_black",
            expand=False,
            width=None,
            padding=(0, 1),
        )
        bubble = _narrow(panel, text, name, self.console.width)
        self.console.print(Align(bubble, "right" if mine else "left"))
        if offer is not None:
            note = Text(f"Photopal would offer a photo here ({offer:.0%} sure)", style="magenta")
            self.console.print(Align(note, "right"))

    def outcome(self, dialogue: "Dialogue", outcome: Outcome, shared: "Photo | None") -> None:
        """What the bot looked for and found, and where the shared photo is among it."""
        parts: list[RenderableType] = [_descriptors(outcome)]
        if outcome.description.notice:
            parts.append(Text(printable(outcome.description.notice), style="yellow"))
        if outcome.candidates:
            parts.append(_candidates(outcome))
        if outcome.note and outcome.rank is not None:
            parts.append(Text(printable(outcome.note), style="yellow"))
        really = _really(dialogue, shared)
        if really:
            parts.append(really)
        style = "bold green" if outcome.hit else "bold red"
        parts.append(Text(("✓ " if outcome.hit else "✗ ") + outcome.verdict(), style=style))
        border = "green" if outcome.hit else "red"
        panel = Panel(
            Group(*_spaced(parts)),
            title=Text("what Photopal suggests"),
            border_style=border,
            padding=(0, 1),
        )
        self.console.print(panel)
        self._show_pictures(outcome, shared)

    def _show_pictures(self, outcome: Outcome, shared: "Photo | None") -> None:
        if self.pictures is None:
            return
        from bot.cli.pictures import contact_sheet, encode

        tiles: list[tuple[object, str, bool | None]] = [
            (_thumbnail(one.photo), f"{one.rank}", True if one.shared else None)
            for one in outcome.candidates[:PICTURES]
            if one.photo is not None
        ]
        if shared is not None:
            rank = f"shared: no. {outcome.rank:,}" if outcome.rank else "shared"
            tiles.append((_thumbnail(shared), rank, outcome.hit))
        if tiles:
            sheet = contact_sheet(tiles)  # type: ignore[arg-type]
            self.console.file.write(encode(sheet, self.pictures) + "\n")
            self.console.file.flush()


def _narrow(panel: Panel, text: Text, name: str, width: int) -> Panel:
    """A bubble as wide as its text, and at most three quarters of the terminal."""
    longest = max([len(name) + 2, *(line.cell_len for line in text.split("\n"))])
    panel.width = max(12, min(longest + 4, width * 3 // 4))
    return panel


def _descriptors(outcome: Outcome) -> RenderableType:
    fields = described(outcome.description)
    if not fields:
        return Text("nothing that a photo could show", style="dim")
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in fields:
        table.add_row(name, Text(printable(value)))
    return table


def _candidates(outcome: Outcome) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True)
    table.add_column("rank", justify="right", no_wrap=True)
    table.add_column("score", no_wrap=True)
    table.add_column("photo" if outcome.against == "photos" else "labels", overflow="fold")
    for one in _with_shared(outcome):
        style = ("bold green" if outcome.hit else "bold red") if one.shared else ""
        table.add_row(
            "shared →" if one.shared else "",
            f"{one.rank:,}",
            f"{one.score:.3f}",
            Text(printable(_where(one))),
            style=style,
        )
    return table


def _with_shared(outcome: Outcome) -> list[Candidate]:
    shown = list(outcome.candidates)
    if outcome.shared is not None and not outcome.hit:
        shown.append(outcome.shared)
    return shown


def _where(one: Candidate) -> str:
    return str(one.photo.path) if one.photo is not None else one.text


def _really(dialogue: "Dialogue", shared: "Photo | None") -> Text | None:
    """What was really shared, in words."""
    said = []
    if shared is not None:
        said.append(str(shared.path))
    elif dialogue.photo_url:
        said.append(dialogue.photo_url)
    if dialogue.labels:
        said.append(f"labels: {dialogue.labels}")
    if not said:
        return None
    return Text.assemble(("really shared: ", "dim"), printable(" · ".join(said)))


def _thumbnail(photo: "Photo") -> object:
    try:
        return open_image(photo.path, _THUMBNAIL_SIDE, srgb=True)
    except UnreadableImage:
        return None


def _spaced(parts: list[RenderableType]) -> list[RenderableType]:
    spaced: list[RenderableType] = []
    for part in parts:
        spaced += [part, Text()]
    return spaced[:-1]
