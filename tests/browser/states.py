"""Every page in every state that people meet it in, and how to bring each about.

A state is an address, the person who opens it, and the situation it is opened in; it may be
reached by a form that is sent (``fields``), and touched once it is there (``then``). Braces name
what the situation has laid out: /till/handouts/{handed_out}/. ``test_states`` fails when an
address has neither a state nor a reason why it needs none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from playwright.sync_api import Page

from befreg_reserv.pages.errors import server_error
from befreg_reserv.pages.unanswered import page
from outage.models import RoutineStep
from tests import scenes
from tests.browser.hands import send
from tests.browser.situations import (
    Situation,
    after_another,
    afterwards,
    at_rest,
    both,
    doubted,
    drill,
    ended,
    in_doubt,
    in_one_call,
    miscounted,
    nearly_empty,
    nobody_to_call,
    nothing,
    ongoing,
    planned,
    restored,
    set_aside,
    sheet_is_missing,
    signed_off,
    two_patients,
)

STRANGER = ""
Then = Callable[[Page], None]


@dataclass(frozen=True)
class State:
    """A page in a state. ``who`` is a vgr-id."""

    name: str
    who: str
    path: str
    status: int = 200
    then: Then | None = None
    fields: Mapping[str, str] | None = None
    # What is answered in the server's place, where no test can bring a real one to that.
    instead: Callable[[], HttpResponse] | None = None


def sent(
    name: str,
    who: str,
    path: str,
    fields: Mapping[str, str],
    status: int = 400,
    then: Then | None = None,
) -> State:
    """Return the state that sending a form leads to; mostly, the form again."""
    return State(name, who, path, status, then, fields)


def next_year() -> dict[str, str]:
    """Return what is typed to announce an outage ten months ahead."""
    begins = (timezone.localtime() + timedelta(days=300)).replace(hour=12)
    times = {"planned_start": begins, "planned_end": begins + timedelta(hours=2)}
    typed = {name: f"{at:%Y-%m-%d %H:%M}" for name, at in times.items()}
    return {**typed, "reason": "Byte av databas", "wards": "IVA"}


def unlock_wrongly(page: Page) -> None:
    """Type a wrong password on the lock page."""
    page.locator("[name=password]").fill("wrong")
    send(page)


def ask_for_help(page: Page) -> None:
    """Open the help with the keys."""
    page.locator("header [popovertarget=keys]").first.click()


def no_answer(path: str, sent: Mapping[str, str]) -> HttpResponse:
    """Answer a form to ``path`` as when its COMMIT was lost; without fields, a page's request."""
    request = RequestFactory().post(path, sent) if sent else RequestFactory().get(path)
    vars(request)["_dont_enforce_csrf_checks"] = True  # as Django's own client does
    return page(request, OperationalError())


unanswered_page = partial(no_answer, "/till/", {})
unanswered_form = partial(no_answer, "/outage/start/", {"drill": ""})
unanswered_call = partial(no_answer, "/till/hand-out/", {"request_key": "x", "tries": "1"})


def search_ward(page: Page) -> None:
    """Type three letters of a ward, and wait for what fits."""
    page.locator("[name=ward]").first.press_sequentially("ane")
    page.locator("[role=option]").first.wait_for()


def leave_call(page: Page) -> None:
    """Begin a call, leave it, and begin another."""
    page.locator("[name=caller]").fill("wilma")
    page.goto("/till/")
    page.goto("/till/call/?new=1")


def go_on(page: Page) -> None:
    """Go on with the call that was begun."""
    with page.expect_navigation():
        page.locator("a[href*='go_on=']").click()


CALL = {
    "sex": "K",
    "caller": "wilma",
    "ward": "Anestesikliniken / IVA",
    "callback": "2102",
    "outage": "{outage}",
    "request_key": str(UUID(int=1)),
}
ANOTHER = {**CALL, "caller": "vidar"}
WAITS = {**CALL, "caller": "vera1", "ward": "Ögonkliniken / Ögonmottagning"}
EMPTY = {name: CALL[name] for name in ("outage", "request_key")}  # which no person types
USED = {**CALL, "request_key": "{used_key}", "caller": "vidar"}
ALL_WRONG = {"typed": "20010101M999"}
TOO_LONG = {"text": "x" * 501}
TOO_MANY = {f"field{number}": "" for number in range(501)}
BINDER = {"name": "Ny pärm", "family_name": "Driftstopp", "given_name": "AKM"}
NO_HOURS = {"day-0": "16-08"}
A_KEY = {"request_key": str(UUID(int=1))}
CHANGE = {"day": f"{timezone.localdate()}", "reason": "Beslut i ledningsgruppen"}
ANEW = {**CHANGE, "name": "Operationskliniken"}
SPLIT = {**CHANGE, "names": "IVA A\nIVA B"}
SEVERAL = {"person-{lisa}": "1", "what": "join", **A_KEY}
PASSWORDS = {"person-{lisa}": "{lisa_mark}", "what": "passwords", "confirmed": "1", **A_KEY}
ENDING = {"person-{lisa}": "1", "person-{adele}": "1", "what": "deactivate", **A_KEY}
PEOPLE = {"text": "vgr-id;roll;avdelning\nnyare1;ward;IVA\nlisa;till;\n", **A_KEY}
WARDS = {"text": "klinik;avdelning;telefon;ort\nAnestesikliniken;IVA;2102;Borås\nOp/IVA;Uppvak;;"}
FAULTY = {**BINDER, "text": "tab,number\n1,20000101K065\n2,20000101K064\n2,hello"}
NEW = {**BINDER, "text": "\n".join(scenes.REAL)}
TRAINING = {**BINDER, "text": "\n".join(scenes.TRAINING), "training": "on"}

