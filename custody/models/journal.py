"""What the register knows of the journals, and when one of them couldn't be relied on."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.vgr_id import MAX_LENGTH as VGR_ID_LENGTH
from custody.models.handout import Handout

SERVER_LENGTH = 100
PATH_LENGTH = 500


class JournalFault(models.TextChoices):
    """Why a journal may not know all that left the binder."""

    MISSING = "missing", _("It is missing where there was one.")
    CUT = "cut", _("It was cut short.")
    CHANGED = "changed", _("It was changed.")
    UNREADABLE = "unreadable", _("It can't be read.")
    ELSEWHERE = "elsewhere", _("Its server hasn't been seen since the database was replaced.")


class JournalMark(models.Model):
    """How far a server's journal had come when that server last looked at it.

    Inserted by ``custody.journal.marks`` alone.
    """

    server = models.CharField(_("server"), max_length=SERVER_LENGTH)
    path = models.CharField(_("path"), max_length=PATH_LENGTH)
    lines = models.PositiveIntegerField(_("lines"))
    last_hash = models.CharField(_("hash of the last line"), max_length=64, blank=True)
    # Up to which step the journal was complete.
    step = models.BigIntegerField(_("step"), default=0)
    # Up to which missing sheet and which restored backup; 0: that has to be looked at.
    quarantine = models.BigIntegerField(_("missing sheet"), default=0)
    restoration = models.BigIntegerField(_("restored backup"), default=0)
    at = models.DateTimeField(_("looked at"))
    # Which database it was compared with, as PostgreSQL tells a restored or promoted one apart.
    database = models.CharField(_("database"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("mark of a journal")
        verbose_name_plural = _("marks of journals")
        ordering: ClassVar = ["server", "path"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["server", "path"], name="journal_marked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class JournalDoubt(models.Model):
    """A journal was missing, cut short or changed: a number may have left the binder unknown.

    It stands for a binder until that is counted, or until it is ended, when the journal came back.
    Inserted by ``custody.journal.marks`` alone.
    """

    server = models.CharField(_("server"), max_length=SERVER_LENGTH)
    path = models.CharField(_("path"), max_length=PATH_LENGTH)
    fault = models.CharField(_("fault"), max_length=12, choices=JournalFault)
    # When all was known to be well for the last time: numbers recorded since then are asked for.
    since = models.DateTimeField(_("since"))
    found_at = models.DateTimeField(_("found at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("doubt about a journal")
        verbose_name_plural = _("doubts about journals")
        ordering: ClassVar = ["id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                name="journal_doubt_times_in_order",
                condition=Q(found_at__gte=F("since"))
                & (Q(ended_at__isnull=True) | Q(ended_at__gte=F("found_at"))),
            ),
            models.CheckConstraint(
                name="journal_doubt_known",
                condition=Q(fault__in=[each.value for each in JournalFault]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class SheetSeen(models.Model):
    """Somebody at the till looked into the binder, and the handout's sheet lay there.

    Append-only. Inserted by ``custody.handouts.missing_sheet`` alone.
    """

    handout = models.OneToOneField(
        Handout, models.PROTECT, related_name="sheet_seen", verbose_name=_("handout")
    )
    at = models.DateTimeField(_("happened at"))
    by = models.CharField(_("done by"), max_length=VGR_ID_LENGTH)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )

    class Meta:
        verbose_name = _("sheet that was seen")
        verbose_name_plural = _("sheets that were seen")
        ordering: ClassVar = ["id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                name="sheet_seen_recorded_after", condition=Q(recorded_at__gte=F("at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number and unit this is about."""
        return self.handout.audit_subject()
