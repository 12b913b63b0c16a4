"""Every address of ours, as the URL resolver knows them: a list that nobody has to keep."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


def walk(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every address of ours with its view. Django's admin guards its own."""
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLPattern):
            yield route, pattern.callback
        elif isinstance(pattern, URLResolver) and pattern.app_name != "admin":
            yield from walk(pattern.url_patterns, route)


VIEWS = dict(walk(get_resolver().url_patterns))
