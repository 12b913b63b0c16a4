"""Whatever a client sends, the answer is a page, and never an error of ours.

Asked of the WSGI application, as a server asks it: some requests broke before Django had one.
The tries are the same in every run (``SEED``), more of them in the long form.
"""

import random
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client as DjangoClient
from django.test import RequestFactory

from befreg_reserv.people.models import User
from befreg_reserv.serving.sense import Environ, sensible
from tests import everywhere
from tests.cast import Cast
from tests.ground.scenery import scene
from tests.served import session_of

SEED = 20261128
TRIES = [150, pytest.param(1_000, marks=pytest.mark.long)]
TOKEN = "t" * 32
CODECS = [
    "hex", "base64", "rot13", "zip", "bz2", "uu", "quopri", "undefined", "idna", "punycode",
    "utf-7", "utf-16", "utf-32", "unicode_escape", "raw_unicode_escape", "mbcs", "cp037",
    "\x00", "\xe5", "no such", "x" * 5000, "", "../x",
]  # fmt: skip
# As they stand in an address: percent signs are the client's own.
JUNK = [
    "", "x", "0", "-1", "9" * 25, "9" * 5000, "2147483648", "9223372036854775808", "1e400", "NaN",
    "%00", "a%00b", "%FF", "%ED%A0%80", "%C2%B2", "%D9%A3", "%F0%9F%91%A9", "%", "%zz", "[", "]",
    "http://[", "//[", "//x", "/%5Cx", "/%0D%0Ax:1", "javascript:1", "admin:index", "door", ".",
    "..%2F..", "-.", "1.2.3", "a,b", "'%22%3C", "%7B%7B", "0001-01-01", "9999-12-31 23:59",
    "2026-02-30", "2026-03-29 02:30", "24:60", "%E2%80%AE", "&", "=", ";",
]  # fmt: skip
NAMES = [
    "page", "ward", "order", "newer", "older", "differing", "outage", "next", "since", "until",
    "number", "actor", "unit", "act", "text", "reason", "at", "by", "found", "typed", "listed_at",
    "request_key", "asked", "sex", "caller", "callback", "called_at", "ward_choice", "ward_asked",
    "draft_path", "change", "language", "username", "password", "outcome", "women", "men", "plan",
    "planned_start", "planned_end", "wards", "started_at", "ended_at", "confirmed", "file", "name",
    "q", "p", "o", "e", "all", "_to_field", "_popup", "_changelist_filters", "_facets", "_selected",
    "id", "id__in", "id__exact", "pk__gt", "name__regex", "key__isnull", "state__exact", "ward__id",
    "number__value__startswith", "groups__id__exact", "is_active__exact", "training__exact",
    "app_label", "model_name", "field_name", "term", "password1", "groups", "_save", "action",
    "select_across", "_selected_action", "index", "form-TOTAL_FORMS", "membership_set-TOTAL_FORMS",
    "ticked",
]  # fmt: skip
HEADERS = [
    "HTTP_ACCEPT_LANGUAGE", "HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_COOKIE", "HTTP_HOST",
    "HTTP_REFERER", "HTTP_ORIGIN", "HTTP_USER_AGENT", "HTTP_X_FORWARDED_FOR", "HTTP_RANGE",
    "HTTP_X_FORWARDED_HOST", "HTTP_X_REQUESTED_WITH", "HTTP_HX_CURRENT_URL", "HTTP_HX_TARGET",
    "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_NONE_MATCH", "HTTP_X_CSRFTOKEN", "CONTENT_LENGTH",
    "HTTP_HX_CURRENT_URL_URI_AUTOENCODED", "HTTP_TRIGGERING_EVENT", "HTTP_X_CORRELATION_ID",
]  # fmt: skip
JUNK_HEADERS = [
    "", "\x00", "\xff\xfe", "x" * 10_000, "http://[", "http://[::1", "//", "*;q=x", "-1",
    "9" * 5000, "sessionid=\x00; csrftoken=\x00", "messages=x; sv", "a\r\nb", "null", "{",
    "[" * 999, "bytes=-", "Thu, 99 Xxx 0000", '"', "\xed\xa0\x80",
]  # fmt: skip
URLENCODED = "application/x-www-form-urlencoded"
BODIES = [
    ("multipart/form-data", b"--x"),
    ("multipart/form-data; boundary=", b"--x"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\x00\r\n"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--"),
    (
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename*=hex''a\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n!\r\n--x--\r\n",
    ),
    ("multipart/form-data; boundary=\xe5", b"x"),
    ("text/plain; charset*=hex''a", b"x"),
    ("application/json", b"{"),
    (URLENCODED, b"\x00=%00&%=%ED%A0%80&&&==="),
    (URLENCODED + "; charset=utf-16", b"text=%00"),
]
APPLICATION = sensible(WSGIHandler())


