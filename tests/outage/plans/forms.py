"""What somebody fills in about a planned outage, and what the page answers."""

import re
from html import unescape
from typing import Any

from django.test import Client
from django.utils import timezone

from befreg_reserv.times import PATTERN
from tests.outage.plans.scenes import WHY, terms

NEW = "/outage/plans/new/"
SURE = {"confirmed": "1"}


def local(moment: Any) -> str:
    return timezone.localtime(moment).strftime(PATTERN)


def typed(wards: str = "", hours: float = 4, **more: str) -> dict[str, str]:
    """Return the form as somebody fills it in."""
    wanted = terms(hours=hours)
    times = {"planned_start": local(wanted.start), "planned_end": local(wanted.end)}
    return times | {"wards": wards, "reason": WHY} | SURE | more


def hidden(answer: Any) -> dict[str, Any]:
    """Return what the check page sends back unseen when its button is pressed."""
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', answer.text.partition('id="check"')[2]):
        name, value = (re.search(f'{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name:
            sent.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    return {name: values for name, values in sent.items() if any(values)}


def page_of(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()
