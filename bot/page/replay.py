"""The profile "Replay" of the page: pick a recorded dialogue, step through it or let it play.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import asyncio
import logging
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import chainlit as cl

from bot.dialogues.replay import Candidate, Outcome, offers
from bot.page.callbacks import Callbacks
from bot.page.gallery import card
from bot.page.replay_files import OpenFile, ReplayFiles, listing
from bot.page.sentences import SOMETHING_WRONG, descriptor_texts, duration, plain, step_text
from retrieval.errors import PhotopalError

if TYPE_CHECKING:
    from bot.conversation import Turn
    from bot.dialogues.dialogue import Dialogue
    from retrieval.library import Photo

log = logging.getLogger(__name__)

PROFILE = "Replay"
NAME = "Photopal"
HIT_AT = 10
PAUSE_SECONDS = 1.2
WELCOME = (
    "# Watch Photopal at work\n\nPick a recorded dialogue, step through it, and see what would "
    "have been suggested where a photo was shared."
)
HINT = (
    "This is a replay: pick a dialogue and use the buttons. Type a dialogue's id to open it; to "
    f"chat yourself, choose {NAME} at the top."
)


@dataclass
class Run:
    """One dialogue being replayed in one session."""

    file: OpenFile
    number: int
    dialogue: "Dialogue"
    offered: dict[int, float]
    position: int = 0
    verdict: str = ""
    playing: "asyncio.Task[None] | None" = None
    controls: cl.Message | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def done(self) -> bool:
        """Whether all of it was shown."""
        return self.position >= len(self.dialogue.turns)


class ReplayPage:
    """The callbacks of the profile."""

    def __init__(self, files: ReplayFiles) -> None:
        self.files = files

    def register(self, to: Callbacks) -> None:
        """Hand the callbacks over."""
        to.action_callback("replay_list")(self.list_dialogues)
        to.action_callback("replay_open")(self.open)
        to.action_callback("replay_do")(self.do)
        to.on_chat_end(self.end)

    def profile(self) -> cl.ChatProfile:
        """How the profile is offered."""
        return cl.ChatProfile(name=PROFILE, markdown_description=WELCOME, icon="/public/logo.svg")

    @staticmethod
    def is_on() -> bool:
        """Whether the visitor chose this profile."""
        return cl.user_session.get("chat_profile") == PROFILE

    # -- choosing ---------------------------------------------------------------------------

    async def start(self) -> None:
        """Offer the files."""
        await self._pick()

    async def _pick(self, number: int = 0) -> None:
        props = {"files": self.files.names, "number": number}
        element = cl.CustomElement(name="ReplayPicker", props=props)
        await _say("Which dialogue shall be replayed?", elements=[element])

    async def list_dialogues(self, action: cl.Action) -> dict[str, Any]:
        """The dialogues of the file that was chosen."""
        try:
            file = await asyncio.to_thread(self.files.open, action.payload.get("file"))
        except PhotopalError as error:
            log.debug("listing dialogues failed", exc_info=True)
            return {"error": str(error)}
        except Exception as error:
            debug = log.isEnabledFor(logging.DEBUG)
            log.error("listing dialogues failed: %s", error, exc_info=debug)
            return {"error": SOMETHING_WRONG}
        return listing(file)

    async def open(self, action: cl.Action) -> dict[str, bool]:
        """Begin the dialogue that was picked."""
        number = action.payload.get("file")
        return {"ok": await self._open(number, str(action.payload.get("dialogue", "")))}

    async def message(self, message: cl.Message) -> None:
        """A dialogue's id opens it; anything else gets a hint."""
        run = _run()
        wanted = (message.content or "").strip()
        known = run.file.dialogues.dialogues if run else ()
        if run is not None and any(dialogue.id == wanted for dialogue in known):
            await self._open(run.number, wanted)
        else:
            await _say(HINT)

    async def _open(self, number: object, identifier: str) -> bool:
        try:
            file = await asyncio.to_thread(self.files.open, number)
            dialogue = file.dialogues.find(identifier)
        except PhotopalError as error:
            await _say(f"{plain(str(error))}.")
            return False
        await self.end()
        offered = await asyncio.to_thread(offers, dialogue)
        run = Run(file, cast(int, number), dialogue, offered)
        cl.user_session.set("replay", run)
        await _say(_heading(file, dialogue))
        async with run.turn:
            await self._step(run)
        return True

    # -- stepping ---------------------------------------------------------------------------

    async def do(self, action: cl.Action) -> None:
        """A button below the dialogue."""
        run, what = _run(), action.payload.get("do")
        if run is None or what == "pick":
            await self.end()
            await self._pick(run.number if run else 0)
            return
        playing = await _stop(run)
        if what == "again":
            await self._open(run.number, run.dialogue.id)
        elif what == "next":
            async with run.turn:
                await self._step(run)
        elif what in ("play", "photo") and not run.done:
            goal = run.dialogue.share_index if what == "photo" else None
            run.playing = asyncio.create_task(self._play(run, goal))
        elif playing:
            async with run.turn:
                await self._controls(run)

    async def _play(self, run: Run, goal: int | None) -> None:
        """Turn by turn with pauses; straight to the turn ``goal`` when there is one."""
        try:
            while not run.done:
                async with run.turn:
                    last = run.position >= len(run.dialogue.turns) - 1
                    reached = goal is not None and run.position >= goal
                    await self._step(run, playing=not (last or reached))
                if reached:
                    break
                if goal is None:
                    await asyncio.sleep(PAUSE_SECONDS)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.error("replaying failed: %s", error, exc_info=log.isEnabledFor(logging.DEBUG))
            await _say(SOMETHING_WRONG)
        finally:
            if run.playing is asyncio.current_task():
                run.playing = None

    async def end(self) -> None:
        """Stop what plays, also when the visitor leaves."""
        run = _run()
        if run is not None:
            await _stop(run)

    async def _step(self, run: Run, *, playing: bool = False) -> None:
        """Show the next turn, and the suggestions where the photo is shared."""
        await _remove_controls(run)
        turns = run.dialogue.turns
        if run.position < len(turns):
            index = run.position
            run.position += 1
            await _show_turn(turns[index], run.dialogue.conversation().owner)
            first_photo = run.dialogue.share_index == index
            none_comes = run.dialogue.share_index is None and run.done
            if first_photo or none_comes:
                await self._suggest(run)
        elif not turns:
            await self._suggest(run)
        await self._controls(run, playing=playing)

    async def _controls(self, run: Run, *, playing: bool = False) -> None:
        await _remove_controls(run)
        if run.done:
            buttons = [("again", "Again", "rotate-ccw"), ("pick", "Another dialogue", "list")]
        elif playing:
            buttons = [("pause", "Pause", "pause")]
        else:
            buttons = [("next", "Next turn", "chevron-right"), ("play", "Play", "play")]
            share = run.dialogue.share_index
            if share is not None and run.position <= share:
                buttons.append(("photo", "To the photo", "image"))
            buttons.append(("pick", "Another dialogue", "list"))
        actions = [
            cl.Action(name="replay_do", payload={"do": do}, label=label, icon=icon, tooltip=label)
            for do, label, icon in buttons
        ]
        run.controls = await _say(_progress(run), actions=actions)

    async def _suggest(self, run: Run) -> None:
        try:
            outcome = await asyncio.to_thread(run.file.replayer.outcome, run.dialogue, HIT_AT)
            shared = await asyncio.to_thread(run.file.replayer.photo_of, run.dialogue)
        except PhotopalError as error:
            await _say(f"{plain(str(error))}.")
            return
        run.verdict = outcome.verdict()
        seconds = sum(outcome.seconds.values())
        async with cl.Step(
            name=f"for a photo · {duration(seconds)}",
            type="tool",
            show_input=False,
            metadata={"avatarName": NAME},
        ) as step:
            step.output = step_text(
                descriptor_texts(outcome.description), outcome.seconds, outcome.pool
            )
        notice = outcome.description.notice
        text = f"*{plain(notice)}*" if notice else ""
        props = outcome_props(outcome, run.dialogue, shared)
        await _say(text, elements=[cl.CustomElement(name="ReplayOutcome", props=props)])