def environ(method: str, path: str, query: str = "", body: bytes = b"", **more: str) -> Environ:
    """Return what a server would hand on; ``path`` percent-encoded, ``more`` as CGI names it."""
    made: Environ = RequestFactory().generic(method, "/", body).environ
    made["PATH_INFO"] = unquote_to_bytes(path).decode("latin1")
    made |= {"QUERY_STRING": query, "wsgi.input": BytesIO(body), "HTTP_HOST": "localhost"}
    made |= {"CONTENT_LENGTH": str(len(body))} | more
    return made


def status(made: Environ) -> int:
    """Return what is answered; whatever that wrote is taken back."""
    answered: list[int] = []
    with transaction.atomic():
        answer: Any = APPLICATION(made, lambda line, _headers: answered.append(int(line[:3])))
        b"".join(answer)
        transaction.set_rollback(True)
    return answered[0]


def cookies(name: str) -> str:
    """Return the cookies of somebody who is signed in, whose forms are believed."""
    session = session_of(User.objects.get(username=name)) if name else ""
    return f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"


class Client:
    """Somebody who sends anything."""

    def __init__(self, chance: random.Random, paths: list[str], known: list[str]) -> None:
        self.chance, self.paths, self.known = chance, paths, known

    def request(self) -> Environ:
        """Return something that might be sent."""
        method = self.chance.choice(["GET", "GET", "GET", "HEAD", "POST", "POST", "OPTIONS"])
        body, kind = self._form().encode("latin1", "replace"), URLENCODED
        if self.chance.random() < 0.2:
            kind, body = self.chance.choice(BODIES)
        more = {"CONTENT_TYPE": kind, "HTTP_COOKIE": self.chance.choice(self.known)}
        if self.chance.random() < 0.1:
            more["CONTENT_TYPE"] = f"text/plain; charset={self.chance.choice(CODECS)}"
        if self.chance.random() < 0.3:
            more["HTTP_HX_REQUEST"] = "true"
        if self.chance.random() < 0.4:
            more[self.chance.choice(HEADERS)] = self.chance.choice(JUNK_HEADERS)
        return environ(method, self._path(), self._form(), body, **more)

    def _path(self) -> str:
        parts = self.chance.choice(self.paths).split("/")
        keys = [place for place, part in enumerate(parts) if part.isdecimal()]
        if keys and self.chance.random() < 0.2:
            parts[self.chance.choice(keys)] = self.chance.choice(JUNK)
        return "/".join(parts)

    def _form(self) -> str:
        names = self.chance.sample(NAMES, self.chance.randrange(4))
        fields = [f"{name}={self.chance.choice(JUNK)}" for name in names]
        return "&".join([f"csrfmiddlewaretoken={TOKEN}", *fields])


@scene
def places(cast: Cast) -> dict[str, Any]:
    return everywhere.laid_out(cast)


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Keep the test's own connection, as Django's client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("tries", TRIES)
def test_nothing_that_is_sent_breaks_anything(places: dict[str, Any], tries: int) -> None:
    known = [cookies(name) for name in everywhere.WHO]
    client = Client(random.Random(SEED), everywhere.paths_of(places), known)  # noqa: S311
    broken = []
    for _try in range(tries):
        made = client.request()
        if status(made) >= 500:
            broken.append({name: made[name] for name in made if name.isupper()})
    assert not broken


# --- what once ended in an error, by name ---------------------------------------------------------


