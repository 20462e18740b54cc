"""Who may ask the chat page for what: real HTTP requests and websockets, no browser."""

import io
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.e2e.conftest import DEMO, PASSWORD, ROOT, PageServer
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(300)

PRIVATE = [
    ("GET", "/user"),
    ("GET", "/project/settings"),
    ("GET", "/project/file/some-file?session_id=some-session"),
    ("POST", "/project/action"),
    ("POST", "/project/threads"),
    ("PUT", "/project/thread"),
    ("DELETE", "/project/thread"),
    ("GET", "/photos/1/thumb"),
    ("GET", "/photos/1/view"),
    ("GET", "/photos/1/shared"),
    ("GET", "/ws/socket.io/?EIO=4&transport=polling"),
    ("POST", "/ws/socket.io/?EIO=4&transport=polling"),
]
CLOSED = [
    ("GET", "/docs"),
    ("GET", "/redoc"),
    ("GET", "/openapi.json"),
    ("GET", "/project/thread/x"),
    ("GET", "/thread/x"),
    ("GET", "/project/share/x"),
    ("PUT", "/project/element"),
    ("POST", "/mcp"),
    ("PUT", "/feedback"),
    ("POST", "/auth/jwt"),
    ("POST", "/auth/header"),
    ("GET", "/auth/oauth/google"),
    ("GET", "/copilot/index.js"),
    ("POST", "/slack/events"),
]


@pytest.fixture
def logged_in(locked_server: PageServer) -> httpx.Client:
    client = httpx.Client(base_url=locked_server.address)
    answer = client.post("/login", data={"username": "me", "password": PASSWORD})
    assert answer.status_code == 200
    return client


# -- the password -----------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), PRIVATE)
def test_nothing_private_without_login(locked_server: PageServer, method: str, path: str) -> None:
    answer = httpx.request(method, locked_server.address + path)
    assert answer.status_code == 401
    assert b"JFIF" not in answer.content


@pytest.mark.parametrize("cookie", ["x", "eyJhbGciOiJub25lIn0.eyJpZGVudGlmaWVyIjoibWUifQ."])
def test_a_made_up_cookie_is_no_login(locked_server: PageServer, cookie: str) -> None:
    for path in ("/photos/1/thumb", "/user", "/project/settings"):
        headers = {"Cookie": f"access_token={cookie}"}
        assert httpx.get(locked_server.address + path, headers=headers).status_code == 401
        headers = {"Authorization": f"Bearer {cookie}"}
        assert httpx.get(locked_server.address + path, headers=headers).status_code == 401


def test_the_password_opens_and_logging_out_closes(logged_in: httpx.Client) -> None:
    assert logged_in.get("/user").status_code == 200
    thumb = logged_in.get("/photos/1/thumb")
    assert thumb.status_code == 200
    assert max(Image.open(io.BytesIO(thumb.content)).size) <= 512
    assert "private" in thumb.headers["cache-control"]
    assert logged_in.post("/logout").status_code == 200
    assert logged_in.get("/photos/1/thumb").status_code == 401


@pytest.mark.parametrize("guess", ["", "wrong", PASSWORD + " ", PASSWORD.upper(), "пароль"])
def test_wrong_passwords(locked_server: PageServer, guess: str) -> None:
    answer = httpx.post(
        locked_server.address + "/login", data={"username": "me", "password": guess}
    )
    assert answer.status_code in (401, 422)
    assert "set-cookie" not in answer.headers


def test_the_login_cookie_is_out_of_reach_of_scripts_and_other_sites(
    locked_server: PageServer,
) -> None:
    answer = httpx.post(
        locked_server.address + "/login", data={"username": "me", "password": PASSWORD}
    )
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert PASSWORD not in answer.text + cookie


def test_what_is_public_holds_no_secret(locked_server: PageServer) -> None:
    for path in ("/", "/login", "/auth/config", "/project/translations", "/public/theme.json"):
        answer = httpx.get(locked_server.address + path)
        assert answer.status_code == 200, path
        assert PASSWORD not in answer.text
        assert str(locked_server.home) not in answer.text


