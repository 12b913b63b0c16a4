"""What a planned outage needs: numbers beforehand, late registration afterwards."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models import Ward
from befreg_reserv.people.vgr_id import MAX_LENGTH as VGR_ID_LENGTH
from custody.numbers.identities import LENGTH, Sex
from custody.numbers.sql import sex_and_training_constraints
from outage.models import Outage, Plan


class PreparedNumber(models.Model):
    """A number created in Befreg before a planned outage and set aside for a ward.

    Inserted by ``custody.planned.prepared`` alone. Afterwards it is marked used or unused. A wrong
    mark is replaced, with a reason, and the audit log keeps both. A move to another ward, or away
    from a cancelled plan, needs a ``PreparedMove``.
    """

    class Outcome(models.TextChoices):
        USED = "used", _("Used")
        UNUSED = "unused", _("Unused")

    plan = models.ForeignKey(
        Plan, models.PROTECT, related_name="prepared", verbose_name=_("planned outage")
    )
    ward = models.ForeignKey(Ward, models.PROTECT, related_name="+", verbose_name=_("ward"))
    value = models.CharField(_("reserve number"), max_length=LENGTH)
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
        indexes: ClassVar = [
            models.Index(fields=["plan"], condition=Q(outcome=""), name="prepared_unmarked"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["value"], name="prepared_number_once"),
            *sex_and_training_constraints("prepared", sexes=Sex),
            models.CheckConstraint(
                name="prepared_marked_by_somebody",
                condition=Q(outcome="", marked_at__isnull=True, marked_by="", mark_reason="")
                | (Q(outcome__in=["used", "unused"], marked_at__isnull=False) & ~Q(marked_by="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def drill(self) -> bool:
        """Tell whether it is for drills."""
        return self.training

    @property
    def is_used(self) -> bool:
        """Tell whether it was marked used."""
        return self.outcome == self.Outcome.USED

    @property
    def is_unused(self) -> bool:
        """Tell whether it was marked unused."""
        return self.outcome == self.Outcome.UNUSED

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number and unit this is about."""
        return {"number": self.value, "unit": str(self.ward)}


class PreparedMove(models.Model):
    """A prepared number that was allotted again: from where to where, by whom and why. Append-only.

    Inserted by ``custody.planned.prepared`` alone.
    """

    number = models.ForeignKey(
        PreparedNumber, models.PROTECT, related_name="moves", verbose_name=_("prepared number")
    )
    from_plan = models.ForeignKey(
        Plan, models.PROTECT, related_name="+", verbose_name=_("from planned outage")
    )
    from_ward = models.ForeignKey(
        Ward, models.PROTECT, related_name="+", verbose_name=_("from ward")
    )
    to_plan = models.ForeignKey(
        Plan, models.PROTECT, related_name="+", verbose_name=_("to planned outage")
    )
    to_ward = models.ForeignKey(Ward, models.PROTECT, related_name="+", verbose_name=_("to ward"))
    at = models.DateTimeField(_("moved at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("moved by")
    )
    reason = models.CharField(_("reason"), max_length=500)

    class Meta:
        verbose_name = _("move of a prepared number")
        verbose_name_plural = _("moves of prepared numbers")
        ordering: ClassVar = ["id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(name="prepared_move_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="prepared_move_leads_elsewhere",
                condition=~Q(from_plan=F("to_plan")) | ~Q(from_ward=F("to_ward")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number and unit this is about."""
        return {"number": self.number.value, "unit": str(self.to_ward)}


class LateRegistration(models.Model):
    """A patient treated without a number during an outage: where and when, never who.

    Inserted by ``custody.planned.late_registration`` alone. Open until it is registered in Befreg,
    or struck because it was listed by mistake. When a registration with a wrong number is withdrawn
    (``LateWithdrawal``), the row is open again.
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
    # Null and not "" when there is none, so that it can be unique.
    number = models.CharField(_("number given"), max_length=LENGTH, null=True)  # noqa: DJ001
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
        indexes: ClassVar = [
            models.Index(
                fields=["outage"],
                condition=Q(registered_at__isnull=True, struck_at__isnull=True),
                name="late_registrations_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def drill(self) -> bool:
        """Tell whether its outage is a drill."""
        return self.outage.drill

    @property
    def place_in_list(self) -> str:
        """Return the address of its row in the outage's list."""
        return f"{reverse('outage:late', args=[self.outage_id])}#late-{self.pk}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number and unit this is about."""
        return {"number": self.number or "", "unit": str(self.ward)}


class LateWithdrawal(models.Model):
    """A late registration that was wrong: what it said, who withdrew it and why. Append-only.

    Inserted by ``custody.planned.late_registration`` alone.
    """

    registration = models.ForeignKey(
        LateRegistration,
        models.PROTECT,
        related_name="withdrawals",
        verbose_name=_("late registration"),
    )
    number = models.CharField(_("number given"), max_length=LENGTH)
    registered_at = models.DateTimeField(_("registered at"))
    registered_by = models.CharField(_("registered by"), max_length=VGR_ID_LENGTH)
    at = models.DateTimeField(_("withdrawn at"))
    by = models.CharField(_("withdrawn by"), max_length=VGR_ID_LENGTH)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    reason = models.CharField(_("reason"), max_length=500)

    class Meta:
        verbose_name = _("withdrawn late registration")
        verbose_name_plural = _("withdrawn late registrations")
        ordering: ClassVar = ["id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                name="late_withdrawal_says_all",
                condition=~Q(number="") & ~Q(registered_by="") & ~Q(by="") & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="late_withdrawal_times_in_order",
                condition=Q(at__gte=F("registered_at")) & Q(recorded_at__gte=F("at")),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["number"], name="late_withdrawn_numbers")]

    def __str__(self) -> str:
        return f"{self.pk}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number and unit this is about."""
        return {"number": self.number, "unit": str(self.registration.ward)}
