"""An outage of Befreg from the first doubt to its end, and what is known around it."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models import Ward


class Plan(models.Model):
    """A planned outage, announced beforehand. It becomes an Outage when a person starts it.

    Written by ``outage.planning`` alone. The window is what was announced, never what happened.
    """

    drill = models.BooleanField(_("drill"))
    planned_start = models.DateTimeField(_("planned start"))
    planned_end = models.DateTimeField(_("planned end"))
    reason = models.CharField(_("reason"), max_length=500)
    all_wards = models.BooleanField(_("concerns every ward"))
    cancelled_at = models.DateTimeField(_("cancelled"), null=True)

    class Meta:
        verbose_name = _("planned outage")
        verbose_name_plural = _("planned outages")
        ordering: ClassVar = ["planned_start", "id"]
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("plan_outage", "Can announce, change and cancel a planned outage"),
            ("state_need", "Can say what a ward needs during a planned outage"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="plan_ends_after_start", condition=Q(planned_end__gt=F("planned_start"))
            ),
            models.CheckConstraint(name="plan_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def get_absolute_url(self) -> str:
        """Return the plan's page."""
        return reverse("outage:plan", args=[self.pk])


class PlanChange(models.Model):
    """What was announced, changed or cancelled, with the window that held then. Append-only."""

    class Act(models.TextChoices):
        ANNOUNCED = "announced", _("Announced")
        CHANGED = "changed", _("Changed")
        CANCELLED = "cancelled", _("Cancelled")

    plan = models.ForeignKey(
        Plan, models.PROTECT, related_name="changes", verbose_name=_("planned outage")
    )
    act = models.CharField(_("act"), max_length=20, choices=Act)
    at = models.DateTimeField(_("happened at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("done by")
    )
    planned_start = models.DateTimeField(_("planned start"))
    planned_end = models.DateTimeField(_("planned end"))
    reason = models.CharField(_("reason"), max_length=500)

    class Meta:
        verbose_name = _("change of a plan")
        verbose_name_plural = _("changes of a plan")
        ordering: ClassVar = ["at", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(name="plan_change_has_reason", condition=~Q(reason=""))
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.act}"


class Need(models.Model):
    """A ward that a planned outage concerns, and what it needs; written by ``outage.needs``.

    Not answered yet: ``answered_at`` is null.
    """

    plan = models.ForeignKey(
        Plan, models.PROTECT, related_name="needs", verbose_name=_("planned outage")
    )
    ward = models.ForeignKey(Ward, models.PROTECT, related_name="+", verbose_name=_("ward"))
    women = models.PositiveSmallIntegerField(_("women's numbers"), default=0)
    men = models.PositiveSmallIntegerField(_("men's numbers"), default=0)
    registers_late = models.BooleanField(_("will register late"), default=False)
    answered_at = models.DateTimeField(_("answered"), null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    # Taken out of the plan by a change; what it had said stays to be read.
    concerned = models.BooleanField(_("concerned"), default=True)

    class Meta:
        verbose_name = _("need")
        verbose_name_plural = _("needs")
        ordering: ClassVar = ["plan", "ward__clinic__key", "ward__key"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "ward"], name="need_once_per_ward"),
            models.CheckConstraint(
                name="need_answered_by_somebody",
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, women=0, men=0)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.ward_id}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which unit this is about."""
        return {"unit": str(self.ward)}


class Outage(models.Model):
    """A time when Befreg can't be reached, or a drill of one.

    Only ``outage.lifecycle`` writes its state. Who started and ended it stands in the timeline.
    """

    class Kind(models.TextChoices):
        UNPLANNED = "unplanned", _("Unplanned")
        PLANNED = "planned", _("Planned")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    drill = models.BooleanField(_("drill"))
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    plan = models.OneToOneField(
        Plan,
        models.PROTECT,
        null=True,
        related_name="outage",
        verbose_name=_("planned outage"),
    )

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        ordering: ClassVar = ["-started_at", "-id"]
        default_permissions = ("view",)
        permissions: ClassVar = [("run_outage", "Can start, note and end an outage")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["drill"],
                condition=models.Q(ended_at__isnull=True),
                name="one_ongoing_outage_and_one_drill",
            ),
            models.CheckConstraint(
                name="outage_ends_after_start",
                condition=models.Q(ended_at__isnull=True)
                | models.Q(ended_at__gte=models.F("started_at")),
            ),
            models.CheckConstraint(
                name="outage_kind_known", condition=models.Q(kind__in=["planned", "unplanned"])
            ),
            models.CheckConstraint(
                name="outage_of_a_plan_is_planned",
                condition=Q(plan__isnull=True) | Q(kind="planned"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def get_absolute_url(self) -> str:
        """Return the outage's page."""
        return reverse("outage:show", args=[self.pk])

    @property
    def ongoing(self) -> bool:
        """Tell whether Befreg is still held to be down."""
        return self.ended_at is None


