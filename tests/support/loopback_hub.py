"""A model hub on loopback: serves folders as repositories, in the protocol of the real one."""

import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

COMMIT = "c0ffee" + "0" * 34


class LoopbackHub:
    """Repositories by name, each a folder; ``requests`` holds what was asked for."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.repositories: dict[str, Path] = {}
        self.converted: dict[str, Path] = {}
        self.status: int | None = None
        self.retry_after: int | None = None
        self.cut_off_after: int | None = None
        self.drops = 1_000_000
        """How many answers are cut off, when they are."""
        self.pause = 0.0
        """Seconds before each 64 kB of an answer."""
        self.served: dict[str, bytes] = {}
        """What is sent in place of a file's content, whatever was told of it."""
        self.sent = 0
        """Bytes of files that were sent."""
        self.ranges: list[int] = []
        """Where downloads were gone on with."""
        self.tokens: set[str] = set()
        """Tokens of which one is asked for; none means that everybody may read."""
        self.requests: list[str] = []

    def folder(self, repo: str, revision: str) -> Path | None:
        if revision.startswith("refs/pr/") or revision == COMMIT[::-1]:
            return self.converted.get(repo)
        return self.repositories.get(repo)


@contextmanager
def loopback_hub() -> Iterator[LoopbackHub]:
    """Run a hub for as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    hub = LoopbackHub(f"http://127.0.0.1:{server.server_address[1]}")
    server.hub = hub  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def silent_server() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        hub: LoopbackHub = self.server.hub  # type: ignore[attr-defined]
        path = urlsplit(self.path).path.replace("%2F", "/")
        hub.requests.append(f"{self.command} {path}")
        parts = path.strip("/").split("/")
        allowed = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if hub.status is not None:
            after = {} if hub.retry_after is None else {"Retry-After": str(hub.retry_after)}
            self._send(hub.status, b"{}", after)
        elif hub.tokens and allowed not in hub.tokens:
            self._send(401, b"{}", {"X-Error-Code": "GatedRepo"})
        elif parts[:2] == ["api", "models"]:
            self._api("/".join(parts[2:4]), parts[4:], hub)
        else:
            self._file("/".join(parts[:2]), parts[3:], hub)

    def _api(self, repo: str, rest: list[str], hub: LoopbackHub) -> None:
        if rest == ["discussions"]:
            bot = [_pull_request(repo)] if repo in hub.converted else []
            self._json({"discussions": bot, "count": len(bot), "start": 0})
            return
        revision = "/".join(rest[1:]) if rest[:1] == ["revision"] else "main"
        folder = hub.folder(repo, revision)
        if folder is None:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            return
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        files = [_described(path, path.relative_to(folder).as_posix()) for path in paths]
        sha = COMMIT if folder == hub.repositories.get(repo) else COMMIT[::-1]
        self._json({"id": repo, "sha": sha, "siblings": files})

    def _file(self, repo: str, rest: list[str], hub: LoopbackHub) -> None:
        # A pull request's revision has slashes in it.
        length = 3 if rest[:1] == ["refs"] else 1
        revision, name = "/".join(rest[:length]), "/".join(rest[length:])
        folder = hub.folder(repo, revision)
        if folder is None or not (folder / name).is_file():
            self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        content = (folder / name).read_bytes()
        etag = hashlib.sha256(content).hexdigest()
        sha = COMMIT if folder == hub.repositories.get(repo) else COMMIT[::-1]
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": sha, "Accept-Ranges": "bytes"}
        headers["X-Linked-Size"] = str(len(content))
        content, status = hub.served.get(name, content), 200
        if asked := re.match(r"bytes=(\d+)-$", self.headers.get("Range", "")):
            start, status = int(asked[1]), 206
            hub.ranges.append(start)
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            content = content[start:]
        cut = hub.cut_off_after if hub.drops > 0 else None
        if cut is not None and cut < len(content) and self.command == "GET":
            hub.drops -= 1
        self._send(status, content, headers, cut)

    def _json(self, content: object) -> None:
        self._send(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _send(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        cut_off_after: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        hub: LoopbackHub = self.server.hub  # type: ignore[attr-defined]
        body, whole = body[:cut_off_after], body
        for start in range(0, len(body), 65536):
            time.sleep(hub.pause)
            try:
                self.wfile.write(body[start : start + 65536])
            except ConnectionError:
                self.close_connection = True
                return
            hub.sent += len(body[start : start + 65536])
        body = whole
        if cut_off_after is not None and cut_off_after < len(body):
            self.close_connection = True


def _described(path: Path, name: str) -> dict[str, object]:
    """A file as the hub tells of it; of large ones it tells the SHA-256."""
    size = path.stat().st_size
    described: dict[str, object] = {"rfilename": name, "size": size}
    if path.suffix == ".safetensors":
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        described["lfs"] = {"sha256": sha256, "size": size, "pointerSize": 130}
    return described


def _pull_request(repo: str) -> dict[str, object]:
    return {
        "title": "Adding `safetensors` variant of this model",
        "num": 3,
        "author": {"name": "SFconvertbot"},
        "repo": {"name": repo, "type": "model"},
        "status": "open",
        "isPullRequest": True,
        "createdAt": "2023-03-01T00:00:00.000Z",
    }
