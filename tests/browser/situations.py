"""Situations that a page may be opened in. Each returns what its addresses are made of."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from befreg_reserv.acts.event import Event, Unattended
from befreg_reserv.people.models import Clinic, Ward, Workstation
from befreg_reserv.people.resets import resetting
from befreg_reserv.people.reviews import drawing, judging
from befreg_reserv.people.reviews.judging import Word
from befreg_reserv.people.reviews.months import Month
from befreg_reserv.people.roles import Role
from befreg_reserv.people.signing_in import passwords, throttle
from befreg_reserv.people.staff import finding
from befreg_reserv.people.wards import aliases, register
from befreg_reserv.people.wards.changes import changing
from befreg_reserv.people.wards.changes.changing import Kind, Terms
from befreg_reserv.people.wards.clinics import changing as clinics
from befreg_reserv.people.wards.clinics.changing import ClinicTerms
from befreg_reserv.people.workstations import keeping as workstations
from custody.afterwards import sign_off
from custody.binder import restoration
from custody.calls import taking
from custody.calls.taking import CallDetails, PatientDetails
from custody.handouts import bedside, closing, doubles, missing_sheet, notices
from custody.handouts.bedside import AtBedside
from custody.handouts.read_back import confirm_read_back
from custody.journal import chain, lines, marks
from custody.models import Handout, HandoutStep, LostHandout, ReserveNumber, SwitchItem
from custody.models.journal import JournalFault
from custody.planned import late_registration, prepared
from outage import doubt, lifecycle
from outage.calling import keeping
from outage.models import Contact
from outage.plans import needs, planning
from tests import scenes
from tests.audit.entries import entries
from tests.cast import Cast, gone, person, ward
from tests.custody.afterwards import aftermath
from tests.outage.plans.scenes import announce, cancel, mails_in_vain
from tests.people.break_glass import scenes as glass
from tests.people.sso import scenes as sign_on

Places = Mapping[str, object]
Situation = Callable[[Cast], Places]


def nothing(cast: Cast) -> Places:
    """No binder, no outage, nothing done by anybody yet."""
    person("lisa", Role.WARD)  # belongs to no ward
    newcomer = person("nyare", Role.TILL)
    passwords.set_one_time(newcomer, "kmpt-3h7n-xs8r", Unattended(timezone.now(), "adele"))
    for _try in range(throttle.FREE_TRIES + 1):
        throttle.count_try("hasty", "", timezone.now())
    theo, tyra = person("theo", Role.TILL), person("tyra", Role.TILL)
    resetting.begin(tyra, scenes.now(cast.tilda), request_key=uuid4())
    given = resetting.begin(cast.vidar, scenes.now(cast.tilda), request_key=uuid4()).row
    resetting.confirm(given, scenes.now(theo), password=passwords.one_time(uuid4(), "vidar"))
    waits = resetting.begin(cast.wilma, scenes.now(theo), request_key=uuid4()).row
    return {"reset": waits.pk}


def reviewed(cast: Cast) -> Places:
    """A month of the log is over; of its sample one entry has its word."""
    month = Month(2026, 3)
    number: dict[str, Any] = {"number": "20000101K064", "unit": str(cast.iva)}
    entries(2, actor=cast.tilda, actor_role="till", **number)
    entries(1, actor=cast.gunde, actor_role="auditor", act="access", action=3)
    by = Event.now(cast.gunde, timezone.now())
    sample = drawing.draw(month, by).row
    first = sample.sampled.order_by("pk").values_list("pk", flat=True)[:1]
    words = {key: Word("ask", "Varför två gånger?") for key in first}
    judging.judge(sample, words, by, request_key=uuid4())
    return {}


def at_rest(cast: Cast) -> Places:
    """Binders full, no outage."""
    real = scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    training = scenes.lay_in("Övningspärm", scenes.TRAINING, training=True)
    return {"binder": real.pk, "training": training.pk, "listed_at": timezone.now().isoformat()}


def _closed_ward(cast: Cast) -> Ward:
    """Return a ward that was merged into IVA."""
    closed = ward("Hudkliniken", "Hudmottagningen")
    terms = Terms(Kind.MERGED, timezone.localdate(), "Kliniken flyttar", (cast.iva,))
    changing.change(closed, terms, scenes.now(cast.adele))
    return Ward.objects.get(pk=closed.pk)


def _closed_clinic(cast: Cast, ward: Ward) -> Clinic:
    """Close the clinic of a closed ward: it was merged into that of IVA."""
    into = Clinic.objects.get(wards=cast.iva)
    terms = ClinicTerms(timezone.localdate(), "Kliniken flyttar", into=into)
    clinic = Clinic.objects.get(wards=ward)
    clinics.change(clinic, terms, scenes.now(cast.adele))
    return clinic


def in_doubt(cast: Cast) -> Places:
    """Two points ticked of the real checklist, one of a drill's."""
    at_rest(cast)
    now = timezone.now()
    doubt.tick(["local"], Event.now(cast.tilda, now - timedelta(minutes=4)), drill=False)
    opened = doubt.tick(
        ["news"], Event.now(cast.adele, now), drill=False, text="inget om Befreg"
    ).row
    doubt.tick(["local"], Event.now(cast.tilda, now), drill=True)
    return {"doubt": opened.pk}


