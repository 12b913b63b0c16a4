"""Addresses that a form names: followed only when they lead to a page of ours."""

from django.utils.http import url_has_allowed_host_and_scheme


def own_address(target: str) -> str:
    """Return ``target`` if it is the path of a page of ours, else "".

    From the root only: Django takes a word without a slash for the name of a view.
    """
    ours = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if ours else ""
