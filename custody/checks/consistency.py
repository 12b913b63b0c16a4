"""Verify row by row what SQL constraints can't say about custody. Reads only."""

from collections.abc import Callable, Iterator

from django.db import connection
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    Subquery,
    When,
)

from befreg_reserv.audit import triggers
from befreg_reserv.people.wards.changes import chain
from custody.binder import restoration
from custody.checks import both_ways
from custody.checks.ahead import no_time_lies_ahead
from custody.journal import departures, marks
from custody.models import (
    CountLine,
    DoubledNumber,
    ForeignSheet,
    Handout,
    HandoutStep,
    LateRegistration,
    LateWithdrawal,
    MergeNotice,
    Patient,
    PreparedNumber,
    Quarantine,
    ReserveNumber,
    SignOff,
)
from custody.models.calls import PatientState
from custody.models.states import OPEN, Act, State
from custody.numbers.identities import IdentityError, parse_identity, parse_reserve_number, same_sex
from outage.models import Outage

Finding = str
Check = Callable[[], Iterator[Finding]]
CHUNK = 2000


def protection_is_on() -> Iterator[Finding]:
    """Yield the triggers that differ between the database and the code."""
    for fault in triggers.faults(connection):
        yield f"trigger {fault.name} is {fault.kind}: run `manage.py migrate`"


def state_is_last_step() -> Iterator[Finding]:
    """Yield handouts whose state isn't where their last step led, or that have no step."""
    last = HandoutStep.objects.filter(handout=OuterRef("pk")).order_by("-sequence")
    rows = Handout.objects.annotate(led_to=Subquery(last.values("target")[:1])).exclude(
        led_to__isnull=False, led_to=F("state")
    )
    for row in rows.values("pk", "state", "led_to"):
        yield f"handout {row['pk']}: state {row['state']}, but its last step led to {row['led_to']}"


def confirmed_as_its_steps_say() -> Iterator[Finding]:
    """Yield handouts whose confirmation at the patient isn't that of their last such step."""
    about = (Act.CONFIRM_AT_BEDSIDE, Act.WITHDRAW_CONFIRMATION)
    steps = HandoutStep.objects.filter(handout=OuterRef("pk"), act__in=about)
    seen = Case(When(act=Act.CONFIRM_AT_BEDSIDE, then=F("at")))  # NULL once it was withdrawn
    last = steps.annotate(seen=seen).order_by("-sequence")
    rows = Handout.objects.annotate(
        seen_at=Subquery(last.values("seen")[:1]), seen_by=Subquery(last.values("by")[:1])
    )
    both = {"bedside_at__isnull": False, "seen_at__isnull": False}  # or NULL decides
    rows = rows.exclude(bedside_at__isnull=True, seen_at__isnull=True).exclude(
        **both, bedside_at=F("seen_at"), bedside_by=F("seen_by")
    )
    for pk in rows.values_list("pk", flat=True):
        yield f"handout {pk}: its confirmation at the patient isn't that of its steps"


def moved_as_its_steps_say() -> Iterator[Finding]:
    """Yield handouts that are still where their last step says they were moved from."""
    last = HandoutStep.objects.filter(handout=OuterRef("pk"), act=Act.TRANSFER)
    moved_from = Subquery(last.order_by("-sequence").values("former_ward")[:1])
    rows = Handout.objects.annotate(moved_from=moved_from).filter(ward=F("moved_from"))
    for pk in rows.values_list("pk", flat=True):
        yield f"handout {pk}: is in the ward that it was moved from"


def closed_wards_have_their_heirs() -> Iterator[Finding]:
    """Yield closed wards whose things aren't where their successors lead."""
    yield from chain.differences()


def real_number_is_of_its_last_step() -> Iterator[Finding]:
    """Yield handouts whose real number isn't the one that their last such step registered."""
    last = HandoutStep.objects.filter(handout=OuterRef("pk"), act=Act.REPLACE)
    registered = Subquery(last.order_by("-sequence").values("identity")[:1])
    rows = Handout.objects.filter(real_identity__isnull=False).annotate(registered=registered)
    rows = rows.exclude(registered__isnull=False, registered=F("real_identity"))
    for pk in rows.values_list("pk", flat=True):
        yield f"handout {pk}: its real number isn't the one that its steps registered"


