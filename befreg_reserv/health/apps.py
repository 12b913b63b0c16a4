"""Whether this server is alive, and whether it can do its work."""

from django.apps import AppConfig


class HealthConfig(AppConfig):
    """Holds the one row that /ready writes."""

    name = "befreg_reserv.health"
    label = "health"
