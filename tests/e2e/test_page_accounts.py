"""Two people with accounts, by real sessions: neither gets anything of the other's."""

import asyncio
import io
import json
import re
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import socketio
from PIL import Image
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from bot.history import History
from retrieval.library import Library
from tests.e2e.conftest import PageServer
from tests.e2e.test_page_security import PRIVATE
from tests.support.accounts_server import BERTS_COLOUR, BERTS_PHOTOS, PASSWORDS
from tests.support.cheap_passwords import cheap_accounts
from tests.support.loop_watch import MARK
from tests.support.page_client import PageClient
from tests.support.page_server import WordEncoder, fill_library, make_photos

pytestmark = pytest.mark.timeout(300)

ACCOUNTS_SERVER = (sys.executable, "-m", "tests.support.accounts_server")
CAT = "show me the cat"
Enter = Callable[..., "asyncio.Future[PageClient]"]


@pytest.fixture(scope="module")
def server(start_module_page: Callable[..., PageServer]) -> PageServer:
    return start_module_page("accounts", *ACCOUNTS_SERVER)


@pytest.fixture
async def enter(server: PageServer) -> AsyncIterator[Callable[..., object]]:
    """Logs people in: ``await enter("anna")``, with a chat open unless told otherwise."""
    people: list[PageClient] = []

    async def one(name: str, *, chat: bool = True, thread: str | None = None) -> PageClient:
        person = PageClient(server.address, thread)
        people.append(person)
        await person.log_in(name, PASSWORDS[name])
        return await person.connect() if chat else person

    yield one
    for person in people:
        await person.__aexit__()


def is_red(data: bytes) -> bool:
    """Whether this is one of bert's photos."""
    colour = Image.open(io.BytesIO(data)).convert("RGB").resize((1, 1)).getpixel((0, 0))
    assert isinstance(colour, tuple)
    return all(abs(one - other) < 12 for one, other in zip(colour, BERTS_COLOUR, strict=True))


def picture() -> dict[str, tuple[str, bytes, str]]:
    made = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(made, "PNG")
    return {"file": ("a.png", made.getvalue(), "image/png")}


async def refused(person: PageClient) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        await person.connect()


# -- photos -----------------------------------------------------------------------------------


async def test_the_same_number_is_another_photo(enter: Enter) -> None:
    anna, bert = await enter("anna", chat=False), await enter("bert", chat=False)
    for what in ("thumb", "view"):
        for photo in range(1, BERTS_PHOTOS + 1):
            hers = await anna.http.get(f"/photos/{photo}/{what}")
            his = await bert.http.get(f"/photos/{photo}/{what}")
            assert (hers.status_code, his.status_code) == (200, 200)
            assert (is_red(hers.content), is_red(his.content)) == (False, True)
        assert (await anna.http.get(f"/photos/{BERTS_PHOTOS + 1}/{what}")).status_code == 200
        assert (await bert.http.get(f"/photos/{BERTS_PHOTOS + 1}/{what}")).status_code == 404


async def test_searching_finds_ones_own_only(enter: Enter) -> None:
    anna, bert = await enter("anna"), await enter("bert")
    hers = json.dumps(await anna.say("show me the moon"))
    his = json.dumps(await bert.say("show me the moon"))
    assert "secret moon" in his
    assert "secret" not in hers
    assert "cat" in json.dumps(await anna.say(CAT))
    assert "cat" not in json.dumps(await bert.say(CAT))


def shares_of(client: PageClient) -> list[Any]:
    """The photos that the chat shared."""
    return [one for one in client.of("element") if one["name"] == "SharedPhoto"]


async def test_a_copy_that_was_shared_is_for_one_person(enter: Enter) -> None:
    anna, bert = await enter("anna"), await enter("bert")
    await anna.say(CAT)
    assert (await anna.act("share_photo", photo_id=1)).json()["response"]["ok"]
    await anna.until(lambda: bool(shares_of(anna)))
    (shared,) = shares_of(anna)
    address = json.loads(shared["content"])["url"] if shared.get("content") else ""
    address = address or shared["props"]["url"]
    assert (await anna.http.get(address)).status_code == 200
    assert (await bert.http.get(address)).status_code == 404
    assert (await bert.act("share_photo", photo_id=1)).json()["response"]["ok"]
    assert is_red((await bert.http.get("/photos/1/shared")).content)
    assert not is_red((await anna.http.get("/photos/1/shared")).content)


