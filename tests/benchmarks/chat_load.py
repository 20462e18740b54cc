"""How many chats one page bears: a real server, real sockets, the starter, no LLM.

python -m tests.benchmarks.chat_load --library FILE [--chats 100] [--messages 1000] [--every 10]

Starts ``photopal chat`` over a copy of the library and talks to it as Chainlit's frontend does.
Each of ``--chats`` chats sends a message and, once it is answered, the next one: at once, or, with
``--every``, so many seconds after the last one was sent. All texts are made up from lists and no
request is like another, so that nothing is answered from what is kept. Prints one JSON object:
answers a second, median and 99th percentile of the time to an answer, errors, the server's
processor time an answer, and its peak memory. Load and server share this machine's cores.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import socketio

READY = re.compile(r"Photopal is at (http://\S+)")
MAX_SECONDS = 60.0
"""After which an answer counts as an error."""

THINGS = ("dog", "cat", "boat", "bicycle", "horse", "cake", "bridge", "car", "tree", "tent", "kite")
THINGS += ("statue", "tower", "train", "fountain", "market", "garden", "piano", "lighthouse", "bus")
LOOKS = ("red", "old", "small", "white", "wooden", "blue", "huge", "bright", "green", "striped")
PLACES = (
    "on the beach",
    "in the snow",
    "by the river",
    "in the kitchen",
    "at night",
    "in the park",
)
PLACES += (
    "on a mountain",
    "in front of a house",
    "at the station",
    "in the garden",
    "at a wedding",
)
ASKING = (
    "show me the photo of the {}",
    "do you have a picture of a {}?",
    "we saw a {}, you should see it",
    "the {} please",
    "I'm looking for that {}",
)
BETWEEN = (
    "more",
    "not that one",
    "haha, that was such a long day and we were all so tired",
    "thanks!",
    "older ones",
    "how many photos do you have?",
)


def talk(number: int) -> Iterator[str]:
    """What one chat says, for ever: two of three messages ask for something new."""
    chance = random.Random(number)
    for step in itertools.count():
        if step % 3 == 2:
            yield chance.choice(BETWEEN)
        else:
            looks = " ".join(chance.sample(LOOKS, 2))
            what = f"{looks} {chance.choice(THINGS)} {chance.choice(PLACES)}"
            yield chance.choice(ASKING).format(what)


@dataclass
class Measured:
    """What came of a load.

    Attributes:
        seconds: to each answer.
        errors: what went wrong, by its text.
    """

    seconds: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)

    def failed(self, what: str) -> None:
        """Count an error."""
        self.errors[what] = self.errors.get(what, 0) + 1


class Chat:
    """One visitor, as Chainlit's frontend speaks."""

    def __init__(self, address: str, number: int, measured: Measured) -> None:
        self.address = address
        self.texts = talk(number)
        self.measured = measured
        self.session = str(uuid.uuid4())
        self.socket = socketio.AsyncClient(reconnection=False)
        self.answered = asyncio.Event()
        self.begun, self.said = False, 0
        self.socket.on("task_end", self._task_end)
        self.socket.on("new_message", self._new_message)

    async def _task_end(self, *_: Any) -> None:
        # The chat's start ends with one, too: an answer has ended when something was said.
        if self.said or not self.begun:
            self.answered.set()

    async def _new_message(self, message: dict[str, Any]) -> None:
        if message.get("type") == "assistant_message":
            self.said += 1
            if "went wrong" in message.get("output", "") or message.get("isError"):
                self.measured.failed(message["output"])

    async def open(self) -> None:
        """Connect and wait until the chat can begin."""
        auth = {
            "clientType": "webapp",
            "sessionId": self.session,
            "threadId": "",
            "userEnv": "{}",
            "chatProfile": "Photopal",
        }
        await self.socket.connect(
            self.address, auth=auth, socketio_path="/ws/socket.io", transports=["websocket"]
        )
        await self.socket.emit("connection_successful")
        await asyncio.wait_for(self.answered.wait(), MAX_SECONDS)

    async def say(self) -> None:
        """Send the next message and wait for the end of the answer."""
        self.answered.clear()
        self.begun, self.said = True, 0
        started = time.perf_counter()
        message = {
            "id": str(uuid.uuid4()),
            "name": "user",
            "type": "user_message",
            "output": next(self.texts),
            "createdAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        await self.socket.emit("client_message", {"message": message, "fileReferences": []})
        try:
            await asyncio.wait_for(self.answered.wait(), MAX_SECONDS)
        except TimeoutError:
            self.measured.failed("no answer in time")
            return
        self.measured.seconds.append(time.perf_counter() - started)


async def load(address: str, chats: int, messages: int, every: float) -> dict[str, Any]:
    """Let chats send messages in all; what came of it."""
    measured = Measured()
    visitors = [Chat(address, number, measured) for number in range(chats)]
    for visitor in visitors:
        await visitor.open()
    left = iter(range(messages))

    async def chat(visitor: Chat, wait: float) -> None:
        await asyncio.sleep(wait)
        for _ in left:
            started = time.perf_counter()
            await visitor.say()
            await asyncio.sleep(max(0.0, every - (time.perf_counter() - started)))

    started = time.perf_counter()
    # People do not all begin in the same instant.
    await asyncio.gather(*(chat(v, every * n / chats) for n, v in enumerate(visitors)))
    took = time.perf_counter() - started
    for visitor in visitors:
        await visitor.socket.disconnect()
    times = sorted(measured.seconds) or [0.0]
    return {
        "chats": chats,
        "every_s": every,
        "answers": len(measured.seconds),
        "answers_per_s": round(len(measured.seconds) / took, 1),
        "median_s": round(statistics.median(times), 3),
        "p99_s": round(times[min(len(times) - 1, int(0.99 * len(times)))], 3),
        "errors": measured.errors,
    }


def used(process: int) -> tuple[float, float]:
    """Processor seconds of a process so far, and the most memory it has held, in GB."""
    parts = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    ticks = int(parts[11]) + int(parts[12])
    status = Path(f"/proc/{process}/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    return ticks / os.sysconf("SC_CLK_TCK"), int(peak[1]) / 1e6 if peak else 0.0


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--chats", type=int, default=100)
    parser.add_argument("--messages", type=int, default=1_000, help="in all")
    parser.add_argument(
        "--every", type=float, default=0.0, help="seconds between a chat's messages"
    )
    parser.add_argument("--warm-up", type=int, default=20, help="messages that are not counted")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        for file in arguments.library.parent.glob(f"{arguments.library.stem}.*"):
            shutil.copyfile(
                file, home / f"library{file.name.removeprefix(file.name.split('.')[0])}"
            )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen(
            [
                *(sys.executable, "-c", "from bot.cli.main import main; main()", "chat"),
                *("--library", str(home / "library.db"), "--port", str(port), "--no-browser"),
            ],
            env={**os.environ, "PHOTOPAL_HOME": str(home), "PHOTOPAL_OFFLINE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            assert server.stdout is not None
            lines = []
            ready = None
            while ready is None and (line := server.stdout.readline()):
                lines.append(line)
                ready = READY.search(line)
            if ready is None:
                raise SystemExit("the page did not start:\n" + "".join(lines))
            address = ready[1].replace("localhost", "127.0.0.1")
            if arguments.warm_up:
                asyncio.run(load(address, min(arguments.chats, 4), arguments.warm_up, 0.0))
            before, _ = used(server.pid)
            result = asyncio.run(
                load(address, arguments.chats, arguments.messages, arguments.every)
            )
            after, peak = used(server.pid)
            result["server_cpu_ms_per_answer"] = round(
                1000 * (after - before) / max(1, result["answers"]), 1
            )
            result["peak_memory_gb"] = round(peak, 3)
            print(json.dumps(result))
        finally:
            server.terminate()
            server.wait(20)


if __name__ == "__main__":
    main()