class TimelineEntry(models.Model):
    """Who did or said what during an outage. Append-only."""

    class Act(models.TextChoices):
        STARTED = "started", _("Outage started")
        ALSO_REPORTED = "also_reported", _("Reported once more")
        NOTED = "noted", _("Note")
        CAUSE = "cause", _("Cause")
        WENT_WRONG = "went_wrong", _("What went wrong")
        ENDED = "ended", _("Outage ended")

    outage = models.ForeignKey(
        Outage, models.PROTECT, related_name="timeline", verbose_name=_("outage")
    )
    act = models.CharField(_("act"), max_length=20, choices=Act)
    at = models.DateTimeField(_("happened at"))
    by = models.CharField(_("done by"), max_length=30)  # vgr-id: whoever did it may have no account
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    text = models.CharField(_("text"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline entries")
        ordering: ClassVar = ["at", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                name="timeline_recorded_after_event",
                condition=models.Q(recorded_at__gte=models.F("at")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.at:%Y-%m-%d %H:%M}"


class Doubt(models.Model):
    """A suspicion that Befreg is down: from the first tick of the checklist to what came of it.

    Only ``outage.doubt`` writes here, and ``outage.lifecycle`` when an outage comes of it.
    """

    class Outcome(models.TextChoices):
        STARTED = "started", _("Outage started")
        CLEARED = "cleared", _("Befreg works")
        LAPSED = "lapsed", _("Nobody went on")

    drill = models.BooleanField(_("drill"))
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)
    outage = models.OneToOneField(
        Outage, models.PROTECT, null=True, related_name="doubt", verbose_name=_("outage")
    )

    class Meta:
        verbose_name = _("first doubt")
        verbose_name_plural = _("first doubts")
        ordering: ClassVar = ["-opened_at", "-id"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["drill"], condition=Q(closed_at__isnull=True), name="one_open_doubt"
            ),
            models.CheckConstraint(
                name="doubt_row_shape",
                condition=Q(closed_at__isnull=True, outcome="", outage__isnull=True)
                | Q(closed_at__isnull=False, outcome="started", outage__isnull=False)
                | Q(
                    closed_at__isnull=False, outcome__in=["cleared", "lapsed"], outage__isnull=True
                ),
            ),
            models.CheckConstraint(
                name="doubt_closed_after_opened",
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class Tick(models.Model):
    """One point of the checklist: looked into, or skipped in a hurry. Append-only."""

    class Item(models.TextChoices):
        """The routine's order."""

        LOCAL = "local", _("Not the caller's own workstation or ward only")
        NEWS = "news", _("Looked in the IT news")
        SUPPORT = "support", _("Called the support")

    doubt = models.ForeignKey(
        Doubt, models.PROTECT, related_name="ticks", verbose_name=_("first doubt")
    )
    item = models.CharField(_("point"), max_length=10, choices=Item)
    skipped = models.BooleanField(_("skipped"))
    at = models.DateTimeField(_("happened at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("done by")
    )
    text = models.CharField(_("what was found"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("tick")
        verbose_name_plural = _("ticks")
        ordering: ClassVar = ["at", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["doubt", "item"], name="tick_once_per_doubt"),
            models.CheckConstraint(
                name="tick_item_known", condition=Q(item__in=["local", "news", "support"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.doubt_id} {self.item}"


class Contact(models.Model):
    """Whom to call, at which number; edited by the administrator, read by ``outage.contacts``.

    Of those for faults the first, by ``position``, whose hours hold is the one to call. One
    without hours can be called at any time.
    """

    class Purpose(models.TextChoices):
        FAULT = "fault", _("Faults in Befreg")
        TILL = "till", _("The till")

    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose)
    position = models.PositiveSmallIntegerField(_("order"))
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80, blank=True)
    number = models.CharField(_("telephone"), max_length=40)
    hint = models.CharField(_("what to choose or say"), max_length=120, blank=True)
    hint_en = models.CharField(_("the same in English"), max_length=120, blank=True)
    on_holidays = models.BooleanField(_("hours hold on holidays too"), default=False)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering: ClassVar = ["purpose", "position", "id"]
        default_permissions = ("add", "change", "view")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="contact_purpose_known", condition=Q(purpose__in=["fault", "till"])
            ),
            models.CheckConstraint(name="contact_has_number", condition=~Q(number="")),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """Return the name in the language of the page."""
        return self.name_en if self.name_en and get_language() == "en" else self.name

    @property
    def shown_hint(self) -> str:
        """Return the hint in the language of the page."""
        return self.hint_en if self.hint_en and get_language() == "en" else self.hint


class ContactHours(models.Model):
    """When a contact answers on a day of the week: local time, from ``opens`` until ``closes``."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="hours", verbose_name=_("contact")
    )
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("hours")
        verbose_name_plural = _("hours")
        ordering: ClassVar = ["contact", "weekday", "opens"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contact", "weekday", "opens"], name="hours_once"),
            models.CheckConstraint(
                name="hours_close_after_opening",
                condition=Q(closes__gt=F("opens")),
                violation_error_message=_("It must close after it opens, on the same day."),
            ),
            models.CheckConstraint(name="hours_weekday_known", condition=Q(weekday__lte=6)),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class Reading(models.Model):
    """What one try to reach a configured address saw; written by ``outage.probe``. Append-only."""

    class Result(models.TextChoices):
        ANSWERED = "answered", _("answered")
        ERROR = "error", _("answered with an error")
        REDIRECTED = "redirected", _("pointed somewhere else")
        TOO_LARGE = "too_large", _("answered with far too much")
        NONSENSE = "nonsense", _("answered with something unreadable")
        TIMEOUT = "timeout", _("did not answer in time")
        UNREACHABLE = "unreachable", _("could not be reached")

    target = models.CharField(_("target"), max_length=40)
    at = models.DateTimeField(_("tried at"))
    result = models.CharField(_("result"), max_length=12, choices=Result)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    detail = models.CharField(_("detail"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        ordering: ClassVar = ["-at", "-id"]
        default_permissions = ("view",)
        indexes: ClassVar = [models.Index(fields=["target", "-at"], name="readings_of_target")]

    def __str__(self) -> str:
        return f"{self.target} {self.result}"


class NewsItem(models.Model):
    """One item of the IT news, as the configured feed told it; written by ``outage.feed``."""

    uid = models.CharField(
        max_length=64, unique=True
    )  # a hash: what a feed calls its items is long
    title = models.CharField(_("title"), max_length=300)
    published_at = models.DateTimeField(_("published"), null=True)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        verbose_name = _("news item")
        verbose_name_plural = _("news items")
        ordering: ClassVar = ["-first_seen_at", "-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.title


class DrillTargets(models.Model):
    """How fast a drill should go; one row, set by the administrator."""

    call_to_number_seconds = models.PositiveIntegerField(
        _("from call to number, seconds"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
    )
    close_out_minutes = models.PositiveIntegerField(
        _("from handout to closed, minutes"),
        default=24 * 60,
        validators=[MinValueValidator(1), MaxValueValidator(60 * 24 * 365)],
    )

    class Meta:
        verbose_name = _("targets of drills")
        verbose_name_plural = _("targets of drills")
        default_permissions = ("change", "view")
        constraints: ClassVar = [
            models.CheckConstraint(name="drill_targets_once", condition=Q(id=1))
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