def closed_has_standing_notice() -> Iterator[Finding]:
    """Yield handouts where "closed" and "has a standing notice" don't agree."""
    standing = Count("notices", filter=Q(notices__withdrawn_at__isnull=True))
    rows = Handout.objects.annotate(standing=standing).filter(
        Q(state=State.CLOSED) & ~Q(standing=1) | ~Q(state=State.CLOSED) & ~Q(standing=0)
    )
    for row in rows.values("pk", "state", "standing"):
        yield f"handout {row['pk']}: {row['state']} with {row['standing']} standing notices"


def notice_names_the_real_number() -> Iterator[Finding]:
    """Yield standing notices whose number isn't the handout's real number."""
    rows = MergeNotice.objects.filter(withdrawn_at__isnull=True).exclude(
        identity=F("handout__real_identity")
    )
    for row in rows.values("pk", "handout_id"):
        yield f"notice {row['pk']}: its number isn't that of handout {row['handout_id']}"


def same_person_as_the_first() -> Iterator[Finding]:
    """Yield further handouts of a person that don't point to the first, or without a word of it."""
    said = HandoutStep.objects.filter(
        handout=OuterRef("pk"), act=Act.SAME_PERSON, identity=OuterRef("real_identity")
    )
    first_has = {
        "same_person_as__real_identity": F("real_identity"),
        "same_person_as__same_person_as__isnull": True,
        "same_person_as__outage__drill": F("outage__drill"),
    }
    further = Handout.objects.filter(same_person_as__isnull=False)
    for pk in further.exclude(Exists(said), **first_has).values_list("pk", flat=True):
        yield f"handout {pk}: isn't the same person as the one that it points to"


def signed_off_as_its_sign_offs_say() -> Iterator[Finding]:
    """Yield outages whose first sign-off isn't at the time that they are noted with."""
    first = SignOff.objects.filter(outage=OuterRef("pk")).order_by("id").values("at")[:1]
    signed = Outage.objects.annotate(first=Subquery(first))
    wrong = signed.exclude(signed_off_at__isnull=True, first__isnull=True)
    both = {"signed_off_at__isnull": False, "first__isnull": False}  # or NULL decides
    for pk in wrong.exclude(**both, signed_off_at=F("first")).values_list("pk", flat=True):
        yield f"outage {pk}: it isn't noted when it was signed off for the first time"


def drill_used_training_binder() -> Iterator[Finding]:
    """Yield drill handouts of real numbers, and real ones of training numbers."""
    rows = Handout.objects.exclude(outage__drill=F("number__binder__training"))
    for row in rows.values("pk", "number_id"):
        yield f"handout {row['pk']}: number {row['number_id']} mixes drill and reality"


def number_left_when_handed_out() -> Iterator[Finding]:
    """Yield numbers that lie in the binder though handed out, or left it without a handout.

    Three kinds may leave it without one: those that a count missed, those that a restored backup
    had forgotten, and those whose handout made way for paper.
    """
    live = Handout.objects.filter(number=OuterRef("pk")).exclude(state=State.UNDONE)
    count, paper = Q(count__isnull=False), Q(number__handouts__steps__act=Act.MAKE_WAY)
    forgotten = Q(restoration__isnull=False)
    missed = Quarantine.objects.filter(count | paper | forgotten, number=OuterRef("pk"))
    rows = ReserveNumber.objects.annotate(handed_out=Exists(live), missed=Exists(missed)).filter(
        Q(taken_at__isnull=True, handed_out=True)
        | Q(taken_at__isnull=False, handed_out=False, missed=False)
    )
    for row in rows.values("pk", "handed_out"):
        fault = "lies in the binder though handed out" if row["handed_out"] else "left unexplained"
        yield f"number {row['pk']}: {fault}"


def made_way_for_paper() -> Iterator[Finding]:
    """Yield handouts that made way though with a patient, or without a handout from paper."""
    seen = HandoutStep.objects.filter(handout=OuterRef("handout"), act=Act.CONFIRM_AT_BEDSIDE)
    paper = Handout.objects.filter(
        number=OuterRef("handout__number"), late=True, pk__gt=OuterRef("handout")
    )
    rows = HandoutStep.objects.filter(act=Act.MAKE_WAY).filter(
        Q(handout__read_back_at__isnull=False) | Exists(seen) | ~Exists(paper)
    )
    for row in rows.values("handout_id"):
        yield f"handout {row['handout_id']}: made way for no handout on paper"


