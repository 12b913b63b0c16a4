"""The deviations of an outage, one by one: what didn't go as it should, with who and why.

The report's page, its PDF and the rows as CSV all show this one list, the gravest first.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Model, Q, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.people.models import Ward
from befreg_reserv.times import moment
from custody.afterwards.belonging import quarantines_of
from custody.binder.contents import life_of
from custody.handouts import doubles
from custody.handouts.followup import NEVER_READ_BACK
from custody.ledger import calls
from custody.models import (
    DoubledNumber,
    Handout,
    HandoutStep,
    LateRegistration,
    LateWithdrawal,
    PatientCorrection,
    PreparedMove,
    PreparedNumber,
)
from custody.models.states import Act, State
from custody.wards.then import FOLLOWED, as_said, wards_said
from outage.models import Outage


class DeviationKind(TextChoices):
    """What was not as it should be, the gravest first."""

    DOUBLED = "doubled", gettext_lazy("Two patients, one number")
    NOTICE_WITHDRAWN = "notice_withdrawn", gettext_lazy("RAPS notice withdrawn")
    REAL_WITHDRAWN = "real_withdrawn", gettext_lazy("Real number withdrawn")
    LATE_WITHDRAWN = "late_withdrawn", gettext_lazy("Late registration withdrawn")
    NEVER_READ_BACK = "never_read_back", gettext_lazy("Never read back")
    SHEET_MISSING = "sheet_missing", gettext_lazy("Sheet missing")
    BEFORE_OTHERS = "before_others", gettext_lazy("Served before others who had waited longer")
    SEEN_LYING = "seen_lying", gettext_lazy("On paper, though a count saw the sheet later")
    MADE_WAY = "made_way", gettext_lazy("Undone, for the handout on paper")
    OTHER_SEX = "other_sex", gettext_lazy("A number for the other sex was given")
    REAL_OF_OTHER_SEX = "real_of_other_sex", gettext_lazy("The real number is for the other sex")
    TRANSFERRED = "transferred", gettext_lazy("Moved to another ward")
    CORRECTED = "corrected", gettext_lazy("Caller corrected")
    SEX_CORRECTED = "sex_corrected", gettext_lazy("Sex corrected, another number given")
    WAITING_CORRECTED = "waiting_corrected", gettext_lazy("Corrected while the patient waited")
    CONFIRMATION_WITHDRAWN = (
        "confirmation_withdrawn",
        gettext_lazy("Confirmation at the patient withdrawn"),
    )
    NO_WRISTBAND = "no_wristband", gettext_lazy("Real number without a look at the wristband")
    SAME_PERSON = "same_person", gettext_lazy("One person with several numbers")
    UNDONE = "undone", gettext_lazy("Undone")
    VOIDED = "voided", gettext_lazy("Voided")
    MOVED = "moved", gettext_lazy("Prepared number moved")
    MARKED_AGAIN = "marked_again", gettext_lazy("Prepared number marked anew")
    STRUCK = "struck", gettext_lazy("Struck from the late list")


# The kind of a step with a reason: a correction, or something that had to be asked about.
KIND_OF = {
    Act.HAND_OUT.value: DeviationKind.SEEN_LYING,
    Act.REPLACE.value: DeviationKind.REAL_OF_OTHER_SEX,
    Act.VOID.value: DeviationKind.VOIDED,
    Act.UNDO.value: DeviationKind.UNDONE,
    Act.MAKE_WAY.value: DeviationKind.MADE_WAY,
    Act.WITHDRAW_REPLACEMENT.value: DeviationKind.REAL_WITHDRAWN,
    Act.WITHDRAW_NOTICE.value: DeviationKind.NOTICE_WITHDRAWN,
    Act.WITHDRAW_CONFIRMATION.value: DeviationKind.CONFIRMATION_WITHDRAWN,
    Act.NO_WRISTBAND.value: DeviationKind.NO_WRISTBAND,
    Act.SAME_PERSON.value: DeviationKind.SAME_PERSON,
    Act.TRANSFER.value: DeviationKind.TRANSFERRED,
    Act.CORRECT.value: DeviationKind.CORRECTED,
    Act.CORRECT_SEX.value: DeviationKind.SEX_CORRECTED,
}


# What is said of a corrected patient.
OF_PATIENT = (
    "former_ward__clinic",
    *(f"patient__{ward}__clinic" for ward in ("call__ward", "corrected_ward")),
)


@dataclass(frozen=True)
class Deviation:
    """One deviation. ``number``: the number that it is about; of a handout, the reserve number.

    ``wrong``: the number that was withdrawn; ``right``: the one that replaces it, if any.
    ``also``: the same person's other emergency numbers. ``before``: the ward, caller or sex that
    was put right. ``shown``: the object whose number is shown, for the audit log.
    """

    kind: DeviationKind
    at: datetime
    by: str
    shown: Model
    number: str = ""
    wrong: str = ""
    right: str = ""
    also: str = ""
    reason: str = ""
    ward: str = ""
    before: str = ""

    @property
    def numbers(self) -> str:
        """Return the numbers in words, and what stood there before."""
        wrong = _("wrong: %(number)s") % {"number": self.wrong} if self.wrong else ""
        right = _("now: %(number)s") % {"number": self.right} if self.right else ""
        also = _("also: %(numbers)s") % {"numbers": self.also} if self.also else ""
        before = _("before: %(before)s") % {"before": self.before} if self.before else ""
        return ", ".join(filter(None, (self.number, wrong, right, also, before)))

    @property
    def life(self) -> str:
        """Return the address of the life of the number that it is about; "" if no binder's."""
        return life_of(self.shown)

    @property
    def who(self) -> str:
        """Return when it happened, and who did it."""
        return f"{moment(self.at)}, {self.by}"

    def __str__(self) -> str:
        text = ", ".join(filter(None, (str(self.kind.label), self.numbers, self.who)))
        return f"{text}: {self.reason}" if self.reason else text