# What a count is sent with; no box is ticked, so much is missing.
COUNT = {"listed_at": "{listed_at}", "request_key": str(UUID(int=2)), "typed": "K064\nK999"}
# A box that the list sent along hasn't got.
OTHER_LIST = {**COUNT, "found-0": "{listed_at}"}

# A version of the routine, and one that lacks nearly all.
STEPS = {f"{moment}{end}": "Ett steg" for moment in RoutineStep.Moment for end in ("", "_en")}
DAYS = {"valid_from": "2026-11-29", "valid_until": "2027-11-28"}
VERSION = {**STEPS, **DAYS, "shown": "1", "responsible": "Adele", "decided_by": "Adele"}

PREPARED = {"ward": "Anestesikliniken / IVA", "text": f"{scenes.REAL_MAN}\nhello"}
REASON = {"reason": "fel"}

PAPER = "Tid;Nummer;Avdelning;Uppringare;Av\n{minute};%s;Tältet;wilma;tilda"
LOG = {"text": PAPER % "K080", "request_key": str(UUID(int=3))}
FAULTY_LOG = {**LOG, "text": f"{PAPER % 'K065'}\nx;;y;z"}
UNSURE = {
    "at": "{minute}",
    "number": "K080",
    "ward": "an",
    "caller": "wilma",
    "by": "tilda",
    "request_key": str(UUID(int=4)),
}
ANY_WARD = {"ward": "an", "reason": "moved"}
# A count has seen the sheet after that time.
SEEN = {**UNSURE, "number": "K106", "ward": "IVA"}
LOG_SEEN = {**LOG, "text": PAPER % "K106"}
# Another patient has the number.
DOUBLED = {**UNSURE, "number": "K064", "ward": "IVA"}
LOG_DOUBLED = {**LOG, "text": PAPER % "K064", "confirmed": "1"}

