"""The till's own computers: enrolled, recognised, withdrawn, and by what they prove themselves."""

import base64
from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.access import back_to
from befreg_reserv.people.models import SignInTries, Workstation
from befreg_reserv.people.signing_in import enrolled, throttle
from befreg_reserv.people.workstations import keeping
from befreg_reserv.people.workstations.refusals import ComputerNameTaken, EnrolledAlready
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.people.signing_in.workstations import browser, type_in, with_password

pytestmark = [pytest.mark.django_db, pytest.mark.one_database("sign-in")]
ENROL = "/registers/workstations/enrol/"
PROXY = "10.0.0.1"
FINGERPRINT = "ab" * 20


class Key:
    """A browser's key."""

    def __init__(self) -> None:
        self._own = ec.generate_private_key(ec.SECP256R1())

    @property
    def public(self) -> str:
        key = self._own.public_key()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(spki).decode()

    def proof(self, asked: str) -> str:
        """Return what the browser's script sends."""
        r, s = decode_dss_signature(self._own.sign(asked.encode(), ec.ECDSA(SHA256())))
        return f"{asked} {base64.b64encode(r.to_bytes(32) + s.to_bytes(32)).decode()}"


def enrol(client: Client, **more: str) -> Any:
    return client.post(ENROL, {"name": "Kassa 1", "request_key": str(uuid4()), **more})


def asking(row: Workstation | None = None, **fields: str) -> HttpRequest:
    """Return a request of this workstation's browser."""
    request = RequestFactory().post("/", fields)
    if row:
        request.COOKIES[enrolled.COOKIE] = enrolled.secret_of(row.request_key)
    return request


@pytest.mark.both_databases
def test_who_sits_there_enrols_it_and_its_browser_is_recognised(
    cast: Cast, sign_in: SignIn
) -> None:
    client = sign_in(cast.adele)
    answer = enrol(client, place="Akuten")
    assert answer.headers["Location"] == "/registers/workstations/"
    row = Workstation.objects.get()
    cookie = answer.cookies["till"]
    assert cookie["httponly"]
    assert cookie.value not in str(Workstation.objects.values().get())
    assert enrolled.seen(asking(row)) == row
    entry = LogEntry.objects.get(act="workstation_enrolled")
    assert entry.changes["proves"] == ["None", "cookie"]
    page = client.get("/registers/workstations/").content.decode()
    assert "Kassa 1" in page
    assert "data-challenge" not in page


def test_sent_twice_it_is_one_with_the_same_cookie(cast: Cast, sign_in: SignIn) -> None:
    client, key = sign_in(cast.adele), str(uuid4())
    first = enrol(client, request_key=key).cookies["till"].value
    assert enrol(client, request_key=key).cookies["till"].value == first
    assert Workstation.objects.count() == 1
    assert enrol(client, request_key=key, name="Kassa 2").status_code == 409


def test_neither_a_name_nor_a_computer_is_enrolled_twice(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.adele)
    enrol(client)
    assert enrol(client, name="Kassa 2").status_code == 409
    other = sign_in(cast.adele)
    answer = enrol(other)
    assert answer.status_code == 400
    assert "registrerad" in answer.content.decode()
    with pytest.raises(ComputerNameTaken):
        scenes.enrolled(cast)
    scenes.enrolled(cast, "Kassa 3", certificate=FINGERPRINT)
    with pytest.raises(EnrolledAlready):
        scenes.enrolled(cast, "Kassa 4", certificate=FINGERPRINT)


def test_a_form_that_is_refused_stands_on_the_page_of_all(cast: Cast, sign_in: SignIn) -> None:
    answer = enrol(sign_in(cast.adele), name="")
    assert back_to(answer.wsgi_request) == "/registers/workstations/"


@pytest.mark.both_databases
def test_withdrawn_it_is_nobody_and_its_name_is_free(cast: Cast, sign_in: SignIn) -> None:
    row = scenes.enrolled(cast)
    client = sign_in(cast.adele)
    for _ in range(2):
        client.post(f"/registers/workstations/{row.pk}/withdraw/")
    assert enrolled.seen(asking(row)) is None
    assert LogEntry.objects.filter(act="workstation_withdrawn").count() == 1
    assert scenes.enrolled(cast).pk != row.pk


@pytest.mark.parametrize("cookie", ["", "x", "x" * 9000, "\0", "å"])
def test_a_cookie_of_ones_own_making_is_none(cast: Cast, cookie: str) -> None:
    scenes.enrolled(cast)
    request = asking()
    request.COOKIES[enrolled.COOKIE] = cookie
    assert enrolled.seen(request) is None


def test_with_a_key_the_cookie_alone_proves_nothing(cast: Cast) -> None:
    key = Key()
    row = scenes.enrolled(cast, public_key=key.public)
    asked = enrolled.challenge(asking(row))
    assert enrolled.seen(asking(row)) == row
    assert enrolled.proved(asking(row)) is None
    assert enrolled.proved(asking(row, proof=key.proof(asked))) == row
    assert enrolled.proved(asking(None, proof=key.proof(asked))) is None


