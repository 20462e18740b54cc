"""What a running server tells of itself: figures for Prometheus and a log of its requests.

Neither holds a message, a path, a photo's id or a name: only routes, counts and times.
"""

from bot.monitoring.metrics import Metrics
from bot.monitoring.observer import Observer
from bot.monitoring.request_log import RequestLog

__all__ = ["Metrics", "Observer", "RequestLog"]