async def test_marks_belong_to_the_own_library(enter: Enter, server: PageServer) -> None:
    bert = await enter("bert")
    assert (await bert.act("favourite_photo", photo_id=2, on=True)).json()["response"]["ok"]
    with Library.read(server.home / "users" / "anna" / "library.db") as library:
        assert not library.photo(2).favourite
    with Library.read(server.home / "users" / "bert" / "library.db") as library:
        assert library.photo(2).favourite


# -- chats ------------------------------------------------------------------------------------


async def test_a_chat_is_there_for_its_owner_alone(enter: Enter, server: PageServer) -> None:
    anna, bert = await enter("anna"), await enter("bert")
    await anna.say("show me the rocket launch")
    (chat,) = [one for one in await anna.chats() if "ocket" in one["name"]]
    thread = chat["id"]
    assert all(one["id"] != thread for one in await bert.chats())
    body = {"pagination": {"first": 50}, "filter": {"userId": "anna", "search": "rocket"}}
    assert (await bert.http.post("/project/threads", json=body)).json()["data"] == []
    renamed = {"threadId": thread, "name": "mine now"}
    assert (await bert.http.put("/project/thread", json=renamed)).status_code == 401
    deleted = await bert.http.request("DELETE", "/project/thread", json={"threadId": thread})
    assert deleted.status_code == 401
    for path in (f"/project/thread/{thread}", f"/project/share/{thread}"):
        assert (await bert.http.get(path)).status_code == 404
    await refused(await enter("bert", chat=False, thread=thread))
    with History.open(server.home / "history.db") as history:
        assert history.chat(thread).owner == "anna"
        assert history.chat(thread).title != "mine now"
        before = history.count_messages(thread)
    again = await enter("anna", thread=thread)
    await again.until(lambda: "resume_thread" in again.names())
    assert "rocket launch" in json.dumps(again.of("resume_thread"))
    assert before >= 2


async def test_a_chat_that_is_not_kept_yet_cannot_be_taken_either(enter: Enter) -> None:
    anna = await enter("anna", thread="aaaaaaaa-0000-4000-8000-000000000001")
    bert = await enter("bert", thread="aaaaaaaa-0000-4000-8000-000000000001")
    await anna.say(CAT)
    await bert.say("show me the moon")
    assert not re.search(r"\bcat\b", json.dumps(bert.events))
    assert "secret" not in json.dumps(anna.events)


async def test_the_session_of_another_is_closed(enter: Enter) -> None:
    anna, bert = await enter("anna"), await enter("bert", chat=False)
    await anna.say(CAT)
    seen = len(anna.events)
    for action in ("share_photo", "look_now", "more_like", "forget_chat", "hide_photo"):
        answer = await bert.act(action, session=anna.session, photo_id=1, on=True)
        assert answer.status_code == 401, action
    bert.session = anna.session
    await refused(bert)
    assert len(anna.events) == seen
    assert len([one for one in await anna.chats()]) >= 1


async def test_what_was_uploaded_is_for_one_session_of_one_person(enter: Enter) -> None:
    anna, bert = await enter("anna"), await enter("bert")
    where = f"/project/file?session_id={anna.session}"
    sent = await anna.http.post(where, files=picture())
    assert sent.status_code == 200
    file = sent.json()["id"]
    address = f"/project/file/{file}"
    assert (await anna.http.get(f"{address}?session_id={anna.session}")).status_code == 200
    assert (await bert.http.get(f"{address}?session_id={anna.session}")).status_code == 401
    assert (await bert.http.get(f"{address}?session_id={bert.session}")).status_code == 404
    assert (await bert.http.post(where, files=picture())).status_code == 401
    seen = len(bert.of("element"))
    await bert.say("show me the moon", file)
    assert file not in json.dumps(bert.of("element")[seen:])


async def test_what_was_learned_is_the_persons_own(enter: Enter, server: PageServer) -> None:
    anna, bert = await enter("anna"), await enter("bert")
    await anna.say(CAT)
    await anna.act("share_photo", photo_id=1)

    def hers() -> list[str]:
        with History.open(server.home / "history.db") as history:
            return [one.id for one in history.feedback(owner="anna")]

    identifier = hers()[0]
    assert identifier in (await anna.http.get("/learned")).text
    his = (await bert.http.get("/learned")).text
    assert all(one not in his for one in hers())
    own_page = {"Origin": server.address}
    for form in ({"id": identifier}, {"all": "true"}):
        await bert.http.post("/learned/forget", data=form, headers=own_page)
    assert identifier in hers()


