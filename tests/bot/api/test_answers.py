"""What the API answers: talks, searches, photos, the library, conversations of two people."""

import io
import json
from typing import Any

import httpx2
import pytest
from PIL import Image

from retrieval.library import Library
from tests.support.programs_server import RunningServer


def respond(client: httpx2.Client, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/respond", json=body)
    assert answer.status_code == 200, answer.text
    value: dict[str, Any] = answer.json()
    return value


def events(text: str) -> list[tuple[str, Any]]:
    """The events of a stream."""
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_a_talk_whose_session_the_program_keeps(client: httpx2.Client) -> None:
    first = respond(client, message="show me the rocket", session={})
    assert first["reply"]["move"] == "request" and first["reply"]["sure"] == "fits"
    assert first["session_id"] is None
    shown = [photo["id"] for photo in first["reply"]["photos"]]
    assert shown
    second = respond(client, message="share the first one", session=first["session"])
    assert second["reply"]["shared"] == [shown[0]]
    assert second["session"]["shared"] == [shown[0]]


def test_a_talk_whose_session_is_kept_here(client: httpx2.Client) -> None:
    first = respond(client, message="show me the cat")
    assert first["session"] is None
    identifier = first["session_id"]
    more = respond(client, message="share the first one", session_id=identifier)
    assert more["session_id"] == identifier
    assert more["reply"]["shared"] == [first["reply"]["photos"][0]["id"]]
    assert client.delete(f"/api/sessions/{identifier}").status_code == 204
    gone = client.post("/api/respond", json={"message": "hi", "session_id": identifier})
    assert gone.status_code == 404
    assert gone.json()["type"] == "urn:photopal:problem:session-unknown"


def test_choices_bound_the_photos(client: httpx2.Client) -> None:
    answer = respond(
        client, message="a photo", session={}, choices={"photos": 2, "always_on": True}
    )
    assert len(answer["reply"]["photos"]) <= 2


def test_an_answer_as_a_stream(client: httpx2.Client) -> None:
    answer = client.post("/api/respond/stream", json={"message": "show me the temple"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    names, values = zip(*events(answer.text), strict=True)
    assert names == ("reply", "done")
    assert values[0] == values[1]["reply"]
    goes_on = respond(client, message="share it", session_id=values[1]["session_id"])
    assert goes_on["reply"]["shared"] == [values[0]["photos"][0]["id"]]


def test_no_answer_holds_a_path(client: httpx2.Client, server: RunningServer) -> None:
    first = client.post("/api/respond", json={"message": "show me the cat", "session": {}})
    share = {"message": "share the first one", "session": first.json()["session"]}
    conversation = {"conversation": "A: look at my cat\nB: so sweet"}
    texts = [
        first.text,
        client.post("/api/respond", json=share).text,
        client.get("/api/search", params={"text": "rocket"}).text,
        client.get("/api/libraries").text,
        client.get("/api/photos/1").text,
        client.post("/api/suggest", json=conversation).text,
        client.get("/metrics").text,
    ]
    for text in texts:
        assert str(server.home) not in text
        assert ".png" not in text and ".jpg" not in text


def test_a_search_by_text(client: httpx2.Client) -> None:
    by_address = client.get("/api/search", params={"text": "the rocket", "k": 3}).json()
    by_body = client.post("/api/search", json={"text": "the rocket", "k": 3}).json()
    assert by_address == by_body
    assert [photo["rank"] for photo in by_body["photos"]] == [1, 2, 3]
    assert by_body["filter"] is None and by_body["sure"] == "fits"


def test_a_search_leaves_out_what_does_not_fit_when_asked(client: httpx2.Client) -> None:
    asked = {"text": "the rocket", "k": 50}
    every = client.post("/api/search", json=asked).json()["photos"]
    fitting = client.post("/api/search", json={**asked, "fitting": True}).json()["photos"]
    assert 0 < len(fitting) < len(every)


def test_a_search_without(client: httpx2.Client) -> None:
    rocket = client.get("/api/search", params={"text": "rocket", "k": 1}).json()["photos"][0]["id"]

    def rank(**asked: str) -> int:
        found = client.post("/api/search", json={"text": "space", "k": 50, **asked}).json()
        return [photo["id"] for photo in found["photos"]].index(rocket)

    assert rank(**{"not": "rocket"}) > rank()


def test_when_and_where_become_a_filter(client: httpx2.Client) -> None:
    found = client.get("/api/search", params={"where": "France"}).json()
    assert found["filter"]["places"] == [{"city": "", "region": "", "country": "France"}]
    assert len(found["photos"]) == found["searched"] == 1
    span = client.get("/api/search", params={"text": "cat", "when": "2001-01-01/2001-12-31"}).json()
    assert span["photos"] == [] and span["sure"] == "none"
    assert span["filter"]["dates"] == [{"first": "2001-01-01", "last": "2001-12-31"}]
    assert span["notice"] == "no photo of this library is from 2001"
    words = {"text": "cat", "when": "last summer", "now": "2026-06-10"}
    days = client.get("/api/search", params=words).json()["filter"]["dates"]
    assert days == [{"first": "2025-06-01", "last": "2025-08-31"}]


def test_favourites_and_photos_like_one(client: httpx2.Client, server: RunningServer) -> None:
    none = client.get("/api/search", params={"favourites": True}).json()
    assert none["photos"] == [] and "favourite" in none["notice"]
    one, other = client.get("/api/search", params={"text": "cat", "k": 2}).json()["photos"]
    with Library.open(server.home / "library.db") as library:
        library.set_favourite(other["id"], True)
    found = client.post("/api/search", json={"text": "cat", "favourites": True}).json()
    assert [photo["id"] for photo in found["photos"]] == [other["id"]]
    assert found["filter"]["favourites"] is True
    alike = client.get("/api/search", params={"like": one["id"], "text": "at night"}).json()
    assert alike["photos"] and one["id"] not in [photo["id"] for photo in alike["photos"]]
    with Library.open(server.home / "library.db") as library:
        library.set_favourite(other["id"], False)
        library.set_hidden(one["id"], True)
    hidden = client.get("/api/search", params={"like": one["id"]})
    assert hidden.status_code == 404
    found = client.get("/api/search", params={"text": "cat", "k": 100}).json()["photos"]
    assert found and one["id"] not in [photo["id"] for photo in found]
    with Library.open(server.home / "library.db") as library:
        library.set_hidden(one["id"], False)
    assert client.get("/api/search", params={"like": 0}).status_code == 422


def test_a_place_that_the_library_does_not_know_is_said(client: httpx2.Client) -> None:
    found = client.get("/api/search", params={"text": "cat", "where": "Atlantis"}).json()
    assert found["photos"] == [] and "'Atlantis'" in found["notice"]


def test_a_photo_as_thumbnail_and_as_copy(client: httpx2.Client) -> None:
    """The one whose file holds a place and a camera."""
    found = client.get("/api/search", params={"where": "France"}).json()["photos"][0]
    facts = client.get(f"/api/photos/{found['id']}").json()
    assert facts["camera"] == "Secret Camera Works" and facts["place"]["country"] == "France"
    assert "latitude" not in facts
    for kind, side in (("thumbnail", 512), ("copy", 2048), ("copy?max_side=100", 100)):
        answer = client.get(f"/api/photos/{found['id']}/{kind}")
        assert answer.headers["content-type"] == "image/jpeg"
        assert b"Secret Camera" not in answer.content
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert max(picture.size) <= side and not picture.getexif()


def test_the_library(client: httpx2.Client) -> None:
    (library,) = client.get("/api/libraries").json()["libraries"]
    assert library["name"] == "library" and library["photos"] > 10
    assert library["folders"] == [{"name": "samples", "photos": library["photos"]}]
    assert {"name": "Secret Camera Works", "photos": 1} in library["cameras"]


PHOTOCHAT = [
    {
        "photo_id": "7",
        "dialogue_id": 7,
        "dialogue": [
            {"message": "how was the launch?", "user_id": 0, "share_photo": False},
            {"message": "the rocket was so loud", "user_id": 1, "share_photo": False},
            {"message": "", "user_id": 1, "share_photo": True},
        ],
    }
]
WHATSAPP = (
    "31/12/23, 21:15 - Messages are end-to-end encrypted.\n"
    "31/12/23, 21:15 - Anna: how was the launch?\n"
    "31/12/23, 21:16 - Bo: the rocket was so loud\n"
)
TELEGRAM = {
    "name": "Bo",
    "type": "personal_chat",
    "id": 5,
    "messages": [
        {"type": "message", "from": "Anna", "date": "2023-12-31T21:15:00", "text": "the launch?"},
        {"type": "message", "from": "Bo", "date": "2023-12-31T21:16:00", "text": "what a rocket!"},
    ],
}


@pytest.mark.parametrize(
    ("conversation", "sides"),
    [
        (PHOTOCHAT, ["1", "0"]),
        ("Anna: how was the launch?\nBo: the rocket was so loud", ["Bo", "Anna"]),
        (WHATSAPP, ["Bo", "Anna"]),
        (TELEGRAM, ["Bo", "Anna"]),
        (json.dumps(TELEGRAM), ["Bo", "Anna"]),
    ],
    ids=["PhotoChat", "lines", "WhatsApp", "Telegram", "Telegram as text"],
)
def test_photos_for_either_side(
    client: httpx2.Client, conversation: object, sides: list[str]
) -> None:
    answer = client.post("/api/suggest", json={"conversation": conversation, "k": 2})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [side["side"] for side in found["sides"]] == sides
    rocket = client.get("/api/search", params={"text": "rocket", "k": 2}).json()["photos"]
    for side in found["sides"]:
        assert side["photos"][0]["id"] in [photo["id"] for photo in rocket]
    one = {"conversation": conversation, "side": sides[1]}
    only = client.post("/api/suggest", json=one).json()["sides"]
    assert [side["side"] for side in only] == sides[1:]


def test_an_export_as_it_is(client: httpx2.Client) -> None:
    sent = client.post("/api/suggest/file?k=3", content=WHATSAPP.encode())
    assert sent.status_code == 200, sent.text
    assert [side["side"] for side in sent.json()["sides"]] == ["Bo", "Anna"]


def test_five_thousand_messages(client: httpx2.Client) -> None:
    lines = [f"{'AB'[n % 2]}: message {n} about the weather" for n in range(4_999)]
    text = "\n".join([*lines, "B: and look at this rocket"])
    found = client.post("/api/suggest", json={"conversation": text}).json()
    assert found["messages"] == 5_000 and found["read"] <= 60
    assert found["sides"][0]["photos"]


def test_health_and_figures(
    client: httpx2.Client, stranger: httpx2.Client, server: RunningServer
) -> None:
    assert stranger.get("/healthz").json() == {"status": "ok"}
    client.get("/api/photos/1")
    client.get("/api/secret-path-of-somebody")
    client.get("/api/search", params={"text": "a very private wish"})
    figures = client.get("/metrics").text
    assert 'route="/api/photos/{photo_id}"' in figures
    assert "photopal_library_photos" in figures and "photopal_request_seconds_bucket" in figures
    logged = [json.loads(line) for line in server.output.splitlines() if line.startswith("{")]
    assert {"time", "event", "method", "route", "status", "ms"} == set(logged[-1])
    for text in (figures, json.dumps(logged)):
        assert "private wish" not in text and "secret-path" not in text
        assert "/api/photos/1" not in text and str(server.home) not in text


def test_the_description_needs_no_token_and_no_other_host(stranger: httpx2.Client) -> None:
    described = stranger.get("/openapi.json").json()
    assert {"/api/respond", "/api/search", "/api/suggest"} <= described["paths"].keys()
    # The usual pages would load their scripts from elsewhere.
    assert stranger.get("/docs").status_code in (401, 404)
