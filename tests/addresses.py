"""Every address of ours, read from the URL resolver, so that nobody has to keep a list."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.urls import URLPattern, URLResolver, get_resolver

ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")


def walk(patterns: list[Any], prefix: str = "", *, registers: bool = False) -> Iterator[Any]:
    """Yield every address with its view. Django's admin guards its own: ``registers`` adds it."""
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLPattern):
            yield route, pattern.callback
        elif isinstance(pattern, URLResolver) and (registers or pattern.app_name != "admin"):
            yield from walk(pattern.url_patterns, route, registers=registers)


VIEWS = dict(walk(get_resolver().url_patterns))

# The object whose key an address takes, by how the address begins; the longest match counts.
KEYS = {
    "till/calls/": "call",
    "till/handouts/": "handed_out",
    "till/patients/": "patient",
    "ward/handouts/": "handed_out",
    "wards/": "unknown_ward",
    "wards/names/": "alias",
    "wards/clinics/": "clinic",
    "wards/every/": "ward",
    "wards/people/": "lisa",
    "people/": "lisa",
    "binder/": "binder",
    "binder/calls/": "call",
    "binder/missing/": "quarantine",
    "binder/doubled/": "doubled",
    "binder/counts/": "count",
    "binder/count-lines/": "surplus",
    "binder/foreign-sheets/": "foreign",
    "numbers/": "number",
    "files/": "file",
    "log-years/": "proposal",
    "outage/": "outage",
    "outage/doubt/": "doubt",
    "outage/plans/": "plan",
    "outage/prepared/": "prepared",
    "outage/late/": "late",
    "routine/": "routine",
    "registers/contacts/": "contact",
    "registers/contacts/days/": "contact_day",
    "registers/switch-list/": "switch_item",
    "registers/break-glass/": "glass",
    "registers/break-glass/uses/": "glass_use",
    "registers/sign-on/": "claim_rule",
    "registers/sign-on/people/": "identity",
    "registers/workstations/": "workstation",
}
# Some addresses of Django's admin are regular expressions; a path that each matches.
WRITTEN_OUT = {
    "admin/^(?P<app_label>people|auth|outage|custody)/$": "admin/custody/",
    "admin/(?P<url>.*)$": "admin/nothing-here/",
}


def every_path(places: Mapping[str, object], urlconf: str | None = None) -> dict[str, str]:
    """Return a path for each address there is, the registers' too, with keys of real objects.

    Raises AssertionError with the address for which ``KEYS`` or ``places`` has no object.
    """
    routes = dict(walk(get_resolver(urlconf).url_patterns, registers=True))
    return {route: "/" + _filled_in(route, places) for route in routes}


def _filled_in(route: str, places: Mapping[str, object]) -> str:
    if route in WRITTEN_OUT:
        return WRITTEN_OUT[route]
    keys = _of_register(route) if route.startswith("admin/") else _of_ours(route, places)
    wanted = set(ARGUMENT.findall(route))
    assert wanted <= keys.keys(), f"No object for {sorted(wanted - keys.keys())} of {route}"
    return ARGUMENT.sub(lambda found: str(keys[found[1]]), route)


def _of_ours(route: str, places: Mapping[str, object]) -> dict[str, object]:
    fitting = [start for start in KEYS if route.startswith(start)]
    own = places.get(KEYS[max(fitting, key=len)]) if fitting else None
    keys = {"pk": own, "ward_pk": places.get("ward")}
    return {name: key for name, key in keys.items() if key is not None}


def _of_register(route: str) -> dict[str, object]:
    """Return the key of a row in the register that the address belongs to."""
    models = {
        f"admin/{model._meta.label_lower.replace('.', '/')}/": model
        for model in admin.site._registry
    }
    for start, model in models.items():
        row = route.startswith(start) and model._base_manager.first()
        if row:
            return {"object_id": row.pk, "id": row.pk}
    kind = ContentType.objects.get(app_label="outage", model="outage")
    first = kind.model_class()._base_manager.first()  # type: ignore[union-attr]
    return {"content_type_id": kind.pk, "object_id": first.pk} if "/r/" in route and first else {}
