"""Ward search while somebody types, and the administrator's pages of what waits to be settled."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control

from befreg_reserv import tables
from befreg_reserv.acts.act import Done
from befreg_reserv.acts.answers import BAD_FORM, answering, carry_out, event, status_of
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.lists import Uncounted
from befreg_reserv.people.access import guarded, sent
from befreg_reserv.people.models import Alias, User, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.people.wards import aliases, file, loading, pages, register
from befreg_reserv.people.wards.changes import changing
from befreg_reserv.people.wards.forms import AliasForm, KnownWardForm, NewWardForm, WardFileForm

MOST_LISTED = 50
MOST_PREVIEWED = 200


# The names of wards are no secret, and the browser keeps them for one session alone: the answers
# vary by its cookie. A new ward that isn't listed yet is found when the form is sent.
KEPT_SECONDS = 300


# The till searches during a call, and whoever moves a number to another ward. The permission is
# custody's, so it is known here by name only.
@guarded("custody.correct_handout")
@cache_control(private=True, max_age=KEPT_SECONDS)
def search(request: HttpRequest, *, drill: bool) -> HttpResponse:
    """Answer with the wards that fit what is typed, as a piece of a page."""
    return _options(request, taken_as_typed=True, drill=drill)


@guarded("people.change_ward")
def known(request: HttpRequest) -> HttpResponse:
    """Answer with the known wards that fit, without typed-in names."""
    return _options(request, taken_as_typed=False)


def _options(request: HttpRequest, *, taken_as_typed: bool, drill: bool = False) -> HttpResponse:
    text = request.GET.get("ward", "")
    found = register.search(text, confirmed_only=not taken_as_typed, drill=drill)
    context = {
        "wards": found,
        "more": len(found) == register.MOST_FOUND,
        "asked": bool(text.strip()),
        "taken_as_typed": taken_as_typed,
    }
    return render(request, "people/_ward_options.html", context)


def _show_refusal(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Redirect to the list of what waits, and say there why an act was refused."""
    return pages.say_there(request, refusal, "wards:index")


answers_in_list = answering("refused.html", {Refused: _show_refusal})


@guarded("people.change_ward")
def index(request: HttpRequest) -> HttpResponse:
    """List the typed-in wards that wait, and the people who belong to no ward."""
    typed_in = register.waiting()[: MOST_LISTED + 1]
    lost = register.people_without()[: MOST_LISTED + 1]
    context = {
        "typed_in": [(ward, _known_form(f"ward_{ward.pk}")) for ward in typed_in],
        "of_drills": register.of_drills()[:MOST_LISTED],
        "lost": [(user, _known_form(f"person_{user.pk}")) for user in lost],
        "most": MOST_LISTED,
    }
    return render(request, "people/wards.html", context)