def nobody_to_call(cast: Cast) -> Places:
    """The register of contacts is empty, and a drill is ongoing."""
    at_rest(cast)
    Contact.objects.update(active=False)
    return {"drill": scenes.begin(cast.tilda, drill=True).pk}


def ongoing(cast: Cast) -> Places:
    """A real outage, and a handout in each state. One ward is unknown, one caller odd."""
    at_rest(cast)
    outage = scenes.begin(cast.tilda)
    women = [scenes.handed_out(cast) for _ in range(4)]
    men = [scenes.handed_out(cast, sex="M") for _ in range(2)]
    odd = scenes.handed_out(cast, sex="M", caller="?", ward=register.typed_in("Fogelströmska"))
    handed_out, read_back, replaced, closed = women
    voided, undone = men
    confirm_read_back(read_back.pk, read_back.number.last_four, scenes.now(cast.tilda))
    bedside.confirm(read_back.pk, AtBedside(read_back.number.value), scenes.now(cast.wilma))
    for number, each in ((scenes.REAL_WOMAN, replaced), (scenes.REAL_WOMAN_2, closed)):
        scenes.replaced(each.pk, number, scenes.now(cast.wilma))
    notices.file_notice(closed.pk, scenes.now(cast.wilma), reference="R-2026-17")
    notices.withdraw_notice(closed.pk, scenes.now(cast.wilma), reason="wrong number in RAPS")
    notices.file_notice(closed.pk, scenes.now(cast.wilma), reference="R-2026-18")
    closing.void(voided.pk, scenes.now(cast.wilma), reason="the patient had a card")
    closing.undo(undone.pk, scenes.now(cast.adele), reason="recorded twice")
    aliases.add(cast.iva, "akv", scenes.now(cast.adele))
    lisa, closed_ward = person("lisa", Role.WARD), _closed_ward(cast)
    return {
        **glass.laid_out(cast),
        **sign_on.laid_out(cast, lisa),
        "outage": outage.pk,
        "handed_out": handed_out.pk,
        "read_back": read_back.pk,
        "replaced": replaced.pk,
        "closed": closed.pk,
        "number": closed.number_id,
        "voided": voided.pk,
        "undone": undone.pk,
        "odd": odd.pk,
        "used_key": handed_out.request_key,
        "unknown_ward": odd.ward_id,
        "ward": cast.iva.pk,
        "closed_ward": closed_ward.pk,
        "clinic": cast.iva.clinic_id,
        "closed_clinic": _closed_clinic(cast, closed_ward).pk,
        "lisa": lisa.pk,
        "lisa_mark": finding.shown(lisa).mark,
        "adele": cast.adele.pk,
        "gone": gone(cast, "gone1").pk,
        "contact": closed_once(cast).pk,
        "switch_item": SwitchItem.objects.latest("pk").pk,
        "workstation": _workstations(cast).pk,
    }


