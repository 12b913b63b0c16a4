"""What browsers say they refused: counted, shown, and bounded whatever strangers send."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from befreg_reserv.health import browsers
from befreg_reserv.health.browsers import Gate, Refused
from befreg_reserv.health.models import BrowserReport
from tests.cast import Cast
from tests.conftest import SignIn
from tests.pages import text_of

PAGE = "https://befreg.example/till/handouts/7/?q=20000101K064"
OLDER = {
    "csp-report": {
        "document-uri": PAGE,
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://evil.example/x.js?20000101K064",
        "script-sample": "20000101K064",
    }
}
NEWER = [
    {
        "type": "csp-violation",
        "body": {
            "documentURL": PAGE,
            "effectiveDirective": "script-src-elem",
            "blockedURL": "https://evil.example/other.js",
        },
    }
]


@pytest.fixture(autouse=True)
def _open_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers, "gates", {known: Gate(1000) for known in (True, False)})


def send(client: Client, said: Any, kind: str = "application/csp-report") -> int:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return client.post("/browsers/report/", body, content_type=kind).status_code


@pytest.mark.both_databases
def test_both_forms_are_counted_as_one_and_shown_without_the_number(
    cast: Cast, sign_in: SignIn
) -> None:
    adele = sign_in(cast.adele)
    assert [send(adele, OLDER), send(adele, NEWER, "application/reports+json")] == [204, 204]
    (row,) = BrowserReport.objects.all()
    assert (row.known, row.blocked, row.page) == (True, "evil.example", "till:number")
    assert row.times == 2
    shown = text_of(adele.get("/browsers/"))
    assert "evil.example" in shown
    assert "K064" not in shown
    assert "webbläsare vägrat 1 sak" in text_of(adele.get("/binder/overview/"))


def test_a_stranger_raises_no_alarm_and_pushes_nobody_elses_out(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsers, "MOST", 3)
    send(sign_in(cast.tilda), OLDER)
    BrowserReport.objects.update(last_at=timezone.now() - timedelta(days=8))
    for at in range(6):
        blocked = {**OLDER["csp-report"], "blocked-uri": f"https://{at}.example/"}
        send(Client(), {"csp-report": blocked})
    left = BrowserReport.objects.values_list("known", "blocked")
    assert list(left) == [(True, "evil.example"), *((False, f"{at}.example") for at in (5, 4, 3))]
    assert browsers.of_people(timezone.now() - timedelta(days=7)) == 0


JUNK = [b"", b"{", b"[" * 50_000, b"null", b'{"csp-report": 7}', b'[{"type": "csp-violation"}]']


@pytest.mark.parametrize(
    "body", [*JUNK, b"\xff\x00", b'{"csp-report": {"effective-directive": "x"}}', b"9" * 5000]
)
def test_nonsense_is_answered_and_not_kept(client: Client, db: None, body: bytes) -> None:
    assert send(client, body) == 204
    assert not BrowserReport.objects.exists()


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/html", "a/b; c=hex"])
def test_it_is_read_whatever_it_says_it_is(client: Client, db: None, kind: str) -> None:
    assert send(client, OLDER, kind) == 204
    assert BrowserReport.objects.count() == 1


def test_an_enormous_one_is_not_read(client: Client, db: None) -> None:
    body = json.dumps({**OLDER, "more": "x" * browsers.MOST_BYTES}).encode()
    assert send(client, body) == 204
    assert not BrowserReport.objects.exists()


def test_of_one_request_no_more_than_ten_are_read() -> None:
    assert len(browsers.read(json.dumps(NEWER * 50).encode())) == browsers.MOST_AT_ONCE


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("inline", "inline"),
        ("data:text/html,x", "data"),
        ("chrome-extension://abc/x.js", "extension"),
        ("https://[", "?"),
        ("https://" + "x" * 500, "?"),
        ("<script>20000101K064", "?"),
        ("", "inline"),
    ],
)
def test_what_is_kept_of_an_address(said: str, kept: str) -> None:
    report = {"csp-report": {**OLDER["csp-report"], "blocked-uri": said, "document-uri": "\x00"}}
    assert browsers.read(json.dumps(report).encode()) == [Refused("script-src-elem", kept, "?")]


def test_a_flood_is_dropped_and_keeps_nobody_else_from_reporting(
    client: Client, sign_in: SignIn, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsers, "gates", {known: Gate(2) for known in (True, False)})
    assert [send(client, OLDER) for _ in range(5)] == [204] * 5
    assert BrowserReport.objects.get().times == 2
    assert send(sign_in(cast.tilda), OLDER) == 204
    assert BrowserReport.objects.get(known=True).times == 1


@pytest.mark.both_databases
def test_the_database_keeps_one_row_of_a_kind(db: None) -> None:
    def row() -> BrowserReport:
        at = timezone.now()
        return BrowserReport(known=False, rule="a", blocked="b", page="c", first_at=at, last_at=at)

    row().save()
    with pytest.raises(IntegrityError):
        row().save()
