"""Before any outage, or in doubt of one: signing in, what everybody has, and a till at rest."""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from playwright.sync_api import Page

from befreg_reserv.pages.errors import server_error
from befreg_reserv.pages.unanswered import page
from outage.models import RoutineStep
from tests import scenes
from tests.browser.hands import send
from tests.browser.situations import (
    Situation,
    at_rest,
    in_doubt,
    nobody_to_call,
    nothing,
    reviewed,
)
from tests.browser.states.state import STRANGER, TOO_LONG, State, sent


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
TOO_MANY = {f"field{number}": "" for number in range(501)}
BINDER = {"name": "Ny pärm", "family_name": "Driftstopp", "given_name": "AKM"}
FAULTY = {**BINDER, "text": "tab,number\n1,20000101K065\n2,20000101K064\n2,hello"}
NEW = {**BINDER, "text": "\n".join(scenes.REAL)}
TRAINING = {**BINDER, "text": "\n".join(scenes.TRAINING), "training": "on"}

CONFIRMS = {"reset": "{reset}", "request_key": str(UUID(int=5)), "password": "x"}

# What a count is sent with; no box is ticked, so much is missing.
COUNT = {"listed_at": "{listed_at}", "request_key": str(UUID(int=2)), "typed": "K064\nK999"}
# A box that the list sent along hasn't got.
OTHER_LIST = {**COUNT, "found-0": "{listed_at}"}

# A version of the routine, and one that lacks nearly all.
STEPS = {f"{moment}{end}": "Ett steg" for moment in RoutineStep.Moment for end in ("", "_en")}
DAYS = {"valid_from": "2026-11-29", "valid_until": "2027-11-28"}
VERSION = {**STEPS, **DAYS, "shown": "1", "responsible": "Adele", "decided_by": "Adele"}

STATES: dict[Situation, list[State]] = {
    nothing: [
        State("sign in", STRANGER, "/sign-in/"),
        State("break the glass", STRANGER, "/sign-in/glass/"),
        sent("break the glass, nothing written", STRANGER, "/sign-in/glass/", {}),
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
        State("my account", "tilda", "/account/"),
        State("let a colleague in", "tilda", "/colleague/"),
        sent("let a colleague in, nobody", "tilda", "/colleague/", {"vgr_id": "zz"}),
        sent("let a colleague in, wrongly", "tilda", "/colleague/confirm/", CONFIRMS),
        State("let in by two", "adele", "/colleague/every/"),
        State("PIN", "tilda", "/pin/"),
        sent("PIN, faults", "tilda", "/pin/", {"pin": "123456"}),
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
        State("the till's computers, none", "adele", "/registers/workstations/"),
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
        State("reviews of the log", "gunde", "/audit/reviews/"),
        State("review, not drawn", "gunde", "/audit/reviews/month/"),
        sent("review, of no month", "gunde", "/audit/reviews/draw/", {"month": "x"}),
        State("question to the log, nothing asked", "gunde", "/audit/unit/"),
        State("question to the log, nothing fits", "gunde", "/audit/number/?number=19121212K999"),
        State("question to the log, wrong time", "gunde", "/audit/number/?since=x", 400),
        State("log, wrong search", "gunde", "/audit/?since=yesterday", 400),
    ],
    reviewed: [
        State("review of a month", "gunde", "/audit/reviews/month/?month=2026-03"),
        State("reviews, one overdue", "gunde", "/audit/reviews/"),
        sent("review, nothing judged", "gunde", "/audit/reviews/month/?month=2026-03", {}),
        State("overview, a review is overdue", "adele", "/binder/overview/"),
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
}
