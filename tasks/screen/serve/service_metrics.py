"""What Prometheus asks for: requests, films, seconds. No film and no caller is named."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

# From 1 ms to 30 s: a film is accepted in milliseconds, and scored within a second or so
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class ServiceMetrics:
    """Counters and histograms of one service.

    Args:
        n_waiting: Number of films that wait, asked at every scrape.
    """

    def __init__(self, n_waiting: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        registry, prefix = self._registry, "lungline_"
        self.requests = Counter(
            f"{prefix}requests", "Answers", ("method", "route", "status"), registry=registry
        )
        self.request_seconds = Histogram(
            f"{prefix}request_seconds",
            "Seconds from a request to its answer",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.accepted = Counter(f"{prefix}films_accepted", "Films accepted", registry=registry)
        self.screened = Counter(
            f"{prefix}films_screened", "Films with an answer", ("status",), registry=registry
        )
        self.screen_seconds = Histogram(
            f"{prefix}screen_seconds",
            "Seconds to examine, fit and score a film",
            buckets=_SECONDS,
            registry=registry,
        )
        self.failures = Counter(
            f"{prefix}scoring_failures", "Tries that ended in an error", registry=registry
        )
        waiting = Gauge(f"{prefix}films_waiting", "Films without an answer", registry=registry)
        waiting.set_function(n_waiting)

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self._registry)
