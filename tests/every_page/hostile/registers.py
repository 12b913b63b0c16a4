"""Acts on what the administrator keeps: wards, clinics, people, contacts, lists; and searches."""

from uuid import uuid4

from django import forms
from django.utils import timezone

from befreg_reserv.audit.review import forms as audit_forms
from befreg_reserv.people.break_glass.forms import GlassAccountForm, GlassForm, SealForm
from befreg_reserv.people.disposal import forms as disposal_forms
from befreg_reserv.people.redacting import forms as redacting_forms
from befreg_reserv.people.resets import forms as reset_forms
from befreg_reserv.people.reviews import forms as review_forms
from befreg_reserv.people.sso.claims.forms import RuleForm
from befreg_reserv.people.staff import forms as staff_forms
from befreg_reserv.people.wards import forms as ward_forms
from befreg_reserv.people.wards.changes import forms as change_forms
from befreg_reserv.people.wards.clinics import forms as clinic_forms
from befreg_reserv.people.workstations import forms as workstation_forms
from custody.forms import extract as extract_forms
from custody.forms import switch_list as switch_forms
from outage.forms import contacts as contact_forms
from outage.forms import targets as target_forms
from tests.every_page.hostile.act import NEXT_MONTH, Act

CHANGED = {"day": f"{timezone.localdate()}", "reason": "x"}

ACTS = {
    "propose a year": Act(
        disposal_forms.ProposeForm, "adele", "/log-years/propose/", {"year": "2020", "reason": "x"}
    ),
    "mask a text": Act(
        redacting_forms.RedactForm, "adele", "/masked/new/", {"text": "2102", "reason": "x"}
    ),
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
    "let a colleague in": Act(
        reset_forms.ColleagueForm,
        "tilda",
        "/colleague/",
        {"vgr_id": "wilma", "request_key": str(uuid4())},
        shown_on=("/colleague/",),
    ),
    "answer to a reset": Act(
        reset_forms.AnswerForm,
        "tilda",
        "/colleague/decline/",
        {"reset": "{reset}"},
    ),
    "confirmed reset": Act(
        reset_forms.ConfirmForm,
        "tilda",
        "/colleague/confirm/",
        {"reset": "{reset}", "password": "x", "request_key": str(uuid4())},
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
    "break-glass account": Act(
        GlassAccountForm,
        "adele",
        "/registers/break-glass/make/",
        {"vgr_id": "glas-9", "place": "Skåpet", "role-till": "on", "request_key": str(uuid4())},
        shown_on=("/registers/break-glass/",),
        done=200,
    ),
    "break the glass": Act(
        GlassForm, "", "/sign-in/glass/", {"username": "glas-1", "reason": "Ingen kan logga in"}
    ),
    "seal": Act(
        SealForm, "adele", "/registers/break-glass/{glass}/seal/", {"request_key": str(uuid4())}
    ),
    "rule for sign-ins": Act(
        RuleForm,
        "adele",
        "/registers/sign-on/add/",
        {"claim": "groups", "value": "kassan", "role": "ward", "confirmed": "1"},
        shown_on=("/registers/sign-on/",),
    ),
    "switch item": Act(
        switch_forms.SwitchItemForm,
        "adele",
        "/registers/switch-list/new/",
        {"name": "Bandet", "position": "9", "active": "on"},
        shown_on=("/registers/switch-list/",),
    ),
    "workstation": Act(
        workstation_forms.EnrolForm,
        "adele",
        "/registers/workstations/enrol/",
        {"name": "Kassa 9", "place": "Akuten", "public_key": "", "proof": ""},
        shown_on=("/registers/workstations/",),
    ),
    "PIN": Act(workstation_forms.PinForm, "tilda", "/pin/", {"pin": "739205"}),
    "ward search": Act(forms.Form, "tilda", "/wards/search/", {"ward": "IVA"}, "GET"),
    "audit log": Act(audit_forms.SearchForm, "gunde", "/audit/", {"newer": "", "older": ""}, "GET"),
    "extract": Act(
        extract_forms.ExtractForm, "gunde", "/audit/extract/", {"number": "20000101K064"}
    ),
    "draw": Act(review_forms.MonthForm, "gunde", "/audit/reviews/draw/", {"month": "2026-01"}),
    "judge": Act(review_forms.JudgeForm, "gunde", "/audit/reviews/month/"),
    **{
        f"question to the log: {form.__name__}": Act(form, "gunde", f"/audit/{kind}/", {}, "GET")
        for kind, form in (
            ("number", audit_forms.NumberQuestion),
            ("person", audit_forms.PersonQuestion),
            ("unit", audit_forms.UnitQuestion),
        )
    },
}
