"""Whether this server is alive, and whether it can do its work."""

from django.apps import AppConfig


class HealthConfig(AppConfig):
    """Holds the one row that /ready writes."""

    name = "befreg_reserv.health"
    label = "health"

    def ready(self) -> None:
        """Let /ready ask whether the clocks agree."""
        # Models aren't loaded before ready.
        from befreg_reserv.health import browsers, checks, wrong_clock  # noqa: PLC0415
        from befreg_reserv.retention import terms  # noqa: PLC0415

        checks.register("clock", wrong_clock.for_ready)
        terms.register(terms.Term("reports of browsers", browsers.old))
