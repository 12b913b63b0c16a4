"""An outage that goes on: the call, the number, and what its ward does with it."""

from playwright.sync_api import Page

from tests import scenes
from tests.browser.situations import Situation, ongoing
from tests.browser.states.registers import REGISTERS
from tests.browser.states.state import CALL, TOO_LONG, State, sent


def search_ward(page: Page) -> None:
    """Type three letters of a ward, and wait for what fits."""
    page.locator("[name=ward]").first.press_sequentially("ane")
    page.locator("[role=option]").first.wait_for()


EMPTY = {name: CALL[name] for name in ("outage", "request_key")}  # which no person types
USED = {**CALL, "request_key": "{used_key}", "caller": "vidar"}
ALL_WRONG = {"typed": "20010101M999"}
ANY_WARD = {"ward": "an", "reason": "moved"}

STATES: dict[Situation, list[State]] = {
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
        State("who has seen a number", "gunde", "/audit/number/?number=20000101K064"),
        State("what a person did", "gunde", "/audit/person/?person=tilda"),
        State("what a ward got", "gunde", "/audit/unit/?unit=iva"),
        State("which number is meant", "gunde", "/audit/number/?number=K0"),
        State("extract", "gunde", "/audit/extract/"),
        sent("extract, shown", "gunde", "/audit/extract/", {"number": "20000101K064"}, 200),
        sent("extract, a part", "gunde", "/audit/extract/", {"number": "K064"}),
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
        sent("locked, an outage", "tilda", "/lock/", {}, 200),
        State("binder", "adele", "/binder/"),
        State("overview", "adele", "/binder/overview/"),
        *REGISTERS,
    ],
}
