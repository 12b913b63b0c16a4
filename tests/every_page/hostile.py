"""Hostile texts, and every form as somebody fills it in rightly, in which they are tried."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from django import forms
from django.utils import timezone

from befreg_reserv.audit.review import forms as audit_forms
from befreg_reserv.people import forms as people_forms
from befreg_reserv.people.staff import forms as staff_forms
from befreg_reserv.people.wards import forms as ward_forms
from befreg_reserv.people.wards.changes import forms as change_forms
from befreg_reserv.people.wards.clinics import forms as clinic_forms
from custody.forms import afterwards, binder, counts, paper, planned, ward, wrong
from custody.forms import fields as forms_fields
from custody.forms import switch_list as switch_forms
from custody.forms import till as custody_forms
from outage.forms import contacts as contact_forms
from outage.forms import doubt
from outage.forms import outages as outage_forms
from outage.forms import past as past_forms
from outage.forms import plans as plan_forms
from outage.forms import targets as target_forms
from tests import scenes

SCRIPT = "<script>alert(1)</script>"
MARKUP = "\"'><b>"
# The first two are short enough to be kept by every field of free text, so that they get shown.
TEXTS: dict[str, str | bytes] = {
    "script": SCRIPT,
    "all sorts": f"{MARKUP}{{{{7*7}}}}%s\u202e\r\nÅA\u030a\U0001f469\u200d\U0001f467",
    "NUL": "a\x00b",
    "only invisible": "\u200b\u202e\u2066\ufeff",
    "no characters": "\uffff\U0010ffff\ue000",
    "long": "Å" * 10_000,
    "as long as a name": "Å" * 120,
    "bytes that are no UTF-8": b"a\xff\xed\xa0\x80\xed\xbf\xbf\xc3",
}
SHOWN = ("script", "all sorts")
# What PostgreSQL takes in no text, or in none of that length.
UNSTORABLE = ("NUL", "long", "as long as a name", "bytes that are no UTF-8")


@dataclass(frozen=True)
class Act:
    """One form as somebody fills it in rightly, and where what it keeps is shown."""

    form: type[forms.BaseForm]
    who: str
    path: str
    fields: dict[str, str] = field(default_factory=dict)
    method: str = "POST"
    shown_on: tuple[str, ...] = ()


UNKNOWN_SEX = "20000101X803"
LAST_MONTH, NEXT_MONTH, IN_FIVE_DAYS = (
    timezone.localdate() + timedelta(days=days) for days in (-30, 30, 5)
)
REASON = {"reason": "wrong"}
CHANGED = {"day": f"{timezone.localdate()}", "reason": "x"}
BINDER = {"name": "Övning", "training": "on", "text": "\n".join(scenes.TRAINING)}
WINDOW = {
    "planned_start": f"{NEXT_MONTH} 20:00",
    "planned_end": f"{NEXT_MONTH} 22:00",
    "reason": "upgrade",
}
UNUSED = scenes.REAL_MAN  # by no act before
PAPER = {"text": "{now};M151;IVA;wilma;tilda;2102", "request_key": str(uuid4())}
ACTS = {
    "sign in": Act(people_forms.SignInForm, "", "/sign-in/", {"username": "tilda", "next": "/"}),
    "own password": Act(
        people_forms.OwnPasswordForm,
        "tilda",
        "/password/",
        {"old_password": "x", "new_password1": "y", "new_password2": "y", "next": "/"},
    ),
    "language": Act(forms.Form, "tilda", "/language/", {"language": "en", "next": "/"}),
    "call": Act(
        custody_forms.CallForm,
        "tilda",
        "/till/hand-out/",
        {
            "sex": "M",
            "caller": "wilma",
            "ward": "IVA",
            "callback": "2102",
            "outage": "{outage}",
            "request_key": str(uuid4()),
            "other_than": str(scenes.ANOTHER_PATIENT),
        },
        shown_on=("/till/", "/ward/"),
    ),
    "patient": Act(
        custody_forms.PatientForm,
        "tilda",
        "/till/hand-out/",
        {
            "place": "Sal 3",
            "sex": "M",
            "age_group": "child",
            "caller": "",
            "caller_name": "Anna",
            "callback": "2102",
            "ward": "IVA",
            "outage": "{outage}",
            "request_key": str(uuid4()),
            "other_than": str(scenes.ANOTHER_PATIENT),
        },
        shown_on=("/till/", "/ward/"),
    ),
    "serve": Act(
        custody_forms.ServeForm,
        "tilda",
        "/till/patients/{waits}/serve/",
        {"sex": "M", "other_sex_reason": "cannot wait"},
    ),
    "find caller": Act(
        custody_forms.CallerForm, "adele", "/binder/calls/{unknown}/caller/", {"caller": "annan"}
    ),
    "withdraw patient": Act(
        forms_fields.ReasonForm, "tilda", "/till/patients/{waits}/withdraw/", REASON
    ),
    "correct patient": Act(
        wrong.CorrectWaitingForm,
        "tilda",
        "/till/patients/{waits}/correct/",
        {"ward": "IVA", "caller": "vidar", "callback": "2200", **REASON},
        shown_on=("/till/", "/ward/"),
    ),
    "settle patient": Act(
        forms_fields.ReasonForm, "adele", "/till/patients/{waits_for_none}/settle/", REASON
    ),
    "read back": Act(
        custody_forms.ReadBackForm,
        "tilda",
        "/till/handouts/{handed_out}/read-back/",
        {"typed": "K064"},
    ),
    "shown": Act(forms.Form, "tilda", "/till/handouts/{handed_out}/shown/", {}),
    "sheet seen": Act(forms.Form, "tilda", "/till/handouts/{handed_out}/sheet-seen/", {}),
    "sheet missing": Act(forms.Form, "tilda", "/till/handouts/{handed_out}/sheet-missing/", {}),
    "find": Act(binder.FindForm, "gunde", "/numbers/find/", {"number": "K064"}),
    "explain": Act(binder.ExplainForm, "adele", "/binder/missing/{missing}/explain/", REASON),
    "check": Act(
        forms.Form, "wilma", "/ward/handouts/{handed_out}/check/", {"number": scenes.REAL_MAN}
    ),
    "replace": Act(
        ward.ReplaceForm,
        "wilma",
        "/ward/handouts/{handed_out}/replace/",
        {
            "wristband": "K064",
            "place": "Sal 3",
            "no_wristband": "",
            "number": scenes.REAL_MAN,
            "searched": "on",
            "at": "",
            "sex_may_differ": "on",
            "reason": "right",
        },
    ),
    "bedside": Act(
        ward.BedsideForm,
        "wilma",
        "/ward/handouts/{handed_out}/bedside/",
        {"wristband": "K064", "place": "Sal 3"},
        shown_on=("/ward/",),
    ),
    "switches": Act(
        ward.SwitchForm,
        "wilma",
        "/ward/handouts/{replaced}/switches/",
        {"identity": scenes.REAL_WOMAN},
    ),
    "witness": Act(
        ward.PairForm,
        "adele",
        "/ward/handouts/{replaced}/witness/",
        {"identity": scenes.REAL_WOMAN},
    ),
    "notice": Act(
        ward.NoticeForm,
        "wilma",
        "/ward/handouts/{replaced}/notice/",
        {"at": "", "by": "wilma", "reference": "R1", "witness": "adele"},
    ),
    "void": Act(forms_fields.ReasonForm, "wilma", "/ward/handouts/{handed_out}/void/", REASON),
    "transfer": Act(
        wrong.TransferForm,
        "adele",
        "/ward/handouts/{handed_out}/transfer/",
        {"ward": "Ögonmottagning", "place": "Sal 3", **REASON},
    ),
    "correct": Act(
        wrong.CorrectForm,
        "adele",
        "/ward/handouts/{handed_out}/correct/",
        {"caller": "vidar", "callback": "2200", **REASON},
    ),
    "wrong sex": Act(
        wrong.WrongSexForm,
        "tilda",
        "/ward/handouts/{handed_out}/wrong-sex/",
        {"sex": "M", "lies_there": "on", **REASON},
        shown_on=("/ward/handouts/{handed_out}/",),
    ),
    "undo": Act(forms_fields.ReasonForm, "adele", "/ward/handouts/{uncounted}/undo/", REASON),
    "withdraw confirmation": Act(
        ward.ConfirmationReasonForm,
        "wilma",
        "/ward/handouts/{confirmed}/withdraw-confirmation/",
        REASON,
    ),
    "withdraw replacement": Act(
        ward.PairReasonForm,
        "wilma",
        "/ward/handouts/{replaced}/withdraw-replacement/",
        {**REASON, "identity": scenes.REAL_WOMAN},
    ),
    "withdraw notice": Act(
        ward.PairReasonForm,
        "wilma",
        "/ward/handouts/{closed}/withdraw-notice/",
        {**REASON, "identity": scenes.REAL_WOMAN_2},
    ),
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
    "known ward": Act(
        ward_forms.KnownWardForm,
        "adele",
        "/wards/{typed_in}/merge/",
        {"ward": "IVA", "ward_asked": ""},
    ),
    "new ward": Act(
        ward_forms.NewWardForm,
        "adele",
        "/wards/{typed_in}/confirm/",
        {"new_clinic": "Fältsjukhuset", "name": "Tältet"},
        shown_on=("/wards/",),
    ),
    "ward of a person": Act(
        ward_forms.KnownWardForm, "adele", "/wards/people/{lost}/", {"ward": "IVA"}
    ),
    "short name": Act(
        ward_forms.AliasForm, "adele", "/wards/names/", {"name": "akv", "ward": "IVA"}
    ),
    "file of wards": Act(
        ward_forms.WardFileForm,
        "adele",
        "/wards/file/",
        {"text": "clinic,ward\nKir,Kir 9", "seen": "", "confirmed": "1"},
    ),
    "open a ward": Act(
        change_forms.OpenForm,
        "adele",
        "/wards/every/new/",
        {"new_clinic": "Fältsjukhuset", "name": "Läger", **CHANGED},
    ),
    "rename a ward": Act(
        change_forms.RenameForm,
        "adele",
        "/wards/every/{ward}/rename/",
        {"new_clinic": "Fältsjukhuset", "name": "Läger", **CHANGED},
    ),
    "merge a ward": Act(
        change_forms.MergeForm,
        "adele",
        "/wards/every/{ward}/merge/",
        {"ward": "Ögonmottagning", **CHANGED},
    ),
    "split a ward": Act(
        change_forms.SplitForm,
        "adele",
        "/wards/every/{ward}/split/",
        {"names": "Läger\nTält", **CHANGED},
    ),
    "places of a split": Act(
        change_forms.PlacesForm,
        "adele",
        "/wards/every/{ward}/split/",
        {"names": "Läger\nTält", "confirmed": "1", "numbers-{handed_out}": "0", **CHANGED},
    ),
    "close a ward": Act(
        change_forms.ChangeForm, "adele", "/wards/every/{ward}/close/", {**CHANGED}
    ),
    "open a clinic": Act(
        clinic_forms.OpenClinicForm,
        "adele",
        "/wards/clinics/new/",
        {"name": "Fältsjukhuset", **CHANGED},
    ),
    "rename a clinic": Act(
        clinic_forms.RenameClinicForm,
        "adele",
        "/wards/clinics/{clinic}/rename/",
        {"name": "Fältsjukhuset", **CHANGED},
    ),
    "close a clinic": Act(
        clinic_forms.CloseClinicForm,
        "adele",
        "/wards/clinics/{clinic}/close/",
        {"into": "{other_clinic}", **CHANGED},
    ),
    "places of a clinic's wards": Act(
        clinic_forms.WardPlacesForm,
        "adele",
        "/wards/clinics/{clinic}/close/",
        {"ward-{ward}": "{other_clinic}", "confirmed": "1", **CHANGED},
    ),
    "spelling of a clinic": Act(
        clinic_forms.SpellingForm,
        "adele",
        "/wards/clinics/{clinic}/correct/",
        {"name": "ANESTESIKLINIKEN", "seen": "{clinic_mark}"},
    ),
    "what a ward left": Act(
        change_forms.MoveOnForm,
        "adele",
        "/wards/every/{closed_ward}/move-on/",
        {"ward": "IVA", "reason": "x"},
    ),
    "details of a ward": Act(
        change_forms.DetailsForm,
        "adele",
        "/wards/every/{ward}/correct/",
        {"name": "IVA", "telephone": "2102", "seen": "{ward_mark}"},
    ),
    "people": Act(
        staff_forms.SearchForm, "adele", "/people/", {"q": "tilda", "role": "till"}, "GET"
    ),
    "new person": Act(
        staff_forms.NewPersonForm,
        "adele",
        "/people/new/",
        {"vgr_id": "nyare1", "role-ward": "on", "ward": "IVA", "request_key": str(uuid4())},
        shown_on=("/people/?which=all",),
    ),
    "roles": Act(
        staff_forms.RolesForm,
        "adele",
        "/people/{lost}/change/",
        {"role-ward": "on", "email": "vera@example.org", "seen": "{lost_mark}"},
    ),
    "person": Act(
        staff_forms.PersonForm,
        "adele",
        "/people/{lost}/change/",
        {"role-till": "on", "seen": "{lost_mark}"},
    ),
    "wards of a person": Act(
        staff_forms.WardsForm,
        "adele",
        "/people/{lost}/move/",
        {"ward": "IVA", "seen": "{lost_mark}"},
    ),
    "one more ward": Act(
        staff_forms.OptionalWardForm,
        "adele",
        "/people/{lost}/move/",
        {"ward": "IVA", "seen": "{lost_mark}"},
    ),
    "account": Act(
        staff_forms.AccountForm,
        "adele",
        "/people/{lost}/one-time/",
        {"seen": "{lost_mark}", "request_key": str(uuid4())},
    ),
    "several people": Act(
        staff_forms.SeveralForm,
        "adele",
        "/people/several/",
        {"person-{lost}": "1", "what": "join", "ward": "IVA", "request_key": str(uuid4())},
    ),
    "file of people": Act(
        staff_forms.PeopleFileForm,
        "adele",
        "/people/file/",
        {"text": "vgr-id,ward\nnyare2,IVA", "seen": "", "request_key": str(uuid4())},
    ),
    "contact": Act(
        contact_forms.ContactForm,
        "adele",
        "/registers/contacts/new/",
        {"purpose": "chief", "position": "1", "name": "Läkaren", "number": "4711", "active": "on"},
        shown_on=("/registers/contacts/",),
    ),
    "hours": Act(
        contact_forms.HoursForm,
        "adele",
        "/registers/contacts/{contact}/hours/",
        {"day-0": "8-12", "seen": "{contact_mark}"},
    ),
    "single day": Act(
        contact_forms.SingleDayForm,
        "adele",
        "/registers/contacts/{contact}/days/",
        {"day": f"{NEXT_MONTH}", "hours": "8-12", "reason": "utbildning"},
        shown_on=("/registers/contacts/{contact}/",),
    ),
    "targets": Act(
        target_forms.TargetsForm,
        "adele",
        "/registers/targets/change/",
        {"call_to_number_seconds": "45", "close_out_minutes": "120", "seen": "{targets_mark}"},
    ),
    "switch item": Act(
        switch_forms.SwitchItemForm,
        "adele",
        "/registers/switch-list/new/",
        {"name": "Bandet", "position": "9", "active": "on"},
        shown_on=("/registers/switch-list/",),
    ),
    "ward search": Act(forms.Form, "tilda", "/wards/search/", {"ward": "IVA"}, "GET"),
    "audit log": Act(audit_forms.SearchForm, "gunde", "/audit/", {"newer": "", "older": ""}, "GET"),
}
# What a field of free text keeps must be read on a page again, as it was typed.
KEPT = {
    "contact": ["name", "hint"],
    "single day": ["reason"],
    "switch item": ["name", "hint"],
    "call": ["caller", "ward", "callback"],
    "replace": ["reason", "place"],
    "bedside": ["place"],
    "notice": ["by", "reference", "witness"],
    "patient": ["caller_name"],
    "serve": ["other_sex_reason"],
    "withdraw patient": ["reason"],
    "settle patient": ["reason"],
    "void": ["reason"],
    "transfer": ["place", "reason"],
    "correct": ["caller", "callback", "reason"],
    "wrong sex": ["reason"],
    "undo": ["reason"],
    "withdraw confirmation": ["reason"],
    "withdraw replacement": ["reason"],
    "withdraw notice": ["reason"],
    "load": ["name", "family_name", "given_name"],
    "mark": ["reason"],
    "move": ["reason"],
    "late": ["place"],
    "late of any ward": ["place"],
    "register late": ["by"],
    "withdraw late": ["reason"],
    "strike late": ["reason"],
    "destroyed": ["note"],
    "explain foreign": ["reason"],
    "from paper": ["ward", "caller", "by"],
    "tick": ["text"],
    "start": ["text"],
    "note": ["text"],
    "sign off": ["text"],
    "end": ["text"],
    "announce": ["reason"],
    "change plan": ["reason"],
    "move planned end": ["reason"],
    "cancel plan": ["reason"],
}