@pytest.mark.one_database("network")
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
@pytest.mark.parametrize("query", ["", "a=1"])
def test_a_charset_that_is_no_encoding_of_text_is_refused(
    db: None, method: str, query: str
) -> None:
    nonsense = ["hex", "base64", "rot13", "zip", "undefined", "idna", "utf-16", "\x00"]
    asked = [
        environ(method, "/sign-in/", query, b"x=1", CONTENT_TYPE=f"text/plain; charset={codec}")
        for codec in nonsense
    ]
    assert [status(each) for each in asked] == [400] * len(nonsense)


@pytest.mark.one_database("network")
@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "us-ascii", "iso-8859-1", "no such one"])
def test_a_charset_that_is_read_or_unheard_of_stops_nothing(db: None, charset: str) -> None:
    kind = f"text/plain; charset={charset}"
    assert status(environ("GET", "/sign-in/", "a=1", CONTENT_TYPE=kind)) == 200


def test_without_the_look_beforehand_django_breaks() -> None:
    broken = environ("GET", "/sign-in/", "a=1", CONTENT_TYPE="text/plain; charset=hex")
    with pytest.raises(LookupError):
        WSGIRequest(broken)


@pytest.mark.one_database("network")
@pytest.mark.parametrize("length", ["-", "x", "9" * 5000, "\x00"])
def test_a_length_that_is_no_number_is_refused(db: None, length: str) -> None:
    assert status(environ("POST", "/sign-in/", CONTENT_LENGTH=length)) == 400


@pytest.mark.parametrize("where", ["http://[", "http://[::1", "//[", "http://\u2100.se/"])
def test_a_page_that_htmx_names_wrongly_is_nobodys_way_back(
    client: DjangoClient, db: None, where: str
) -> None:
    headers = {"hx-request": "true", "hx-current-url": where}
    assert client.get("/sign-in/", headers=headers).status_code == 200
    assert client.get("/till/", headers=headers).headers["HX-Redirect"] == "/sign-in/?next=/"


@pytest.mark.one_database("sign-in")
@pytest.mark.parametrize("word", ["x", "door", "admin:index", "till:board", "http:", "[", "\x00"])
def test_a_word_is_nowhere_to_go_after_sign_in(cast: Cast, word: str) -> None:
    client = everywhere.client_of("tilda")
    assert client.get("/sign-in/", {"next": word}).headers["Location"] == "/"
    client.post("/lock/")
    assert client.get("/locked/", {"next": word}).status_code == 200
    for path in ("/sign-in/", "/locked/"):
        cast.tilda.set_password("korrekt häst batteri 7")
        cast.tilda.save()
        fields = {"username": "tilda", "password": "korrekt häst batteri 7", "next": word}
        assert DjangoClient().post(path, fields).headers["Location"] == "/"


@pytest.mark.one_database("sign-in")
def test_a_lock_that_leads_to_a_word_is_opened_all_the_same(cast: Cast) -> None:
    cast.tilda.set_password("korrekt häst batteri 7")
    cast.tilda.save()
    client = everywhere.client_of("tilda")
    client.post("/lock/")
    fields = {"username": "tilda", "password": "korrekt häst batteri 7", "next": "x"}
    assert client.post("/locked/", {**fields, "password": "wrong"}).status_code == 400
    assert client.get("/till/").headers["Location"].startswith("/locked/")
    assert client.post("/locked/", fields).headers["Location"] == "/"
    assert client.get("/till/").status_code == 200


# The registers of history are of one class: one of them, and all in the long form.
LISTS = re.compile(r"/admin/(people/\w+|auth/\w+|custody/handout|outage/(contact|drilltargets))/")
ALL_PAGES = re.compile(r"/admin/.*")


@pytest.mark.parametrize("pages", [LISTS, pytest.param(ALL_PAGES, marks=pytest.mark.long)])
@pytest.mark.parametrize("query", ["_to_field=", "_to_field=x", "q=%00", "id__exact=%00", "%00=1"])
def test_the_registers_refuse_what_no_register_has(
    places: dict[str, Any], query: str, pages: re.Pattern[str]
) -> None:
    client = everywhere.client_of("adele")
    registers = [path for path in everywhere.paths_of(places) if pages.fullmatch(path)]
    answers = {path: client.get(f"{path}?{query}").status_code for path in registers}
    assert {path: code for path, code in answers.items() if code >= 500} == {}
    assert answers["/admin/people/user/"] in {302, 400}
