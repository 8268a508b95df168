"""Figures of a service for Prometheus.

What belongs here: their names. What does not: where they are counted (``app``).
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from lulc_assets.core.serving.places import Places


class ServiceMetrics:
    """A registry of its own for each service, so that two in one process do not mix."""

    def __init__(self, engine: Places) -> None:
        self._registry = CollectorRegistry()
        self.seconds = Histogram(
            "lulc_prediction_seconds", "Time of a map at the engine", registry=self._registry,
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
        )  # fmt: skip
        self.pixels = Counter("lulc_pixels", "Pixels mapped", registry=self._registry)
        self.refused = Counter(
            "lulc_refused", "Requests refused, by status", ["status"], registry=self._registry
        )
        waiting = Gauge(
            "lulc_requests_in_work", "Requests at the engine or waiting", registry=self._registry
        )
        waiting.set_function(lambda: engine.taken)

    def text(self) -> bytes:
        """In Prometheus's text form."""
        return generate_latest(self._registry)
