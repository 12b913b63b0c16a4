"""What must be switched over to a patient's real number, and what has been."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from custody.models.handout import Handout
from custody.numbers.identities import LENGTH


class SwitchItem(models.Model):
    """Something that carries the emergency number until it is switched; the administrator's list.

    While it is in use it is asked for of real numbers that were registered since ``added_at``;
    lists that were begun by then keep it. Inserted by ``custody.handouts.switches`` alone.
    """

    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80, blank=True)
    hint = models.CharField(_("what to do"), max_length=160, blank=True)
    hint_en = models.CharField(_("the same in English"), max_length=160, blank=True)
    position = models.PositiveSmallIntegerField(_("order"))
    active = models.BooleanField(_("in use"), default=True)
    added_at = models.DateTimeField(_("added at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("thing to switch over")
        verbose_name_plural = _("switch list")
        ordering: ClassVar = ["position", "id"]
        default_permissions = ("add", "change", "view")
        constraints: ClassVar = [
            models.CheckConstraint(name="switch_item_has_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.shown_name

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("switch-list:change", args=[self.pk])

    @property
    def shown_name(self) -> str:
        """Return the name in the language of the page."""
        return self.name_en if self.name_en and get_language() == "en" else self.name

    @property
    def shown_hint(self) -> str:
        """Return what to do, in the language of the page."""
        return self.hint_en if self.hint_en and get_language() == "en" else self.hint


class SwitchTick(models.Model):
    """What a ward said of one thing to switch over, for one real number of a handout.

    Inserted by ``custody.handouts.switches`` alone. Another real number has ticks of its own.
    """

    class Answer(models.TextChoices):
        OPEN = "", _("Left to do")
        DONE = "done", _("Switched over")
        NOT_NEEDED = "not_needed", _("Doesn't apply")

    handout = models.ForeignKey(
        Handout, models.PROTECT, related_name="switch_ticks", verbose_name=_("handout")
    )
    item = models.ForeignKey(
        SwitchItem, models.PROTECT, related_name="ticks", verbose_name=_("thing to switch over")
    )
    identity = models.CharField(_("real number"), max_length=LENGTH)
    # "" for one that was ticked by mistake and is open again, or open when it went out of use.
    answer = models.CharField(_("answer"), max_length=10, choices=Answer, blank=True)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("tick of the switch list")
        verbose_name_plural = _("ticks of the switch list")
        ordering: ClassVar = ["handout_id", "item"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["handout", "item", "identity"], name="switch_ticked_once"
            ),
            models.CheckConstraint(
                name="switch_answer_known", condition=Q(answer__in=["", "done", "not_needed"])
            ),
            models.CheckConstraint(name="switch_of_a_real_number", condition=~Q(identity="")),
        ]
        indexes: ClassVar = [
            models.Index(fields=["handout"], condition=Q(answer=""), name="switch_ticks_open"),
        ]

    def __str__(self) -> str:
        return f"{self.handout_id}.{self.item_id}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number and unit this is about."""
        return self.handout.audit_subject()