def _workstations(cast: Cast) -> Workstation:
    """Return one of the till's computers; another one was withdrawn."""
    workstations.withdraw(scenes.enrolled(cast, "Gamla kassan"), scenes.now(cast.adele))
    return scenes.enrolled(cast)


def closed_once(cast: Cast) -> Contact:
    """Return the till's contact, which doesn't answer on one day."""
    till = Contact.objects.get(purpose="till")
    day = timezone.localdate() + timedelta(days=9)
    return keeping.add_day(till, day, None, "utbildning", scenes.now(cast.adele)).row.contact


def drill(cast: Cast) -> Places:
    """A drill alone: one number by telephone, one on paper."""
    at_rest(cast)
    begun = scenes.begin(cast.tilda, drill=True)
    return {
        "outage": begun.pk,
        "handed_out": scenes.handed_out(cast, outage_id=begun.pk).pk,
        "late": scenes.from_paper(cast, begun, number="K049").pk,
    }


def both(cast: Cast) -> Places:
    """A drill, and then reality."""
    practised = drill(cast)
    begun = scenes.begin(cast.tilda)
    real = scenes.handed_out(cast, outage_id=begun.pk)
    return {"drill": practised["outage"], "outage": begun.pk, "handed_out": real.pk}


def nearly_empty(cast: Cast) -> Places:
    """No woman's number left, and one man's."""
    scenes.lay_in("Pärm AKM", ["20000101K064", "20000101M078"], training=False)
    begun = scenes.begin(cast.tilda)
    return {"outage": begun.pk, "handed_out": scenes.handed_out(cast).pk}


def two_patients(cast: Cast) -> Places:
    """One number at the till and on paper, and its notice is due; another is settled."""
    at_rest(cast)
    outage = scenes.begin(cast.tilda)
    first, settled = (scenes.handed_out(cast) for _ in range(2))
    second = scenes.doubled(cast, first)
    scenes.replaced(first.pk, scenes.REAL_WOMAN, scenes.now(cast.wilma))
    done = scenes.doubled(cast, settled).alarm
    doubles.settle(done.pk, scenes.now(cast.adele), done="RAPS-gruppen skilde dem åt")
    minute = f"{timezone.localtime(outage.started_at):%Y-%m-%d %H:%M}"
    return {
        "outage": outage.pk,
        "first": first.pk,
        "number": first.number_id,
        "second": second.pk,
        "alarm": second.alarm.pk,
        "settled": done.pk,
        "minute": minute,
    }


def sheet_is_missing(cast: Cast) -> Places:
    """A sheet wasn't in the binder, and another number was given instead."""
    at_rest(cast)
    scenes.begin(cast.tilda)
    missing = scenes.handed_out(cast)
    successor = missing_sheet.give_next(missing.pk, scenes.now(cast.tilda)).row
    explained = missing.number.quarantines.get().pk
    return {"missing": missing.pk, "successor": successor.pk, "quarantine": explained}


def in_one_call(cast: Cast) -> Places:
    """Three patients in one call: two got a number, one waits; the caller didn't know the vgr-id.

    Somebody else has waited longer, and one number has come since.
    """
    at_rest(cast)
    outage = scenes.begin(cast.tilda)
    for _ in range(5):
        scenes.shown(scenes.handed_out(cast))
    infant = (PatientDetails("K", "infant"),)
    others = CallDetails(infant, "vera1", cast.eye, "2107", uuid4(), outage_id=outage.pk)
    first = taking.take(others, scenes.now(cast.tilda)).row
    patients = [("M", "adult", "Sal 1"), ("M", "child", "Sal 2"), ("K", "", "Korridoren")]
    said = tuple(PatientDetails(*patient) for patient in patients)
    unknown: dict[str, Any] = {"caller": "", "caller_name": "Anna på natten", "patients": said}
    call = taking.take(scenes.call(cast, **unknown), scenes.now(cast.tilda)).row
    scenes.lay_in("Pärm 2", ["20000101K163"], training=False)
    return {
        "outage": outage.pk,
        "call": call.call.pk,
        "second": call.handouts[1].pk,
        "waits": call.call.patients.get(position=3).pk,
        "waits_longer": first.call.patients.get().pk,
    }


