"""A model hub on loopback: serves folders as repositories, in the protocol of the real one."""

import hashlib
import json
import socket
import threading
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
        self.cut_off_after: int | None = None
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
        if hub.status is not None:
            self._send(hub.status, b"{}")
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
        names = sorted(path.name for path in folder.iterdir())
        sha = COMMIT if folder == hub.repositories.get(repo) else COMMIT[::-1]
        self._json({"id": repo, "sha": sha, "siblings": [{"rfilename": n} for n in names]})

    def _file(self, repo: str, rest: list[str], hub: LoopbackHub) -> None:
        revision, name = "/".join(rest[:-1]), rest[-1]
        folder = hub.folder(repo, revision)
        if folder is None or not (folder / name).is_file():
            self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        content = (folder / name).read_bytes()
        etag = hashlib.sha256(content).hexdigest()
        sha = COMMIT if folder == hub.repositories.get(repo) else COMMIT[::-1]
        self._send(200, content, {"ETag": f'"{etag}"', "X-Repo-Commit": sha}, hub.cut_off_after)

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
        self.wfile.write(body[:cut_off_after])
        if cut_off_after is not None and cut_off_after < len(body):
            self.close_connection = True


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
