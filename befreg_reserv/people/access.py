"""Who may do what, and for which ward."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import (
    BigIntegerField,
    Case,
    Model,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Concat
from django.http import (
    Http404,
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
    QueryDict,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from befreg_reserv.people.models import Heir, Membership, User, Ward
from befreg_reserv.sql import hot
from befreg_reserv.sql.aggregates import joined

View = Callable[..., HttpResponseBase]
Row = TypeVar("Row", bound=Model)
Marked = TypeVar("Marked", bound=Callable[..., Any])
GUARD = "guarded_by"  # the attribute by which a test finds unguarded views
METHODS = "methods"  # and pages without help, which are what answers GET
ANSWERS_ON = "answers_on"


class RoleBackend(ModelBackend):
    """Signs in by vgr-id and password; rights come from roles alone, in one statement."""

    def _get_user_permissions(self, user_obj: Any) -> QuerySet[Any] | set[str]:
        return set()

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return nothing: no right is given to a person directly."""
        return set()

    def get_user(self, user_id: Any) -> User | None:
        """Return the person of a session, if they may still sign in, with their rights."""
        user: Any = next(iter(_with_rights(key=user_id)), None)
        if not self.user_can_authenticate(user):
            return None
        if not user.is_superuser:  # who has them all
            setattr(user, KEPT, set(filter(None, (user.rights or "").split(","))))
        for name, texts, between in (
            ("units_now", user.units, BETWEEN),
            ("roles_now", user.roles, ","),
        ):
            setattr(user, name, sorted(filter(None, (texts or "").split(between))))
        return cast("User", user)


KEPT = "_group_perm_cache"  # where Django looks for what it has read before
BETWEEN = "\n"  # of names of wards, which are of one line


@hot.rows(key=BigIntegerField())
def _with_rights(key: Any) -> QuerySet[User]:
    rights = Permission.objects.filter(group__user=OuterRef("pk"))
    name = Concat("content_type__app_label", Value("."), "codename", output_field=TextField())
    roles = Group.objects.filter(user=OuterRef("pk"))
    units = Membership.objects.filter(user=OuterRef("pk"))
    clinic = Concat("ward__clinic__name", Value(" / "), output_field=TextField())
    unit = Case(
        When(ward__clinic=None, then="ward__name"),
        default=Concat(clinic, "ward__name", output_field=TextField()),
        output_field=TextField(),
    )
    people: Any = User.objects.filter(pk=key)
    return cast(
        "QuerySet[User]",
        people.annotate(
            rights=joined(rights, name, by="group__user"),
            roles=joined(roles, "name", by="user"),
            units=joined(units, unit, by="user", between=BETWEEN),
        ),
    )


class SignedInRequest(HttpRequest):
    """A request that has passed ``guarded``."""

    user: User