def after_another(cast: Cast) -> Places:
    """Somebody waits from an outage that ended hours ago; two patients have one number; a drill."""
    at_rest(cast)
    now, unknown = timezone.now(), (PatientDetails("X", "adult"),)
    before = scenes.begin(cast.tilda, ago=timedelta(hours=6))
    said = CallDetails(unknown, "vera1", cast.eye, "2107", uuid4(), outage_id=before.pk)
    taking.take(said, Event.now(cast.tilda, now - timedelta(hours=5)))
    lifecycle.end(before, Event.now(cast.tilda, now - timedelta(hours=4)))
    outage = scenes.begin(cast.tilda)
    taking.take(scenes.call(cast, sex="X", outage_id=outage.pk), scenes.now(cast.tilda))
    scenes.doubled(cast, scenes.handed_out(cast, outage_id=outage.pk))
    return {"outage": outage.pk, "drill": scenes.begin(cast.tilda, drill=True).pk}


def restored(cast: Cast) -> Places:
    """The journal knows a handout that a restored backup had forgotten."""
    at_rest(cast)
    outage = scenes.begin(cast.tilda)
    given = scenes.handed_out(cast)
    event = scenes.now(cast.tilda)
    forgotten = Handout(
        pk=given.pk + 1,
        number=ReserveNumber.objects.filter(taken_at=None, sex="K").order_by("tab")[0],
        outage=outage,
        ward=cast.iva,
        request_key=uuid4(),
        caller="wilma",
        callback="2102",
        handed_out_at=event.at,
        handed_out_by=event.by,
        recorded_at=event.at,
    )
    line = lines.line_of(HandoutStep(handout=forgotten, sequence=1))
    chain.append(settings.CUSTODY_JOURNAL, lambda _kept: [line])
    restoration.look(Unattended(event.at))
    lost = LostHandout.objects.get()
    return {"outage": outage.pk, "handed_out": given.pk, "lost": lost.pk}


def doubted(cast: Cast) -> Places:
    """A journal is missing where there was one, and a number was handed out since."""
    at_rest(cast)
    outage = scenes.begin(cast.tilda)
    marks.doubt(settings.CUSTODY_JOURNAL, JournalFault.MISSING, None)
    return {"outage": outage.pk, "handed_out": scenes.handed_out(cast).pk}


def miscounted(cast: Cast) -> Places:
    """A sheet that was handed out lies in the binder, and another is missing."""
    binder = at_rest(cast)["binder"]
    outage = scenes.begin(cast.tilda)
    surplus = scenes.miscounted(cast, scenes.handed_out(cast), scenes.TRAINING[0], "K999")
    minute = f"{timezone.localtime(outage.started_at):%Y-%m-%d %H:%M}"
    places = {"binder": binder, "outage": outage.pk, "minute": minute}
    foreign = surplus.count.foreign_sheets.all()[0].pk
    return {**places, "count": surplus.count_id, "surplus": surplus.pk, "foreign": foreign}


def ended(cast: Cast) -> Places:
    """Befreg has answered for two days; a number is still open, and two patients wait for one."""
    at_rest(cast)
    now = timezone.now()
    outage = scenes.begin(cast.tilda, ago=timedelta(days=3))
    asked = Event.now(cast.tilda, now - timedelta(days=2, hours=12))
    overdue = scenes.hand_out(scenes.call(cast), asked)
    unknown = (PatientDetails("X", "child", "Akutrum 1"), PatientDetails("X", "", ""))
    taking.take(scenes.call(cast, patients=unknown), asked)
    lifecycle.end(outage, Event.now(cast.tilda, now - timedelta(days=2)), text="signs in again")
    minute = f"{timezone.localtime(outage.started_at):%Y-%m-%d %H:%M}"
    return {"outage": outage.pk, "overdue": overdue.pk, "minute": minute}


