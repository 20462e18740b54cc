"""The API as one application: its routes, its errors, the gate around them."""

from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from bot.access.gate import Gate
from bot.access.problems import Problem, problem_of
from bot.access.tokens import Token
from bot.api.respond import respond_routes
from bot.api.search import search_routes
from bot.api.services import ApiServices
from bot.api.suggest import suggest_routes
from bot.monitoring import Observer, RequestLog
from bot.monitoring.routes import monitoring_routes
from bot.page.hosts import AllowedHosts
from retrieval.errors import PhotopalError

PUBLIC = frozenset({"/healthz", "/openapi.json"})
"""Paths without a token: that the server is there, and how it is asked."""

DESCRIPTION = """Ask Photopal for photos of a library: in a conversation (`/api/respond`), by a
query (`/api/search`), or for a conversation of two people (`/api/suggest`). Every request shows
the token: `Authorization: Bearer TOKEN`. Errors are problem details (RFC 9457). Nothing that is
answered holds a path, an original file, or hidden data of a photo."""


def make_api(
    services: ApiServices, hosts: AllowedHosts, token: Token, log: RequestLog | None = None
) -> ASGIApp:
    """The whole API, behind its gate.

    Args:
        services: loaded already.
        hosts: names that mean this server.
        token: what every request must show.
        log: gets a line a request; None for no log.
    """
    # The usual pages of documentation would load scripts from another host.
    app = FastAPI(
        title="Photopal",
        version=version("photopal"),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(respond_routes(services))
    app.include_router(search_routes(services))
    app.include_router(suggest_routes(services))
    app.include_router(monitoring_routes(services.metrics))

    app.add_exception_handler(PhotopalError, _known_problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain_problem)
    # What nobody foresaw: told as such here, and logged by the gate, which gets it next.
    app.add_exception_handler(Exception, _known_problem)
    gate = Gate(app, hosts, token, public=PUBLIC)
    return Observer(gate, services.metrics, log)


async def _known_problem(_: Request, error: Exception) -> JSONResponse:
    return problem_of(error).response()


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    """What is wrong with a request's shape: where, and why, but not what was sent."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return _invalid_request(f"{where[:80]}: {first['msg']}")


async def _plain_problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 422:
        return _invalid_request(error.detail)
    if error.status_code == 404:
        problem = Problem(404, "not-found", "There is nothing here", "there is no such path")
    elif error.status_code == 405:
        problem = Problem(405, "wrong-method", "Not with this method", "use another method of HTTP")
    else:
        problem = Problem(error.status_code, "refused", "Refused", " ".join(error.detail.split()))
    return problem.response()


def _invalid_request(detail: str) -> JSONResponse:
    return Problem(422, "invalid-request", "The request is not valid", detail).response()
