"""A telephone call, and the patients it is about."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models import Ward
from befreg_reserv.people.vgr_id import MAX_LENGTH as VGR_ID_LENGTH
from custody.models.states import PLACE_LENGTH
from custody.numbers.identities import Sex
from outage.models import Outage

NAME_LENGTH = 60
MOST_PATIENTS = 20


class AgeGroup(models.TextChoices):
    """How old a patient seems: doses and reference values follow age, and a number's is false."""

    ADULT = "adult", _("Adult")
    CHILD = "child", _("Child")
    INFANT = "infant", _("Infant")


class PatientState(models.TextChoices):
    """Whether a patient of a call has got a number."""

    WAITING = "waiting", _("Waits for a number")
    SERVED = "served", _("Got a number")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    # After the outage Befreg has made the number, or the ward has found out who it is.
    SETTLED = "settled", _("Settled after the outage")


class Call(models.Model):
    """What a ward said on the telephone, or what a line on paper says of it.

    Inserted by ``custody.ledger.calls`` alone. It stays as it was said; a missing vgr-id may be
    filled in once.
    """

    # The key of the form: a call is answered once.
    request_key = models.UUIDField(_("request key"))
    # Null if no outage was ongoing. Its index, and that of a person's own, is ``calls_of_outage``.
    outage = models.ForeignKey(
        Outage,
        models.PROTECT,
        null=True,
        related_name="calls",
        db_index=False,
        verbose_name=_("outage"),
    )
    drill = models.BooleanField(_("drill"), default=False)
    ward = models.ForeignKey(Ward, models.PROTECT, related_name="calls", verbose_name=_("ward"))
    caller = models.CharField(_("caller's vgr-id"), max_length=VGR_ID_LENGTH, blank=True)
    # Given by a caller who doesn't know the vgr-id.
    caller_name = models.CharField(_("caller's name"), max_length=NAME_LENGTH, blank=True)
    callback = models.CharField(_("call-back number"), max_length=40, blank=True)
    # When the form was opened; null where nobody knows.
    begun_at = models.DateTimeField(_("begun at"), null=True)
    taken_at = models.DateTimeField(_("taken at"))
    taken_by = models.CharField(_("taken by"), max_length=VGR_ID_LENGTH)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("recorded by"),
    )
    # From paper, entered afterwards.
    late = models.BooleanField(_("late entry"), default=False)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering: ClassVar = ["taken_at", "id"]
        default_permissions = ()
        permissions: ClassVar = [("find_caller", "Can write whose call it was")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request_key"], name="call_key_once"),
            models.CheckConstraint(
                name="call_has_caller",
                condition=~Q(caller="") | (~Q(caller_name="") & ~Q(callback="")),
            ),
            models.CheckConstraint(
                name="call_times_in_order",
                condition=Q(recorded_at__gte=F("taken_at"))
                & (Q(begun_at__isnull=True) | Q(begun_at__lte=F("taken_at"))),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["outage", "recorded_by", "id"], name="calls_of_outage"),
            models.Index(
                fields=["taken_at"], condition=Q(caller=""), name="calls_of_unknown_callers"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def get_absolute_url(self) -> str:
        """Return the till's page of the call."""
        return reverse("till:call-taken", args=[self.pk])

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
    def goes_on(self) -> bool:
        """Tell whether the call's outage hasn't ended, or it came before one had been started."""
        return self.outage is None or self.outage.ongoing

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which unit this is about."""
        return {"number": "", "unit": str(self.ward)}


def _shape(state: PatientState, *, waited: bool | None, ended: bool, reason: bool | None) -> Q:
    """Return the row shape of a state: what is filled in; None where both may be."""
    shape = Q(state=state, ended_at__isnull=not ended)
    shape &= ~Q(ended_by="") if ended else Q(ended_by="")
    if waited is not None:
        shape &= Q(waiting_since__isnull=not waited)
    if reason is not None:
        shape &= ~Q(reason="") if reason else Q(reason="")
    return shape


class Patient(models.Model):
    """One patient of a call, never by name. Without a number, the patient waits.

    Inserted by ``custody.ledger.calls`` alone, which also changes its state.
    """

    call = models.ForeignKey(Call, models.PROTECT, related_name="patients", verbose_name=_("call"))
    position = models.PositiveSmallIntegerField(_("place in the call"))
    sex = models.CharField(_("sex"), max_length=1)
    # What turned out to be right, if something else was said; "" if not.
    corrected_sex = models.CharField(
        _("corrected sex"), max_length=1, blank=True, default="", editable=False
    )
    # What is right of ward, caller and call-back number, if the call said something else: all three
    # together. Without a ward, what the call said holds.
    corrected_ward = models.ForeignKey(
        Ward,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("corrected ward"),
        editable=False,
    )
    corrected_caller = models.CharField(
        _("corrected caller"), max_length=VGR_ID_LENGTH, blank=True, default="", editable=False
    )
    corrected_callback = models.CharField(
        _("corrected call-back number"), max_length=40, blank=True, default="", editable=False
    )
    # "" where nobody knows.
    age_group = models.CharField(_("age"), max_length=6, choices=AgeGroup, blank=True)
    # What turned out to be right, if something else was said; "" if not.
    corrected_age_group = models.CharField(
        _("corrected age"),
        max_length=6,
        choices=AgeGroup,
        blank=True,
        default="",
        editable=False,
    )
    place = models.CharField(_("bed or place"), max_length=PLACE_LENGTH, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=PatientState)
    # Null if there was a number at once.
    waiting_since = models.DateTimeField(_("waiting since"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    ended_by = models.CharField(_("ended by"), max_length=VGR_ID_LENGTH, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        ordering: ClassVar = ["call_id", "position"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["call", "position"], name="patient_position_once"),
            models.CheckConstraint(
                name="patient_position_in_call",
                condition=Q(position__gte=1, position__lte=MOST_PATIENTS),
            ),
            models.CheckConstraint(
                name="patient_sex_known", condition=Q(sex__in=[sex.value for sex in Sex])
            ),
            models.CheckConstraint(
                name="patient_corrected_sex_is_another",
                condition=Q(corrected_sex="")
                | (Q(corrected_sex__in=[sex.value for sex in Sex]) & ~Q(corrected_sex=F("sex"))),
            ),
            models.CheckConstraint(
                name="patient_corrected_with_the_ward",
                condition=Q(corrected_ward__isnull=False)
                | Q(corrected_caller="", corrected_callback=""),
            ),
            models.CheckConstraint(
                name="patient_age_group_known",
                condition=Q(age_group__in=["", *AgeGroup.values]),
            ),
            models.CheckConstraint(
                name="patient_corrected_age_is_another",
                condition=Q(corrected_age_group="")
                | (
                    Q(corrected_age_group__in=AgeGroup.values)
                    & ~Q(corrected_age_group=F("age_group"))
                ),
            ),
            models.CheckConstraint(
                name="patient_row_shape",
                condition=(
                    _shape(PatientState.WAITING, waited=True, ended=False, reason=False)
                    | _shape(PatientState.SERVED, waited=None, ended=True, reason=None)
                    | _shape(PatientState.WITHDRAWN, waited=True, ended=True, reason=True)
                    | _shape(PatientState.SETTLED, waited=True, ended=True, reason=True)
                ),
            ),
            models.CheckConstraint(
                name="patient_times_in_order",
                condition=Q(ended_at__isnull=True)
                | Q(waiting_since__isnull=True)
                | Q(ended_at__gte=F("waiting_since")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["waiting_since"],
                condition=Q(state=PatientState.WAITING),
                name="patients_who_wait",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def waits(self) -> bool:
        """Tell whether the patient has no number, and somebody must see to it."""
        return self.state == PatientState.WAITING

    @property
    def from_before(self) -> bool:
        """Tell whether the patient waits from an outage that ended well before the ongoing one.

        As ``calls.waiting.queue`` has found it; no other reader asks.
        """
        return bool(getattr(self, "waits_from_before", False))

    @property
    def ward(self) -> Ward:
        """Return where the patient is, as it is known now."""
        return self.corrected_ward or self.call.ward

    @property
    def caller(self) -> str:
        """Return the caller's vgr-id as it is known now, "" if it isn't."""
        return self.corrected_caller if self.corrected_ward_id else self.call.caller

    @property
    def callback(self) -> str:
        """Return the number to call back as it is known now."""
        return self.corrected_callback if self.corrected_ward_id else self.call.callback

    @property
    def caller_words(self) -> str:
        """Return who called: the vgr-id, or the name where it isn't known."""
        return self.caller or self.call.caller_name

    @property
    def ward_telephone(self) -> str:
        """Return the ward's telephone number in the register; "" when it has none."""
        return (self.ward.same_as or self.ward).telephone

    @property
    def known_sex(self) -> str:
        """Return the sex as it is known now: corrected, or else as the caller stated it."""
        return self.corrected_sex or self.sex

    @property
    def is_of_unknown_sex(self) -> bool:
        """Tell whether the caller could not say the sex."""
        return self.known_sex == Sex.UNKNOWN

    @property
    def sex_label(self) -> str:
        """Return the word for the sex as it is known now."""
        return str(SEX_WORDS[Sex(self.known_sex)])

    @property
    def known_age_group(self) -> str:
        """Return the age as it is known now: corrected, or else as the caller stated it."""
        return self.corrected_age_group or self.age_group

    @property
    def age_label(self) -> str:
        """Return the word for the age as it is known now; "" if nobody knows it."""
        return str(AgeGroup(self.known_age_group).label) if self.known_age_group else ""

    @property
    def sex_and_age(self) -> str:
        """Return sex and age in words, as far as they are known."""
        return ", ".join(filter(None, (self.sex_label, self.age_label)))

    @property
    def words(self) -> str:
        """Return what the call said of the patient: sex, age, bed or place."""
        return ", ".join(filter(None, (self.sex_and_age, self.place)))

    @property
    def waited(self) -> timedelta | None:
        """Return how long the patient waited; None if the wait goes on, or there was none."""
        if self.waiting_since is None or self.ended_at is None:
            return None
        return self.ended_at - self.waiting_since

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which unit this is about."""
        return {"number": "", "unit": str(self.ward)}


class PatientCorrection(models.Model):
    """What was wrong of a patient without a number, as it was before: ward, caller, sex or age.

    Inserted by ``custody.ledger.calls`` alone. Whoever has a number is corrected by its steps.
    """

    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="corrections", verbose_name=_("patient")
    )
    former_ward = models.ForeignKey(
        Ward, models.PROTECT, related_name="+", verbose_name=_("ward before")
    )
    former_caller = models.CharField(_("caller before"), max_length=VGR_ID_LENGTH, blank=True)
    former_callback = models.CharField(_("call-back number before"), max_length=40, blank=True)
    # "" in a correction of the time when only ward, caller and call-back number could be put right.
    former_sex = models.CharField(_("sex before"), max_length=1, blank=True, default="")
    # "" where nobody knew it.
    former_age_group = models.CharField(
        _("age before"), max_length=6, choices=AgeGroup, blank=True, default=""
    )
    at = models.DateTimeField(_("happened at"))
    by = models.CharField(_("done by"), max_length=VGR_ID_LENGTH)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    reason = models.CharField(_("reason"), max_length=500)

    class Meta:
        verbose_name = _("correction of a waiting patient")
        verbose_name_plural = _("corrections of waiting patients")
        ordering: ClassVar = ["patient_id", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(name="patient_correction_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="patient_correction_recorded_after",
                condition=Q(recorded_at__gte=F("at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def before(self) -> str:
        """Return ward, caller, call-back number, sex and age as they were until then."""
        sex = str(SEX_WORDS[Sex(self.former_sex)]) if self.former_sex else ""
        age = str(AgeGroup(self.former_age_group).label) if self.former_age_group else ""
        said = (str(self.former_ward), self.former_caller, self.former_callback, sex, age)
        return ", ".join(filter(None, said))

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which unit this is about."""
        return self.patient.audit_subject()


SEX_WORDS = {Sex.WOMAN: _("Woman"), Sex.MAN: _("Man"), Sex.UNKNOWN: _("Sex unknown")}
