"""What the administrator's pages of wards and those of clinics have in common."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.models import ClinicChange, WardChange


def say_there(request: HttpRequest, refusal: Refused, page: str, *keys: int) -> HttpResponse:
    """Redirect to a page, and say there why an act was refused."""
    messages.info(request, str(refusal.advice))
    return redirect(page, *keys)


def change_page(
    request: HttpRequest, template: str, form: forms.Form, *, status: int, **context: Any
) -> HttpResponse:
    """Show the form of a change, or with ``terms`` what would be done, with all that was sent."""
    fields = [name for name in form.fields if name != "seen"]
    context["sent"] = [(name, form[name].value() or "") for name in fields if form.is_bound]
    return render(request, template, context | {"form": form}, status=status)


def to_what_came_after(
    request: HttpRequest, change: WardChange | ClinicChange, page: str, pk: int
) -> HttpResponse:
    """Say what was done, and redirect to the only successor's page, else to that of ``pk``."""
    messages.success(request, f"{change}.")
    successors = list(change.successors.all())
    return redirect(page, successors[0].pk if len(successors) == 1 else pk)
