"""A picture as a question, in the real page: pasted, dropped or picked; bounded and made anew."""

import base64
import io
import socket
from collections.abc import Callable

import httpx
import pytest
from PIL import Image

from tests.e2e.conftest import PASSWORD, PageServer
from tests.e2e.test_page import SIZES, Visitor, metadata_of, visit
from tests.support.waiting import eventually

__all__ = ["visit"]  # a fixture of that file

pytestmark = pytest.mark.timeout(300)

PUT = """
async ([kind, encoded]) => {
  const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], "holiday.jpg", { type: "image/jpeg" }));
  const options = { bubbles: true, cancelable: true };
  if (kind === "paste") {
    const box = document.querySelector("#chat-input");
    box.focus();
    box.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: data }));
  } else {
    const place = document.querySelector("#message-composer");
    for (const type of ["dragenter", "dragover", "drop"]) {
      place.dispatchEvent(new DragEvent(type, { ...options, dataTransfer: data }));
    }
  }
}
"""


def cropped(server: PageServer, name: str = "cat.png") -> bytes:
    """Part of a sample photo, as a JPEG that tells a camera and a place."""
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera Works"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 30.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    buffer = io.BytesIO()
    with Image.open(server.home / "samples" / name) as picture:
        part = picture.convert("RGB").crop((60, 20, 400, 280))
        part.save(buffer, "JPEG", exif=exif, quality=85)
    return buffer.getvalue()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_picture_that_is_pasted_or_dropped_finds_photos_like_it(
    demo_server: PageServer, visit: Callable[..., Visitor], size: str, way: str
) -> None:
    visitor = visit(demo_server, size=size, dark=way == "drop").open()
    before = sorted(path.name for path in (demo_server.home / "samples").iterdir())
    encoded = base64.b64encode(cropped(demo_server)).decode()
    visitor.page.evaluate(PUT, [way, encoded])
    visitor.page.wait_for_selector("#message-composer img, #message-composer [data-state]")
    eventually(lambda: visitor.page.locator("#chat-submit").is_enabled())
    if way == "paste":
        visitor.say("more like this")
    else:
        count = visitor.answers.count()
        visitor.page.locator("#chat-submit").click()
        visitor.answers.nth(count).wait_for()
        visitor.settle()
    assert visitor.alts()[0] == "cat"
    assert visitor.page.locator(".pp-mix").count() == 0
    assert sorted(path.name for path in (demo_server.home / "samples").iterdir()) == before
    visitor.say("more")
    assert "cat" not in visitor.alts(), "the talk goes on from the picture"
    assert not visitor.overflows()
    assert visitor.problems == []