def doubled_numbers_are_alarmed() -> Iterator[Finding]:
    """Yield second handouts that refer to no first one of their number, or raised no alarm.

    And numbers that several patients hold, though no late entry says so.
    """
    doubles = Handout.objects.filter(duplicate_of__isnull=False)
    refers = Q(duplicate_of__number=F("number"), duplicate_of__duplicate_of=None, late=True)
    for pk in doubles.exclude(refers).values_list("pk", flat=True):
        yield f"handout {pk}: refers to no first handout of its number"
    for pk in doubles.filter(alarm=None).values_list("pk", flat=True):
        yield f"handout {pk}: the same number as another patient's, without an alarm"
    right = Q(first__number=F("second__number"), second__duplicate_of__isnull=False)
    for pk in DoubledNumber.objects.exclude(right).values_list("pk", flat=True):
        yield f"alarm {pk}: its handouts aren't two of one number"
    standing = Handout.objects.exclude(state=State.UNDONE)
    strangers = standing.filter(number=OuterRef("number"), duplicate_of=None)
    strangers = strangers.exclude(pk=OuterRef("duplicate_of"))
    beside = standing.filter(Exists(strangers), duplicate_of__isnull=False)
    for pk in beside.values_list("pk", flat=True):
        yield f"handout {pk}: another handout holds its number, of which no alarm tells"


def quarantined_number_is_out() -> Iterator[Finding]:
    """Yield numbers that can be handed out although their sheet was once missing."""
    rows = Quarantine.objects.filter(number__taken_at__isnull=True)
    for row in rows.values("pk", "number_id"):
        yield f"quarantine {row['pk']}: number {row['number_id']} lies in the binder"


def number_in_binder_was_found() -> Iterator[Finding]:
    """Yield numbers that can be handed out although the last count didn't find their sheets.

    Their handout was undone, since the sheet never left, but the count didn't find it. Numbers in
    quarantine are left to ``quarantined_number_is_out``.
    """
    counted = CountLine.objects.filter(number=OuterRef("pk"))
    last = counted.order_by("-count__listed_at", "-pk").values("pk")[:1]
    missed = Quarantine.objects.filter(number=OuterRef("pk"))
    lines = CountLine.objects.filter(pk=OuterRef("last"), found=False, meanwhile=False)
    rows = ReserveNumber.objects.filter(~Exists(missed), taken_at__isnull=True)
    rows = rows.annotate(last=Subquery(last)).filter(Exists(lines))
    for row in rows.values("pk", "last"):
        yield f"number {row['pk']}: lies in the binder, but line {row['last']} didn't find it"


def patients_state_is_theirs() -> Iterator[Finding]:
    """Yield patients who wait although a number stands for them, or got one and have none."""
    given = Handout.objects.filter(patient=OuterRef("pk"))
    missing = Quarantine.objects.filter(number=OuterRef("number"))
    standing = given.filter(~Exists(missing), state__in=(*OPEN, State.CLOSED))
    rows = Patient.objects.annotate(given=Exists(given), standing=Exists(standing)).filter(
        Q(state=PatientState.SERVED, given=False) | ~Q(state=PatientState.SERVED) & Q(standing=True)
    )
    for row in rows.values("pk", "state"):
        yield f"patient {row['pk']}: {row['state']}, but the handouts say otherwise"


def handout_is_of_its_call() -> Iterator[Finding]:
    """Yield handouts that mix drill and reality with their call, or paper and the telephone."""
    rows = Handout.objects.exclude(
        patient__call__drill=F("outage__drill"), patient__call__late=F("late")
    )
    for row in rows.values("pk", "patient__call_id"):
        yield f"handout {row['pk']}: it isn't as its call {row['patient__call_id']}"


