"""The administrator's page of what claims give, and who would get what by a change of it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import answers_refusals, carry_out, event, status_of
from befreg_reserv.people.access import answers_on, guarded, sent
from befreg_reserv.people.signing_in.strong import needs_strong_sign_in
from befreg_reserv.people.sso.claims import mapping
from befreg_reserv.people.sso.claims.forms import RuleForm
from befreg_reserv.people.sso.models import ClaimRule, Identity


@guarded("sso.view_claimrule")
def index(request: HttpRequest) -> HttpResponse:
    """Show what claims give, with a form for who may change it."""
    return _page(request, RuleForm())


def _page(request: HttpRequest, form: RuleForm, **context: Any) -> HttpResponse:
    shown = {
        "form": form,
        "rules": mapping.rules(),
        "provider": settings.IDENTITY_PROVIDER,
        "withdrawn": Identity.objects.filter(withdrawn_at__isnull=False).select_related("user"),
    }
    return render(request, "people/sso/rules.html", shown | context, status=status_of(form))


@answers_on("claims:index")
@needs_strong_sign_in
@guarded("sso.change_claimrule", "POST")
@answers_refusals
def add(request: HttpRequest) -> HttpResponse:
    """Show who would get what by one more rule; once that is confirmed, add it."""
    form = RuleForm(sent(request))
    if "confirmed" not in request.POST:
        return _foreseen(request, form)
    done = carry_out(
        form,
        lambda: mapping.add(
            form.cleaned_data["claim"], form.cleaned_data["value"], form.gives, event(request)
        ),
    )
    if done is None:
        return _page(request, form)
    messages.success(request, _("The rule is added: %(rule)s.") % {"rule": done.row})
    return redirect("claims:index")


def _foreseen(request: HttpRequest, form: RuleForm) -> HttpResponse:
    if not form.is_valid():
        return _page(request, form)
    new = mapping.rule(form.cleaned_data["claim"], form.cleaned_data["value"], form.gives)
    differences = mapping.differences([*mapping.rules(), new])
    context = {"form": form, "rule": new, "differences": differences}
    return render(request, "people/sso/rule_check.html", context)


@needs_strong_sign_in
@guarded("sso.change_claimrule", "POST")
@answers_refusals
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who would lose what without a rule; once that is confirmed, drop it."""
    rule = get_object_or_404(ClaimRule.objects.select_related("ward__clinic"), pk=pk)
    if "confirmed" not in request.POST:
        others = [each for each in mapping.rules() if each != rule]
        context = {"rule": rule, "drops": True, "differences": mapping.differences(others)}
        return render(request, "people/sso/rule_check.html", context)
    mapping.drop(rule, event(request))
    messages.success(request, _("The rule is dropped: %(rule)s.") % {"rule": rule})
    return redirect("claims:index")