@pytest.mark.parametrize(
    "wrong", ["another key", "another's challenge", "own challenge", "old", "nonsense", "short"]
)
def test_what_is_no_proof(cast: Cast, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key = Key()
    row = scenes.enrolled(cast, public_key=key.public)
    asked = enrolled.challenge(asking(row))
    proofs = {
        "another key": Key().proof(asked),
        "another's challenge": key.proof(enrolled.asked_of("999")),
        "own challenge": key.proof(f"{row.pk}:made:up"),
        "old": key.proof(asked),
        "nonsense": f"{asked} not base64 å",
        "short": f"{asked} {base64.b64encode(bytes(10)).decode()}",
    }
    if wrong == "old":
        monkeypatch.setattr("time.time", lambda: timezone.now().timestamp() + 13 * 3600)
    assert enrolled.proved(asking(row, proof=proofs[wrong])) is None


def test_only_who_has_a_key_enrols_it(cast: Cast, sign_in: SignIn) -> None:
    client, key = sign_in(cast.adele), Key()
    proof = key.proof(enrolled.asked_of(enrolled.NEW))
    assert enrol(client, public_key=Key().public, proof=proof).status_code == 400
    assert enrol(client, public_key="x", proof=proof).status_code == 400
    assert enrol(client, public_key=key.public, proof=proof).status_code == 302
    assert Workstation.objects.get().public_key == key.public


@pytest.fixture
def behind_proxy(settings: Any) -> None:
    settings.TRUSTED_PROXIES = [ip_network(PROXY)]
    settings.CLIENT_CERTIFICATE_HEADER = "X-Client-Fingerprint"


@pytest.mark.usefixtures("behind_proxy")
@pytest.mark.parametrize(("address", "seen"), [(PROXY, 1), ("10.0.0.2", 0)])
def test_a_certificate_counts_from_the_proxy_alone(
    cast: Cast, sign_in: SignIn, address: str, seen: int
) -> None:
    scenes.enrolled(cast, certificate=FINGERPRINT)
    client = sign_in(cast.adele)
    client.defaults |= {"HTTP_X_CLIENT_FINGERPRINT": FINGERPRINT.upper(), "REMOTE_ADDR": address}
    page = client.get("/registers/workstations/").content.decode()
    assert page.count("<strong>Kassa 1</strong>") == seen


def test_a_copied_cookie_is_worth_nothing_where_there_is_a_certificate(cast: Cast) -> None:
    row = scenes.enrolled(cast, certificate=FINGERPRINT)
    assert enrolled.seen(asking(row)) is None


# --- what the database refuses ----------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "change",
    [
        {"secret": "x"},
        {"public_key": "x"},
        {"certificate": "x"},
        {"name": "x"},
        {"withdrawn_at": None},
    ],
)
def test_what_it_proves_itself_by_never_changes(cast: Cast, change: dict[str, Any]) -> None:
    row = scenes.enrolled(cast)
    keeping.withdraw(row, scenes.now(cast.adele))
    with pytest.raises(DatabaseError), transaction.atomic():
        Workstation.objects.filter(pk=row.pk).update(**change)


@pytest.mark.both_databases
def test_the_database_keeps_one_of_a_name_and_forgets_none(cast: Cast) -> None:
    row = scenes.enrolled(cast)
    again = {"name": row.name, "enrolled_by": cast.adele, "enrolled_at": timezone.now()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Workstation.objects.create(**again, secret="x", request_key=uuid4())
    same = {"certificate": FINGERPRINT, "enrolled_by": cast.adele, "enrolled_at": timezone.now()}
    Workstation.objects.create(**same, name="a", secret="a", request_key=uuid4())
    with pytest.raises(IntegrityError), transaction.atomic():
        Workstation.objects.create(**same, name="b", secret="b", request_key=uuid4())
    early = row.enrolled_at - timedelta(days=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Workstation.objects.filter(pk=row.pk).update(withdrawn_at=early)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_workstation")


# --- what it is good for ----------------------------------------------------------------------


def at(row: Workstation) -> Client:
    client = browser()
    client.cookies[enrolled.COOKIE] = enrolled.secret_of(row.request_key)
    return client


def test_strangers_never_slow_who_signs_in_there_for_the_first_time(cast: Cast) -> None:
    with_password(cast.tilda)
    till = at(scenes.enrolled(cast))
    for _ in range(throttle.FREE_TRIES + 1):
        throttle.count_try("tilda", "", timezone.now())
    assert type_in(browser(), "tilda").status_code == 429
    assert type_in(till, "tilda").status_code == 302
    assert Workstation.objects.get().last_used_at


def test_failures_there_are_its_own_and_a_right_password_ends_them(cast: Cast) -> None:
    with_password(cast.tilda)
    till = at(scenes.enrolled(cast))
    for _ in range(throttle.FREE_TRIES - 1):
        type_in(till, "tilda", "wrong")
    assert throttle.must_wait("tilda", "", timezone.now()) == 0
    assert type_in(till, "tilda").status_code == 302
    assert not SignInTries.objects.filter(device__startswith=throttle.TILL).exists()
