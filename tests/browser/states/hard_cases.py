"""An outage that is no simple one: a drill beside it, none left, one number on two patients."""

from playwright.sync_api import Page

from tests.browser.situations import (
    Situation,
    after_another,
    both,
    doubted,
    drill,
    in_one_call,
    miscounted,
    nearly_empty,
    restored,
    sheet_is_missing,
    two_patients,
)
from tests.browser.states.state import CALL, LOG, PAPER, UNSURE, State, sent


def leave_call(page: Page) -> None:
    """Begin a call, leave it, and begin another."""
    page.locator("[name=caller]").fill("wilma")
    page.goto("/till/")
    page.goto("/till/call/?new=1")


def go_on(page: Page) -> None:
    """Go on with the call that was begun."""
    with page.expect_navigation():
        page.locator("a[href*='go_on=']").click()


ANOTHER = {**CALL, "caller": "vidar"}
WAITS = {**CALL, "caller": "vera1", "ward": "Ögonkliniken / Ögonmottagning"}
# A count has seen the sheet after that time.
SEEN = {**UNSURE, "number": "K106", "ward": "IVA"}
LOG_SEEN = {**LOG, "text": PAPER % "K106"}
# Another patient has the number.
DOUBLED = {**UNSURE, "number": "K064", "ward": "IVA"}
LOG_DOUBLED = {**LOG, "text": PAPER % "K064", "confirmed": "1"}

STATES: dict[Situation, list[State]] = {
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
}
