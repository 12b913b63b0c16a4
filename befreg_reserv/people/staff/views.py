"""The administrator's pages of people: search, one, somebody new, several at once, a file."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv import tables
from befreg_reserv.acts.answers import BAD_FORM, answers_refusals, carry_out, event, status_of
from befreg_reserv.acts.event import AnyEvent
from befreg_reserv.lists import Uncounted
from befreg_reserv.people.access import answers_on, guarded, may, person, sent
from befreg_reserv.people.models import User
from befreg_reserv.people.signing_in import passwords
from befreg_reserv.people.signing_in.passwords import OneTime
from befreg_reserv.people.signing_in.strong import needs_strong_sign_in
from befreg_reserv.people.staff import file, finding, keeping, loading
from befreg_reserv.people.staff.finding import Person
from befreg_reserv.people.staff.forms import (
    CHOSEN,
    AccountForm,
    NewPersonForm,
    PeopleFileForm,
    PersonForm,
    SearchForm,
    SeveralForm,
    WardsForm,
)
from befreg_reserv.people.staff.keeping import NewPerson
from befreg_reserv.people.vgr_id import looks_odd

MOST_LISTED = 50
MOST_PREVIEWED = 200


@guarded("people.view_user")
def index(request: HttpRequest) -> HttpResponse:
    """List people, found by vgr-id, ward, role and what is missing."""
    form = SearchForm(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    found = finding.search(asked.get("q", ""), asked.get("role", ""), asked.get("which", ""))
    page = Uncounted(finding.whole(found), MOST_LISTED).get_page(request.GET.get("page"))
    users = list(page)
    context = {
        "form": form,
        "page": page,
        "listed": [(finding.shown(user), f"{CHOSEN}{user.pk}") for user in users],
        "several": SeveralForm(users, auto_id="several_%s"),
        "asked": any(asked.values()),
        "lacking": finding.search(which=finding.Which.LACKING).count(),
    }
    return render(request, "people/staff/index.html", context)


@needs_strong_sign_in
@guarded("people.change_user", "POST")
@answers_refusals
def several(request: HttpRequest) -> HttpResponse:
    """Show what becomes of the people whose boxes are ticked; once confirmed, do it to all."""
    form = SeveralForm(list(_ticked(request)), request.POST, auto_id="several_%s")
    answer = _do_to_all if "confirmed" in request.POST else _check_all
    done = carry_out(form, lambda: answer(request, form))
    if done is None:
        context = {"several": form, "listed": _boxes(form.offered)}
        return render(request, "people/staff/several.html", context, status=BAD_FORM)
    return done


def _ticked(request: HttpRequest) -> Iterable[User]:
    """Return the people whose boxes are ticked, no more than a page has."""
    names = (name.removeprefix(CHOSEN) for name in request.POST if name.startswith(CHOSEN))
    keys = [int(key) for key in names if key.isascii() and key.isdigit() and len(key) <= 18]  # noqa: PLR2004
    return finding.whole(User.objects.filter(pk__in=keys[:MOST_LISTED]).order_by("username"))


def _boxes(users: Iterable[User]) -> list[tuple[Person, str]]:
    return [(finding.shown(user), f"{CHOSEN}{user.pk}") for user in users]


def _check_all(request: HttpRequest, form: SeveralForm) -> HttpResponse:
    """Show to whom it would be done, and who is left out, and why."""
    by, keys = event(request), [user.pk for user in form.chosen]
    would: dict[str, Callable[[Person, AnyEvent], bool]] = {
        form.JOIN: partial(keeping.would_join, form.cleaned_data["ward"]),
        form.DEACTIVATE: partial(
            keeping.would_deactivate, [key for key in keys if key != person(request).pk]
        ),
        form.REACTIVATE: keeping.would_reactivate,
        form.PASSWORDS: keeping.would_get_password,
    }
    people = [finding.shown(user) for user in form.chosen]
    found = keeping.foresee(people, would[form.cleaned_data["what"]], by)
    context = {
        "several": form,
        "concerned": [
            (each.person, f"{CHOSEN}{each.person.user.pk}") for each in found if each.new
        ],
        "same": [each.person for each in found if not each.new and not each.refusal],
        "refused": [each for each in found if each.refusal],
    }
    return render(request, "people/staff/several_check.html", context)


def _do_to_all(request: HttpRequest, form: SeveralForm) -> HttpResponse:
    data, users = form.cleaned_data, form.chosen
    keys, now = [user.pk for user in users], event(request)
    count = {"count": len(keys)}
    if data["what"] == form.JOIN:
        keeping.join_all(keys, data["ward"], now, seen=form.seen)
        said = ngettext(
            "%(count)d person belongs to %(ward)s now.",
            "%(count)d people belong to %(ward)s now.",
            len(keys),
        ) % {**count, "ward": data["ward"]}
    elif data["what"] == form.DEACTIVATE:
        keeping.deactivate(keys, now, seen=form.seen)
        words = ngettext(
            "%(count)d person is deactivated. Sessions of theirs have ended.",
            "%(count)d people are deactivated. Sessions of theirs have ended.",
            len(keys),
        )
        said = words % count
    else:
        acts = {form.PASSWORDS: keeping.give_passwords, form.REACTIVATE: keeping.reactivate}
        new = _passwords(data["request_key"], users)
        acts[data["what"]](keys, now, new=new, seen=form.seen)
        return _given(request, [(user, new[user.pk].text) for user in users])
    messages.success(request, said)
    return redirect("staff:index")


def _passwords(key: UUID, users: Iterable[User]) -> dict[int, OneTime]:
    return {user.pk: passwords.one_time(key, user.username) for user in users}


def _given(request: HttpRequest, given: list[tuple[User, str]]) -> HttpResponse:
    """Show one-time passwords, which are stored nowhere: this page alone has them."""
    first, _password = given[0]
    first.refresh_from_db(fields=["one_time_until"])  # all were set at one moment
    context = {"given": given, "until": first.one_time_until}
    return render(request, "people/staff/given.html", context)


@needs_strong_sign_in
@guarded("people.add_user", "GET", "POST")
@answers_refusals
def new(request: HttpRequest) -> HttpResponse:
    """Add a person, and show the one-time password."""
    form = NewPersonForm(sent(request))
    done = carry_out(form, lambda: _added(request, form))
    if done is None:
        return render(request, "people/staff/new.html", {"form": form}, status=status_of(form))
    return done


def _added(request: HttpRequest, form: NewPersonForm) -> HttpResponse:
    data = form.cleaned_data
    password = passwords.one_time(data["request_key"], data["vgr_id"])
    wards = (data["ward"],) if data["ward"] else ()
    somebody = NewPerson(data["vgr_id"], form.roles, wards, data["email"])
    user = keeping.add(somebody, event(request), password=password).row
    if looks_odd(user.username):
        text = _("%(person)s doesn't look like a vgr-id. Added all the same: is it right?")
        messages.warning(request, text % {"person": user})
    return _given(request, [(user, password.text)])


# --- one person -------------------------------------------------------------------------------


def _fetched(pk: int) -> Person:
    return finding.shown(get_object_or_404(finding.whole(User.objects.all()), pk=pk))


@guarded("people.view_user")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one person: roles, wards, what is missing, and what can be changed."""
    return _page(request, _fetched(pk))