def guarded(permission: str | None, *methods: str) -> Callable[[View], View]:
    """Let a view be reached by ``methods`` (GET by default) and with ``permission`` only.

    Answers 405 to another method, the sign-in page to a stranger, 403 to the wrong role.
    ``None`` requires a signed-in person with any role. After sign-in a GET comes back to its page;
    a form isn't sent again by itself, so its sender comes to their own door.
    """
    allowed = methods or ("GET",)

    def decorate(view: View) -> View:
        @wraps(view)
        def check(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            method = "GET" if request.method == "HEAD" else request.method
            if method not in allowed:
                page = render(request, "405.html", status=405)
                return HttpResponseNotAllowed(allowed, page.content)
            if not request.user.is_authenticated:
                return sent_to(request, settings.LOGIN_URL, back_to(request))
            if permission and not request.user.has_perm(permission):
                raise PermissionDenied(permission)
            return view(request, *args, **kwargs)

        setattr(check, GUARD, permission or "signed in")
        setattr(check, METHODS, allowed)
        return check

    return decorate


def sent(request: HttpRequest) -> QueryDict | None:
    """Return the form that was sent, or None where only a page is asked for.

    Views use this and don't compare the method with "GET": they would take HEAD, which carries no
    token, for a form.
    """
    return request.POST if request.method == "POST" else None


def shows_nothing(request: HttpRequest) -> bool:
    """Tell whether only the head of a page is asked for: nobody sees what the page would show."""
    return request.method == "HEAD"


def answers_on(page: str) -> Callable[[Marked], Marked]:
    """Mark a view that answers a form with what people see as the page named ``page``.

    ``page`` takes the same keys as the view. Without the mark, ``back_to`` has no address for it.
    """

    def mark(view: Marked) -> Marked:
        setattr(view, ANSWERS_ON, page)
        return view

    return mark


def back_to(request: HttpRequest) -> str:
    """Return the address of the page that a person is on, or "/" for one that has none.

    A form's own address can't be asked for again: see ``answers_on``.
    """
    if htmx := HtmxDetails(request):  # it asks for a piece of the page at this address
        try:
            return htmx.current_url_abs_path or "/"
        except ValueError:  # no address at all, as "http://["
            return "/"
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    match = request.resolver_match
    page = match and getattr(match.func, ANSWERS_ON, None)
    return reverse(page, args=match.args, kwargs=match.kwargs) if match and page else "/"


def sent_to(request: HttpRequest, address: str, back: str) -> HttpResponseBase:
    """Send a person to the page named ``address``, which afterwards leads ``back``.

    htmx would swap that page into a piece of this one, so it gets a redirect of its own kind.
    """
    answer = redirect_to_login(back, address)
    return HttpResponseClientRedirect(answer.url) if HtmxDetails(request) else answer


def may(user: User | AnonymousUser, permission: str) -> bool:
    """Tell whether the person holds the permission through a role."""
    return user.is_authenticated and user.has_perm(permission)


def wards_of(user: User) -> QuerySet[Ward]:
    """Return the wards the person belongs to."""
    return Ward.objects.filter(membership__user=user).select_related("clinic")


def own_wards(user: User) -> set[int]:
    """Return the keys of the person's wards; for a mistyped one, the key of the right ward."""
    return {ward.same_as_id or ward.pk for ward in wards_of(user)}


def seen_by(rows: QuerySet[Row], user: User, every: str) -> QuerySet[Row]:
    """Return those of ``rows`` that the person may see, by their ``ward``.

    These are the rows of their own wards, of closed wards that these have taken over, and of
    mistyped names of all these; with the permission ``every``, the rows of all wards.
    """
    return within(rows, own_only(user, every))


def own_only(user: User, every: str) -> int | None:
    """Return the key of a person who may see their own wards' rows alone; None: every ward's."""
    return None if may(user, every) else user.pk


def within(rows: QuerySet[Row], own: Any) -> QuerySet[Row]:
    """Return what ``seen_by`` does. ``own``: what ``own_only`` returns, or a value of that kind."""
    return rows if own is None else rows.filter(of_own(own))


def held_by(user: Any) -> QuerySet[Any, Any]:
    """Return the keys of the wards whose things a person has: their own, and what those took over.

    A closed ward's are its successors', at the end of the chain. ``user``: or their key.
    """
    own = Membership.objects.filter(user=user).order_by().values("ward")
    return own.union(Heir.objects.filter(heir__membership__user=user).order_by().values("ward"))


def of_own(user: Any) -> Q:
    """Return the condition that a row's ``ward`` is one that ``held_by`` has, or a mistyped one."""
    return Q(ward__in=held_by(user)) | Q(ward__same_as__in=held_by(user))


def own_or_mistyped(user: User) -> Q:
    """Return the condition that a ward is one that ``held_by`` has, or a mistyped name of it."""
    return Q(pk__in=held_by(user)) | Q(same_as__in=held_by(user))


def fetched(request: HttpRequest, visible_to: Callable[[User], QuerySet[Row]], pk: int) -> Row:
    """Return the row ``pk`` of those that the person may see; 404 for another ward's.

    Without the permission, ``guarded`` has answered 403 before.
    """
    return get_object_or_404(visible_to(person(request)), pk=pk)


def only(rows: Iterable[Row]) -> Row:
    """Return the row that was asked for by its key; 404 without one."""
    for row in rows:
        return row
    raise Http404


def person(request: HttpRequest) -> User:
    """Return who makes a request that has passed ``guarded``."""
    return cast("User", request.user)