@pytest.mark.skipif(os.name != "posix", reason="file modes are a POSIX thing")
def test_the_signing_secret_is_the_users_alone(locked_server: PageServer) -> None:
    secret = locked_server.home / "page" / "cookie.secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(secret.read_text().strip()) == 64


# -- photos by number only --------------------------------------------------------------------


@pytest.mark.parametrize("what", ["thumb", "view", "shared"])
@pytest.mark.parametrize(
    "photo", ["0", "-1", "999999", "9999999999999999999", "1.5", "cat.png", "%2e%2e%2fcat", "1;x"]
)
def test_only_photos_of_the_library_are_served(
    open_server: PageServer, photo: str, what: str
) -> None:
    answer = httpx.get(f"{open_server.address}/photos/{photo}/{what}")
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/json"


def test_a_photo_that_was_not_shared_has_no_copy(open_server: PageServer) -> None:
    assert httpx.get(f"{open_server.address}/photos/5/shared").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/photos/../../../../etc/passwd",
        "/photos/..%2f..%2f..%2fetc%2fpasswd/thumb",
        "/public/../../samples.db",
        "/public/..%2f..%2f..%2fsamples.db",
        "/public/..%2f.chainlit/config.toml",
        "/assets/..%2f..%2f..%2f..%2fcookie.secret",
        "/avatars/..%2f..%2fcookie",
        "/project/file/..%2f..%2fsamples.db?session_id=..%2f",
        "/project/translations?language=../../x",
        "/page/cookie.secret",
        "/samples/cat.png",
    ],
)
def test_no_path_of_a_request_is_opened(open_server: PageServer, path: str) -> None:
    with socket.create_connection(("127.0.0.1", open_server.port)) as raw:
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        raw.sendall(request.encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert int(answer.split()[1]) >= 400
    for secret in (b"root:", b"SQLite format", b"[project]", b"\x89PNG"):
        assert secret not in answer


def test_thumbnails_carry_no_metadata(open_server: PageServer) -> None:
    for photo in range(1, 22):
        for what in ("thumb", "view"):
            answer = httpx.get(f"{open_server.address}/photos/{photo}/{what}")
            assert answer.status_code == 200
            assert b"Secret Camera" not in answer.content
            assert not Image.open(io.BytesIO(answer.content)).getexif()


# -- other websites ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "localhost.evil.example", "[::2]", "", "127.0.0.1@x"],
)
@pytest.mark.parametrize("path", ["/", "/photos/1/thumb", "/ws/socket.io/?EIO=4&transport=polling"])
def test_a_foreign_host_name_is_refused(open_server: PageServer, host: str, path: str) -> None:
    answer = httpx.get(open_server.address + path, headers={"Host": host})
    assert answer.status_code in (400, 403)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST:1"])