def _page(request: HttpRequest, somebody: Person, **forms: Any) -> HttpResponse:
    user, by = somebody.user, person(request)
    context = {
        "person": somebody,
        "roles": finding.in_words(somebody.roles),
        "form": PersonForm(somebody),
        "wards_form": WardsForm(somebody, auto_id="wards_%s"),
        "account_form": AccountForm(initial={"seen": somebody.mark}, auto_id="account_%s"),
        "changes": may(by, "people.change_user") and (by.is_superuser or not user.is_superuser),
        "oneself": user == by,
    }
    status = status_of(*forms.values())
    return render(request, "people/staff/person.html", context | forms, status=status)


@answers_on("staff:person")
@needs_strong_sign_in
@guarded("people.change_user", "POST")
@answers_refusals
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a person roles and an e-mail."""
    somebody = _fetched(pk)
    form = PersonForm(somebody, request.POST)
    done = carry_out(
        form,
        lambda: keeping.change(
            somebody.user,
            form.roles,
            form.cleaned_data["email"],
            event(request),
            seen=form.cleaned_data["seen"],
        ),
    )
    if done is None:
        return _page(request, somebody, form=form)
    return _changed(request, done.row)


@answers_on("staff:person")
@guarded("people.change_user", "POST")
@answers_refusals
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a person leave wards and join another."""
    somebody = _fetched(pk)
    form = WardsForm(somebody, request.POST, auto_id="wards_%s")
    done = carry_out(
        form,
        lambda: keeping.move(
            somebody.user,
            form.leaves,
            filter(None, [form.cleaned_data["ward"]]),
            event(request),
            seen=form.cleaned_data["seen"],
        ),
    )
    if done is None:
        return _page(request, somebody, wards_form=form)
    return _changed(request, done.row)


