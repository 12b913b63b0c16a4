"""A handout and its history."""

from functools import reduce
from operator import or_
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models import Ward
from befreg_reserv.people.vgr_id import MAX_LENGTH as VGR_ID_LENGTH
from custody.models.binder import ReserveNumber
from custody.models.calls import NAME_LENGTH, SEX_WORDS, Patient
from custody.models.states import (
    LEGAL_STEPS,
    NEEDS_REASON,
    OPEN,
    PLACE_LENGTH,
    SAYS_PLACE,
    Act,
    State,
)
from custody.numbers.identities import LENGTH, Kind, Sex
from outage.models import Outage


def _shape(state: State, *, real: bool, closed: bool) -> Q:
    """Return the row shape of a state: which columns are filled in."""
    return Q(
        state=state,
        real_identity__isnull=not real,
        replaced_at__isnull=not real,
        closed_at__isnull=not closed,
    ) & (~Q(real_kind="") if real else Q(real_kind=""))


class Handout(models.Model):
    """One number for one patient of a ward. Open until real number and notice are recorded.

    Inserted by ``custody.handouts.giving`` alone, through ``custody.ledger.steps``, which also
    changes its state: each change is a ``HandoutStep``.
    """

    number = models.ForeignKey(
        ReserveNumber, models.PROTECT, related_name="handouts", verbose_name=_("reserve number")
    )
    # Its index, and that of a person's own, is ``handouts_of_outage``.
    outage = models.ForeignKey(
        Outage, models.PROTECT, related_name="handouts", db_index=False, verbose_name=_("outage")
    )
    # Its index is ``handouts_of_ward``.
    ward = models.ForeignKey(
        Ward, models.PROTECT, related_name="handouts", db_index=False, verbose_name=_("ward")
    )
    # One patient has several, one after the other, when a sheet was missing.
    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="handouts", verbose_name=_("patient")
    )
    request_key = models.UUIDField(_("request key"))
    caller = models.CharField(_("caller's vgr-id"), max_length=VGR_ID_LENGTH, blank=True)
    # Of a caller who doesn't know the vgr-id.
    caller_name = models.CharField(_("caller's name"), max_length=NAME_LENGTH, blank=True)
    callback = models.CharField(_("call-back number"), max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State)

    # When the form for the call was opened; null where nobody knows.
    called_at = models.DateTimeField(_("called at"), null=True)
    handed_out_at = models.DateTimeField(_("handed out at"))
    # A vgr-id, not a user: whoever did it may have no account.
    handed_out_by = models.CharField(_("handed out by"), max_length=VGR_ID_LENGTH)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("recorded by"),
    )

    # Given out on paper, and entered afterwards: ``custody.paper.one_line``.
    late = models.BooleanField(_("late entry"), default=False)

    read_back_at = models.DateTimeField(_("read back at"), null=True)
    read_back_by = models.CharField(_("read back by"), max_length=VGR_ID_LENGTH, blank=True)

    # Of the last CONFIRM_AT_BEDSIDE: the patient wears this number, as somebody saw. Empty again
    # when that was withdrawn.
    bedside_at = models.DateTimeField(_("confirmed at the patient at"), null=True)
    bedside_by = models.CharField(
        _("confirmed at the patient by"), max_length=VGR_ID_LENGTH, blank=True
    )

    # The earlier handout, whose sheet was missing: the caller got this one instead.
    instead_of = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        related_name="successor",
        verbose_name=_("instead of"),
    )
    # The number's first handout, if the paper says that another patient was given the same number.
    duplicate_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="duplicates",
        verbose_name=_("another patient's handout of the same number"),
    )
    # Filled in when the patient's sex had no number left and the till chose the other sex's.
    other_sex_reason = models.CharField(
        _("why a number of the other sex"), max_length=500, blank=True
    )

    # Null and not "" when there is none, so that it can be unique.
    real_identity = models.CharField(_("real number"), max_length=LENGTH, null=True)  # noqa: DJ001
    real_kind = models.CharField(_("kind of real number"), max_length=20, blank=True)
    # The first handout of the same person, as a SAME_PERSON step says: both have one real number.
    same_person_as = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="further",
        verbose_name=_("same person as"),
    )
    replaced_at = models.DateTimeField(_("real number registered at"), null=True)
    # ``replaced_at`` until all on the switch list is done: so no page looks through years of ticks.
    switching_since = models.DateTimeField(_("being switched over since"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)

    class Meta:
        verbose_name = _("handout")
        verbose_name_plural = _("handouts")
        ordering: ClassVar = ["handed_out_at", "id"]
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("see_all_wards", "Can see the handouts of every ward"),
            ("hand_out", "Can hand out numbers"),
            ("enter_late", "Can enter afterwards what was handed out on paper"),
            ("close_handout", "Can register real numbers and notices, void and withdraw"),
            ("undo_handout", "Can undo a handout recorded by mistake"),
            ("correct_handout", "Can move a handout to another ward and correct its caller"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["number"],
                condition=~Q(state=State.UNDONE) & Q(duplicate_of__isnull=True),
                name="number_handed_out_once",
            ),
            models.CheckConstraint(
                name="handout_double_is_from_paper",
                condition=Q(duplicate_of__isnull=True) | Q(late=True),
            ),
            models.UniqueConstraint(fields=["request_key"], name="request_key_once"),
            models.UniqueConstraint(
                fields=["real_identity"],
                condition=Q(same_person_as__isnull=True),
                name="real_identity_on_one_handout",
                violation_error_message=_("This number already stands on another handout."),
            ),
            models.CheckConstraint(
                name="handout_row_shape",
                condition=(
                    _shape(State.HANDED_OUT, real=False, closed=False)
                    | _shape(State.REPLACED, real=True, closed=False)
                    | _shape(State.CLOSED, real=True, closed=True)
                    | _shape(State.VOIDED, real=False, closed=False)
                    | _shape(State.UNDONE, real=False, closed=False)
                ),
            ),
            models.CheckConstraint(
                name="handout_of_the_same_person_has_a_real_number",
                condition=Q(same_person_as__isnull=True) | Q(real_identity__isnull=False),
            ),
            models.CheckConstraint(
                name="handout_switches_over_to_its_real_number",
                condition=Q(switching_since__isnull=True) | Q(switching_since=F("replaced_at")),
            ),
            models.CheckConstraint(
                name="handout_real_kind_known",
                condition=Q(real_kind__in=["", *[kind.value for kind in Kind]]),
            ),
            models.CheckConstraint(
                name="handout_times_in_order",
                condition=(
                    Q(recorded_at__gte=F("handed_out_at"))
                    & (Q(replaced_at__isnull=True) | Q(replaced_at__gte=F("handed_out_at")))
                    & (Q(closed_at__isnull=True) | Q(closed_at__gte=F("replaced_at")))
                ),
            ),
            models.CheckConstraint(
                name="handout_read_back_by_somebody",
                condition=(
                    Q(read_back_at__isnull=True, read_back_by="")
                    | (Q(read_back_at__isnull=False) & ~Q(read_back_by=""))
                ),
            ),
            models.CheckConstraint(
                name="handout_confirmed_by_somebody",
                condition=(
                    Q(bedside_at__isnull=True, bedside_by="")
                    | (Q(bedside_at__isnull=False) & ~Q(bedside_by=""))
                ),
            ),
            models.CheckConstraint(
                name="handout_has_caller",
                condition=~Q(caller="") | (~Q(caller_name="") & ~Q(callback="")),
            ),
            models.CheckConstraint(
                name="handout_called_before_handed_out",
                condition=Q(called_at__isnull=True) | Q(called_at__lte=F("handed_out_at")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "ward", "handed_out_at"], name="handouts_by_state"),
            models.Index(fields=["handed_out_at"], name="handouts_by_time"),
            models.Index(fields=["outage", "recorded_by", "id"], name="handouts_of_outage"),
            models.Index(fields=["ward", "handed_out_at", "id"], name="handouts_of_ward"),
            models.Index(
                fields=["switching_since", "id"],
                condition=Q(switching_since__isnull=False),
                name="handouts_to_switch_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def get_absolute_url(self) -> str:
        """Return the ward's page of the handout."""
        return reverse("ward:handout", args=[self.pk])

    @property
    def drill(self) -> bool:
        """Tell whether its number is for drills."""
        return self.number.training

    @property
    def patient_sex(self) -> Sex:
        """Return the patient's sex as it is known; the number may be one of the other sex."""
        return Sex(self.patient.known_sex)

    @property
    def caller_words(self) -> str:
        """Return who called: the vgr-id, or the name where it isn't known."""
        return self.caller or self.caller_name

    @property
    def ward_telephone(self) -> str:
        """Return the ward's telephone number in the register; "" when it has none."""
        ward = self.ward.same_as or self.ward
        return ward.telephone

    @property
    def is_open(self) -> bool:
        """Tell whether a real number or a notice is still missing."""
        return self.state in OPEN

    @property
    def awaits_real_number(self) -> bool:
        """Tell whether the ward must register the real number next."""
        return self.state == State.HANDED_OUT

    @property
    def awaits_notice(self) -> bool:
        """Tell whether the ward must file the merge notice next."""
        return self.state == State.REPLACED

    @property
    def is_closed(self) -> bool:
        """Tell whether the real number is registered and the notice is filed in RAPS."""
        return self.state == State.CLOSED

    @property
    def is_unused(self) -> bool:
        """Tell whether no patient wears the number: the handout was voided or undone."""
        return self.state in {State.VOIDED, State.UNDONE}

    @property
    def was_not_read_back(self) -> bool:
        """Tell whether nobody has made sure that a number in use was heard right.

        That is, it was neither read back to the till nor confirmed at the patient. False for paper,
        where it isn't known, and for voided and undone handouts.
        """
        unsure = self.read_back_at is None and self.bedside_at is None
        return unsure and not self.late and not self.is_unused

    @property
    def is_with_a_patient(self) -> bool:
        """Tell whether a patient may have the number: it was read back, or seen at the wrist.

        Even if that was withdrawn: a number that somebody once typed at a patient is no fresh one.
        """
        if self.read_back_at is not None or self.bedside_at is not None:
            return True
        return any(step.act == Act.CONFIRM_AT_BEDSIDE for step in self.steps.all())

    @property
    def place(self) -> str:
        """Return where the patient lies: as the latest step says, else as the caller said.

        "" after a move to another ward of which nobody said where in it. A confirmation that was
        withdrawn says nothing: it may have been at another patient.
        """
        said = [step for step in self._standing_steps() if step.place or step.act == Act.TRANSFER]
        return max(said, key=lambda step: step.sequence).place if said else self.patient.place

    def _standing_steps(self) -> "list[HandoutStep]":
        """Return the steps but for confirmations at the patient that were withdrawn."""
        steps = list(self.steps.all())
        withdrawals = [s.sequence for s in steps if s.act == Act.WITHDRAW_CONFIRMATION]
        last = max(withdrawals, default=0)
        return [s for s in steps if s.act != Act.CONFIRM_AT_BEDSIDE or s.sequence > last]

    @property
    def had_wrong_sex(self) -> bool:
        """Tell whether the patient got another number since the sex had been said wrong."""
        return any(step.act == Act.CORRECT_SEX for step in self.steps.all())

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number and unit this is about."""
        return {"number": self.number.value, "unit": str(self.ward)}


class HandoutStep(models.Model):
    """One step of a handout: what happened, when and by whom, and who recorded it when.

    Inserted by ``custody.ledger.steps`` alone. Triggers and constraints keep the steps append-only,
    without gaps, and legal.
    """

    handout = models.ForeignKey(
        Handout, models.PROTECT, related_name="steps", verbose_name=_("handout")
    )
    sequence = models.PositiveSmallIntegerField(_("step"))
    act = models.CharField(_("act"), max_length=24, choices=Act)
    source = models.CharField(_("from state"), max_length=12, blank=True)
    target = models.CharField(_("to state"), max_length=12)
    at = models.DateTimeField(_("happened at"))
    by = models.CharField(_("done by"), max_length=VGR_ID_LENGTH)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("recorded by"),
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    # The real number that the step is about, if any.
    identity = models.CharField(_("real number"), max_length=LENGTH, blank=True)
    # What the step has changed, as it was before.
    former_ward = models.ForeignKey(
        Ward, models.PROTECT, null=True, related_name="+", verbose_name=_("ward before")
    )
    former_caller = models.CharField(
        _("caller before"), max_length=VGR_ID_LENGTH, blank=True, default=""
    )
    former_callback = models.CharField(
        _("call-back number before"), max_length=40, blank=True, default=""
    )
    former_sex = models.CharField(_("sex before"), max_length=1, blank=True, default="")
    # Whether Befreg was searched for an earlier identity before the real number was created.
    searched = models.BooleanField(_("Befreg was searched"), default=False)
    # Where the patient lies: free text, which is no person's number.
    place = models.CharField(_("place"), max_length=PLACE_LENGTH, blank=True, default="")

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering: ClassVar = ["handout_id", "sequence"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["handout", "sequence"], name="step_sequence_once"),
            models.CheckConstraint(
                name="step_is_legal",
                condition=reduce(
                    or_,
                    (
                        Q(act=step.act.value, source=step.source, target=step.target.value)
                        for step in LEGAL_STEPS
                    ),
                ),
            ),
            models.CheckConstraint(
                name="step_correction_has_reason",
                condition=~Q(act__in=[act.value for act in NEEDS_REASON]) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="step_recorded_after_event", condition=Q(recorded_at__gte=F("at"))
            ),
            models.CheckConstraint(
                name="step_of_a_move_names_the_ward_before",
                condition=Q(act=Act.TRANSFER.value, former_ward__isnull=False)
                | (~Q(act=Act.TRANSFER.value) & Q(former_ward__isnull=True)),
            ),
            models.CheckConstraint(
                name="step_of_a_correction_keeps_the_caller",
                condition=Q(act=Act.CORRECT.value) | Q(former_caller="", former_callback=""),
            ),
            models.CheckConstraint(
                name="step_of_a_corrected_sex_keeps_the_one_before",
                condition=Q(act=Act.CORRECT_SEX.value, former_sex__in=[sex.value for sex in Sex])
                | (~Q(act=Act.CORRECT_SEX.value) & Q(former_sex="")),
            ),
            models.CheckConstraint(
                name="step_may_say_that_befreg_was_searched",
                condition=Q(searched=False) | Q(act=Act.REPLACE.value),
            ),
            models.CheckConstraint(
                name="step_of_the_same_person_names_the_number",
                condition=~Q(act=Act.SAME_PERSON.value) | ~Q(identity=""),
            ),
            models.CheckConstraint(
                name="step_may_say_a_place",
                condition=Q(place="") | Q(act__in=[act.value for act in SAYS_PLACE]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.handout_id}.{self.sequence} {self.act}"

    @property
    def before(self) -> str:
        """Return what the step changed, as it was until then; "" for a step that changed nothing.

        The ward that the number was moved from, the patient's sex, or caller and call-back number.
        """
        if self.former_sex:
            return str(SEX_WORDS[Sex(self.former_sex)])
        if self.former_ward_id:
            return str(self.former_ward)
        return ", ".join(filter(None, (self.former_caller, self.former_callback)))
