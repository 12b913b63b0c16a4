"""The register of whom to call: a list, and a page for each contact with its hours and days."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import answers_refusals, carry_out, event, status_of
from befreg_reserv.people.access import answers_on, guarded, sent
from outage.calling import contacts, keeping, spans
from outage.forms.contacts import ContactForm, HoursForm, SingleDayForm
from outage.models import Contact, ContactDay, ContactHours

MOST_DAYS = 100


@guarded("outage.view_contact")
def index(request: HttpRequest) -> HttpResponse:
    """List whom to call, by purpose and in the order in which they are tried."""
    found = Contact.objects.prefetch_related("hours", "days").order_by("purpose", "position", "id")
    by_purpose = [
        (purpose, [contact for contact in found if contact.purpose == purpose])
        for purpose in Contact.Purpose
    ]
    today, now = timezone.localdate(), timezone.now()
    context = {
        "by_purpose": by_purpose,
        "today": today,
        "gaps": contacts.gaps(now),
        "not_kept": [purpose.label for purpose in contacts.not_kept()],
    }
    return render(request, "outage/contacts/index.html", context)


@guarded("outage.add_contact", "GET", "POST")
@answers_refusals
def new(request: HttpRequest) -> HttpResponse:
    """Add a contact; its hours are written on its page."""
    form = ContactForm(sent(request), initial={"position": 1})
    done = carry_out(form, lambda: keeping.add(form.columns, event(request)))
    if done is None:
        return render(request, "outage/contacts/new.html", {"form": form}, status=status_of(form))
    text = _("%(contact)s is added. Without hours it answers at any time: write them here.")
    messages.success(request, text % {"contact": done.row})
    return redirect(done.row)


@guarded("outage.view_contact")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one contact, with its hours and its single days from today on."""
    return _page(request, get_object_or_404(Contact, pk=pk))


def _page(request: HttpRequest, contact: Contact, **forms: Any) -> HttpResponse:
    days = ContactDay.objects.filter(contact=contact, day__gte=timezone.localdate())
    week = keeping.week_of(contact)
    context = {
        "contact": contact,
        "week": [(day.label, spans.written(week.get(day, []))) for day in ContactHours.Weekday],
        "has_hours": bool(week),
        "days": days.order_by("day")[:MOST_DAYS],
        "form": ContactForm(instance=contact),
        "hours_form": HoursForm(contact, auto_id="hours_%s"),
        "day_form": SingleDayForm(auto_id="single_%s"),
    }
    status = status_of(*forms.values())
    return render(request, "outage/contacts/contact.html", context | forms, status=status)


@answers_on("contacts:contact")
@guarded("outage.change_contact", "POST")
@answers_refusals
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change whom to call, at which number."""
    contact = get_object_or_404(Contact, pk=pk)
    # A copy: what was typed would be written into the one that is shown.
    form = ContactForm(request.POST, instance=get_object_or_404(Contact, pk=pk))
    done = carry_out(
        form,
        lambda: keeping.change(
            contact, form.columns, event(request), shown=form.cleaned_data["seen"]
        ),
    )
    if done is None:
        return _page(request, contact, form=form)
    return _changed(request, done.row)


@answers_on("contacts:contact")
@guarded("outage.change_contact", "POST")
@answers_refusals
def hours(request: HttpRequest, pk: int) -> HttpResponse:
    """Change when a contact answers."""
    contact = get_object_or_404(Contact, pk=pk)
    form = HoursForm(contact, request.POST, auto_id="hours_%s")
    done = carry_out(
        form,
        lambda: keeping.keep_hours(
            contact, form.week, event(request), shown=form.cleaned_data["seen"]
        ),
    )
    if done is None:
        return _page(request, contact, hours_form=form)
    return _changed(request, done.row)


@answers_on("contacts:contact")
@guarded("outage.change_contact", "POST")
@answers_refusals
def add_day(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a single day."""
    contact = get_object_or_404(Contact, pk=pk)
    form = SingleDayForm(request.POST, auto_id="single_%s")
    done = carry_out(
        form,
        lambda: keeping.add_day(
            contact,
            form.cleaned_data["day"],
            form.cleaned_data["hours"],
            form.cleaned_data["reason"],
            event(request),
        ),
    )
    if done is None:
        return _page(request, contact, day_form=form)
    return _changed(request, contact)


@guarded("outage.change_contact", "POST")
def drop_day(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a single day away."""
    day = ContactDay.objects.filter(pk=pk).select_related("contact").first()
    if day is None:
        return redirect("contacts:index")
    return _changed(request, keeping.drop_day(day, event(request)).row)


def _changed(request: HttpRequest, contact: Contact) -> HttpResponse:
    messages.success(request, _("%(contact)s is changed.") % {"contact": contact})
    return redirect(contact)
