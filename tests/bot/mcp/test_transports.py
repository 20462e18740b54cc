"""Standard output carries the protocol alone; over HTTP nothing is told without the token."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from tests.support.programs_server import COMMAND, RunningServer, environment

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
TALK = (
    json.dumps(HELLO),
    json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}),
    "this is no JSON",
    '{"half": "a json',
    '{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "\\ud83d"}}',
    "",
    "[]",
    "x" * 200_000,
    json.dumps({"jsonrpc": "2.0", "id": 8, "method": "no/such/method"}),
    json.dumps({"jsonrpc": "2.0", "id": 9, "method": "tools/list"}),
)


def test_standard_output_carries_the_protocol_alone(tmp_path: Path) -> None:
    """Whatever comes in, and whatever a library prints."""
    chatty = tmp_path / "sitecustomize.py"
    chatty.write_text(
        "import os, sys, threading, time\n"
        "def say():\n"
        "    while 'bot.mcp.server' not in sys.modules:\n"
        "        time.sleep(0.01)\n"
        "    for _ in range(100):\n"
        "        print('a library says hello', flush=True)\n"
        "        os.write(1, b'so does its code in C\\n')\n"
        "        time.sleep(0.01)\n"
        "if 'mcp' in sys.orig_argv:\n"
        "    threading.Thread(target=say, daemon=True).start()\n"
    )
    process = subprocess.Popen(
        [*COMMAND, "mcp"],
        cwd=tmp_path,
        env=environment(tmp_path, PYTHONPATH=str(tmp_path)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=(tmp_path / "stderr.txt").open("w"),
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("\n".join(TALK) + "\n")
    process.stdin.flush()
    said: list[dict[str, Any]] = []
    while not any(one.get("id") == 9 for one in said):
        said.append(json.loads(process.stdout.readline()))
    process.stdin.close()
    said += [json.loads(line) for line in process.stdout]
    assert process.wait(60) == 0
    assert all(one["jsonrpc"] == "2.0" for one in said)
    assert "a library says hello" in (tmp_path / "stderr.txt").read_text()
    answered = {one["id"]: one for one in said if "id" in one}
    assert "result" in answered[1] and "result" in answered[9] and "error" in answered[8]


def test_a_client_that_goes_away_ends_the_server(tmp_path: Path) -> None:
    """Without a word on what it could not write any more."""
    process = subprocess.Popen(
        [*COMMAND, "mcp"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    assert process.stderr is not None
    process.stdin.write("\n".join(TALK[:2]) + "\n")
    process.stdin.flush()
    process.stdout.readline()
    process.stdout.close()
    process.stdin.write(f"{TALK[-1]}\n" * 20)
    process.stdin.close()
    assert process.wait(60) in (0, 1)
    assert "Traceback" not in process.stderr.read()


def test_without_a_library_it_says_so_and_ends(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "from bot.cli.main import main; main()", "mcp"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert ended.returncode == 1 and ended.stdout == ""
    assert ended.stderr.startswith("photopal: ") and len(ended.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("mcp-http"), "mcp", "--http")
    yield running
    running.stop()


def test_the_packages_client_over_http(http: RunningServer) -> None:
    async def ask() -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {http.token}"}
        async with (
            httpx.AsyncClient(headers=headers, timeout=60) as web,
            streamable_http_client(f"{http.url}/mcp", http_client=web) as (incoming, outgoing, _),
            ClientSession(incoming, outgoing) as session,
        ):
            await session.initialize()
            result = await session.call_tool("search_photos", {"text": "the cat"})
            assert not result.isError and len(result.content) > 1
            return result.structuredContent or {}

    assert asyncio.run(ask())["sure"] == "fits"


JSON = {"Accept": "application/json, text/event-stream"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "TOKEN", "Host": "evil.example"}, 403),
        ({"Authorization": "TOKEN", "Origin": "https://evil.example"}, 403),
    ],
)
def test_strangers_are_told_nothing(
    http: RunningServer, headers: dict[str, str], status: int
) -> None:
    if headers.get("Authorization") == "TOKEN":
        headers = {**headers, "Authorization": f"Bearer {http.token}"}
    answer = httpx2.post(f"{http.url}/mcp", json=HELLO, headers={**JSON, **headers})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "photopal" not in answer.headers.get("server", "")


def test_what_is_no_message_over_http(http: RunningServer) -> None:
    headers = {**JSON, "Authorization": f"Bearer {http.token}", "Content-Type": "application/json"}
    with httpx2.Client(base_url=http.url, headers=headers) as client:
        for body in (b"", b"{", b"null", b'{"x": NaN}', b"\xff\xfe", b"[" * 50_000):
            answer = client.post("/mcp", content=body)
            assert answer.status_code >= 400 and "Traceback" not in answer.text
        assert client.post("/mcp", content=b"x" * 2_000_000).status_code == 413
        assert client.get("/elsewhere").status_code == 404
        assert client.post("/mcp", json=HELLO).status_code == 200
