"""An outage that is planned or has ended: its plan, paper, patients who are left, sign-off."""

from datetime import timedelta

from django.utils import timezone

from tests import scenes
from tests.browser.situations import Situation, afterwards, ended, planned, set_aside, signed_off
from tests.browser.states.state import CALL, LOG, PAPER, TOO_LONG, UNSURE, State, sent


def next_year() -> dict[str, str]:
    """Return what is typed to announce an outage ten months ahead."""
    begins = (timezone.localtime() + timedelta(days=300)).replace(hour=12)
    times = {"planned_start": begins, "planned_end": begins + timedelta(hours=2)}
    typed = {name: f"{at:%Y-%m-%d %H:%M}" for name, at in times.items()}
    return {**typed, "reason": "Byte av databas", "wards": "IVA"}


PREPARED = {"ward": "Anestesikliniken / IVA", "text": f"{scenes.REAL_MAN}\nhello"}
REASON = {"reason": "fel"}
FAULTY_LOG = {**LOG, "text": f"{PAPER % 'K065'}\nx;;y;z"}

STATES: dict[Situation, list[State]] = {
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