def counts_agree_with_their_lines() -> Iterator[Finding]:
    """Yield variances without a reason, and missing sheets that aren't those in quarantine."""
    missing = Q(expected=True, found=False, meanwhile=False)
    surplus = Q(expected=False, found=True, meanwhile=False)
    unexplained = CountLine.objects.filter(missing | surplus, count__reason="")
    for row in unexplained.values("pk", "count_id"):
        yield f"count {row['count_id']}: line {row['pk']} varies, without a reason"
    foreign = ForeignSheet.objects.filter(count__reason="")
    for row in foreign.values("pk", "count_id"):
        yield f"count {row['count_id']}: sheet {row['pk']} isn't the binder's, without a reason"
    quarantine = Quarantine.objects.filter(count=OuterRef("count"), number=OuterRef("number"))
    unquarantined = CountLine.objects.filter(missing, ~Exists(quarantine))
    for row in unquarantined.values("pk", "count_id"):
        yield f"count {row['count_id']}: line {row['pk']} is missing, but not in quarantine"
    lines = CountLine.objects.filter(missing, count=OuterRef("count"), number=OuterRef("number"))
    set_aside = Quarantine.objects.filter(~Exists(lines), count__isnull=False)
    for row in set_aside.values("pk", "count_id"):
        yield f"quarantine {row['pk']}: count {row['count_id']} did not miss its number"


def number_is_well_formed() -> Iterator[Finding]:
    """Yield numbers that don't parse, or contradict their binder's birth date."""
    rows = ReserveNumber.objects.values("pk", "value", "binder__birth_date")
    for row in rows.iterator(CHUNK):
        try:
            identity = parse_reserve_number(row["value"])
        except IdentityError as error:
            yield f"number {row['pk']}: {error.code.value}"
            continue
        if identity.birth_date != row["binder__birth_date"]:
            yield f"number {row['pk']}: another birth date than its binder's"


def real_number_is_well_formed() -> Iterator[Finding]:
    """Yield real numbers that don't parse, are of another kind, or stand in a binder."""
    in_binder = ReserveNumber.objects.filter(value=OuterRef("real_identity"))
    rows = Handout.objects.filter(real_identity__isnull=False).annotate(emergency=Exists(in_binder))
    columns = ("pk", "real_identity", "real_kind", "outage__drill", "emergency")
    for row in rows.values(*columns).iterator(CHUNK):
        try:
            identity = parse_identity(row["real_identity"] or "")
        except IdentityError as error:
            yield f"handout {row['pk']}: real number: {error.code.value}"
            continue
        if identity.kind.value != row["real_kind"]:
            yield f"handout {row['pk']}: real number is a {identity.kind.value}"
        if identity.training != row["outage__drill"]:
            yield f"handout {row['pk']}: real number mixes drill and reality"
        if row["emergency"]:
            yield f"handout {row['pk']}: real number is an emergency number of a binder"


def other_sex_has_reason() -> Iterator[Finding]:
    """Yield handouts whose real number is for the other sex without a reason in the step."""
    step = HandoutStep.objects.filter(handout=OuterRef("pk"), act=Act.REPLACE).order_by("-sequence")
    rows = (
        Handout.objects.filter(real_identity__isnull=False)
        .select_related("number", "patient")
        .annotate(reason=Subquery(step.values("reason")[:1]))
    )
    for row in rows.iterator(CHUNK):
        try:
            identity = parse_identity(row.real_identity or "")
        except IdentityError:
            continue  # real_number_is_well_formed names it
        if not row.reason and not same_sex(identity.sex, row.patient_sex):
            yield f"handout {row.pk}: real number for the other sex, without a reason"


def handed_out_during_outage() -> Iterator[Finding]:
    """Yield handouts that happened before their outage began or after it ended."""
    outside = Q(handed_out_at__lt=F("outage__started_at")) | Q(
        handed_out_at__gt=F("outage__ended_at")
    )
    for row in Handout.objects.filter(outside).values("pk", "outage_id"):
        yield f"handout {row['pk']}: outside of outage {row['outage_id']}"


def prepared_number_is_well_formed() -> Iterator[Finding]:
    """Yield prepared numbers that don't parse, or mix drill and reality."""
    rows = PreparedNumber.objects.values("pk", "value", "plan__drill")
    for row in rows.iterator(CHUNK):
        try:
            identity = parse_reserve_number(row["value"])
        except IdentityError as error:
            yield f"prepared number {row['pk']}: {error.code.value}"
            continue
        if identity.training != row["plan__drill"]:
            yield f"prepared number {row['pk']}: mixes drill and reality"


