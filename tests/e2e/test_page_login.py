"""Logging in and out by an account, in the real page in a real browser."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import PageServer
from tests.e2e.test_page import Visitor, loaded, visit
from tests.e2e.test_page_access import findings
from tests.support.accounts_server import PASSWORDS
from tests.support.cheap_passwords import cheap_accounts
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["visit"]  # the fixture

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def server(start_module_page: Callable[..., PageServer]) -> PageServer:
    return start_module_page("login", sys.executable, "-m", "tests.support.accounts_server")


def log_in(page: "Page", name: str, password: str) -> None:
    page.locator("#email").fill(name)
    page.locator("#password").fill(password)
    page.locator("button[type=submit]").click()


def test_in_out_and_in_as_somebody_else(server: PageServer, visit: Callable[..., Visitor]) -> None:
    visitor = visit(server)
    page = visitor.page
    page.goto(server.address)
    page.locator("#email").wait_for()
    assert findings(page) == []
    log_in(page, "anna", "wrong")
    page.get_by_text("That is not the right name and password.").wait_for()
    toasts = page.locator("[data-sonner-toast]")
    assert not any(toast.is_visible() for toast in toasts.all()), "it is said once"
    log_in(page, "Anna", PASSWORDS["anna"])
    visitor.wait()
    visitor.say("show me the cat")
    assert visitor.alts()[0] == "cat"
    image = visitor.tiles.first.locator("img")
    eventually(lambda: loaded(image))
    address = server.address + str(image.get_attribute("src"))
    assert page.request.get(address).status == 200

    page.locator("#user-nav-button").click()
    page.get_by_role("menuitem").last.click()
    page.locator("#password").wait_for()
    # The browser itself has kept the photo; it must ask first.
    answer = page.goto(address)
    assert answer is not None and answer.status == 401
    page.goto(server.address)
    page.locator("#password").wait_for()
    log_in(page, "bert", PASSWORDS["bert"])
    visitor.wait()
    assert "cat" not in page.locator("#thread-history").inner_text()
    visitor.say("show me the moon")
    assert visitor.alts()[0].startswith("secret moon")


def test_too_many_tries_are_said(server: PageServer, visit: Callable[..., Visitor]) -> None:
    page = visit(server).page
    page.goto(server.address)
    said = page.get_by_text("Too many tries. Wait a minute, then try again.")
    for _ in range(6):
        with page.expect_response("**/login"):
            log_in(page, "mallory", "wrong")
    said.wait_for()


def test_another_password_leads_back_to_the_login(
    server: PageServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(server)
    page = visitor.page
    page.goto(server.address)
    log_in(page, "bert", PASSWORDS["bert"])
    visitor.wait()
    cheap_accounts(server.home).set_password("bert", "another one of his")
    page.reload()
    page.locator("#password").wait_for()
    log_in(page, "bert", "another one of his")
    visitor.wait()
