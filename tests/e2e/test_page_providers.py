"""Logging in by an OAuth provider and by a proxy's header, behind a public HTTPS address."""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.e2e.conftest import PageServer
from tests.e2e.test_page_accounts import ACCOUNTS_SERVER
from tests.support.oauth_provider import Provider, oauth_provider

pytestmark = pytest.mark.timeout(300)

PUBLIC = "photos.example"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with oauth_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def server(start_module_page: Callable[..., PageServer], provider: Provider) -> PageServer:
    return start_module_page(
        "federated",
        *ACCOUNTS_SERVER,
        PHOTOPAL_OAUTH="generic",
        PHOTOPAL_PUBLIC_URL=f"https://{PUBLIC}",
        PHOTOPAL_LOGIN_HEADER="X-Forwarded-User",
        PHOTOPAL_TRUSTED_PROXIES="127.0.0.1",
        OAUTH_GITHUB_CLIENT_ID="another",
        OAUTH_GITHUB_CLIENT_SECRET="provider",
        **provider.environment(),
    )


class Browser:
    """Sends its cookies whatever they say of HTTPS: the proxy is left out here."""

    def __init__(self, server: PageServer) -> None:
        self.server = server
        self.cookies: dict[str, str] = {}
        self.secure: dict[str, bool] = {}

    def ask(self, method: str, path: str, **headers: str) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Host": PUBLIC, "Cookie": cookie, **headers}
        answer = httpx.request(method, self.server.address + path, headers=sent, timeout=60)
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            # Kept as it came: a server that escaped a comma undoes it only within quotes.
            self.cookies[name] = rest.partition(";")[0]
            self.secure[name] = "; secure" in line.lower()
        return answer

    def by_oauth(self) -> httpx.Response:
        """Go to the provider and come back."""
        there = self.ask("GET", "/auth/oauth/generic").headers["location"]
        back = urlsplit(httpx.get(there).headers["location"])
        assert (back.scheme, back.netloc) == ("https", PUBLIC)
        return self.ask("GET", f"{back.path}?{back.query}")

    def person(self) -> str | None:
        answer = self.ask("GET", "/user")
        return str(answer.json()["identifier"]) if answer.status_code == 200 else None


@pytest.fixture
def browser(server: PageServer) -> Browser:
    return Browser(server)


# -- OAuth ------------------------------------------------------------------------------------


def test_the_login_offers_the_chosen_provider_alone(browser: Browser) -> None:
    offered = browser.ask("GET", "/auth/config").json()
    assert offered["oauthProviders"] == ["generic"]
    assert offered["passwordAuth"]
    assert offered["headerAuth"]


def test_a_provider_leads_to_the_account_of_that_name(browser: Browser, provider: Provider) -> None:
    provider.person = {"login": "ANNA", "email_verified": True}
    answer = browser.by_oauth()
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/login/callback")
    assert browser.person() == "anna"
    assert browser.secure["access_token"], "browsers keep it to HTTPS"
    assert browser.ask("GET", "/photos/1/thumb").status_code == 200
    copied = dict(browser.cookies)
    browser.ask("POST", "/logout")
    browser.cookies = copied
    assert browser.person() is None


@pytest.mark.parametrize(
    "person",
    [
        {"login": "mallory"},
        {"login": "owner"},
        {"login": ""},
        {},
        {"login": "../anna"},
        {"login": "anna", "email_verified": False},
        {"login": ["anna"]},
    ],
)
def test_whoever_has_no_account_is_refused(
    browser: Browser, provider: Provider, person: dict[str, object]
) -> None:
    provider.person = person
    answer = browser.by_oauth()
    assert answer.status_code == 302
    where = urlsplit(answer.headers["location"])
    assert (where.scheme, where.netloc, where.path) == ("https", PUBLIC, "/login")
    assert parse_qs(where.query)["error"] == ["oauthSignin"]
    assert browser.person() is None
    assert "Traceback" not in browser.server.log


def test_coming_back_without_having_left_is_refused(browser: Browser, provider: Provider) -> None:
    provider.person = {"login": "anna"}
    for query in ("code=x&state=y", "code=x", "state=y", "error=access_denied"):
        answer = browser.ask("GET", f"/auth/oauth/generic/callback?{query}")
        assert "error=oauthSignin" in answer.headers["location"]
    for other in ("github", "google", "nothing"):
        assert browser.ask("GET", f"/auth/oauth/{other}/callback?code=x&state=y").status_code >= 302
    assert browser.person() is None


# -- a proxy's header -------------------------------------------------------------------------


def test_a_trusted_proxy_names_the_account(browser: Browser) -> None:
    assert browser.ask("POST", "/auth/header", **{"X-Forwarded-User": "Bert"}).status_code == 200
    assert browser.person() == "bert"


@pytest.mark.parametrize("name", ["mallory", "", "../anna", "owner"])
def test_a_name_without_an_account_is_refused(browser: Browser, name: str) -> None:
    answer = browser.ask("POST", "/auth/header", **{"X-Forwarded-User": name})
    assert answer.status_code == 401
    assert browser.person() is None
    assert browser.ask("POST", "/auth/header").status_code == 401


def test_somebody_else_at_the_same_browser_is_not_let_in_by_the_old_cookie(
    browser: Browser,
) -> None:
    browser.ask("POST", "/auth/header", **{"X-Forwarded-User": "bert"})
    assert browser.ask("GET", "/user", **{"X-Forwarded-User": "bert"}).status_code == 200
    assert browser.ask("GET", "/user", **{"X-Forwarded-User": "anna"}).status_code == 401
