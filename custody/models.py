"""The binder, its numbers, the handouts and their history; with every rule SQL can keep."""

from functools import reduce
from operator import or_
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Substr
from django.db.models.lookups import Exact, GreaterThanOrEqual, LessThan
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models import Ward
from befreg_reserv.people.vgr_id import MAX_LENGTH as VGR_ID_LENGTH
from custody.identities import Kind, Sex, group, other_sex
from custody.states import NEEDS_REASON, STEPS, Act, State
from outage.models import Outage, Plan

IN_BINDER = Q(taken_at__isnull=True)
FIRST_REAL_SERIAL = Value("06")  # Befreg never issues 00–05: they are for training


class Binder(models.Model):
    """The folder of pre-issued numbers, all of one birth date; real or for training."""

    name = models.CharField(_("name"), max_length=60)
    training = models.BooleanField(_("training"))
    birth_date = models.DateField(_("birth date"))
    family_name = models.CharField(_("family name in Befreg"), max_length=60, default="Driftstopp")
    given_name = models.CharField(_("given name in Befreg"), max_length=60, default="AKM")

    class Meta:
        verbose_name = _("binder")
        verbose_name_plural = _("binders")
        ordering: ClassVar = ["training", "id"]
        default_permissions = ("view",)
        permissions: ClassVar = [("load_binder", "Can load numbers into a binder")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], name="binder_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ReserveNumber(models.Model):
    """One number on one tab of a binder. ``taken_at`` is when it left; null: it lies there.

    Only ``custody.binder`` puts numbers in, only ``custody.handouts`` takes them out.
    """

    binder = models.ForeignKey(
        Binder, models.PROTECT, related_name="numbers", verbose_name=_("binder")
    )
    tab = models.PositiveSmallIntegerField(_("tab"))
    value = models.CharField(_("reserve number"), max_length=12)
    sex = models.CharField(_("sex"), max_length=1)
    # As the binder's; beside the number for the index below.
    training = models.BooleanField(_("training"))
    # Null where it was laid in before that was kept.
    laid_in_at = models.DateTimeField(_("laid into the binder"), null=True)
    taken_at = models.DateTimeField(_("left the binder"), null=True)

    class Meta:
        verbose_name = _("reserve number")
        verbose_name_plural = _("reserve numbers")
        ordering: ClassVar = ["binder", "tab", "id"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["value"], name="number_in_one_binder_once"),
            models.UniqueConstraint(
                fields=["binder", "tab"], condition=IN_BINDER, name="tab_holds_one_number"
            ),
            models.CheckConstraint(name="number_sex_known", condition=Q(sex__in=["K", "M"])),
            models.CheckConstraint(
                name="number_tells_its_sex",
                condition=Exact(Substr("value", 9, 1), F("sex")),
            ),
            models.CheckConstraint(
                name="number_training_by_serial",
                condition=(
                    Q(LessThan(Substr("value", 10, 2), FIRST_REAL_SERIAL), training=True)
                    | Q(
                        GreaterThanOrEqual(Substr("value", 10, 2), FIRST_REAL_SERIAL),
                        training=False,
                    )
                ),
            ),
        ]
        indexes: ClassVar = [
            # The order in which numbers are handed out. IS NULL reaches SQL as a literal, so
            # both databases use the partial index.
            models.Index(
                fields=["training", "sex", "binder", "tab"],
                condition=IN_BINDER,
                name="numbers_in_binder",
            )
        ]

    def __str__(self) -> str:
        return f"{self.binder_id}:{self.tab}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number this is."""
        return {"number": self.value}

    @property
    def grouped(self) -> str:
        """Return the number in groups: ``20000101 K 06 4``."""
        return group(self.value)

    @property
    def last_four(self) -> str:
        """Return what tells it from its neighbours."""
        return self.value[-4:]


def _shape(state: State, *, real: bool, closed: bool) -> Q:
    """Row shape: which columns are filled in a state."""
    return Q(
        state=state,
        real_identity__isnull=not real,
        replaced_at__isnull=not real,
        closed_at__isnull=not closed,
    ) & (~Q(real_kind="") if real else Q(real_kind=""))