STATES: dict[Situation, list[State]] = {
    nothing: [
        State("sign in", STRANGER, "/sign-in/"),
        sent("sign in, wrongly", STRANGER, "/sign-in/", {"username": "tilda", "password": "x"}),
        sent("sign in, nothing written", STRANGER, "/sign-in/", {}),
        sent(
            "sign in, too often", STRANGER, "/sign-in/", {"username": "hasty", "password": "x"}, 429
        ),
        State("not found, stranger", STRANGER, "/nothing-here/", 404),
        sent("locked", "tilda", "/lock/", {}, 200),
        sent("locked, wrong password", "tilda", "/lock/", {}, 200, unlock_wrongly),
        sent("locked for another person", "wilma", "/lock/", {"change": "1"}, 200),
        State("password", "tilda", "/password/"),
        sent("password, faults", "tilda", "/password/", {"new_password1": "kort"}),
        State("one-time password", "nyare", "/till/"),
        sent("one-time password, faults", "nyare", "/password/", {"new_password1": "kort"}),
        State("no role", "noone", "/", 403),
        State("till, nothing there", "tilda", "/till/"),
        State("help with keys", "tilda", "/till/", then=ask_for_help),
        sent("bad request", "tilda", "/till/hand-out/", TOO_MANY),
        sent("form too old", "tilda", "/outage/start/", {"csrfmiddlewaretoken": "x"}, 403),
        State("only forms", "tilda", "/till/hand-out/", 405),
        State("broken", "tilda", "/broken/", 500, instead=lambda: server_error(HttpRequest())),
        State("no answer, a page", "tilda", "/broken/", 503, instead=unanswered_page),
        State("no answer, a call", "tilda", "/broken/", 503, instead=unanswered_call),
        State("no answer, a form", "tilda", "/broken/", 503, instead=unanswered_form),
        State("styleguide", "tilda", "/styleguide/"),
        State("tour, at the till", "tilda", "/tour/till/"),
        State("tour, first panel", "wilma", "/tour/ward/"),
        State("tour, last panel", "adele", "/tour/administrator/?step=6"),
        State("help, to a stranger", STRANGER, "/sign-in/", then=ask_for_help),
        State("ward, nothing there", "wilma", "/ward/"),
        State("ward, nothing done", "wilma", "/ward/done/"),
        State("outages, none, ward", "wilma", "/outage/"),
        State("plans, none", "wilma", "/outage/plans/"),
        State("forbidden", "wilma", "/till/", 403),
        State("not found", "wilma", "/nothing-here/", 404),
        State("no ward", "lisa", "/ward/"),
        State("no ward, nothing done", "lisa", "/ward/done/"),
        State("binder, none", "adele", "/binder/"),
        State("overview, nothing there", "adele", "/binder/overview/"),
        State("wards, one person without", "adele", "/wards/"),
        State("load", "adele", "/binder/load/"),
        sent("load, nothing given", "adele", "/binder/load/", {}),
        sent("load, faults", "adele", "/binder/load/", FAULTY),
        sent("load, preview", "adele", "/binder/load/", NEW, 200),
        sent("load, preview for training", "adele", "/binder/load/", TRAINING, 200),
        State("routine", "wilma", "/routine/"),
        State("routine, to a stranger", STRANGER, "/routine/"),
        State("versions of the routine", "adele", "/routine/versions/"),
        State("version of the routine", "adele", "/routine/versions/1/"),
        State("routine, a new version", "adele", "/routine/new/"),
        sent("routine, faults", "adele", "/routine/new/", {"shown": "1", "news": "Ett\nTvå"}),
        sent("routine, preview", "adele", "/routine/new/", VERSION, 200),
        State("log, nothing fits", "gunde", "/audit/?number=19121212K999"),
        State("log, nobody", "gunde", "/audit/?person=nobody"),
        State("log, wrong search", "gunde", "/audit/?since=yesterday", 400),
    ],
    at_rest: [
        State("till, at rest", "tilda", "/till/"),
        State("till of drills, at rest", "tilda", "/till/drill/"),
        State("outages, none", "tilda", "/outage/"),
        sent("start, too long", "tilda", "/outage/start/", TOO_LONG),
        sent("start, since a wrong time", "tilda", "/outage/start/", {"since": "2999-01-01 10:00"}),
        State("till, at rest, looking on", "gunde", "/till/"),
        State("binder, full", "adele", "/binder/"),
        State("count", "tilda", "/binder/{binder}/count/"),
        State("binder for drills", "adele", "/binder/?drill=1"),
        State("overview of drills", "adele", "/binder/overview/?drill=1"),
        State("count of a training binder", "tilda", "/binder/{training}/count/"),
        sent("count, much missing", "tilda", "/binder/{binder}/count/", COUNT),
        sent("count, ticks of another list", "tilda", "/binder/{binder}/count/", OTHER_LIST, 409),
        State("counts, none", "tilda", "/binder/counts/"),
        State("refill, nothing empty", "adele", "/binder/{binder}/refill/"),
    ],
    in_doubt: [
        State("till, two points ticked", "tilda", "/till/"),
        State("outages, points ticked", "tilda", "/outage/"),
        sent("tick, too long", "tilda", "/outage/doubt/tick/", {"support": "on", **TOO_LONG}),
        sent("doubt cleared", "tilda", "/outage/doubt/{doubt}/clear/", {}, 200),
        State("till, two points ticked, looking on", "gunde", "/till/"),
    ],
    nobody_to_call: [
        State("till, nobody to call", "tilda", "/till/"),
        State("ward, nobody to call", "wilma", "/ward/"),
        State("overview, nobody to call", "adele", "/binder/overview/"),
    ],
    ongoing: [
        State("till", "tilda", "/till/"),
        State("call", "tilda", "/till/call/?new=1"),
        State("call, answer lost", "tilda", "/till/call/"),
        sent("call, the same again", "tilda", "/till/hand-out/", CALL, 409),
        State("call, wards found", "tilda", "/till/call/?new=1", then=search_ward),
        sent("call, faults", "tilda", "/till/hand-out/", EMPTY),
        sent("call, which ward", "tilda", "/till/hand-out/", {**CALL, "ward": "iv"}),
        sent("call, sent before", "tilda", "/till/hand-out/", USED, 409),
        State("number", "tilda", "/till/handouts/{handed_out}/"),
        State("number, odd", "tilda", "/till/handouts/{odd}/"),
        State("number, read back", "tilda", "/till/handouts/{read_back}/"),
        State("number, voided", "tilda", "/till/handouts/{voided}/"),
        sent("read back wrongly", "tilda", "/till/handouts/{odd}/read-back/", {"typed": "M999"}),
        sent("read back all wrongly", "tilda", "/till/handouts/{odd}/read-back/", ALL_WRONG),
        sent("read back too short", "tilda", "/till/handouts/{odd}/read-back/", {"typed": "M"}),
        sent(
            "read back late", "tilda", "/till/handouts/{voided}/read-back/", {"typed": "M078"}, 409
        ),
        State("slip", "tilda", "/till/handouts/{handed_out}/slip/"),
        State("label", "tilda", "/till/handouts/{handed_out}/slip/?size=label"),
        State("no slip", "tilda", "/till/handouts/{voided}/slip/", 409),
        sent("sheet missing late", "tilda", "/till/handouts/{replaced}/sheet-missing/", {}, 409),
        State("outages", "tilda", "/outage/"),
        State("outage", "tilda", "/outage/{outage}/"),
        sent("note, empty", "tilda", "/outage/{outage}/note/", {}),
        sent("end, too long", "tilda", "/outage/{outage}/end/", TOO_LONG),
        State("till, looking on", "gunde", "/till/"),
        State("number, looking on", "gunde", "/till/handouts/{handed_out}/"),
        State("handout, looking on", "gunde", "/ward/handouts/{handed_out}/"),
        State("log", "gunde", "/audit/"),
        State("find a number", "gunde", "/numbers/find/"),
        State("life of a number", "gunde", "/numbers/{number}/"),
        State("log of a number", "gunde", "/audit/?number=20000101K064"),
        State("log of parts", "gunde", "/audit/?number=K0&unit=iva"),
        State("log, too wide", "gunde", "/audit/?number=2000&person=l"),
        State("ward", "wilma", "/ward/"),
        State("ward, done", "wilma", "/ward/done/"),
        sent("ward, done, searched", "wilma", "/ward/done/", {"number": "20000101"}, 200),
        sent("ward, done, no number", "wilma", "/ward/done/", {"number": "1"}),
        State("handout", "wilma", "/ward/handouts/{handed_out}/"),
        State("handout, replaced", "wilma", "/ward/handouts/{replaced}/"),
        State("handout, for the second person", "adele", "/ward/handouts/{replaced}/"),
        State("handout, closed", "wilma", "/ward/handouts/{closed}/"),
        State("handout, voided", "wilma", "/ward/handouts/{voided}/"),
        State("handout, undone", "wilma", "/ward/handouts/{undone}/"),
        State("notice sheet", "wilma", "/ward/handouts/{replaced}/notice-sheet/"),
        sent("replace, nothing written", "wilma", "/ward/handouts/{handed_out}/replace/", {}),
        sent(
            "replace, the other sex",
            "wilma",
            "/ward/handouts/{handed_out}/replace/",
            {"number": scenes.REAL_MAN, "wristband": "K064", "searched": "on"},
        ),
        sent(
            "replace, the same person",
            "wilma",
            "/ward/handouts/{handed_out}/replace/",
            {"number": scenes.REAL_WOMAN, "wristband": "K064", "searched": "on"},
        ),
        sent(
            "bedside, another patient's number",
            "wilma",
            "/ward/handouts/{handed_out}/bedside/",
            {"wristband": "K080"},
        ),
        sent("notice, wrong time", "wilma", "/ward/handouts/{replaced}/notice/", {"at": "x"}),
        sent("notice too early", "wilma", "/ward/handouts/{handed_out}/notice/", {}, 409),
        sent("void, no reason", "wilma", "/ward/handouts/{handed_out}/void/", {}),
        sent(
            "withdraw number, no reason",
            "wilma",
            "/ward/handouts/{replaced}/withdraw-replacement/",
            {},
        ),
        sent(
            "withdraw confirmation, no reason",
            "wilma",
            "/ward/handouts/{read_back}/withdraw-confirmation/",
            {},
        ),
        sent("withdraw notice, no reason", "wilma", "/ward/handouts/{closed}/withdraw-notice/", {}),
        State("outage, ward", "wilma", "/outage/{outage}/"),
        State("something went wrong", "tilda", "/ward/handouts/{handed_out}/wrong/"),
        sent("transfer, several wards", "wilma", "/ward/handouts/{handed_out}/transfer/", ANY_WARD),
        sent("wrong sex, nothing said", "tilda", "/ward/handouts/{handed_out}/wrong-sex/", {}),
        sent("correct, nothing changed", "tilda", "/ward/handouts/{handed_out}/correct/", {}),
        State("another ward's", "vidar", "/ward/handouts/{handed_out}/", 404),
        State("ward of all", "adele", "/ward/"),
        State("handout, administrator", "adele", "/ward/handouts/{handed_out}/"),
        sent("undo, no reason", "adele", "/ward/handouts/{handed_out}/undo/", {}),
        sent("undo, in use", "adele", "/ward/handouts/{read_back}/undo/", {"reason": "x"}, 409),
        State("binder", "adele", "/binder/"),
        State("overview", "adele", "/binder/overview/"),
        State("wards", "adele", "/wards/"),
        State("unknown ward", "adele", "/wards/{unknown_ward}/"),
        sent("unknown ward, not said", "adele", "/wards/{unknown_ward}/merge/", {}),
        sent("unknown ward, no name", "adele", "/wards/{unknown_ward}/confirm/", {}),
        State("ward file", "adele", "/wards/file/"),
        sent("ward file, preview", "adele", "/wards/file/", WARDS, 200),
        State("short names of wards", "adele", "/wards/names/"),
        State("every ward", "adele", "/wards/every/"),
        State("closed wards, none", "gunde", "/wards/every/?closed=1&q=zz"),
        State("one ward", "adele", "/wards/every/{ward}/"),
        State("one ward, looking on", "gunde", "/wards/every/{ward}/"),
        State("a closed ward", "adele", "/wards/every/{closed_ward}/"),
        sent("one ward, wrong details", "adele", "/wards/every/{ward}/correct/", {"hsa_id": "x"}),
        State("open a ward", "adele", "/wards/every/new/"),
        State("close a ward", "adele", "/wards/every/{ward}/close/"),
        sent("close a ward, preview", "adele", "/wards/every/{ward}/close/", CHANGE, 200),
        State("merge a ward", "adele", "/wards/every/{ward}/merge/"),
        sent("merge a ward, which", "adele", "/wards/every/{ward}/merge/", {"ward": "i"}),
        State("rename a ward", "adele", "/wards/every/{ward}/rename/"),
        State("split a ward", "adele", "/wards/every/{ward}/split/"),
        sent("split a ward, preview", "adele", "/wards/every/{ward}/split/", SPLIT, 200),
        State("what a closed ward left", "adele", "/wards/every/{closed_ward}/move-on/"),
        State("clinics", "adele", "/wards/clinics/"),
        State("closed clinics", "gunde", "/wards/clinics/?closed=1"),
        State("one clinic", "adele", "/wards/clinics/{clinic}/"),
        State("a closed clinic", "gunde", "/wards/clinics/{closed_clinic}/"),
        sent("one clinic, wrong spelling", "adele", "/wards/clinics/{clinic}/correct/", {}),
        State("open a clinic", "adele", "/wards/clinics/new/"),
        State("rename a clinic", "adele", "/wards/clinics/{clinic}/rename/"),
        sent("rename a clinic, preview", "adele", "/wards/clinics/{clinic}/rename/", ANEW, 200),
        State("close a clinic", "adele", "/wards/clinics/{clinic}/close/"),
        sent("close a clinic, preview", "adele", "/wards/clinics/{clinic}/close/", CHANGE, 200),
        State("registers", "adele", "/registers/"),
        State("contacts", "adele", "/registers/contacts/"),
        State("contacts, looking on", "gunde", "/registers/contacts/"),
        State("somebody new to call", "adele", "/registers/contacts/new/"),
        sent("somebody new to call, faults", "adele", "/registers/contacts/new/", {}),
        State("a contact", "adele", "/registers/contacts/{contact}/"),
        State("a contact, looking on", "gunde", "/registers/contacts/{contact}/"),
        sent("a contact, no number", "adele", "/registers/contacts/{contact}/change/", {}),
        sent("a contact, no hours", "adele", "/registers/contacts/{contact}/hours/", NO_HOURS),
        sent("a contact, no day", "adele", "/registers/contacts/{contact}/days/", {}),
        State("switch list, kept", "adele", "/registers/switch-list/"),
        State("something to switch over", "adele", "/registers/switch-list/new/"),
        sent("something to switch over, faults", "adele", "/registers/switch-list/new/", {}),
        State("something to switch over, kept", "adele", "/registers/switch-list/{switch_item}/"),
        State("targets", "adele", "/registers/targets/"),
        State("targets, looking on", "gunde", "/registers/targets/"),
        sent("targets, faults", "adele", "/registers/targets/change/", {}),
        State("people", "adele", "/people/"),
        State("people, looking on", "gunde", "/people/"),
        State("people, nobody fits", "adele", "/people/?q=zzzzz"),
        sent("several people, nobody", "adele", "/people/several/", {"what": "join"}),
        sent("several people, no ward", "adele", "/people/several/", SEVERAL),
        sent("several people, passwords", "adele", "/people/several/", PASSWORDS, 200),
        sent("several people, checked", "adele", "/people/several/", ENDING, 200),
        State("somebody new", "adele", "/people/new/"),
        sent("somebody new, faults", "adele", "/people/new/", {"ward": "x"}),
        State("people file", "adele", "/people/file/"),
        sent("people file, preview", "adele", "/people/file/", PEOPLE, 200),
        sent(
            "people file, faults", "adele", "/people/file/", {**PEOPLE, "text": "vgr-id;avd\na;b"}
        ),
        State("a person", "adele", "/people/{lisa}/"),
        State("a person, looking on", "gunde", "/people/{lisa}/"),
        State("a person, deactivated", "adele", "/people/{gone}/"),
        sent("a person, wrong mail", "adele", "/people/{lisa}/change/", {"email": "x"}),
        sent("a person, wrong ward", "adele", "/people/{lisa}/move/", {"ward": "x"}),
        sent("a person, no key", "adele", "/people/{lisa}/one-time/", {}),
        sent("a person, reactivated without key", "adele", "/people/{gone}/reactivate/", {}),
        State("person without ward", "adele", "/wards/people/{lisa}/"),
        sent("person without ward, wrong", "adele", "/wards/people/{lisa}/", {"ward": "x"}),
    ],
    drill: [
        State("till beside a drill", "tilda", "/till/"),
        State("till in a drill", "tilda", "/till/drill/"),
        State("call in a drill", "tilda", "/till/drill/call/?new=1"),
        State("from paper in a drill", "tilda", "/outage/{outage}/late-entries/"),
        State("number from paper in a drill", "tilda", "/till/handouts/{late}/"),
        State("number in a drill", "tilda", "/till/handouts/{handed_out}/"),
        State("slip in a drill", "tilda", "/till/handouts/{handed_out}/slip/"),
        State("outage that is a drill", "tilda", "/outage/{outage}/"),
        State("ward in a drill", "wilma", "/ward/?drill=1"),
        State("outages, drills", "tilda", "/outage/?drill=1"),
        State("handout in a drill", "wilma", "/ward/handouts/{handed_out}/"),
    ],
    both: [
        State("till with both", "tilda", "/till/"),
        State("till with both, the drill", "tilda", "/till/drill/"),
        sent("call of the other board", "tilda", "/till/drill/hand-out/", CALL, 409),
        State("call with both", "tilda", "/till/call/?new=1"),
        State("outages, both", "tilda", "/outage/"),
    ],
    nearly_empty: [
        State("till, nearly empty", "tilda", "/till/"),
        State("call, nearly empty", "tilda", "/till/call/?new=1"),
        sent("none left", "tilda", "/till/hand-out/", ANOTHER, 200),
        State("overview, nearly empty", "adele", "/binder/overview/"),
    ],
    in_one_call: [
        State("till, two wait", "tilda", "/till/"),
        State("call, begun and left", "tilda", "/till/call/?new=1", then=leave_call),
        sent("call of several", "tilda", "/till/hand-out/", {**CALL, "one_more": "1"}, 200),
        State("same caller again", "tilda", "/till/call/?new=1&like={call}"),
        State("call, gone on with", "tilda", "/till/call/?new=1", then=go_on),
        sent("call, its patient waits already", "tilda", "/till/hand-out/", WAITS, 409),
        State("number, second of three", "tilda", "/till/handouts/{second}/"),
        State("slips of a call", "tilda", "/till/calls/{call}/slips/"),
        State("call taken", "tilda", "/till/calls/{call}/"),
        sent("serve, others first", "tilda", "/till/patients/{waits}/serve/", {}),
        sent("withdraw patient, no reason", "tilda", "/till/patients/{waits}/withdraw/", {}),
        sent("correct patient, no reason", "tilda", "/till/patients/{waits}/correct/", {}),
        State("call taken, looking on", "gunde", "/till/calls/{call}/"),
        sent("settle patient, no reason", "adele", "/till/patients/{waits}/settle/", {}),
        State("overview, caller unknown", "adele", "/binder/overview/"),
        sent("caller, nothing written", "adele", "/binder/calls/{call}/caller/", {}),
    ],
    after_another: [
        State("till, one waits from before", "tilda", "/till/"),
        State("till of a drill, a real alarm", "tilda", "/till/drill/"),
    ],
    doubted: [
        State("number, asks for its sheet", "tilda", "/till/handouts/{handed_out}/"),
        State("number, asks, looking on", "gunde", "/till/handouts/{handed_out}/"),
        State("overview, journal doubted", "adele", "/binder/overview/"),
    ],
    restored: [
        State("till, backup restored", "tilda", "/till/"),
        State("overview, backup restored", "adele", "/binder/overview/"),
        State("lost handouts", "adele", "/binder/lost/"),
        State("lost handouts of drills", "adele", "/binder/lost/drill/"),
        State("lost handout", "adele", "/outage/{outage}/late-entries/?lost={lost}"),
    ],
    two_patients: [
        State("till, two patients", "tilda", "/till/"),
        State("number of two patients", "tilda", "/till/handouts/{second}/"),
        sent("from paper, two patients", "tilda", "/outage/{outage}/late-entries/", DOUBLED),
        sent(
            "paper log, two patients",
            "tilda",
            "/outage/{outage}/late-entries/batch/",
            LOG_DOUBLED,
        ),
        State("ward, two patients", "wilma", "/ward/"),
        State("notice, two patients", "wilma", "/ward/handouts/{first}/"),
        State("notice sheet, two patients", "wilma", "/ward/handouts/{first}/notice-sheet/"),
        State("handout, two patients", "vidar", "/ward/handouts/{second}/"),
        State("overview, two patients", "adele", "/binder/overview/"),
        State("life of a number, two patients", "wilma", "/numbers/{number}/"),
        State("two patients", "adele", "/binder/doubled/{alarm}/"),
        sent("two patients, nothing written", "adele", "/binder/doubled/{alarm}/", {}),
        State("two patients, settled", "adele", "/binder/doubled/{settled}/"),
    ],
    sheet_is_missing: [
        State("number set aside", "tilda", "/till/handouts/{missing}/"),
        State("number instead", "tilda", "/till/handouts/{successor}/"),
        State("overview, sheet missing", "adele", "/binder/overview/"),
        sent("explain, empty", "adele", "/binder/missing/{quarantine}/explain/", {}),
    ],
    miscounted: [
        State("count, used tabs", "tilda", "/binder/{binder}/count/"),
        State("counted, till", "tilda", "/binder/counts/{count}/"),
        State("counts", "tilda", "/binder/counts/"),
        State("counted", "adele", "/binder/counts/{count}/"),
        sent(
            "destroyed, too long",
            "adele",
            "/binder/count-lines/{surplus}/destroyed/",
            {"note": "x" * 501},
        ),
        sent("from paper, seen", "tilda", "/outage/{outage}/late-entries/", SEEN),
        sent("paper log, seen", "tilda", "/outage/{outage}/late-entries/batch/", LOG_SEEN, 200),
        sent(
            "foreign sheet, not explained",
            "adele",
            "/binder/foreign-sheets/{foreign}/explain/",
            {"reason": ""},
        ),
        State("refill", "adele", "/binder/{binder}/refill/"),
        State("binder, sheet missing at the count", "adele", "/binder/"),
        State("overview, after a count", "adele", "/binder/overview/"),
    ],
    ended: [
        State("till, afterwards", "tilda", "/till/"),
        sent("call too late, the patient waits", "tilda", "/till/hand-out/", CALL, 200),
        State("outage, ended", "tilda", "/outage/{outage}/"),
        State("open items", "adele", "/outage/{outage}/open/"),
        State("sign-off, patients wait", "adele", "/outage/{outage}/sign-off/"),
        State("report, who never got a number", "adele", "/outage/{outage}/report/"),
        State("from paper, nothing yet", "tilda", "/outage/{outage}/late-entries/"),
        sent("from paper, faults", "tilda", "/outage/{outage}/late-entries/", {"at": "14:05"}),
        sent("from paper, which ward", "tilda", "/outage/{outage}/late-entries/", UNSURE),
        State("paper log", "tilda", "/outage/{outage}/late-entries/batch/"),
        sent("paper log, preview", "tilda", "/outage/{outage}/late-entries/batch/", LOG, 200),
        sent("paper log, faults", "tilda", "/outage/{outage}/late-entries/batch/", FAULTY_LOG),
        State("past outage", "tilda", "/outage/past/"),
        sent("past outage, faults", "tilda", "/outage/past/", {}),
        State("ward, overdue", "wilma", "/ward/"),
        State("handout, overdue", "wilma", "/ward/handouts/{overdue}/"),
        State("overview, overdue", "adele", "/binder/overview/"),
    ],
    planned: [
        State("till, plans", "tilda", "/till/"),
        State("plan, till", "tilda", "/outage/plans/{plan}/"),
        State("outages, a plan is due", "tilda", "/outage/"),
        State("past outage, a plan waits", "tilda", "/outage/past/"),
        sent(
            "plan, started since a wrong time",
            "tilda",
            "/outage/plans/{overdue_plan}/start/",
            {"since": "soon"},
        ),
        State("plan, late to begin", "tilda", "/outage/plans/{overdue_plan}/"),
        sent("plan, start too long", "tilda", "/outage/plans/{plan}/start/", TOO_LONG),
        sent("plan, start cancelled", "tilda", "/outage/plans/{cancelled_plan}/start/", {}, 409),
        State("ward, plans", "wilma", "/ward/"),
        State("outages, plans", "wilma", "/outage/"),
        State("plan, ward", "wilma", "/outage/plans/{plan}/"),
        State("plan, cancelled", "wilma", "/outage/plans/{cancelled_plan}/"),
        State("need", "wilma", "/outage/plans/{plan}/need/{iva}/"),
        sent("need, too many", "wilma", "/outage/plans/{plan}/need/{iva}/", {"women": "100"}),
        State("overview, plans", "adele", "/binder/overview/"),
        State("plans", "adele", "/outage/plans/"),
        State("plan", "adele", "/outage/plans/{plan}/"),
        State("plan, drill late to end", "adele", "/outage/plans/{practice}/"),
        State("announce", "adele", "/outage/plans/new/"),
        sent("announce, faults", "adele", "/outage/plans/new/", {"wards": "nirvana\ni"}),
        sent("announce, checked", "adele", "/outage/plans/new/", next_year(), 200),
        State("change plan", "adele", "/outage/plans/{plan}/change/"),
        sent("change plan, faults", "adele", "/outage/plans/{plan}/change/", {}),
        sent("change plan, checked", "adele", "/outage/plans/{plan}/change/", next_year(), 200),
        sent("move planned end, faults", "adele", "/outage/plans/{practice}/planned-end/", {}),
        sent("cancel plan, no reason", "adele", "/outage/plans/{plan}/cancel/", {}),
    ],
    set_aside: [
        State("ward, numbers and patients owed", "wilma", "/ward/"),
        State("prepared, ward", "wilma", "/outage/plans/{plan}/numbers/"),
        State("prepared list", "wilma", "/outage/plans/{plan}/numbers/{iva}/"),
        State("prepared list of a drill", "wilma", "/outage/plans/{practice}/numbers/{iva}/"),
        sent("mark, no reason", "wilma", "/outage/prepared/{used}/mark/", {"outcome": "unused"}),
        sent("mark, not said", "wilma", "/outage/prepared/{used}/mark/", {}),
        State("late list", "wilma", "/outage/{outage}/late/"),
        State("late list of a drill", "wilma", "/outage/{drill}/late/"),
        sent("late, faults", "wilma", "/outage/{outage}/late/list/", {"place": "121212-1212"}),
        sent("register late, wrong", "wilma", "/outage/late/{waits}/register/", {"number": "x"}),
        sent("strike late, no reason", "wilma", "/outage/late/{waits}/strike/", {}),
        sent("withdraw late, no reason", "wilma", "/outage/late/{registered}/withdraw/", {}),
        sent("withdraw late, open", "wilma", "/outage/late/{waits}/withdraw/", REASON, 409),
        sent("strike late, registered", "wilma", "/outage/late/{registered}/strike/", REASON, 409),
        State("prepared", "adele", "/outage/plans/{plan}/numbers/"),
        State("move prepared", "adele", "/outage/prepared/{waiting}/move/"),
        sent("move prepared, faults", "adele", "/outage/prepared/{waiting}/move/", {"ward": "i"}),
        State("move prepared, used", "adele", "/outage/prepared/{used}/move/"),
        sent("prepare, faults", "adele", "/outage/plans/{plan}/numbers/enter/", PREPARED),
        sent("prepare, nothing", "adele", "/outage/plans/{plan}/numbers/enter/", {}),
        State("late list of all", "adele", "/outage/{outage}/late/"),
        sent("late of any ward, faults", "adele", "/outage/{outage}/late/list/", {"ward": "i"}),
        State("late list of one ward", "gunde", "/outage/{outage}/late/?ward={eye}"),
        State("prepared of a drill, looking on", "gunde", "/outage/plans/{practice}/numbers/"),
    ],
    afterwards: [
        State("story, till", "tilda", "/outage/{outage}/"),
        State("story, turned round", "tilda", "/outage/{outage}/?order=latest"),
        State("story, ward", "wilma", "/outage/{outage}/"),
        State("story, administrator", "adele", "/outage/{outage}/"),
        State("report", "adele", "/outage/{outage}/report/"),
        State("report of a drill", "adele", "/outage/{drill}/report/"),
        State("sign-off, much missing", "adele", "/outage/{outage}/sign-off/"),
        State("sign-off of a drill, much missing", "adele", "/outage/{drill}/sign-off/"),
        sent("sign-off, too early", "adele", "/outage/{outage}/sign-off/", {}, 409),
        State("story of a drill, looking on", "gunde", "/outage/{drill}/"),
    ],
    signed_off: [
        State("story, signed off", "adele", "/outage/{outage}/"),
        State("story, opened again", "adele", "/outage/{drill}/"),
        State("sign-off, once more", "adele", "/outage/{outage}/sign-off/"),
        sent("sign-off, too long", "adele", "/outage/{outage}/sign-off/", TOO_LONG),
        State("sign-off, opened again", "adele", "/outage/{drill}/sign-off/"),
        State("report, signed off", "gunde", "/outage/{outage}/report/"),
    ],
}