def _changed(request: HttpRequest, user: User) -> HttpResponse:
    messages.success(request, _("%(person)s is changed.") % {"person": user})
    return redirect(user)


@answers_on("staff:person")
@needs_strong_sign_in
@guarded("people.change_user", "POST")
@answers_refusals
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a person sign in no more."""
    user = _fetched(pk).user
    keeping.deactivate([user.pk], event(request))
    text = _("%(person)s is deactivated and signed out everywhere.")
    messages.success(request, text % {"person": user})
    return redirect(user)


@answers_on("staff:person")
@needs_strong_sign_in
@guarded("people.change_user", "POST")
@answers_refusals
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a deactivated person sign in again, with a one-time password."""
    somebody = _fetched(pk)
    form = AccountForm(request.POST, auto_id="account_%s")
    if not form.is_valid():
        return _page(request, somebody, account_form=form)
    return _with_password(request, keeping.reactivate, somebody.user, form)


@answers_on("staff:person")
@needs_strong_sign_in
@guarded("people.change_user", "POST")
@answers_refusals
def one_time(request: HttpRequest, pk: int) -> HttpResponse:
    """Set a one-time password, and show it once."""
    somebody = _fetched(pk)
    form = AccountForm(request.POST, auto_id="account_%s")
    if not form.is_valid():
        return _page(request, somebody, account_form=form)
    return _with_password(request, keeping.give_passwords, somebody.user, form)


def _with_password(
    request: HttpRequest, act: Callable[..., object], user: User, form: AccountForm
) -> HttpResponse:
    """Give one person a password by an act of ``keeping``, and show it."""
    data = form.cleaned_data
    new = _passwords(data["request_key"], [user])
    act([user.pk], event(request), new=new, seen={user.pk: data["seen"]})
    return _given(request, [(user, new[user.pk].text)])


# --- a file -----------------------------------------------------------------------------------


@needs_strong_sign_in
@guarded("people.add_user", "GET", "POST")
@answers_refusals
def load(request: HttpRequest) -> HttpResponse:
    """Take a file of people, show what it would do, and load it once that is confirmed."""
    data = sent(request)
    form = PeopleFileForm(data, None if data is None else request.FILES)
    if data is None or not form.is_valid():
        return _file_page(request, form)
    content = form.content
    try:
        found = file.read(content)
        if "confirmed" not in data:
            shown = {"foreseen": loading.preview(found.rows), "passed_over": found.passed_over}
            return _file_page(request, form, content, **shown)
        return _loaded(request, form, found.rows)
    except file.BadPeopleFile as refused:
        return _file_page(request, form, faults=refused.faults)
    except loading.PeopleChanged as refused:
        return _file_page(request, form, content, foreseen=refused.foreseen, meanwhile=refused)


def _loaded(request: HttpRequest, form: PeopleFileForm, rows: list[file.PersonRow]) -> HttpResponse:
    key, seen = form.cleaned_data["request_key"], form.cleaned_data["seen"]
    named = [new.vgr_id for new in loading.preview(rows).new]
    fresh = {vgr_id: passwords.one_time(key, vgr_id) for vgr_id in named}
    done = loading.load(rows, event(request), passwords=fresh, seen=seen)
    names = fresh if done.new else [row.vgr_id for row in rows]
    given = _given_by(key, names)
    gains = len(done.row.gains) if done.new else 0
    counts = {"new": len(given), "changed": gains}
    text = _("Loaded. New people: %(new)d. Changed people: %(changed)d.")
    messages.success(request, text % counts)
    return _given(request, given) if given else redirect("staff:index")


def _given_by(key: UUID, names: Iterable[str]) -> list[tuple[User, str]]:
    """Return the people who have the password that this form gave them, also when sent before."""
    waiting = User.objects.filter(username__in=list(names), one_time_at__isnull=False)
    given = [(user, passwords.derived(key, user.username)) for user in waiting]
    return [(user, text) for user, text in given if user.check_password(text)]


def _file_page(
    request: HttpRequest, form: PeopleFileForm, content: bytes = b"", **context: Any
) -> HttpResponse:
    foreseen: loading.Foreseen | None = context.get("foreseen")
    context["faults"] = context.get("faults") or (foreseen.faults if foreseen else [])
    # The form sends back exactly the text of the preview, under the same key.
    context |= {"form": form, "most": MOST_PREVIEWED, "text": tables.text_of(content) or ""}
    bad = (form.is_bound and not form.is_valid()) or context["faults"] or "meanwhile" in context
    return render(request, "people/staff/file.html", context, status=BAD_FORM if bad else 200)
