"""What a view answers with when an act is refused."""

import pytest
from django import forms
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from befreg_reserv.acts.answers import BAD_FORM, answering, carry_out, status_of
from befreg_reserv.acts.refused import BadTime, ReasonMissing, Refused


class ReasonForm(forms.Form):
    """A form with the field of one refusal."""

    reason = forms.CharField()


def refuse(refusal: Refused) -> None:
    raise refusal


def test_a_form_that_is_not_valid_does_nothing() -> None:
    form = ReasonForm({})
    assert carry_out(form, lambda: refuse(BadTime())) is None
    assert list(form.errors) == ["reason"]


def test_a_refusal_stands_beside_the_field_that_it_belongs_to() -> None:
    form = ReasonForm({"reason": "x"})
    assert carry_out(form, lambda: refuse(ReasonMissing("Write why."))) is None
    assert form.errors == {"reason": ["Write why."]}
    assert (status_of(form), status_of(ReasonForm(), None)) == (BAD_FORM, 200)


def test_it_may_belong_to_another_field_here() -> None:
    form = ReasonForm({"reason": "x"})
    carry_out(form, lambda: refuse(BadTime("Too late.")), {BadTime: "reason"})
    assert form.errors == {"reason": ["Too late."]}


def test_what_belongs_to_no_field_goes_on() -> None:
    with pytest.raises(BadTime):
        carry_out(ReasonForm({"reason": "x"}), lambda: refuse(BadTime()))


def test_a_kind_of_refusal_may_have_its_own_page() -> None:
    def page(_request: HttpRequest, refusal: Refused) -> HttpResponse:
        return HttpResponse(str(refusal))

    @answering("refused.html", {BadTime: page})
    def view(_request: HttpRequest) -> HttpResponse:
        raise BadTime("Too late.")

    answer = view(RequestFactory().get("/"))
    assert answer.content.decode() == str(BadTime("Too late."))
