"""Acts on calls, patients, handouts, and what everybody does: sign-in, a password, a language."""

from uuid import uuid4

from django import forms

from befreg_reserv.people import forms as people_forms
from custody.forms import binder, ward, wrong
from custody.forms import fields as forms_fields
from custody.forms import till as custody_forms
from tests import scenes
from tests.every_page.hostile.act import REASON, Act

ACTS = {
    "sign in": Act(people_forms.SignInForm, "", "/sign-in/", {"username": "tilda", "next": "/"}),
    "own password": Act(
        people_forms.OwnPasswordForm,
        "tilda",
        "/password/",
        {"old_password": "x", "new_password1": "y", "new_password2": "y", "next": "/"},
    ),
    "a session": Act(forms.Form, "tilda", "/account/sessions/end/", {"session": "7"}),
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
        forms_fields.SettledForm, "adele", "/till/patients/{waits_for_none}/settle/", REASON
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
}