async def test_settings_are_the_persons_own(enter: Enter) -> None:
    anna = await enter("anna")
    await anna.socket.emit("chat_settings_change", {"photos": 3})
    await anna.say(CAT)
    bert = await enter("bert")

    def photos(person: PageClient) -> int:
        widgets = person.of("chat_settings")[-1]
        return int(next(one["initial"] for one in widgets if one["id"] == "photos"))

    again = await enter("anna")
    for person, chosen in ((again, 3), (bert, 6)):
        await person.until(lambda: "chat_settings" in person.names())  # noqa: B023
        assert photos(person) == chosen


# -- who has no photos ------------------------------------------------------------------------


async def test_without_photos_the_page_says_what_to_do_and_opens_once_there_are_some(
    enter: Enter, server: PageServer
) -> None:
    carl = await enter("carl")
    settings = (await carl.http.get("/project/settings")).text
    assert "photopal index FOLDER --user carl" in settings
    assert str(server.home) not in settings
    await carl.say(CAT)
    assert "no photos here yet" in carl.of("new_message")[-1]["output"]
    assert (await carl.http.get("/photos/1/thumb")).status_code == 404
    assert await carl.chats() == []
    make_photos(server.home / "carls")
    library = server.home / "users" / "carl" / "library.db"
    fill_library(library, server.home / "carls", WordEncoder())
    again = await enter("carl")
    assert "cat" in json.dumps(await again.say(CAT))


# -- the end of a login -----------------------------------------------------------------------


async def everything_is_closed(server: PageServer, cookie: str, session: str) -> None:
    """Neither a request nor a websocket gets in by this cookie."""
    photos = [("GET", f"/photos/1/{what}") for what in ("thumb", "view", "shared")]
    files = [("GET", f"/project/file/x?session_id={session}")]
    async with httpx.AsyncClient(base_url=server.address) as client:
        for method, path in [*PRIVATE, *photos, *files]:
            for headers in (
                {"Cookie": cookie},
                {"Authorization": f"Bearer {cookie.partition('=')[2]}"},
            ):
                answer = await client.request(method, path, headers=headers)
                assert answer.status_code == 401, path
                assert b"JFIF" not in answer.content
    where = f"{server.address.replace('http', 'ws')}/ws/socket.io/?EIO=4&transport=websocket"
    with pytest.raises(InvalidStatus):
        await connect(where, additional_headers={"Cookie": cookie})


async def test_logging_out_ends_links_sockets_and_uploads(enter: Enter, server: PageServer) -> None:
    anna, elsewhere = await enter("anna"), await enter("anna")
    await anna.say(CAT)
    await anna.act("share_photo", photo_id=1)
    sent = await anna.http.post(f"/project/file?session_id={anna.session}", files=picture())
    file = f"/project/file/{sent.json()['id']}?session_id={anna.session}"
    assert (await elsewhere.http.get(file)).status_code == 200
    copied = anna.cookie
    assert (await anna.http.post("/logout")).status_code == 200
    assert "access_token" not in anna.http.cookies
    await asyncio.wait_for(anna.socket.wait(), 30)
    assert not anna.socket.connected
    await everything_is_closed(server, copied, anna.session)
    # Another login of the same person goes on; what was uploaded in the other one is gone.
    assert (await elsewhere.http.get("/photos/1/view")).status_code == 200
    assert (await elsewhere.http.get(file)).status_code in (401, 404)
    assert "cat" in json.dumps(await elsewhere.say(CAT))


async def test_a_restart_does_not_bring_back_what_was_ended(
    start_page: Callable[..., PageServer],
) -> None:
    server = start_page("restarted", *ACCOUNTS_SERVER)
    async with PageClient(server.address) as anna, PageClient(server.address) as bert:
        await anna.log_in("anna", PASSWORDS["anna"])
        await bert.log_in("bert", PASSWORDS["bert"])
        copied = anna.cookie
        await anna.http.post("/logout")
        server.stop()
        server.start()
        await everything_is_closed(server, copied, "x")
        assert (await bert.http.get("/photos/1/thumb")).status_code == 200


