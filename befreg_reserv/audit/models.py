"""The audit log's table: django-auditlog's columns, and those that a review filters by."""

from itertools import chain, combinations
from typing import Any, ClassVar

from auditlog.models import AbstractLogEntry, LogEntryManager
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

ACTIONS = {0: "create", 1: "update", 2: "delete", 3: "access"}

# The columns that a review filters by, and every combination of them, from none to all three.
FACETS = ("actor", "unit", "act")
COMBINATIONS = list(chain.from_iterable(combinations(FACETS, size) for size in range(4)))


def standing_of(actor: Any, unit: str) -> dict[str, str]:
    """Return the columns that say from which unit, and in which role, somebody acts right now.

    ``actor``: who acts, or None; ``unit``: which one it concerns. The log knows no people, so an
    actor says it by ``audit_standing``. Called by whatever records an entry.
    """
    standing = getattr(actor, "audit_standing", None)
    return standing(unit) if standing else {}


class EntryManager(LogEntryManager):  # type: ignore[misc]  # django-auditlog has no types
    """Fills in what the entry is about, from the logged object's ``audit_subject``."""

    def create(self, **values: Any) -> "LogEntry":
        """Write one entry for a change that django-auditlog noticed."""
        values.setdefault("act", ACTIONS[values["action"]])
        entry: LogEntry = super().create(**values)
        return entry

    def log_create(self, instance: Any, force_log: bool = False, **values: Any) -> Any:  # noqa: FBT001, FBT002  inherited
        """Write an entry about ``instance`` with its number and unit."""
        return super().log_create(instance, force_log, **(subject_of(instance) | values))

    def log_m2m_changes(
        self, changed: Any, instance: Any, operation: str, field_name: str, **values: Any
    ) -> Any:
        """Write an entry about a changed membership with its number and unit."""
        subject = subject_of(instance) | values
        return super().log_m2m_changes(changed, instance, operation, field_name, **subject)


def subject_of(instance: Any) -> dict[str, str]:
    """Return the ``number`` and ``unit`` that an object says it is about, or nothing."""
    subject = getattr(instance, "audit_subject", None)
    return subject() if subject else {}


