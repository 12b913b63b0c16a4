"""What a person reads on a page, and what the page takes."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from befreg_reserv import urls

# A session is stamped every few seconds, whatever the page: on a slow machine within a test.
NOT_THE_PAGES = ("SAVEPOINT", 'UPDATE "django_session"')


def text_of(answer: Any) -> str:
    """Return the answer's text without its tags, with single spaces."""
    bare = re.sub(r"<[^>]+>", "", answer.content.decode())
    return " ".join(html.unescape(bare).split())


def fields_at_fault(answer: Any) -> list[str]:
    """Return the fields that the list of what is wrong leads to, in its order."""
    text = answer.content.decode()
    summary = text[text.index("ds-error-summary") :].partition("</div>")[0]
    return re.findall(r'href="#\w+?_(\w+)"', summary)


def statements(client: Client, url: str, data: dict[str, Any] | None = None) -> int:
    """Count the statements of one request that must succeed."""
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(url, data) if data is not None else client.get(url)
    assert answer.status_code == (302 if data is not None else 200), answer.content
    return sum(not any(part in query["sql"] for part in NOT_THE_PAGES) for query in captured)


def hidden(client: Client, path: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the form on a page that is sent to ``action``, but its token."""
    page = client.get(path).content.decode()
    form = page[page.index(f'action="{action}"') :].partition("</form>")[0]
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}


@contextmanager
def refusing_in_a_word() -> Iterator[None]:
    """Let a refusal be no page: of the hundreds that a walk meets, none is read."""

    def refuse(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
        return HttpResponse(status=403)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urls, "handler403", refuse)
        yield