class Handout(models.Model):
    """One number given to one ward for one patient, until it has its successor and its notice.

    Only ``custody.handouts`` writes its state; every change is a ``HandoutStep``.
    """

    number = models.ForeignKey(
        ReserveNumber, models.PROTECT, related_name="handouts", verbose_name=_("reserve number")
    )
    outage = models.ForeignKey(
        Outage, models.PROTECT, related_name="handouts", verbose_name=_("outage")
    )
    ward = models.ForeignKey(Ward, models.PROTECT, related_name="handouts", verbose_name=_("ward"))
    request_key = models.UUIDField(_("request key"))
    caller = models.CharField(_("caller's vgr-id"), max_length=VGR_ID_LENGTH)
    callback = models.CharField(_("call-back number"), max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State)

    # When the form for the call was opened; null where nobody knows.
    called_at = models.DateTimeField(_("called at"), null=True)
    handed_out_at = models.DateTimeField(_("handed out at"))
    # A vgr-id and no person: whoever did it may be without an account.
    handed_out_by = models.CharField(_("handed out by"), max_length=VGR_ID_LENGTH)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )

    # Given out on paper, and entered afterwards: ``custody.late_entry``.
    late = models.BooleanField(_("late entry"), default=False)

    read_back_at = models.DateTimeField(_("read back at"), null=True)
    read_back_by = models.CharField(_("read back by"), max_length=VGR_ID_LENGTH, blank=True)

    # The sheet of that handout was missing, and this is what the caller got instead of it.
    instead_of = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        related_name="successor",
        verbose_name=_("instead of"),
    )
    # Filled in where the patient's sex had no number left, and the till chose the other's.
    other_sex_reason = models.CharField(
        _("why a number of the other sex"), max_length=500, blank=True
    )

    # Null and not "" where there is none: only so can it be unique.
    real_identity = models.CharField(_("real number"), max_length=12, null=True)  # noqa: DJ001
    real_kind = models.CharField(_("kind of real number"), max_length=20, blank=True)
    replaced_at = models.DateTimeField(_("real number registered at"), null=True)
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
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["number"], condition=~Q(state=State.UNDONE), name="number_handed_out_once"
            ),
            models.UniqueConstraint(fields=["request_key"], name="request_key_once"),
            models.UniqueConstraint(
                fields=["real_identity"],
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
            models.CheckConstraint(name="handout_has_caller", condition=~Q(caller="")),
            models.CheckConstraint(
                name="handout_called_before_handed_out",
                condition=Q(called_at__isnull=True) | Q(called_at__lte=F("handed_out_at")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "ward", "handed_out_at"], name="handouts_by_state"),
            models.Index(fields=["handed_out_at"], name="handouts_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def get_absolute_url(self) -> str:
        """Return the ward's page of the handout."""
        return reverse("ward:handout", args=[self.pk])

    @property
    def patient_sex(self) -> Sex:
        """Return the sex that was said on the telephone; the number's may be the other."""
        own = Sex(self.number.sex)
        return other_sex(own) if self.other_sex_reason else own

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number and unit this is about."""
        return {"number": self.number.value, "unit": str(self.ward)}


class HandoutStep(models.Model):
    """One step of a handout: what happened, when and by whom, and who recorded it when.

    Append-only, gapless and legal by database trigger and constraint.
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
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    # The real number that the step is about, if it is about one.
    identity = models.CharField(_("real number"), max_length=12, blank=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering: ClassVar = ["handout", "sequence"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["handout", "sequence"], name="step_sequence_once"),
            models.CheckConstraint(
                name="step_is_legal",
                condition=reduce(
                    or_,
                    (
                        Q(act=act.value, source=str(step.source), target=step.target.value)
                        for act, step in STEPS.items()
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
        ]

    def __str__(self) -> str:
        return f"{self.handout_id}.{self.sequence} {self.act}"


class MergeNotice(models.Model):
    """The notice in RAPS that emergency number and real number are the same person.

    Written by ``custody.notices``. A withdrawn notice stays, with the reason.
    """

    handout = models.ForeignKey(
        Handout, models.PROTECT, related_name="notices", verbose_name=_("handout")
    )
    identity = models.CharField(_("real number"), max_length=12)
    reference = models.CharField(_("RAPS reference"), max_length=60, blank=True)
    filed_at = models.DateTimeField(_("filed at"))
    filed_by = models.CharField(_("filed by"), max_length=VGR_ID_LENGTH)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True)
    withdrawn_by = models.CharField(_("withdrawn by"), max_length=VGR_ID_LENGTH, blank=True)
    withdrawn_reason = models.CharField(_("reason for withdrawal"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("RAPS notice")
        verbose_name_plural = _("RAPS notices")
        ordering: ClassVar = ["id"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["handout"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_standing_notice",
            ),
            models.CheckConstraint(
                name="notice_withdrawn_by_somebody_for_a_reason",
                condition=(
                    Q(withdrawn_at__isnull=True, withdrawn_by="", withdrawn_reason="")
                    | (
                        Q(withdrawn_at__isnull=False)
                        & ~Q(withdrawn_by="")
                        & ~Q(withdrawn_reason="")
                    )
                ),
            ),
            models.CheckConstraint(
                name="notice_times_in_order",
                condition=Q(recorded_at__gte=F("filed_at"))
                & (Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("filed_at"))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number and unit this is about."""
        return self.handout.audit_subject()


class Quarantine(models.Model):
    """A number whose sheet isn't where it should be. It stays spent even when that is explained.

    A sheet that was away may have been with a patient. Written by ``custody.quarantine`` alone.
    """

    number = models.ForeignKey(
        ReserveNumber, models.PROTECT, related_name="quarantines", verbose_name=_("reserve number")
    )
    reason = models.CharField(_("reason"), max_length=500)
    # The count that missed it, if it was one.
    count = models.ForeignKey(
        "Count",
        models.PROTECT,
        null=True,
        related_name="quarantines",
        verbose_name=_("count"),
    )
    found_at = models.DateTimeField(_("found missing at"))
    found_by = models.CharField(_("found missing by"), max_length=VGR_ID_LENGTH)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    explained_at = models.DateTimeField(_("explained at"), null=True)
    explained_by = models.CharField(_("explained by"), max_length=VGR_ID_LENGTH, blank=True)
    explanation = models.CharField(_("explanation"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("quarantine")
        verbose_name_plural = _("quarantines")
        ordering: ClassVar = ["found_at", "id"]
        default_permissions = ("view",)
        permissions: ClassVar = [("explain_quarantine", "Can explain a missing sheet")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["number"],
                condition=Q(explained_at__isnull=True),
                name="quarantined_once",
            ),
            models.CheckConstraint(
                name="quarantine_explained_by_somebody",
                condition=(
                    Q(explained_at__isnull=True, explained_by="", explanation="")
                    | (Q(explained_at__isnull=False) & ~Q(explained_by="") & ~Q(explanation=""))
                ),
            ),
            models.CheckConstraint(
                name="quarantine_times_in_order",
                condition=Q(recorded_at__gte=F("found_at"))
                & (Q(explained_at__isnull=True) | Q(explained_at__gte=F("found_at"))),
            ),
            models.CheckConstraint(name="quarantine_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number this is about."""
        return {"number": self.number.value}


class Count(models.Model):
    """A binder gone through by hand, and compared with what the register holds. Append-only.

    Written by ``custody.count`` alone. ``listed_at``: when the list of tabs was made; what left
    the binder after that is no variance.
    """

    binder = models.ForeignKey(
        Binder, models.PROTECT, related_name="counts", verbose_name=_("binder")
    )
    request_key = models.UUIDField(_("request key"), unique=True)
    listed_at = models.DateTimeField(_("listed at"))
    at = models.DateTimeField(_("counted at"))
    by = models.CharField(_("counted by"), max_length=VGR_ID_LENGTH)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    reason = models.CharField(_("reason for the variance"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("count")
        verbose_name_plural = _("counts")
        ordering: ClassVar = ["-at", "-id"]
        default_permissions = ("view",)
        permissions: ClassVar = [("count_binder", "Can count a binder")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="count_times_in_order",
                condition=Q(recorded_at__gte=F("at")) & Q(recorded_at__gte=F("listed_at")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def get_absolute_url(self) -> str:
        """Return the page of what the count found."""
        return reverse("binder:counted", args=[self.pk])


class CountLine(models.Model):
    """One number of a count: whether it should lie there, and whether it did.

    A line that was found though it shouldn't be is settled once, by destroying the sheet; or by
    itself, when the handout is undone.
    """

    count = models.ForeignKey(Count, models.PROTECT, related_name="lines", verbose_name=_("count"))
    number = models.ForeignKey(
        ReserveNumber, models.PROTECT, related_name="count_lines", verbose_name=_("reserve number")
    )
    expected = models.BooleanField(_("should lie there"))
    found = models.BooleanField(_("lay there"))
    # Left the binder between list and count: neither answer is wrong.
    meanwhile = models.BooleanField(_("left meanwhile"))
    destroyed_at = models.DateTimeField(_("sheet destroyed at"), null=True)
    destroyed_by = models.CharField(_("destroyed by"), max_length=VGR_ID_LENGTH, blank=True)
    destroyed_note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("line of a count")
        verbose_name_plural = _("lines of a count")
        ordering: ClassVar = ["count", "number__tab", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["count", "number"], name="number_once_in_count"),
            models.CheckConstraint(
                name="count_line_destroyed_by_somebody",
                condition=Q(destroyed_at__isnull=True, destroyed_by="", destroyed_note="")
                | (Q(destroyed_at__isnull=False, found=True) & ~Q(destroyed_by="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count_id}:{self.number_id}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number this is about."""
        return {"number": self.number.value}


def _sex_and_training(prefix: str, *, sexes: list[str]) -> list[models.CheckConstraint]:
    """Return the rules by which a stored number's own characters say its sex and its use."""
    serial = Substr("value", 10, 2)
    return [
        models.CheckConstraint(name=f"{prefix}_sex_known", condition=Q(sex__in=sexes)),
        models.CheckConstraint(
            name=f"{prefix}_tells_its_sex", condition=Exact(Substr("value", 9, 1), F("sex"))
        ),
        models.CheckConstraint(
            name=f"{prefix}_training_by_serial",
            condition=Q(LessThan(serial, FIRST_REAL_SERIAL), training=True)
            | Q(GreaterThanOrEqual(serial, FIRST_REAL_SERIAL), training=False),
        ),
    ]


class PreparedNumber(models.Model):
    """A number created in Befreg before a planned outage and set aside for a ward.

    Written by ``custody.prepared`` alone. Afterwards it is marked used or unused; a mark that was
    wrong is made again with a reason, and the audit log keeps both.
    """

    class Outcome(models.TextChoices):
        USED = "used", _("Used")
        UNUSED = "unused", _("Unused")

    plan = models.ForeignKey(
        Plan, models.PROTECT, related_name="prepared", verbose_name=_("planned outage")
    )
    ward = models.ForeignKey(Ward, models.PROTECT, related_name="+", verbose_name=_("ward"))
    value = models.CharField(_("reserve number"), max_length=12)
    sex = models.CharField(_("sex"), max_length=1)
    training = models.BooleanField(_("training"))
    entered_at = models.DateTimeField(_("entered at"))
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, blank=True)
    marked_at = models.DateTimeField(_("marked at"), null=True)
    marked_by = models.CharField(_("marked by"), max_length=VGR_ID_LENGTH, blank=True)
    mark_reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("prepared number")
        verbose_name_plural = _("prepared numbers")
        ordering: ClassVar = ["plan", "ward__clinic__key", "ward__key", "value"]
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("prepare_numbers", "Can enter and allot prepared numbers"),
            ("mark_prepared", "Can mark prepared numbers used or unused"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["value"], name="prepared_number_once"),
            *_sex_and_training("prepared", sexes=["K", "M", "X"]),
            models.CheckConstraint(
                name="prepared_marked_by_somebody",
                condition=Q(outcome="", marked_at__isnull=True, marked_by="", mark_reason="")
                | (Q(outcome__in=["used", "unused"], marked_at__isnull=False) & ~Q(marked_by="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number and unit this is about."""
        return {"number": self.value, "unit": str(self.ward)}


class LateRegistration(models.Model):
    """A patient treated without a number during an outage: where and when, never who.

    Written by ``custody.late_registration`` alone. Open until registered in Befreg, or struck:
    listed by mistake.
    """

    outage = models.ForeignKey(
        Outage, models.PROTECT, related_name="late_registrations", verbose_name=_("outage")
    )
    ward = models.ForeignKey(Ward, models.PROTECT, related_name="+", verbose_name=_("ward"))
    request_key = models.UUIDField(_("request key"), unique=True)
    place = models.CharField(_("bed or place"), max_length=60)
    treated_at = models.DateTimeField(_("treated at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    # Null and not "" where there is none: only so can it be unique.
    number = models.CharField(_("number given"), max_length=12, null=True)  # noqa: DJ001
    registered_at = models.DateTimeField(_("registered at"), null=True)
    registered_by = models.CharField(_("registered by"), max_length=VGR_ID_LENGTH, blank=True)
    struck_at = models.DateTimeField(_("struck at"), null=True)
    struck_by = models.CharField(_("struck by"), max_length=VGR_ID_LENGTH, blank=True)
    struck_reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("late registration")
        verbose_name_plural = _("late registrations")
        ordering: ClassVar = ["treated_at", "id"]
        default_permissions = ("view",)
        permissions: ClassVar = [("register_late", "Can keep a ward's list for late registration")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number"], name="late_registered_number_once"),
            models.CheckConstraint(name="late_has_place", condition=~Q(place="")),
            models.CheckConstraint(
                name="late_row_shape",
                condition=Q(
                    number__isnull=True,
                    registered_at__isnull=True,
                    registered_by="",
                    struck_at__isnull=True,
                    struck_by="",
                    struck_reason="",
                )
                | (
                    Q(number__isnull=False, registered_at__isnull=False, struck_at__isnull=True)
                    & ~Q(registered_by="")
                    & Q(struck_by="", struck_reason="")
                )
                | (
                    Q(number__isnull=True, registered_at__isnull=True, registered_by="")
                    & Q(struck_at__isnull=False)
                    & ~Q(struck_by="")
                    & ~Q(struck_reason="")
                ),
            ),
            models.CheckConstraint(
                name="late_times_in_order",
                condition=Q(recorded_at__gte=F("treated_at"))
                & (Q(registered_at__isnull=True) | Q(registered_at__gte=F("treated_at"))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number and unit this is about."""
        return {"number": self.number or "", "unit": str(self.ward)}


class SignOff(models.Model):
    """An administrator's word that an outage is done with. Append-only; the latest one counts.

    Written by ``custody.sign_off`` alone.
    """

    outage = models.ForeignKey(
        Outage, models.PROTECT, related_name="sign_offs", verbose_name=_("outage")
    )
    at = models.DateTimeField(_("signed off at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("signed off by")
    )
    text = models.CharField(_("what was learned"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("sign-off")
        verbose_name_plural = _("sign-offs")
        ordering: ClassVar = ["at", "id"]
        default_permissions = ("view",)
        permissions: ClassVar = [("sign_off", "Can sign off an outage")]

    def __str__(self) -> str:
        return f"{self.pk}"


class Reminder(models.Model):
    """One mail about a ward's open handouts of an outage: claimed before it is sent.

    Written by ``custody.reminders`` alone. Whoever inserts the row sends the mail, so that two
    runs at once send one. ``sequence`` 1–5 go to the ward, the next to the administrators.
    """

    outage = models.ForeignKey(
        Outage, models.PROTECT, related_name="reminders", verbose_name=_("outage")
    )
    ward = models.ForeignKey(Ward, models.PROTECT, related_name="+", verbose_name=_("ward"))
    sequence = models.PositiveSmallIntegerField(_("number in the row"))
    day = models.DateField(_("day"))
    to = models.CharField(_("sent to"), max_length=2000, blank=True)
    handouts = models.PositiveIntegerField(_("open handouts"))
    claimed_at = models.DateTimeField(_("claimed at"))
    sent_at = models.DateTimeField(_("sent at"), null=True)
    failure = models.CharField(_("failure"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering: ClassVar = ["-claimed_at", "-id"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["outage", "ward", "sequence"], name="reminder_once"),
            models.UniqueConstraint(fields=["outage", "ward", "day"], name="reminder_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
