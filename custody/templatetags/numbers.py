"""Reserve numbers as people read them."""

from django import template

from custody.identities import group

register = template.Library()


@register.filter
def grouped(value: str) -> str:
    """Return a number in groups, ``20000101 K 06 4``; a handout's or a real one."""
    return group(value)