def of(outage: Outage, said: Mapping[int, Ward] | None = None) -> list[Deviation]:
    """Return the deviations of an outage, the gravest kind first, each kind in order of time.

    ``said``: ``wards_said`` of its handouts, if the caller has asked; else that is asked here.
    Many deviations take as many statements as few.
    """
    found = [
        *_doubled(outage),
        *_corrections(outage),
        *_of_handouts(outage),
        *_of_waiting(outage),
        *_missing_sheets(outage),
        *_late_registrations(outage),
        *(_prepared(outage) if outage.plan_id else []),
    ]
    found = _at_wards_said(found, said)
    order = list(DeviationKind)
    return sorted(found, key=lambda deviation: (order.index(deviation.kind), deviation.at))


def _at_wards_said(deviations: list[Deviation], said: Mapping[int, Ward] | None) -> list[Deviation]:
    """Return the deviations, each of a handout with the ward that it was said for."""
    if said is None:
        shown = (each.shown for each in deviations if each.ward)
        said = wards_said({row.pk for row in shown if isinstance(row, Handout)})
    return [
        replace(each, ward=str(said[each.shown.pk]))
        if each.ward and isinstance(each.shown, Handout) and each.shown.pk in said
        else each
        for each in deviations
    ]


def _doubled(outage: Outage) -> Iterator[Deviation]:
    """Yield each alarm on the handout of this outage that it is about: on both, if both are."""
    rows = DoubledNumber.objects.filter(doubles.in_outage(outage))
    alarms = list(rows.select_related(*doubles.RELATED))
    as_said(handout for alarm in alarms for handout in (alarm.first, alarm.second))
    for alarm in alarms:
        for handout in (alarm.first, alarm.second):
            if handout.outage_id == outage.pk:
                other = alarm.second if handout == alarm.first else alarm.first
                also = {"ward": other.ward, "time": moment(other.handed_out_at)}
                yield Deviation(
                    DeviationKind.DOUBLED,
                    alarm.found_at,
                    alarm.found_by.username,
                    handout,
                    number=handout.number.value,
                    right=handout.real_identity or "",
                    reason=" ".join(
                        [
                            _("Also given to %(ward)s, %(time)s.") % also,
                            _("Done: %(done)s") % {"done": alarm.done}
                            if alarm.done
                            else _("Nobody has written what was done."),
                        ]
                    ),
                    ward=str(handout.ward),
                )


def _corrections(outage: Outage) -> Iterator[Deviation]:
    steps = HandoutStep.objects.filter(handout__outage=outage).exclude(reason="").order_by()
    # Whoever followed a ward to its successor was at the right one.
    steps = steps.exclude(pk__in=steps.filter(FOLLOWED).values("pk"))
    related = ("handout__number", "handout__ward__clinic", "handout__successor__number")
    found = list(steps.select_related(*related, "former_ward__clinic"))
    persons = _persons(step.identity for step in found if step.act == Act.SAME_PERSON)
    for step in found:
        wrong, right = _wrong_and_right(step)
        yield Deviation(
            _kind_of(step),
            step.at,
            step.by,
            step.handout,
            number=step.handout.number.value,
            wrong=wrong,
            right=right,
            also="" if wrong else _also(step, persons),
            reason=step.reason,
            ward=str(step.handout.ward),
            before=step.before,
        )


def _kind_of(step: HandoutStep) -> DeviationKind:
    """Return the kind of a step with a reason. A count has seen only sheets that paper gave out."""
    if step.act == Act.HAND_OUT and not step.handout.late:
        return DeviationKind.BEFORE_OTHERS
    return KIND_OF[step.act]