def outcome_props(outcome: Outcome, dialogue: "Dialogue", shared: "Photo | None") -> dict[str, Any]:
    """What the element shows: suggestions, what was really shared, hit or miss. No path."""
    kind = "none" if outcome.rank is None else "hit" if outcome.hit else "miss"
    return {
        "kind": kind,
        "verdict": outcome.verdict(),
        "note": outcome.note if outcome.rank is not None else "",
        "rank": outcome.rank,
        "against": outcome.against,
        "candidates": [_candidate(one) for one in outcome.candidates],
        "shared": {
            "photo": card(shared) if shared is not None else None,
            "labels": dialogue.labels,
        },
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "rank": one.rank,
        "score": round(one.score, 3),
        "shared": one.shared,
        "photo": card(one.photo) if one.photo is not None else None,
        "labels": "" if one.photo is not None else one.text,
    }


def _run() -> Run | None:
    return cast("Run | None", cl.user_session.get("replay"))


async def _stop(run: Run) -> bool:
    """End what plays; whether anything did."""
    task, run.playing = run.playing, None
    if task is None or task.done() or task is asyncio.current_task():
        return False
    # Between two turns, so that none is shown by half.
    async with run.turn:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return True


async def _remove_controls(run: Run) -> None:
    controls, run.controls = run.controls, None
    if controls is not None:
        await controls.remove()


async def _show_turn(turn: "Turn", owner: str) -> None:
    """The owner's turns stand on the right, as the visitor's own do in a chat."""
    mine = turn.speaker == owner
    said = " ".join(turn.text.split())
    if turn.shares_photo:
        said = f"{said} (shares a photo)".strip()
    await cl.Message(
        content=(said if mine else plain(said)) or "…",
        author=_author(turn.speaker),
        type="user_message" if mine else "assistant_message",
        metadata={"avatarName": "speaker"},
    ).send()


def _author(speaker: str) -> str:
    return f"Speaker {re.sub('[^A-Za-z0-9 .-]', '', speaker)[:40]}".strip()


def _heading(file: OpenFile, dialogue: "Dialogue") -> str:
    turns = len(dialogue.turns)
    parts = [f"**Dialogue {plain(dialogue.id)}** of {plain(file.name)}", f"{turns} turns"]
    if dialogue.share_index is not None:
        parts.append(f"the photo comes at turn {dialogue.share_index + 1}")
    else:
        parts.append("no photo is shared")
    parts.append(f"speaker {plain(dialogue.conversation().owner)}, on the right, owns the photos")
    return ", ".join(parts) + "."


def _progress(run: Run) -> str:
    total = len(run.dialogue.turns)
    text = "That was all of it." if run.done else f"Turn {run.position} of {total}."
    sureness = run.offered.get(run.position - 1)
    if sureness is not None:
        text += f" {NAME} would offer a photo here ({sureness:.0%} sure)."
    if run.verdict:
        # Said again with every turn that follows, because the photos scroll away.
        text += f" **{plain(run.verdict)}.**"
    return text


async def _say(
    text: str,
    *,
    elements: list[Any] | None = None,
    actions: list[cl.Action] | None = None,
) -> cl.Message:
    message = cl.Message(content=text, author=NAME, elements=elements or [], actions=actions or [])
    await message.send()
    return message
