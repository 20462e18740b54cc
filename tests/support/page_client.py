"""A person at the chat page without a browser: a real session over HTTP and Socket.IO."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any, Self

import httpx
import socketio

SECONDS = 60.0

Event = tuple[str, Any]


class PageClient:
    """One person with one chat open, and everything that the server ever sent to them.

    Attributes:
        address: of the page.
        http: keeps the cookies.
        session: id of the session, which the browser makes up.
        thread: id of the chat to go on with; None for a new one.
        events: what came over the socket, in order.
    """

    def __init__(self, address: str, thread: str | None = None) -> None:
        self.address = address
        self.http = httpx.AsyncClient(base_url=address, timeout=SECONDS)
        self.session = str(uuid.uuid4())
        self.thread = thread
        self.events: list[Event] = []
        self.socket = socketio.AsyncClient(reconnection=False)
        self.socket.on("*", self._note)
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.socket.connected:
            await self.socket.disconnect()
        await self.http.aclose()

    async def _note(self, event: str, *data: Any) -> None:
        self.events.append((event, data[0] if data else None))
        self._news.set()

    async def log_in(self, name: str, password: str) -> Self:
        """Get a cookie."""
        answer = await self.http.post("/login", data={"username": name, "password": password})
        assert answer.status_code == 200, answer.text
        return self

    @property
    def cookie(self) -> str:
        """The cookie of the login, as a header."""
        return f"access_token={self.http.cookies.get('access_token', '')}"

    async def connect(self, cookie: str | None = None) -> Self:
        """Open the chat.

        Raises:
            socketio.exceptions.ConnectionError: it was refused.
        """
        auth = {
            "clientType": "webapp",
            "sessionId": self.session,
            "threadId": self.thread or "",
            "userEnv": "{}",
            "chatProfile": "Photopal",
        }
        await self.socket.connect(
            self.address,
            auth=auth,
            headers={"Cookie": self.cookie if cookie is None else cookie},
            socketio_path="/ws/socket.io",
            transports=["websocket"],
        )
        await self.socket.emit("connection_successful")
        await self.until(self._is_started)
        return self

    def _is_started(self) -> bool:
        """Whether the chat has begun; a task is said to have ended before it does, too."""
        names = self.names()
        return "task_start" in names and "task_end" in names[names.index("task_start") :]

    def names(self) -> list[str]:
        """The names of all events."""
        return [name for name, _ in self.events]

    def of(self, *names: str) -> list[Any]:
        """What came by events of these names."""
        return [data for name, data in self.events if name in names]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for it."""
        async with asyncio.timeout(SECONDS):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def say(self, text: str, *pictures: str) -> list[dict[str, Any]]:
        """Send a message and wait for the whole answer; the elements that came with it.

        Args:
            text: what is said.
            pictures: ids of files that were uploaded.
        """
        before = len(self.events)

        def answered() -> bool:
            names = [
                "said"
                if name == "new_message" and data.get("type") == "assistant_message"
                else name
                for name, data in self.events[before:]
            ]
            return "said" in names and "task_end" in names[names.index("said") :]

        message = {
            "id": str(uuid.uuid4()),
            "threadId": "",
            "name": "user",
            "type": "user_message",
            "output": text,
            "createdAt": "2026-11-28T10:00:00.000Z",
        }
        files = [{"id": one} for one in pictures]
        await self.socket.emit("client_message", {"message": message, "fileReferences": files})
        await self.until(answered)
        return [data for name, data in self.events[before:] if name == "element"]

    async def act(self, action: str, session: str | None = None, **payload: Any) -> httpx.Response:
        """Press a button."""
        body = {"name": action, "payload": payload, "id": str(uuid.uuid4()), "forId": None}
        return await self.http.post(
            "/project/action", json={"sessionId": session or self.session, "action": body}
        )

    async def chats(self) -> list[dict[str, Any]]:
        """The chats in the sidebar."""
        body = {"pagination": {"first": 50}, "filter": {}}
        answer = await self.http.post("/project/threads", json=body)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"])
