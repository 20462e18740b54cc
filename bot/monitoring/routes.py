"""``/healthz`` and ``/metrics``: whether a server answers, and its figures."""

from fastapi import APIRouter
from fastapi.responses import Response

from bot.monitoring.metrics import Metrics


def monitoring_routes(metrics: Metrics) -> APIRouter:
    """The routes over these figures. Whoever includes them says who may see ``/metrics``."""
    router = APIRouter(tags=["server"])

    @router.get("/healthz")
    async def health() -> dict[str, str]:
        """The server answers."""
        return {"status": "ok"}

    @router.get("/metrics", response_class=Response)
    def figures() -> Response:
        """Counts and times, as Prometheus reads them."""
        return Response(metrics.text(), headers={"Content-Type": metrics.content_type})

    return router