def test_names_of_this_machine_are_welcome(open_server: PageServer, host: str) -> None:
    assert httpx.get(f"{open_server.address}/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "file://"])
def test_a_foreign_origin_is_refused(open_server: PageServer, origin: str) -> None:
    for method, path in (
        ("GET", "/photos/1/thumb"),
        ("POST", "/project/action"),
        ("GET", "/ws/socket.io/?EIO=4&transport=polling"),
    ):
        answer = httpx.request(method, open_server.address + path, headers={"Origin": origin})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_cannot_embed_photos(open_server: PageServer, site: str) -> None:
    headers = {"Sec-Fetch-Site": site}
    assert httpx.get(f"{open_server.address}/photos/1/thumb", headers=headers).status_code == 403
    assert httpx.get(f"{open_server.address}/", headers=headers).status_code == 200
    answer = httpx.get(f"{open_server.address}/photos/1/thumb")
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_websockets_need_our_origin_and_our_host(open_server: PageServer) -> None:
    client = pytest.importorskip("websockets.sync.client")
    exceptions = pytest.importorskip("websockets.exceptions")
    where = f"ws://127.0.0.1:{open_server.port}/ws/socket.io/?EIO=4&transport=websocket"
    with client.connect(where, origin=open_server.address) as socket_:
        assert socket_.recv(timeout=10).startswith("0{")
    with pytest.raises(exceptions.InvalidStatus), client.connect(where, origin="http://evil.test"):
        pass
    with (
        pytest.raises(exceptions.InvalidStatus),
        client.connect(where.replace("127.0.0.1", "localhost"), origin="http://evil.test"),
    ):
        pass


def test_websockets_need_the_login(locked_server: PageServer, logged_in: httpx.Client) -> None:
    client = pytest.importorskip("websockets.sync.client")
    exceptions = pytest.importorskip("websockets.exceptions")
    where = f"ws://127.0.0.1:{locked_server.port}/ws/socket.io/?EIO=4&transport=websocket"
    with pytest.raises(exceptions.InvalidStatus), client.connect(where):
        pass
    cookie = f"access_token={logged_in.cookies['access_token']}"
    with client.connect(where, additional_headers={"Cookie": cookie}) as socket_:
        assert socket_.recv(timeout=10).startswith("0{")


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_unused_doors_are_shut(open_server: PageServer, method: str, path: str) -> None:
    assert httpx.request(method, open_server.address + path).status_code == 404


def test_a_made_up_session_is_an_error_and_no_traceback(open_server: PageServer) -> None:
    action = {"name": "share_photo", "payload": {"photo_id": 1}}
    body = {"sessionId": "made-up", "action": action}
    answer = httpx.post(f"{open_server.address}/project/action", json=body)
    assert answer.status_code >= 400
    assert "Traceback" not in answer.text + open_server.log


def test_debug_shows_where_a_failure_in_the_page_came_from(
    start_page: Callable[..., PageServer],
) -> None:
    """The page lives on after a failure, so the edge of the command line never sees it."""
    photopal, demo, *options = DEMO
    server = start_page("debug", photopal, demo, "--debug", *options)
    body = {"sessionId": "made-up", "action": {"name": "share_photo", "payload": {"photo_id": 1}}}
    answer = httpx.post(f"{server.address}/project/action", json=body)
    assert answer.status_code >= 400
    assert "Traceback" not in answer.text
    eventually(lambda: "Traceback" in server.log)


def test_too_much_is_refused_unread(open_server: PageServer) -> None:
    headers = {"Content-Length": "5000000000"}
    with socket.create_connection(("127.0.0.1", open_server.port)) as raw:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        raw.sendall(f"POST /project/action HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode())
        assert raw.recv(100).split()[1] == b"413"


def test_headers_keep_the_page_to_itself(open_server: PageServer) -> None:
    answer = httpx.get(open_server.address)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "https://" not in answer.text
    assert "//fonts." not in answer.text


# -- starting ---------------------------------------------------------------------------------


def start(tmp_path: Path, port: int, **environment: str) -> "subprocess.CompletedProcess[str]":
    code = (
        "import sys; from bot.page import run; from bot.settings import Settings\n"
        "try: run(Settings.load(), open_browser=False)\n"
        "except Exception as error: sys.exit(f'{type(error).__name__}: {error}')\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PHOTOPAL_HOME": str(tmp_path), "PHOTOPAL_PORT": str(port)}
        | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_another_host_demands_a_password(tmp_path: Path) -> None:
    done = start(tmp_path, 8000, PHOTOPAL_HOST="0.0.0.0", PHOTOPAL_PASSWORD="")
    assert done.returncode == 1
    assert done.stderr.startswith("SettingsInvalid: --host 0.0.0.0 shows your photos")
    assert "password" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_port_that_is_taken_is_one_clear_line(open_server: PageServer, tmp_path: Path) -> None:
    done = start(tmp_path, open_server.port)
    assert done.returncode == 1
    assert done.stderr.startswith(f"SettingsInvalid: port {open_server.port} is taken")
    assert len(done.stderr.splitlines()) == 1


def test_no_library_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = start(tmp_path, port)
    assert done.returncode == 1
    assert done.stderr.startswith("LibraryNotFound: ")
    assert len(done.stderr.splitlines()) == 1


def test_chainlit_leaves_the_working_folder_alone(open_server: PageServer) -> None:
    # Chainlit makes its folders where it is first imported from, unless told otherwise.
    assert list(open_server.folder.iterdir()) == []
    assert (open_server.home / "page" / f"port-{open_server.port}" / ".chainlit").is_dir()