def test_words_beside_a_picture_count_as_the_chips_say(
    demo_server: PageServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(demo_server).open()
    visitor.page.locator("#upload-button-input").set_input_files(
        {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": cropped(demo_server)}
    )
    eventually(lambda: visitor.page.locator("#chat-submit").is_enabled())
    visitor.say("like this but at night")
    visitor.alts()
    assert chips(visitor) == ["picture 35 %", "at night 65 %"]


@pytest.mark.parametrize("size", SIZES)
def test_a_chip_that_is_pressed_counts_more_and_its_cross_drops_it(
    demo_server: PageServer, visit: Callable[..., Visitor], size: str
) -> None:
    visitor = visit(demo_server, size=size).open()
    visitor.page.locator("#upload-button-input").set_input_files(
        {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": cropped(demo_server)}
    )
    eventually(lambda: visitor.page.locator("#chat-submit").is_enabled())
    visitor.say("like this but at night")
    visitor.alts()
    words = visitor.page.get_by_role("button", name="Count at night more: now 65 %")
    words.focus()
    visitor.page.keyboard.press("Enter")
    eventually(lambda: chips(visitor) == ["picture 15 %", "at night 85 %"])
    visitor.page.reload()
    eventually(lambda: visitor.page.locator(".pp-mix").count() == 2)
    assert chips(visitor) == ["picture 15 %", "at night 85 %"]
    visitor.page.locator(".pp-mix").last.get_by_role("button", name="Leave out at night").click()
    eventually(lambda: visitor.page.locator(".pp-gallery").count() == 3)
    assert visitor.page.locator(".pp-gallery").last.locator(".pp-mix").count() == 0
    assert visitor.alts()[0] == "cat"
    assert not visitor.overflows()
    assert visitor.problems == []


def chips(visitor: Visitor) -> list[str]:
    """The newest chips as they read."""
    parts = visitor.page.locator(".pp-mix").last.locator(".pp-weigh")
    return [" ".join(text.split()) for text in parts.all_inner_texts()]


def bomb() -> bytes:
    """A small PNG of 30,000 by 30,000 pixels."""
    buffer = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(buffer, "PNG")
    assert buffer.tell() < 1_000_000
    return buffer.getvalue()


def upload(visitor: Visitor, name: str, kind: str, content: bytes) -> "httpx.Response":
    """What the server answers to an upload in the visitor's session."""
    with visitor.page.expect_request("**/set-session-cookie") as request:
        visitor.open()
    session = request.value.post_data_json["session_id"]
    answer = httpx.post(
        f"{visitor.server.address}/project/file?session_id={session}",
        files={"file": (name, content, kind)},
        timeout=60,
    )
    if answer.is_success:
        address = f"{visitor.server.address}/project/file/{answer.json()['id']}"
        return httpx.get(f"{address}?session_id={session}")
    return answer


def test_what_comes_in_is_made_anew_without_hidden_data(
    open_server: PageServer, visit: Callable[..., Visitor]
) -> None:
    answer = upload(visit(open_server), "x.png", "image/png", cropped(open_server))
    assert answer.status_code == 200
    assert metadata_of(answer.content) == ({}, set())
    assert b"Secret" not in answer.content
    visitor = visit(open_server)
    large = io.BytesIO()
    Image.new("RGB", (3000, 2000), "teal").save(large, "PNG")
    answer = upload(visitor, "../../etc/passwd", "text/html", large.getvalue())
    assert answer.headers["content-type"] == "image/jpeg", "whatever it was called"
    assert Image.open(io.BytesIO(answer.content)).size == (1024, 683)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", b"%PDF-1.7 not a picture"),
        ("a.jpg", b"#!/bin/sh\nrm -rf /\n"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("a.jpg", b"\xff\xd8\xff\xe0 broken"),
        ("a.png", None),
        ("a.png", b""),
    ],
    ids=["pdf", "script", "svg", "broken", "bomb", "empty"],
)
def test_what_is_no_picture_ends_at_the_door(
    open_server: PageServer, visit: Callable[..., Visitor], name: str, content: bytes | None
) -> None:
    sent = bomb() if content is None else content
    answer = upload(visit(open_server), name, "image/png", sent)
    assert answer.status_code in (400, 415, 422)
    assert "Traceback" not in answer.text + open_server.log


def test_too_large_a_picture_is_refused_unread(open_server: PageServer) -> None:
    lines = "Host: localhost\r\nContent-Length: 200000000\r\nContent-Type: multipart/form-data\r\n"
    with socket.create_connection(("127.0.0.1", open_server.port)) as raw:
        raw.sendall(f"POST /project/file?session_id=x HTTP/1.1\r\n{lines}\r\n".encode())
        assert raw.recv(100).split()[1] == b"413"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("holiday.jpg", "image/jpeg", b"#!/bin/sh\nrm -rf /\n"),
        ("holiday.jpg", "image/jpeg", b"%PDF-1.7 not a picture"),
        ("holiday.svg", "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"></svg>'),
    ],
    ids=["script", "pdf", "svg"],
)
def test_what_is_no_picture_is_told_in_the_page_and_the_chat_goes_on(
    open_server: PageServer,
    visit: Callable[..., Visitor],
    size: str,
    name: str,
    kind: str,
    content: bytes,
) -> None:
    visitor = visit(open_server, size=size).open()
    visitor.page.locator("#upload-button-input").set_input_files(
        {"name": name, "mimeType": kind, "buffer": content}
    )
    told = visitor.page.locator("[data-sonner-toast], #pp-notes p").first
    told.wait_for()
    assert told.inner_text().strip()
    visitor.say("show me the cat")
    assert visitor.alts()[0] == "cat"
    assert not visitor.overflows()
    assert "Traceback" not in open_server.log


def test_no_picture_goes_into_somebody_elses_session(
    locked_server: PageServer, open_server: PageServer
) -> None:
    files = {"file": ("a.jpg", cropped(open_server), "image/jpeg")}
    where = f"{locked_server.address}/project/file?session_id=made-up"
    assert httpx.post(where, files=files).status_code == 401
    with httpx.Client(base_url=locked_server.address) as client:
        client.post("/login", data={"username": "me", "password": PASSWORD})
        assert client.post("/project/file?session_id=made-up", files=files).status_code == 404
