"""How times, fields and numbers are shown, the same on every page."""

from datetime import datetime

from django import template
from django.forms import BoundField
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from befreg_reserv import times
from befreg_reserv.text import dialled

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400

# Colour and shape of each status, so that no status is shown by colour alone.
TAGS = {
    "planned": ("info", "□"),
    "ongoing": ("danger", "■"),
    "open": ("danger", "○"),
    "half": ("warning", "◐"),
    "done": ("success", "●"),
    "ended": ("neutral", "✕"),
    "none": ("danger", "✕"),
    "warning": ("warning", "▲"),
    "overdue": ("danger", "▲"),
    "drill": ("warning", "◆"),
}


for shown in (times.moment, times.to_the_second, times.clock, times.clock_seconds):
    register.filter(shown)


@register.filter
def age(value: datetime) -> str:
    """Return how long ago something was, to the minute: ``3 min``, ``2 h 5 min``, ``4 d 1 h``."""
    seconds = max(0, int((timezone.now() - value).total_seconds()))
    days, rest = divmod(seconds, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes = rest // MINUTE
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)d min") % {"minutes": minutes}


@register.filter
def past(value: datetime) -> bool:
    """Tell whether a time has come."""
    return value <= timezone.now()


@register.filter
def quoted(text: str) -> str:
    """Return what somebody wrote in quotation marks."""
    return _("“%(text)s”") % {"text": text}


@register.filter
def one_line(text: str) -> str:
    """Return the words of a mail on one line, however the template is broken."""
    return " ".join(text.split())


@register.filter
def styled(field: BoundField) -> SafeString:
    """Return the field's widget with the design system's class."""
    return field.as_widget(attrs={"class": "ds-input"})


@register.simple_tag
def tag(kind: str, text: str) -> SafeString:
    """Return a status tag; ``kind`` is one of TAGS."""
    color, shape = TAGS[kind]
    return format_html(
        '<span class="ds-tag" data-color="{}"><span aria-hidden="true">{}</span>\xa0{}</span>',
        color,
        shape,
        text,
    )


@register.simple_tag
def telephone(text: str, css: str = "number") -> SafeString:
    """Return a telephone number as it was typed; as a link if it is certain what to dial."""
    if dial := dialled(text):
        return format_html('<a class="{}" href="tel:{}">{}</a>', css, dial, text)
    return format_html('<span class="{}">{}</span>', css, text)


@register.simple_block_tag
def table(content: str, labelledby: str, *heads: str) -> SafeString:
    """Return a table with these column heads, in a region that scrolls by itself when narrow.

    The block's content is the rows; ``labelledby`` is the id of the heading it belongs to.
    """
    return format_html(
        '<div class="scroll" role="group" aria-labelledby="{}" tabindex="0">'
        '<table class="ds-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>',
        labelledby,
        format_html_join("", '<th scope="col">{}</th>', ((head,) for head in heads)),
        content,
    )


@register.simple_block_tag
def alert(content: str, color: str, role: str = "") -> SafeString:
    """Return a notice in a frame: ``color`` is info, success, warning or danger."""
    attribute = format_html(' role="{}"', role) if role else ""
    return format_html(
        '<div class="ds-alert" data-color="{}"{}>{}</div>', color, attribute, content
    )


@register.simple_tag(takes_context=True)
def sheet(context: Context) -> SafeString:
    """Return the attributes of a page's root from which befreg.css fills head and foot in print.

    They say as of when the page is and who printed it, the words for its number, and whether all
    of it is about a drill: margins of sheets can't be written in the page itself.
    """
    user = context.get("user")
    time = times.moment(timezone.now())
    if getattr(user, "is_authenticated", False):
        foot = _("Befreg reserv, as of %(time)s. Printed by %(who)s.") % {"time": time, "who": user}
    else:
        foot = _("Befreg reserv, as of %(time)s.") % {"time": time}
    return format_html(
        'data-foot="{}" data-page="{}" data-of="{}" data-word="{}"',
        foot,
        _("Page"),
        pgettext("page 1 of 3", "of"),
        _("DRILL") if context.get("drill") else "",
    )


@register.simple_block_tag
def nothing(content: str) -> SafeString:
    """Return what a list says when it has nothing to show."""
    return format_html('<div class="card empty">{}</div>', content)
