"""Acts on binders and outages: from the first doubt and the plan to paper, counts and sign-off."""

from uuid import uuid4

from custody.forms import afterwards, binder, counts, paper, planned
from outage.forms import doubt
from outage.forms import outages as outage_forms
from outage.forms import past as past_forms
from outage.forms import plans as plan_forms
from tests import scenes
from tests.every_page.hostile.act import IN_FIVE_DAYS, LAST_MONTH, NEXT_MONTH, REASON, Act

BINDER = {"name": "Övning", "training": "on", "text": "\n".join(scenes.TRAINING)}
WINDOW = {
    "planned_start": f"{NEXT_MONTH} 20:00",
    "planned_end": f"{NEXT_MONTH} 22:00",
    "reason": "upgrade",
}
UNUSED = scenes.REAL_MAN  # by no act before
PAPER = {"text": "{now};M151;IVA;wilma;tilda;2102", "request_key": str(uuid4())}

ACTS = {
    "preview": Act(binder.BinderForm, "adele", "/binder/load/", BINDER),
    "load": Act(
        binder.BinderForm,
        "adele",
        "/binder/load/",
        {**BINDER, "family_name": "A", "given_name": "B", "confirmed": "1"},
        shown_on=("/binder/?drill=1", "/binder/load/"),
    ),
    "tick": Act(
        doubt.TickForm,
        "tilda",
        "/outage/doubt/tick/",
        {"news": "on", "drill": "True", "text": "x", "next": "/outage/"},
        shown_on=("/outage/?drill=1",),
    ),
    "clear": Act(
        doubt.PointsForm,
        "tilda",
        "/outage/doubt/{doubt}/clear/",
        {"local": "on", "drill": "True", "text": "x", "next": "/outage/"},
    ),
    "start": Act(
        outage_forms.StartForm, "tilda", "/outage/start/", {"drill": "on", "text": "", "next": ""}
    ),
    "note": Act(
        outage_forms.NoteForm, "tilda", "/outage/{outage}/note/", {"act": "noted", "text": "x"}
    ),
    "end": Act(outage_forms.EndForm, "tilda", "/outage/{outage}/end/", {"text": "x"}),
    "announce": Act(
        plan_forms.AnnounceForm,
        "adele",
        "/outage/plans/new/",
        {**WINDOW, "wards": "IVA\nÖgonmottagning", "drill": "on", "confirmed": "1"},
    ),
    "change plan": Act(
        plan_forms.ChangeForm,
        "adele",
        "/outage/plans/{plan}/change/",
        {**WINDOW, "wards": "IVA", "confirmed": "1"},
        shown_on=("/outage/",),
    ),
    "move planned end": Act(
        plan_forms.MoveEndForm,
        "adele",
        "/outage/plans/{begun}/planned-end/",
        {"planned_end": f"{IN_FIVE_DAYS} 23:00", "reason": "longer"},
        shown_on=("/till/",),
    ),
    "cancel plan": Act(
        plan_forms.CancelForm,
        "adele",
        "/outage/plans/{plan}/cancel/",
        REASON,
        shown_on=("/ward/", "/binder/overview/"),
    ),
    "start plan": Act(
        plan_forms.StartPlanForm, "tilda", "/outage/plans/{plan}/start/", {"text": "x"}
    ),
    "need": Act(
        plan_forms.NeedForm,
        "adele",
        "/outage/plans/{plan}/need/{ward}/",
        {"women": "1", "men": "2", "registers_late": "on"},
    ),
    "prepare": Act(
        planned.PrepareForm,
        "adele",
        "/outage/plans/{plan}/numbers/enter/",
        {"ward": "IVA", "ward_asked": "", "text": UNUSED},
    ),
    "mark": Act(
        planned.MarkForm,
        "wilma",
        "/outage/prepared/{prepared}/mark/",
        {"outcome": "used", "reason": "x", "next": ""},
    ),
    "move": Act(
        planned.MoveForm,
        "adele",
        "/outage/prepared/{prepared}/move/",
        {"plan": "{plan}", "ward": "Ögonmottagning", "ward_asked": "", "reason": "x"},
    ),
    "late": Act(
        planned.LateForm,
        "wilma",
        "/outage/{outage}/late/list/",
        {"ward": "{ward}", "place": "Sal 3", "treated_at": "{now}", "request_key": str(uuid4())},
    ),
    "late of any ward": Act(
        planned.LateOfAnyWardForm,
        "adele",
        "/outage/{outage}/late/list/",
        {"ward": "IVA", "place": "Sal 3", "treated_at": "{now}", "request_key": str(uuid4())},
    ),
    "register late": Act(
        planned.RegisterLateForm,
        "wilma",
        "/outage/late/{late}/register/",
        {"number": UNUSED, "at": "", "by": "wilma"},
    ),
    "withdraw late": Act(
        planned.WithdrawLateForm, "wilma", "/outage/late/{registered}/withdraw/", REASON
    ),
    "strike late": Act(planned.StrikeForm, "wilma", "/outage/late/{late}/strike/", REASON),
    "count": Act(
        counts.CountForm,
        "tilda",
        "/binder/{binder}/count/",
        {
            "found-{number}": "{now}",
            "typed": "K064",
            "reason": "gone through twice",
            "by": "tilda",
            "asked": "",
            "listed_at": "{now}",
            "request_key": str(uuid4()),
        },
    ),
    "destroyed": Act(
        counts.DestroyForm,
        "adele",
        "/binder/count-lines/{surplus}/destroyed/",
        {"note": "shredded"},
    ),
    "explain foreign": Act(
        counts.ForeignForm,
        "adele",
        "/binder/foreign-sheets/{foreign}/explain/",
        {"reason": "shredded"},
    ),
    "from paper": Act(
        paper.LateEntryForm,
        "tilda",
        "/outage/{outage}/late-entries/",
        {
            "at": "{now}",
            "number": "M151",
            "ward": "IVA",
            "caller": "wilma",
            "callback": "2102",
            "by": "tilda",
            "request_key": str(uuid4()),
        },
    ),
    "paper log": Act(paper.LateBatchForm, "tilda", "/outage/{outage}/late-entries/batch/", PAPER),
    "paper log confirmed": Act(
        paper.LateBatchForm,
        "tilda",
        "/outage/{outage}/late-entries/batch/",
        {**PAPER, "confirmed": "1"},
    ),
    "past": Act(
        past_forms.PastForm,
        "tilda",
        "/outage/past/",
        {
            "kind": "planned",
            "drill": "on",
            "started_at": f"{LAST_MONTH} 11:00",
            "ended_at": f"{LAST_MONTH} 13:00",
            "by": "tilda",
            "text": "x",
        },
    ),
    "sign off": Act(afterwards.SignOffForm, "adele", "/outage/{past}/sign-off/", {"text": "x"}),
}
