"""What every answer tells the browser: nothing from elsewhere, nothing inline, nothing kept."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast
from tests.conftest import SignIn

pytestmark = pytest.mark.one_database("words")

PAGES = ["/sign-in/", "/till/", "/ward/", "/binder/", "/no-such-page/", "/admin/"]


@pytest.fixture(params=PAGES)
def answer(request: pytest.FixtureRequest, cast: Cast, sign_in: SignIn) -> Any:
    client = Client() if request.param == "/sign-in/" else sign_in(cast.adele)
    return client.get(request.param)


def policy(answer: Any) -> dict[str, str]:
    rules = answer.headers["Content-Security-Policy"].split(";")
    return {name: rest for name, _space, rest in (rule.strip().partition(" ") for rule in rules)}


def test_nothing_unsafe_and_nothing_from_elsewhere(answer: Any) -> None:
    rules = policy(answer)
    assert rules["default-src"] == "'none'"
    assert rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "http" not in answer.headers["Content-Security-Policy"]


def test_text_becomes_elements_by_one_policy_alone(answer: Any, request: Any) -> None:
    by_django = request.node.callspec.params["answer"] == "/admin/"
    assert ("require-trusted-types-for" in policy(answer)) != by_django
    assert policy(answer).get("trusted-types", "default") == "default"


def test_every_script_and_no_other_has_the_answers_nonce(answer: Any) -> None:
    page = answer.content.decode()
    scripts = re.findall(r"<script\b[^>]*>", page)
    ours = [tag for tag in scripts if "/static/admin/" not in tag]
    (nonce,) = re.findall(r"'nonce-([^']+)'", policy(answer)["script-src"]) or [""]
    assert all(f'nonce="{nonce}"' in tag for tag in ours)
    assert all("src=" in tag for tag in scripts)


def test_a_nonce_is_used_once(client: Client) -> None:
    first, second = (policy(client.get("/sign-in/"))["script-src"] for _ in range(2))
    assert first != second


def test_no_handler_and_no_style_stands_in_the_page(answer: Any) -> None:
    page = re.sub(r'value="[^"]*"', "", answer.content.decode())
    assert not re.search(r"<[^>]+\s(?:on[a-z]+|style)\s*=", page)
    assert "<style" not in page
    assert "javascript:" not in page


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Embedder-Policy", "require-corp"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Content-Security-Policy", "report-uri /browsers/report/"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Cache-Control", "no-store"),
        ("Permissions-Policy", "camera=()"),
        ("Permissions-Policy", "clipboard-write=(self)"),
    ],
)
def test_the_other_headers(answer: Any, header: str, value: str) -> None:
    assert value in answer.headers[header]