# Addresses that no state ends at, and why.
NO_PAGE = {
    "sign-out/": "leads to the sign-in page",
    "locked/": "where /lock/ leads, and that is a state",
    "still-here/": "answers the page's script",
    "language/": "leads back",
    "keys/": "leads back",
    "till/live/": "a piece of the board",
    "till/drill/live/": "a piece of the board",
    "till/call/anew/": "leads to an empty form",
    "till/drill/call/anew/": "leads to an empty form",
    "till/handouts/<int:pk>/shown/": "answers the page's script",
    "till/handouts/<int:pk>/sheet-seen/": "leads to the number",
    "wards/search/": "a piece of the form for a call",
    "wards/search/drill/": "a piece of the form for a call in a drill",
    "wards/known/": "a piece of the forms for a ward",
    "wards/names/<int:pk>/drop/": "takes a short name away, and leads back to the list",
    "registers/contacts/days/<int:pk>/drop/": "leads back to the contact",
    "outage/plans/<int:pk>/send-again/": "leads back to the plan",
    "people/<int:pk>/deactivate/": "leads back to the person",
    "ward/handouts/<int:pk>/check/": "a piece of the form for a real number",
    "ward/handouts/<int:pk>/switches/": "leads back to the handout",
    "ward/handouts/<int:pk>/witness/": "leads back to the handout",
    "admin/login/": "leads to the sign-in page",
    "files/<int:pk>/": "is made of more rows than a state has: tests/making",
    "files/<int:pk>/fetch/": "a file",
    "files/<int:pk>/stop/": "leads back to the report",
    "outage/<int:pk>/report.pdf": "a file",
    "outage/<int:pk>/rows.csv": "a file",
    "ward/done/rows.csv": "a file",
}


@dataclass(frozen=True)
class Group:
    """States that one person meets in one situation: set up once, looked at one after the other."""

    situation: Situation
    who: str
    states: tuple[State, ...]

    def __str__(self) -> str:
        return f"{self.situation.__name__}-{self.who or 'stranger'}"


GROUPS = [
    Group(situation, who, tuple(state for state in states if state.who == who))
    for situation, states in STATES.items()
    for who in dict.fromkeys(state.who for state in states)
]
