"""The register of what is switched over to a real number: a list, and a page for each item."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import answers_refusals, carry_out, event, status_of
from befreg_reserv.people.access import guarded, sent
from custody.forms.switch_list import SwitchItemForm
from custody.handouts import switches
from custody.models import SwitchItem


@guarded("custody.view_switchitem")
def index(request: HttpRequest) -> HttpResponse:
    """List the items in the order in which wards see them."""
    return render(request, "custody/switch_list/index.html", {"items": SwitchItem.objects.all()})


@guarded("custody.add_switchitem", "GET", "POST")
@answers_refusals
def new(request: HttpRequest) -> HttpResponse:
    """Add an item."""
    last = SwitchItem.objects.order_by("-position").first()
    position = {"position": last.position + 1 if last else 1}
    form = SwitchItemForm(sent(request), initial=position)
    done = carry_out(form, lambda: switches.add_item(form.columns, event(request)))
    if done is None:
        context = {"form": form}
        return render(request, "custody/switch_list/item.html", context, status=status_of(form))
    return _changed(request, done.row)


@guarded("custody.change_switchitem", "GET", "POST")
@answers_refusals
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an item, take it out of use, or put it in use again."""
    item = get_object_or_404(SwitchItem, pk=pk)
    # A copy: what was typed would be written into the one whose name the page shows.
    form = SwitchItemForm(sent(request), instance=get_object_or_404(SwitchItem, pk=pk))
    done = carry_out(
        form,
        lambda: switches.change_item(
            item, form.columns, event(request), shown=form.cleaned_data["seen"]
        ),
    )
    if done is None:
        context = {"form": form, "item": item}
        return render(request, "custody/switch_list/item.html", context, status=status_of(form))
    return _changed(request, done.row)


def _changed(request: HttpRequest, item: SwitchItem) -> HttpResponse:
    text = _(
        "“%(item)s” is saved. Lists that were begun keep their lines, and finished ones stay so."
    )
    messages.success(request, text % {"item": item})
    return redirect("switch-list:index")