async def test_another_password_ends_every_login(enter: Enter, server: PageServer) -> None:
    bert, bystander = await enter("bert"), await enter("anna")
    copied = bert.cookie
    cheap_accounts(server.home).set_password("bert", "another one of his")
    try:
        seen = len(bert.events)
        # The socket is open still, but nothing comes through it any more.
        await bert.socket.emit("client_message", {"message": {}, "fileReferences": []})
        await asyncio.wait_for(bert.socket.wait(), 30)
        assert len(bert.events) == seen
        await everything_is_closed(server, copied, bert.session)
        old = {"username": "bert", "password": PASSWORDS["bert"]}
        assert (await bert.http.post("/login", data=old)).status_code == 401
        await bert.log_in("bert", "another one of his")
        assert is_red((await bert.http.get("/photos/1/view")).content)
    finally:
        cheap_accounts(server.home).set_password("bert", PASSWORDS["bert"])
    assert "cat" in json.dumps(await bystander.say(CAT))


async def test_the_pages_one_password_ends_its_logins_too(
    start_page: Callable[..., PageServer],
) -> None:
    server = start_page("one-password", PHOTOPAL_PASSWORD="the first one")
    async with PageClient(server.address) as first, PageClient(server.address) as second:
        for person in (first, second):
            await person.log_in("", "the first one")
            assert (await person.http.get("/photos/1/thumb")).status_code == 200
        copied = first.cookie
        await first.http.post("/logout")
        await everything_is_closed(server, copied, "x")
        assert (await second.http.get("/photos/1/thumb")).status_code == 200
        server.stop()
        server.change(PHOTOPAL_PASSWORD="the second one")
        server.start()
        await everything_is_closed(server, second.cookie, "x")


async def test_a_removed_account_is_out_and_its_name_inherits_no_login(
    enter: Enter, server: PageServer
) -> None:
    accounts = cheap_accounts(server.home)
    accounts.add("dora", "dora rows across the lake", library=server.home / "users/anna/library.db")
    async with PageClient(server.address) as dora:
        await dora.log_in("dora", "dora rows across the lake")
        assert (await dora.http.get("/photos/1/thumb")).status_code == 200
        accounts.remove("dora")
        await everything_is_closed(server, dora.cookie, "x")
        accounts.add("dora", "dora rows across the lake")
        await everything_is_closed(server, dora.cookie, "x")
        await dora.log_in("dora", "dora rows across the lake")
        assert (await dora.http.get("/photos/1/thumb")).status_code == 404, "a library of her own"
    accounts.remove("dora")


async def test_an_answer_in_the_making_does_not_reach_who_is_out(
    start_page: Callable[..., PageServer],
) -> None:
    server = start_page("gated", *ACCOUNTS_SERVER, TEST_GATE="gate")
    async with PageClient(server.address) as anna:
        await (await anna.log_in("anna", PASSWORDS["anna"])).connect()
        await anna.say(CAT)
        message = {
            "id": "bbbbbbbb-0000-4000-8000-000000000001",
            "name": "user",
            "type": "user_message",
            "output": "show me the lighthouse",
            "createdAt": "2026-11-28T10:00:00.000Z",
        }
        await anna.socket.emit("client_message", {"message": message, "fileReferences": []})
        # The run that answers has begun, and waits for the gate.
        await anna.until(lambda: anna.names()[-1] == "new_message")
        cheap_accounts(server.home).remove("anna")
        seen = len(anna.events)
        (server.folder / "gate").touch()
        await asyncio.wait_for(anna.socket.wait(), 60)
        came = anna.events[seen:]
        assert not [one for one in came if one[0] == "element" or "assistant" in str(one)]


async def test_the_login_of_another_cannot_ride_along(enter: Enter, server: PageServer) -> None:
    """What was checked is what counts: a second cookie, ended or stolen, is not looked at."""
    anna, bert = await enter("anna", chat=False), await enter("bert", chat=False)
    stolen, own = anna.cookie, bert.cookie
    await anna.http.post("/logout")
    token = stolen.partition("=")[2]
    for extra in (
        {"Authorization": f"Bearer {token}"},
        {"Cookie": f"{own}; access_token_0={token}"},
        {"Cookie": f"access_token_0={token}; {own}"},
    ):
        async with httpx.AsyncClient(base_url=server.address) as client:
            answer = await client.get("/user", headers={"Cookie": own, **extra})
        assert answer.status_code == 401 or answer.json()["identifier"] == "bert"
    pairs = [("Cookie", own), ("Cookie", stolen)]
    for both in (pairs, pairs[::-1]):
        async with httpx.AsyncClient(base_url=server.address) as client:
            answer = await client.get("/user", headers=both)
        assert answer.status_code == 401 or answer.json()["identifier"] == "bert"