class LogEntry(AbstractLogEntry):  # type: ignore[misc]  # django-auditlog has no types
    """One thing that somebody did or looked at. Append-only by trigger.

    ``number`` and ``unit`` say which patient, and which unit has the number; ``actor_unit`` and
    ``actor_role`` from which unit and in which roles the person acted (HSLF-FS 2016:40, 4 kap.
    9 §). All are as they stood when it happened; ``act`` is the act's own name.
    """

    id = models.BigAutoField(primary_key=True)
    act = models.CharField(_("act"), max_length=40)
    number = models.CharField(_("reserve number"), max_length=12, blank=True)
    unit = models.CharField(_("unit"), max_length=250, blank=True)
    # Both are empty in rows from before the log kept them, and where nobody is known to have acted.
    # Their bytes were left out of those rows' seals, and still are: see seals.canonical.
    actor_unit = models.CharField(_("unit of who did it"), max_length=500, blank=True, default="")
    actor_role = models.CharField(_("role of who did it"), max_length=100, blank=True, default="")

    # As in django-auditlog, but rows that the log mentions can't be deleted, and indexes that no
    # page of ours uses are left out: each index costs time in every handout.
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+", db_index=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    object_pk = models.CharField(max_length=255)
    object_id = models.BigIntegerField(null=True)
    action = models.PositiveSmallIntegerField(choices=AbstractLogEntry.Action.choices)
    cid = models.CharField(max_length=255, null=True)  # noqa: DJ001  django-auditlog writes NULL
    timestamp = models.DateTimeField(_("time"), default=timezone.now)

    objects = EntryManager()

    class Meta(AbstractLogEntry.Meta):  # type: ignore[misc]
        ordering: ClassVar = ["-timestamp", "-id"]
        default_permissions = ("view",)
        # One index for each combination, in the order of the page, so that every page is one range
        # of one index, however the values are distributed: see pages.rows. A number has few rows
        # and needs no index together with other columns.
        indexes: ClassVar = [
            models.Index(fields=["number", "timestamp", "id"], name="audit_by_number"),
            *(
                models.Index(
                    fields=[*facets, "timestamp", "id"],
                    name=f"audit_by_{'_'.join(facets) or 'time'}",
                )
                for facets in COMBINATIONS
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk or ''}"

    def note_standing(self) -> None:
        """Fill in from which unit and in which roles its actor acts right now."""
        for column, value in standing_of(self.actor, self.unit).items():
            setattr(self, column, value)

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log what a look at this entry was about."""
        return {"number": self.number, "unit": self.unit}


HASH_LENGTH = 64  # of SHA-256, in hexadecimal
LONGEST_NAME = 63  # of a table or a column


class Redaction(models.Model):
    """That a text of a row was taken away, since it said who a patient is. Append-only.

    ``before`` and ``after``: the hashes of the row's canonical form, so that what was sealed before
    is still proved; "" for a column that no seal is over. Inserted by
    ``befreg_reserv.people.redacting.redaction`` alone.
    """

    table = models.CharField(_("table"), max_length=LONGEST_NAME)
    row = models.BigIntegerField(_("row"))
    column = models.CharField(_("column"), max_length=LONGEST_NAME)
    before = models.CharField(_("hash before"), max_length=HASH_LENGTH, blank=True)
    after = models.CharField(_("hash afterwards"), max_length=HASH_LENGTH, blank=True)
    at = models.DateTimeField(_("time"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    reason = models.CharField(_("reason"), max_length=500)

    class Meta:
        verbose_name = _("masked text")
        verbose_name_plural = _("masked texts")
        ordering: ClassVar = ["-at", "-pk"]
        default_permissions = ("add", "view")
        indexes: ClassVar = [
            # What the rules look for, for each row that somebody tries to change.
            models.Index(fields=["table", "row", "column"], name="masked_texts_by_row")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="text_masked_for_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.row}"


class DisposalProposal(models.Model):
    """That somebody wants the log of a whole year to go. Append-only.

    ``ends``: when the year was over. Inserted by ``befreg_reserv.people.disposal.agreeing`` alone.
    """

    year = models.PositiveSmallIntegerField(_("year"), unique=True)
    ends = models.DateTimeField(_("ended at"))
    reason = models.CharField(_("reason"), max_length=500)
    at = models.DateTimeField(_("time"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("proposal to throw away a year of the log")
        verbose_name_plural = _("proposals to throw away a year of the log")
        ordering: ClassVar = ["-year"]
        default_permissions = ("add", "view")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="year_goes_for_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.year}"


class DisposalConfirmation(models.Model):
    """That a second person agrees. Append-only, inserted by ``disposal.agreeing`` alone."""

    proposal = models.OneToOneField(
        DisposalProposal, models.PROTECT, related_name="confirmation", verbose_name=_("proposal")
    )
    at = models.DateTimeField(_("time"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("second person's word on a year of the log")
        verbose_name_plural = _("second people's words on years of the log")
        ordering: ClassVar = ["-pk"]
        default_permissions = ("add",)

    def __str__(self) -> str:
        return f"{self.proposal_id}"


class Disposal(models.Model):
    """That the log's rows from ``first`` to ``last`` were exported, and may go. Append-only.

    ``digest``: the hash of their leaves' hashes in order, by which ``verify`` knows them when they
    are gone; ``exported``: of the file. ``floors``: up to which key of each kind of object the log
    may lack an act. Inserted by ``befreg_reserv.people.disposal.running`` alone.
    """

    confirmation = models.OneToOneField(
        DisposalConfirmation, models.PROTECT, related_name="disposal", verbose_name=_("agreed")
    )
    first = models.BigIntegerField(_("first row"))
    last = models.BigIntegerField(_("last row"))
    digest = models.CharField(_("hash of the rows"), max_length=HASH_LENGTH)
    exported = models.CharField(_("hash of the export"), max_length=HASH_LENGTH)
    floors = models.JSONField(_("objects concerned"))
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("year of the log that was thrown away")
        verbose_name_plural = _("years of the log that were thrown away")
        ordering: ClassVar = ["-last"]
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(first__lte=models.F("last")), name="rows_that_go_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first}–{self.last}"


class Leaf(models.Model):
    """That a row was sealed: its hash, and its place among all that were. Append-only.

    Inserted by ``befreg_reserv.audit.seals.sealing`` alone.
    """

    place = models.PositiveBigIntegerField(_("place"), primary_key=True)
    table = models.CharField(_("table"), max_length=63)
    row = models.BigIntegerField(_("row"))
    hash = models.CharField(_("hash"), max_length=HASH_LENGTH)

    class Meta:
        verbose_name = _("sealed row")
        verbose_name_plural = _("sealed rows")
        ordering: ClassVar = ["place"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["table", "row"], name="row_sealed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.place}"


class Head(models.Model):
    """A seal over all leaves that there were, signed. Append-only.

    Inserted by ``befreg_reserv.audit.seals.sealing`` alone.
    """

    size = models.PositiveBigIntegerField(_("sealed rows"), primary_key=True)
    at = models.DateTimeField(_("sealed at"))
    root = models.CharField(_("root"), max_length=HASH_LENGTH)
    note = models.TextField(_("signed note"))
    # What the next one goes on from, and what ``verify`` can begin at anew: see ``heads.State``.
    state = models.TextField(_("state"))

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering: ClassVar = ["size"]
        default_permissions = ()
        indexes: ClassVar = [models.Index(fields=["at"], name="seals_by_time")]

    def __str__(self) -> str:
        return f"{self.size}"


class Sample(models.Model):
    """Entries of a month that somebody looks at: a part of them, drawn by lot. Append-only.

    Written by ``befreg_reserv.people.reviews.drawing`` alone.
    """

    month = models.CharField(_("month"), max_length=7, unique=True)
    # Whoever knows it draws the same entries again.
    seed = models.CharField(_("seed"), max_length=7 + 1 + HASH_LENGTH)
    seal = models.PositiveBigIntegerField(_("sealed rows"), null=True)  # None: nothing is sealed
    entries = models.PositiveIntegerField(_("entries of the month"))
    at = models.DateTimeField(_("drawn at"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("sample of the log")
        verbose_name_plural = _("samples of the log")
        ordering: ClassVar = ["month"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.month


class SampledEntry(models.Model):
    """An entry that was drawn. Append-only."""

    sample = models.ForeignKey(Sample, models.PROTECT, related_name="sampled")
    # The database keeps no reference: whole years of the log may go one day, by an act of their
    # own. That the entry is there when it is drawn is a rule.
    entry = models.ForeignKey(LogEntry, models.PROTECT, related_name="+", db_constraint=False)

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sample", "entry"], name="entry_sampled_once")
        ]

    def __str__(self) -> str:
        return f"{self.sample_id}: {self.entry_id}"


class Signature(models.Model):
    """That somebody stands by some judgements of a sample. Append-only.

    Written by ``befreg_reserv.people.reviews.judging`` alone.
    """

    sample = models.ForeignKey(Sample, models.PROTECT, related_name="signatures")
    at = models.DateTimeField(_("signed at"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    request_key = models.UUIDField(unique=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.sample_id}: {self.by_id}"


class Judgement(models.Model):
    """What somebody thinks of an entry that was drawn. Append-only: a later one follows it."""

    NOTE_LENGTH = 300

    class Word(models.TextChoices):
        """Whether it was right that it was done or looked at."""

        RIGHT = "right", _("In order")
        ASK = "ask", _("To be looked into")
        WRONG = "wrong", _("Not in order")

    signature = models.ForeignKey(Signature, models.PROTECT, related_name="judgements")
    sampled = models.ForeignKey(SampledEntry, models.PROTECT, related_name="judgements")
    word = models.CharField(_("word"), max_length=5, choices=Word.choices)
    note = models.CharField(_("note"), max_length=NOTE_LENGTH, blank=True)

    class Meta:
        verbose_name = _("judgement of a log entry")
        verbose_name_plural = _("judgements of log entries")
        default_permissions = ("add",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["signature", "sampled"], name="judged_once_signed"),
            models.CheckConstraint(
                name="judgement_word_known",
                condition=models.Q(word__in=["right", "ask", "wrong"]),
            ),
            models.CheckConstraint(
                name="judgement_says_why",
                condition=models.Q(word="right") | ~models.Q(note=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sampled_id}: {self.word}"