def late_number_is_well_formed() -> Iterator[Finding]:
    """Yield numbers of patients registered late that don't parse, or mix drill and reality."""
    rows = LateRegistration.objects.filter(number__isnull=False)
    for row in rows.values("pk", "number", "outage__drill").iterator(CHUNK):
        try:
            identity = parse_identity(row["number"] or "")
        except IdentityError as error:
            yield f"late registration {row['pk']}: {error.code.value}"
            continue
        if identity.training != row["outage__drill"]:
            yield f"late registration {row['pk']}: mixes drill and reality"


def treated_during_outage() -> Iterator[Finding]:
    """Yield patients listed for late registration who were treated outside of the outage."""
    outside = Q(treated_at__lt=F("outage__started_at")) | Q(treated_at__gt=F("outage__ended_at"))
    for row in LateRegistration.objects.filter(outside).values("pk", "outage_id"):
        yield f"late registration {row['pk']}: outside of outage {row['outage_id']}"


def no_number_in_two_places() -> Iterator[Finding]:
    """Yield prepared and late registered numbers that stand elsewhere too."""
    binder = ReserveNumber.objects.filter(value=OuterRef("its_number"))
    said = HandoutStep.objects.filter(
        handout=OuterRef("handout"), act=Act.SAME_PERSON, identity=OuterRef("identity")
    )
    # Read once: they have no index.
    steps = HandoutStep.objects.filter(~Exists(said)).exclude(identity="")
    patients = Q(its_number__in=steps.order_by().values("identity"))
    late = LateRegistration.objects.filter(number=OuterRef("its_number"))
    prepared = PreparedNumber.objects.annotate(its_number=F("value"))
    registered = LateRegistration.objects.exclude(number=None).annotate(its_number=F("number"))
    withdrawn = LateWithdrawal.objects.filter(number=OuterRef("its_number"))
    twice = prepared.filter(Exists(binder) | patients | Exists(late) | Exists(withdrawn))
    for pk in twice.values_list("pk", flat=True):
        yield f"prepared number {pk}: stands elsewhere too"
    twice_late = registered.filter(Exists(binder) | patients)
    for pk in twice_late.values_list("pk", flat=True):
        yield f"late registration {pk}: stands elsewhere too"


def journal_agrees() -> Iterator[Finding]:
    """Yield what is wrong with the journal, and what a restored backup had forgotten of it."""
    if trouble := departures.whole_trouble():
        yield f"journal: {trouble}"
    found = filter(None, (restoration.standing(training=kind) for kind in (False, True)))
    if lost := sum(restored.numbers for restored in found if not restored.answered):
        yield f"journal: {lost} numbers left the binder before a backup was restored"
    doubts = {row.pk: row for kind in (False, True) for row in marks.standing(training=kind)}
    for doubt in doubts.values():
        yield f"journal: {doubt.path} of {doubt.server} is in doubt ({doubt.fault}): count"


CHECKS: tuple[Check, ...] = (
    protection_is_on,
    no_time_lies_ahead,
    state_is_last_step,
    confirmed_as_its_steps_say,
    moved_as_its_steps_say,
    closed_wards_have_their_heirs,
    real_number_is_of_its_last_step,
    closed_has_standing_notice,
    notice_names_the_real_number,
    same_person_as_the_first,
    signed_off_as_its_sign_offs_say,
    drill_used_training_binder,
    number_left_when_handed_out,
    patients_state_is_theirs,
    handout_is_of_its_call,
    made_way_for_paper,
    doubled_numbers_are_alarmed,
    quarantined_number_is_out,
    number_in_binder_was_found,
    counts_agree_with_their_lines,
    number_is_well_formed,
    real_number_is_well_formed,
    other_sex_has_reason,
    handed_out_during_outage,
    both_ways.log_and_rows_agree,
    both_ways.notices_are_of_their_steps,
    both_ways.what_the_log_tells_of_is_there,
    prepared_number_is_well_formed,
    late_number_is_well_formed,
    treated_during_outage,
    no_number_in_two_places,
    journal_agrees,
)


def findings() -> Iterator[Finding]:
    """Yield one line for every offending row, of all checks."""
    for check in CHECKS:
        yield from check()