@guarded("people.change_ward")
@answers_in_list
def waiting(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one typed-in ward, with a form to merge it and one to confirm it."""
    return _waiting(
        request, get_object_or_404(Ward.objects.select_related("same_as__clinic"), pk=pk)
    )


@guarded("people.change_ward", "POST")
@answers_in_list
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Record which known ward a typed-in one is."""
    ward = get_object_or_404(Ward, pk=pk)
    form = KnownWardForm(request.POST, auto_id="known_%s")
    done = carry_out(form, lambda: register.merge(ward, form.cleaned_data["ward"], event(request)))
    if done is None:
        return _waiting(request, ward, known_form=form)
    messages.success(
        request,
        _("“%(typed)s” is %(ward)s. What was handed out in that name is seen there now.")
        % {"typed": done.row.name, "ward": done.row.same_as},
    )
    return redirect("wards:index")


@guarded("people.change_ward", "POST")
@answers_in_list
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a typed-in ward into the register."""
    ward = get_object_or_404(Ward, pk=pk)
    form = NewWardForm(request.POST, auto_id="new_%s")
    done = carry_out(form, lambda: _confirm(ward, form.cleaned_data, event(request)))
    if done is None:
        return _waiting(request, ward, new_form=form)
    messages.success(request, _("%(ward)s stands in the register now.") % {"ward": done.row})
    return redirect("wards:index")


def _confirm(ward: Ward, said: dict[str, Any], by: Event) -> Done[Ward]:
    return changing.confirm(ward, said["clinic_name"], said["name"], by, again=said["again"])


@guarded("people.change_ward", "GET", "POST")
@answers_in_list
def member(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a person with the role WARD who belongs to no ward to one."""
    staff = User.objects.filter(is_active=True, groups__name=Role.WARD.value)
    user = get_object_or_404(staff, pk=pk)
    form = KnownWardForm(sent(request), auto_id="member_%s")
    done = carry_out(
        form, lambda: register.add_member(user, form.cleaned_data["ward"], event(request))
    )
    if done is None:
        context = {"lost": user, "form": form}
        return render(request, "people/ward_person.html", context, status=status_of(form))
    messages.success(
        request,
        _("%(person)s belongs to %(ward)s and sees its numbers.")
        % {"person": user, "ward": done.row.ward},
    )
    return redirect("wards:index")


def _known_form(prefix: str) -> KnownWardForm:
    """Return an empty form with unique ids, for a page with several."""
    return KnownWardForm(auto_id=f"{prefix}_%s")


def _waiting(
    request: HttpRequest,
    ward: Ward,
    *,
    known_form: KnownWardForm | None = None,
    new_form: NewWardForm | None = None,
) -> HttpResponse:
    register.check_waits(ward)
    likely = register.search(ward.name, confirmed_only=True)
    context = {
        "ward": ward,
        "drill": ward.drill,
        "known_form": known_form or KnownWardForm(auto_id="known_%s", candidates=likely),
        "new_form": new_form or NewWardForm(initial={"name": ward.name}, auto_id="new_%s"),
    }
    status = status_of(known_form, new_form)
    return render(request, "people/ward_waiting.html", context, status=status)


# --- a file -----------------------------------------------------------------------------------


@guarded("people.change_ward", "GET", "POST")
def load(request: HttpRequest) -> HttpResponse:
    """Take a file, show what it would do, and load it once that is confirmed."""
    data = sent(request)
    form = WardFileForm(data, None if data is None else request.FILES)
    if data is None or not form.is_valid():
        return _file_page(request, form)
    content = form.content
    try:
        found = file.read(content)
        if "confirmed" not in data:
            shown = {"preview": loading.preview(found.rows), "passed_over": found.passed_over}
            return _file_page(request, form, content, **shown)
        done = loading.load(found.rows, event(request), seen=form.cleaned_data["seen"]).row
    except file.BadFile as refused:
        return _file_page(request, form, faults=refused.faults)
    except loading.RegisterChanged as refused:
        return _file_page(request, form, content, preview=refused.preview, meanwhile=refused)
    counts = {
        "new": len(done.new),
        "changed": len(done.corrected),
        "renamed": len(done.renamed),
    }
    text = _("Loaded. New wards: %(new)d. Changed wards: %(changed)d. Renamed wards: %(renamed)d.")
    messages.success(request, text % counts)
    return redirect("wards:index")


def _file_page(
    request: HttpRequest, form: WardFileForm, content: bytes = b"", **context: Any
) -> HttpResponse:
    preview: loading.Preview | None = context.get("preview")
    context["faults"] = context.get("faults") or (preview.faults if preview else [])
    context |= {"form": form, "most": MOST_PREVIEWED}
    # The form sends back exactly the text of the preview.
    context["text"] = tables.text_of(content) or ""
    bad = (form.is_bound and not form.is_valid()) or context["faults"] or "meanwhile" in context
    return render(request, "people/ward_file.html", context, status=BAD_FORM if bad else 200)


# --- short names ------------------------------------------------------------------------------


@guarded("people.change_ward", "GET", "POST")
@answers_in_list
def short_names(request: HttpRequest) -> HttpResponse:
    """List what people say for a ward, with a form for one more."""
    form = AliasForm(sent(request))
    done = carry_out(
        form,
        lambda: aliases.add(form.cleaned_data["ward"], form.cleaned_data["name"], event(request)),
    )
    if done is None:
        page = Uncounted(aliases.every(), MOST_LISTED).get_page(request.GET.get("page"))
        context = {"form": form, "page": page}
        return render(request, "people/ward_names.html", context, status=status_of(form))
    words = {"name": done.row.name, "ward": done.row.ward}
    messages.success(request, _("“%(name)s” finds %(ward)s now.") % words)
    return redirect("wards:names")


@guarded("people.change_ward", "POST")
def drop_name(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a short name away."""
    alias = Alias.objects.filter(pk=pk).first()
    if alias:
        ward = aliases.drop(alias, event(request)).row
        words = {"name": alias.name, "ward": ward}
        messages.success(request, _("“%(name)s” no longer finds %(ward)s.") % words)
    return redirect("wards:names")
