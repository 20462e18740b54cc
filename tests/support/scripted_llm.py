"""An OpenAI-compatible server on loopback that behaves, or misbehaves, by script."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Handler", dict[str, Any]], None]

ANSWER = {
    "main_subject": "a black cat",
    "foreground_objects": "a chair",
    "background_scene": "a kitchen",
    "events": "the cat sleeps",
    "materials_and_attributes": "black fur",
    "share": True,
    "confidence": 0.9,
}


@dataclass
class Seen:
    """One request as it came in; the headers' names in lower case."""

    path: str
    headers: dict[str, str]
    body: str
    at: float

    @property
    def json(self) -> dict[str, Any]:
        """The body, read."""
        return json.loads(self.body)


@dataclass
class ScriptedLLM:
    """The server's address, and what it was asked.

    The behaviours are used up one a request; the last one stays.
    """

    url: str
    script: list[Behaviour]
    seen: list[Seen] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self) -> Behaviour:
        """The behaviour for one more request."""
        with self.lock:
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]


class Handler(BaseHTTPRequestHandler):
    """Notes the request, then does what the script says."""

    protocol_version = "HTTP/1.1"
    llm: ScriptedLLM

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        """The list of models and the like."""
        self.do_POST()

    def do_POST(self) -> None:
        """A chat completion."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.llm.seen.append(Seen(self.path, headers, body, time.monotonic()))
        try:
            self.llm.next()(self, json.loads(body) if body else {})
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def reply(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        kind: str = "application/json",
    ) -> None:
        """Send a whole answer."""
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def completion(message: dict[str, Any], finish: str = "stop") -> bytes:
    """The body of a chat completion."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    whole = {"id": "x", "object": "chat.completion", "created": 1, "model": "m"}
    return json.dumps({**whole, "choices": [choice]}).encode()


def says(text: str | None, finish: str = "stop", **message: Any) -> Behaviour:
    """Answers with this text, streamed word by word when asked to."""

    def behave(handler: Handler, request: dict[str, Any]) -> None:
        if request.get("stream"):
            stream(handler, [] if text is None else text.split(" "), finish=finish)
        else:
            handler.reply(200, completion({"content": text, **message}, finish))

    return behave


def stream(
    handler: Handler, words: Sequence[str], stop_after: int | None = None, finish: str = "stop"
) -> None:
    """Server-sent events, a word each; cut off without an end after ``stop_after`` words."""
    handler.send_response(200)
    handler.send_header("content-type", "text/event-stream")
    handler.send_header("connection", "close")
    handler.end_headers()
    handler.close_connection = True
    for place, word in enumerate(words):
        if place == stop_after:
            return
        text = word if place == 0 else f" {word}"
        handler.wfile.write(event({"role": "assistant", "content": text}))
        handler.wfile.flush()
    handler.wfile.write(event({}, finish) + b"data: [DONE]\n\n")


def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """One server-sent event."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    whole = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return b"data: " + json.dumps({**whole, "choices": [choice]}).encode() + b"\n\n"


def fails(status: int, message: str = "no", **headers: str) -> Behaviour:
    """Answers with this status; ``retry_after="1"`` becomes the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"error": {"message": message, "code": None}}).encode()
    return lambda handler, request: handler.reply(status, body, named)


def raw(status: int, body: bytes, kind: str = "application/json") -> Behaviour:
    """Answers with these bytes."""
    return lambda handler, request: handler.reply(status, body, kind=kind)


def hangs(seconds: float) -> Behaviour:
    """Says nothing for a while, then hangs up."""

    def behave(handler: Handler, request: dict[str, Any]) -> None:
        time.sleep(seconds)
        handler.close_connection = True

    return behave


def drips(seconds: float) -> Behaviour:
    """Sends a byte every now and then, so that no read ever times out."""

    def behave(handler: Handler, request: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", "100000")
        handler.end_headers()
        handler.close_connection = True
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)

    return behave


def hangs_up(handler: Handler, request: dict[str, Any]) -> None:
    """Closes the connection without a word."""
    handler.close_connection = True


@contextmanager
def scripted_llm(*script: Behaviour) -> Iterator[ScriptedLLM]:
    """A server that follows the script; its ``url`` is the base URL to set."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    # Otherwise closing waits for every answer that is still being dripped.
    server.block_on_close = False
    llm = ScriptedLLM(f"http://127.0.0.1:{server.server_address[1]}/v1", list(script))
    server.RequestHandlerClass = type("BoundHandler", (Handler,), {"llm": llm})
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield llm
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