def planned(cast: Cast) -> Places:
    """A plan half answered and one at the same time; one late, one cancelled; a drill that goes on.

    It should have ended. The first plan's mail to a ward was given up.
    """
    at_rest(cast)
    plan = announce(cast, cast.iva, cast.eye)
    mails_in_vain(plan, cast.iva)
    needs.state_need(plan.pk, cast.eye, scenes.now(cast.vidar), women=2, men=1, registers_late=True)
    announce(cast, reason="Byte av brandvägg")
    overdue = announce(cast, begins=timedelta(hours=-2))
    cancelled = announce(cast, begins=timedelta(days=2))
    cancel(cast, cancelled, "leverantören är sjuk")
    practice = announce(cast, drill=True, begins=timedelta(hours=-5))
    planning.start(practice.pk, scenes.now(cast.tilda))
    return {
        "plan": plan.pk,
        "overdue_plan": overdue.pk,
        "cancelled_plan": cancelled.pk,
        "practice": practice.pk,
        "iva": cast.iva.pk,
    }


def set_aside(cast: Cast) -> Places:
    """A planned outage that has ended: numbers used, unused and owed; a late list of all kinds.

    A drill beside it, with a training number and a patient.
    """
    at_rest(cast)
    now = timezone.now()
    plan, practice = scenes.planned(cast), scenes.planned(cast, drill=True)
    numbers = [scenes.REAL_WOMAN, scenes.REAL_MAN, scenes.REAL_WOMAN_2]
    entered = prepared.enter(plan, cast.iva, "\n".join(numbers), Event.now(cast.adele, now)).row
    prepared.enter(plan, cast.eye, "20000101X803", Event.now(cast.adele, now))
    prepared.enter(practice, cast.iva, scenes.TRAINING_WOMAN, Event.now(cast.adele, now))
    outage, _new = planning.start(plan.pk, Event.now(cast.tilda, now - timedelta(hours=3)))
    drilled, _new = planning.start(practice.pk, Event.now(cast.tilda, now - timedelta(hours=1)))
    prepared.mark(entered[0].pk, "used", Event.now(cast.wilma, now))
    prepared.mark(entered[1].pk, "used", Event.now(cast.wilma, now))
    prepared.mark(entered[1].pk, "unused", Event.now(cast.wilma, now), reason="förväxlade")
    waits, registered, struck = (
        scenes.treated_without(cast, outage, place=place)
        for place in ("Sal 3, säng 2", "Akutrum 1", "Korridoren")
    )
    number = "191212121212"
    late_registration.register(registered.pk, number, scenes.now(cast.wilma))
    late_registration.strike(struck.pk, scenes.now(cast.wilma), reason="hade redan ett nummer")
    scenes.treated_without(cast, outage, ward=cast.eye)
    scenes.treated_without(cast, drilled)
    lifecycle.end(outage, Event.now(cast.tilda, now))
    return {
        "plan": plan.pk,
        "practice": practice.pk,
        "outage": outage.pk,
        "drill": drilled.pk,
        "iva": cast.iva.pk,
        "eye": cast.eye.pk,
        "used": entered[0].pk,
        "waiting": entered[2].pk,
        "waits": waits.pk,
        "registered": registered.pk,
    }


def afterwards(cast: Cast) -> Places:
    """A real outage and a drill that have ended, with handouts in each state."""
    at_rest(cast)
    real, practised = aftermath.lay_out(cast), aftermath.lay_out(cast, drill=True)
    scenes.treated_without(cast, real.outage)
    return {"outage": real.outage.pk, "drill": practised.outage.pk}


def signed_off(cast: Cast) -> Places:
    """A real outage that is signed off, and a drill to which something was added after that."""
    at_rest(cast)
    real, practised = aftermath.lay_out(cast), aftermath.lay_out(cast, drill=True)
    for each in (real, practised):
        aftermath.finish(each)
        sign_off.sign_off(
            each.outage.pk,
            Event.now(cast.adele, each.at(420)),
            text="ring genast",
            never_read_back=aftermath.UNREAD,
        )
    scenes.treated_without(cast, practised.outage)
    return {"outage": real.outage.pk, "drill": practised.outage.pk}
