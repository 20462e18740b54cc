"""The page's health and figures: who sees them, and that they tell nothing of anybody."""

import httpx

from tests.e2e.conftest import PASSWORD, PageServer


def test_health_is_told_to_everybody_and_nothing_else(
    open_server: PageServer, locked_server: PageServer
) -> None:
    for server in (open_server, locked_server):
        assert httpx.get(f"{server.address}/healthz").json() == {"status": "ok"}
        foreign = httpx.get(f"{server.address}/healthz", headers={"Host": "evil.example"})
        assert foreign.status_code == 403


def test_figures_count_without_ids_and_paths(open_server: PageServer) -> None:
    httpx.get(f"{open_server.address}/photos/7/thumb")
    httpx.get(f"{open_server.address}/a/path/of/somebody")
    figures = httpx.get(f"{open_server.address}/metrics").text
    assert 'route="/photos/{photo_id}/thumb"' in figures
    assert "photopal_library_photos" in figures
    assert "/photos/7" not in figures and "somebody" not in figures


def test_with_a_password_figures_need_the_login(locked_server: PageServer) -> None:
    with httpx.Client(base_url=locked_server.address) as client:
        assert client.get("/metrics").status_code == 401
        client.post("/login", data={"username": "me", "password": PASSWORD})
        assert client.get("/metrics").status_code == 200
