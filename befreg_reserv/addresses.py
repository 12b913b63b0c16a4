"""Addresses to go to that come with a form: used only when they lead to our own pages."""

from django.utils.http import url_has_allowed_host_and_scheme


def own_address(target: str) -> str:
    """Return ``target`` if it is the path of a page of ours, else "".

    It must begin with a slash: Django's ``redirect`` takes a bare word for the name of a view.
    """
    ours = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if ours else ""
