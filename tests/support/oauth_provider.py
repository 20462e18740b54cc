"""A small OAuth 2 provider on this machine: logs in whoever its test names."""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT, SECRET = "photopal", "the client's secret"


@dataclass
class Provider:
    """What the provider says, and what it was asked.

    Attributes:
        address: where it is.
        person: what it says of the person who logs in.
        redirects: where it sent people back to.
    """

    address: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    redirects: list[str] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)

    def environment(self) -> dict[str, str]:
        """Chainlit's variables for it."""
        return {
            "OAUTH_GENERIC_CLIENT_ID": CLIENT,
            "OAUTH_GENERIC_CLIENT_SECRET": SECRET,
            "OAUTH_GENERIC_AUTH_URL": f"{self.address}/authorize",
            "OAUTH_GENERIC_TOKEN_URL": f"{self.address}/token",
            "OAUTH_GENERIC_USER_INFO_URL": f"{self.address}/me",
            "OAUTH_GENERIC_SCOPES": "openid",
            "OAUTH_GENERIC_USER_IDENTIFIER": "login",
        }


@contextmanager
def oauth_provider() -> Iterator[Provider]:
    """A provider for the length of the block."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/authorize" and asked["client_id"] == CLIENT:
                code = secrets.token_hex(8)
                provider.codes.add(code)
                provider.redirects.append(asked["redirect_uri"])
                back = urlencode({"code": code, "state": asked["state"]})
                self.send_response(302)
                self.send_header("Location", f"{asked['redirect_uri']}?{back}")
                self.end_headers()
            elif self.headers.get("Authorization", "")[7:] in provider.tokens:
                self._json(provider.person)
            else:
                self.send_error(401)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            known = asked.get("code") in provider.codes and asked.get("client_secret") == SECRET
            if not known or asked.get("redirect_uri") != provider.redirects[-1]:
                self.send_error(400)
                return
            provider.codes.discard(asked["code"])
            token = secrets.token_hex(8)
            provider.tokens.add(token)
            self._json({"access_token": token, "token_type": "bearer"})

        def _json(self, value: dict[str, Any]) -> None:
            content = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing goes to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
