"""Template tags that show numbers as people read them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from custody.handouts.followup import is_overdue
from custody.handouts.switches import SwitchLine
from custody.models import Handout, ReserveNumber
from custody.numbers import describing
from custody.numbers.identities import IdentityError, group, last_four, parse_identity, parts
from custody.numbers.spelling import spell

register = template.Library()

NO_BREAK = "\xa0"


@register.filter
def grouped(value: str) -> str:
    """Return a reserve number or a real one in groups: ``20000101 K 06 4``."""
    return group(value)


@register.filter
def in_words(value: str) -> str:
    """Return what a stored identity says: ``woman, born 14 March 1962``; "" if it is none."""
    try:
        return describing.in_words(parse_identity(value))
    except IdentityError:
        return ""


@register.filter
def overdue(handout: Handout) -> bool:
    """Tell whether an open handout has waited too long since Befreg came back."""
    return is_overdue(handout, timezone.now())


@register.filter
def still_open(switch_lists: Mapping[int, list[SwitchLine]], handout: Handout) -> list[SwitchLine]:
    """Return the things that aren't switched over yet to the handout's real number."""
    return [line for line in switch_lists.get(handout.pk, []) if line.is_open]


@register.simple_tag
def number(value: str) -> SafeString:
    """Return a reserve number for a list: in groups, all after the birth date in bold."""
    date, *rest = parts(value)
    own = NO_BREAK.join(rest)
    return format_html('<span class="number">{}{}<b>{}</b></span>', date, NO_BREAK, own)


@register.simple_tag
def life(reserve: ReserveNumber) -> SafeString:
    """Return a binder's number as ``number`` does, as a link to its life.

    Whoever may be shown a number may see its life, a ward as far as that is its own.
    """
    return format_html('<a href="{}">{}</a>', reserve.get_absolute_url(), number(reserve.value))


@register.simple_tag
def all_about(reserve: ReserveNumber) -> SafeString:
    """Return a link to a number's life where the number itself leads somewhere else."""
    return link_to_life(reserve.get_absolute_url(), reserve.last_four)


@register.simple_tag
def link_to_life(address: str, value: str) -> SafeString:
    """Return a link to the life of a number, which has this address; "" if it has none."""
    if not address:
        return SafeString("")
    words = _("All about %(last)s") % {"last": last_four(value)}
    return format_html('<a class="number no-print" href="{}">{}</a>', address, words)


@register.simple_tag
def lives_of(rows: Iterable[Any]) -> dict[str, str]:
    """Return the addresses of the lives of the rows' numbers, by number; one statement.

    For rows that keep a number as text. The latest one, where two binders have held the number.
    """
    numbers = ReserveNumber.objects.filter(value__in={row.number for row in rows if row.number})
    return {number.value: number.get_absolute_url() for number in numbers.order_by("pk")}


@register.filter
def of(value: str, addresses: Mapping[str, str]) -> str:
    """Return a number's address among ``addresses``; "" if it has none."""
    return addresses.get(value, "")


@register.filter
def spelled(value: str) -> SafeString:
    """Return the last four of a number as spoken on the telephone: ``Kalle, noll, sex, fyra``.

    Marked with its language, which is the telephone's and need not be the page's.
    """
    language = settings.TELEPHONE_LANGUAGE
    words = ", ".join(spell(last_four(value), language))
    return format_html('<span lang="{}">{}</span>', language, words)