def _wrong_and_right(step: HandoutStep) -> tuple[str, str]:
    """Return the number of a step if it doesn't stand any more, and the one that stands now.

    Of a withdrawn notice: the number of the notice that stands now, if there is one.
    """
    handout = step.handout
    if step.act == Act.CORRECT_SEX and hasattr(handout, "successor"):
        return "", handout.successor.number.value
    if not step.identity:
        return "", ""
    stands = handout.real_identity or ""
    if step.act == Act.WITHDRAW_NOTICE:
        stands = stands if handout.is_closed else ""
    withdrawn = step.act in {Act.WITHDRAW_REPLACEMENT, Act.WITHDRAW_NOTICE}
    return (step.identity if withdrawn or step.identity != stands else ""), stands


def _persons(identities: Iterable[str]) -> dict[str, list[str]]:
    """Return the emergency numbers of the persons who have several, by their real number."""
    numbers: dict[str, list[str]] = defaultdict(list)
    wanted = set(identities)
    if wanted:
        rows = Handout.objects.filter(real_identity__in=wanted).order_by("handed_out_at", "pk")
        for identity, number in rows.values_list("real_identity", "number__value"):
            numbers[identity or ""].append(number)
    return numbers


def _also(step: HandoutStep, persons: dict[str, list[str]]) -> str:
    if step.act != Act.SAME_PERSON:
        return ""
    own = step.handout.number.value
    return ", ".join(number for number in persons[step.identity] if number != own)


def _of_handouts(outage: Outage) -> Iterator[Deviation]:
    given = Handout.objects.filter(outage=outage).exclude(state=State.UNDONE)
    odd = given.filter(NEVER_READ_BACK | ~Q(other_sex_reason=""))
    for handout in odd.select_related("number", "ward__clinic"):
        unread = Deviation(
            DeviationKind.NEVER_READ_BACK,
            handout.handed_out_at,
            handout.handed_out_by,
            handout,
            number=handout.number.value,
            ward=str(handout.ward),
        )
        if handout.was_not_read_back:
            yield unread
        if handout.other_sex_reason:
            yield replace(unread, kind=DeviationKind.OTHER_SEX, reason=handout.other_sex_reason)


def _of_waiting(outage: Outage) -> Iterator[Deviation]:
    """Yield what was put right of patients without a number; numbers are corrected by steps."""
    rows = PatientCorrection.objects.filter(patient__call__outage=outage)
    by_hand = rows.exclude(reason=calls.as_it_stands())
    for correction in by_hand.select_related(*OF_PATIENT):
        yield Deviation(
            DeviationKind.WAITING_CORRECTED,
            correction.at,
            correction.by,
            correction,
            reason=correction.reason,
            ward=str(correction.patient.ward),
            before=correction.before,
        )


def _missing_sheets(outage: Outage) -> Iterator[Deviation]:
    handouts = Handout.objects.filter(outage=outage)
    for missing in quarantines_of(outage, handouts, with_counts=True).select_related("number"):
        yield Deviation(
            DeviationKind.SHEET_MISSING,
            missing.found_at,
            missing.found_by,
            missing,
            number=missing.number.value,
            reason=". ".join(filter(None, (missing.reason, missing.explanation))),
        )


def _late_registrations(outage: Outage) -> Iterator[Deviation]:
    withdrawn = LateWithdrawal.objects.filter(registration__outage=outage)
    for withdrawal in withdrawn.select_related("registration__ward__clinic"):
        yield Deviation(
            DeviationKind.LATE_WITHDRAWN,
            withdrawal.at,
            withdrawal.by,
            withdrawal,
            wrong=withdrawal.number,
            right=withdrawal.registration.number or "",
            reason=withdrawal.reason,
            ward=str(withdrawal.registration.ward),
        )
    struck = LateRegistration.objects.filter(outage=outage, struck_at__isnull=False)
    for row in struck.select_related("ward__clinic"):
        at, by, why = row.struck_at, row.struck_by, row.struck_reason
        yield Deviation(
            DeviationKind.STRUCK, at or row.recorded_at, by, row, reason=why, ward=str(row.ward)
        )


def _prepared(outage: Outage) -> Iterator[Deviation]:
    of_plan = Q(from_plan=outage.plan_id) | Q(to_plan=outage.plan_id)
    related = ("number", "from_ward__clinic", "to_ward__clinic", "by")
    for move in PreparedMove.objects.filter(of_plan).select_related(*related):
        yield Deviation(
            DeviationKind.MOVED,
            move.at,
            move.by.username,
            move,
            number=move.number.value,
            reason=move.reason,
            ward=f"{move.from_ward} → {move.to_ward}",
        )
    marked = PreparedNumber.objects.filter(plan=outage.plan_id).exclude(mark_reason="")
    for number in marked.select_related("ward__clinic"):
        yield Deviation(
            DeviationKind.MARKED_AGAIN,
            number.marked_at or number.entered_at,
            number.marked_by,
            number,
            number=number.value,
            reason=number.mark_reason,
            ward=str(number.ward),
        )
