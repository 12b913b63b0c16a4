"""An upload is bounded before its first byte is kept."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, FakePayload

from befreg_reserv.serving.uploads import BoundedUploadHandler
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn

MIB = 1024 * 1024
URL = "/binder/load/"


class Unread(FakePayload):
    """A body that says it is long, and fails the test when somebody reads it."""

    def read(self, *_args: object, **_kwargs: object) -> bytes:
        pytest.fail("the body was read")


@pytest.fixture
def adele(sign_in: SignIn, cast: Cast) -> Client:
    return sign_in(cast.adele)


def send_unread(client: Client, size: int) -> int:
    body = Unread(f"--{BOUNDARY}".encode())
    headers: dict[str, Any] = {
        "CONTENT_TYPE": MULTIPART_CONTENT,
        "CONTENT_LENGTH": size,
        "wsgi.input": body,
    }
    return client.generic("POST", URL, **headers).status_code


@pytest.fixture
def no_bound() -> Iterator[None]:
    handlers = settings.FILE_UPLOAD_HANDLERS
    settings.FILE_UPLOAD_HANDLERS = handlers[1:]
    yield
    settings.FILE_UPLOAD_HANDLERS = handlers


def test_an_enormous_body_is_refused_unread(adele: Client) -> None:
    assert send_unread(adele, 4 * MIB + 1) == 400
    assert send_unread(adele, 10**15) == 400


def test_a_strangers_is_not_even_looked_at(client: Client) -> None:
    assert send_unread(client, 4 * MIB + 1) == 302


def test_without_the_bound_it_is_read(adele: Client, no_bound: None) -> None:
    with pytest.raises(pytest.fail.Exception, match="the body was read"):
        send_unread(adele, 4 * MIB + 1)


def test_the_refusal_is_a_page(adele: Client) -> None:
    file = SimpleUploadedFile("big.csv", b"x" * (4 * MIB))
    response = adele.post(URL, {"name": "Big", "file": file})
    assert (response.status_code, response.templates[0].name) == (400, "400.html")


def test_a_file_within_the_bound_comes_through(adele: Client) -> None:
    file = SimpleUploadedFile("binder.csv", "\n".join(scenes.REAL).encode())
    response = adele.post(URL, {"name": "AKM", "file": file})
    assert len(response.context["preview"].planned) == len(scenes.REAL)


def test_a_file_over_the_binders_own_bound_is_refused_in_words(adele: Client) -> None:
    file = SimpleUploadedFile("big.csv", b"x" * (3 * MIB))
    response = adele.post(URL, {"name": "Big", "file": file})
    assert response.status_code == 400
    assert response.context["preview"].faults


def test_nothing_is_ever_written_to_the_disk() -> None:
    own = f"{BoundedUploadHandler.__module__}.{BoundedUploadHandler.__qualname__}"
    assert settings.FILE_UPLOAD_HANDLERS[0] == own
    assert not [name for name in settings.FILE_UPLOAD_HANDLERS if "Temporary" in name]