# -- logging in -------------------------------------------------------------------------------


async def test_a_wrong_name_and_a_wrong_password_read_the_same(server: PageServer) -> None:
    said = set()
    async with httpx.AsyncClient(base_url=server.address) as client:
        for name, guess in (("anna", "wrong"), ("nobody", "wrong"), ("../x", "wrong")):
            answer = await client.post("/login", data={"username": name, "password": guess})
            assert answer.status_code == 401
            said.add(answer.text)
            assert "set-cookie" not in answer.headers
    assert len(said) == 1


async def test_guessing_is_slowed_down_and_others_are_not(enter: Enter, server: PageServer) -> None:
    guess = {"username": "mallory", "password": "wrong"}
    async with httpx.AsyncClient(base_url=server.address) as client:
        answers = [await client.post("/login", data=guess) for _ in range(7)]
    assert [one.status_code for one in answers] == [401] * 5 + [429] * 2
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert "Too many tries" in answers[-1].json()["detail"]
    await enter("anna", chat=False)


async def test_a_name_may_be_typed_in_any_case(server: PageServer) -> None:
    async with PageClient(server.address) as anna:
        await anna.log_in(" ANNA ", PASSWORDS["anna"])
        assert (await anna.http.get("/user")).json()["identifier"] == "anna"


# -- other websites ---------------------------------------------------------------------------


async def test_websockets_from_elsewhere_or_without_a_login(
    enter: Enter, server: PageServer
) -> None:
    anna = await enter("anna", chat=False)
    where = f"{server.address.replace('http', 'ws')}/ws/socket.io/?EIO=4&transport=websocket"
    for headers, origin in (
        ({"Cookie": anna.cookie}, "http://evil.example"),
        ({"Cookie": anna.cookie}, "null"),
        ({"Cookie": anna.cookie, "Host": "evil.example"}, None),
        ({}, server.address),
        ({"Cookie": "access_token=x"}, server.address),
    ):
        with pytest.raises(InvalidStatus):
            await connect(where, additional_headers=headers, origin=origin)  # type: ignore[arg-type]
    async with connect(
        where,
        additional_headers={"Cookie": anna.cookie},
        origin=server.address,  # type: ignore[arg-type]
    ) as socket:
        assert str(await socket.recv()).startswith("0{")


async def test_every_kind_of_answer_has_the_headers(enter: Enter, server: PageServer) -> None:
    anna = await enter("anna", chat=False)
    asked = [
        ("GET", "/", 200),
        ("GET", "/photos/1/thumb", 200),
        ("GET", "/photos/1/view", 200),
        ("GET", "/photos/99999/view", 404),
        ("GET", "/public/photopal.js", 200),
        ("GET", "/user", 200),
        ("GET", "/nothing", 404),
        ("GET", "/healthz", 200),
        ("POST", "/login", 422),
        ("POST", "/project/action", 422),
        ("GET", "/ws/socket.io/?EIO=4&transport=polling", 200),
    ]
    answers = [(await anna.http.request(method, path), status) for method, path, status in asked]
    known = {"If-None-Match": answers[1][0].headers["etag"]}
    answers.append((await anna.http.get("/photos/1/thumb", headers=known), 304))
    answers.append((await anna.http.get("/user", headers={"Origin": "http://evil.example"}), 403))
    answers.append((await anna.http.post("/login", content=b"x" * 3_000_000), 413))
    async with httpx.AsyncClient(base_url=server.address) as stranger:
        answers.append((await stranger.get("/photos/1/thumb"), 401))
    for answer, status in answers:
        where = answer.request.url.path
        assert answer.status_code == status, where
        assert "default-src 'self'" in answer.headers["content-security-policy"], where
        assert answer.headers["x-content-type-options"] == "nosniff", where
        assert answer.headers["x-frame-options"] == "DENY", where
        assert answer.headers["referrer-policy"] == "no-referrer", where
        assert answer.headers["cross-origin-resource-policy"] == "same-origin", where
        if status in (200, 304) and where.startswith("/photos/"):
            # A browser must not show what it kept after the login has ended.
            assert answer.headers["cache-control"] in ("private, no-cache", "private, no-store")


def test_nothing_of_all_that_was_done_on_the_event_loop(server: PageServer) -> None:
    assert MARK not in server.log
    assert "Traceback" not in server.log
