"""The plain registers in Django's admin: people, clinics, wards."""

from typing import Any

from auditlog import admin as auditlog_admin  # registers the log, which has a page of its own
from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from befreg_reserv.acts.answers import event
from befreg_reserv.audit.read_only import ReadOnly
from befreg_reserv.people.access import sent
from befreg_reserv.people.models import Clinic, Membership, User, Ward
from befreg_reserv.people.roles import STAFF_ROLES
from befreg_reserv.people.signing_in import passwords
from befreg_reserv.text import sort_key, words

admin.site.site_header = "Befreg reserv"
admin.site.site_title = "Befreg reserv"
admin.site.index_title = _("Registers")
admin.site.unregister((auditlog_admin.LogEntry, Group))


class Kept(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic when run
    """A register whose rows history mentions: they change, but never go."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FoundBySwedishName(Kept):
    """Finds å by Å, which neither SQLite nor a C-locale PostgreSQL does by itself."""

    search_fields = ["key"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, sort_key(search_term))


class Wards(admin.TabularInline):  # type: ignore[type-arg]
    """The wards a person belongs to."""

    model = Membership
    extra = 1

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user", "ward__clinic")

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        kwargs["queryset"] = Ward.objects.filter(drill=False).select_related("clinic")
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        # Read once for all rows: each row's select would ask the database again.
        field.choices = list(field.choices)
        return field


class OneTimeForm(forms.ModelForm):  # type: ignore[type-arg]
    """A password to be read out to a person, who changes it at the first sign-in."""

    password1 = forms.CharField(
        label=_("One-time password"),
        initial=passwords.generate,
        max_length=128,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "size": 40}),
        help_text=_(
            "Read it out to the person. It must be changed at the first sign-in, and is shown once"
            " more after saving. The log says who set it. Sessions of the person end."
        ),
    )

    # The mark of the password to be replaced: an answer that is loaded again sets nothing.
    of = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = User
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["of"].initial = passwords.mark(self.instance)

    def clean_of(self) -> str:
        """Refuse a form that was made before another password was set."""
        of = str(self.cleaned_data["of"])
        if of and of != passwords.mark(self.instance):
            text = _("Another password was set meanwhile. Open the form anew.")
            raise forms.ValidationError(text)
        return of

    def clean_password1(self) -> str:
        """Refuse what the person couldn't choose either."""
        validate_password(self.cleaned_data["password1"], self.instance)
        return str(self.cleaned_data["password1"])


class NewPersonForm(OneTimeForm):
    """A new person, who has a one-time password."""

    class Meta(OneTimeForm.Meta):
        fields = ["username"]


@admin.register(User)
class PersonAdmin(Kept, UserAdmin):  # type: ignore[type-arg]
    """People: added, given roles and wards, deactivated.

    Superusers are made on the command line alone, and rights come from roles alone, so neither
    has a field here.
    """

    list_display = ["username", "roles", "places", "is_active", "last_login"]
    list_filter = ["is_active", "groups"]
    search_fields = ["username"]
    sortable_by = ["username", "last_login"]
    inlines = [Wards]
    filter_horizontal = []
    fieldsets = [
        (
            None,
            {"fields": ["username", "password", "is_active", "groups", "language", "email"]},
        )
    ]
    add_fieldsets = [(None, {"fields": ["username", "password1", "groups"]})]
    add_form = NewPersonForm
    add_form_template = None  # Django's own says that the password stays

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return ["username"] if obj else []  # history identifies people by it

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups", "wards__clinic")

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        """Return the person's roles."""
        return ", ".join(group.name for group in user.groups.all())

    @admin.display(description=_("wards"))
    def places(self, user: User) -> str:
        """Return the person's wards."""
        return ", ".join(str(ward) for ward in user.wards.all())

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Whoever could set a superuser's password could become one.
        forbidden = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not forbidden and super().has_change_permission(request, obj)

    def save_model(
        self,
        request: HttpRequest,
        obj: User,
        form: Any,
        change: bool,  # noqa: FBT001  inherited
    ) -> None:
        """Save; a new person with the one-time password."""
        if change:
            super().save_model(request, obj, form, change)
        else:
            _set_one_time(request, obj, form)

    def response_add(
        self, request: HttpRequest, obj: User, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the one-time password once: it isn't stored."""
        return self._one_time(request, obj, shown=request.POST["password1"])

    @method_decorator(sensitive_post_parameters())
    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002  inherited
        form_url: str = "",
    ) -> HttpResponse:
        """Set a one-time password for somebody else; one's own has a page of its own."""
        user = self.get_object(request, unquote(id))
        if user is None:
            raise Http404
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if user == request.user:
            return redirect("password")
        form = OneTimeForm(sent(request), instance=user)
        if not form.is_valid():
            return self._one_time(request, user, form=form)
        _set_one_time(request, user, form)
        return self._one_time(request, user, shown=form.cleaned_data["password1"])

    def _one_time(self, request: HttpRequest, user: User, **context: Any) -> HttpResponse:
        title = _("One-time password for %(person)s") % {"person": user}
        context |= {**self.admin_site.each_context(request), "title": title}
        context |= {"original": user, "opts": self.opts}
        return TemplateResponse(request, "people/one_time.html", context)

    def save_related(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        change: bool,  # noqa: FBT001  inherited
    ) -> None:
        """Save roles and wards; administrators and auditors may come here, nobody else."""
        super().save_related(request, form, formsets, change)
        user = form.instance
        has_staff_role = user.groups.filter(name__in=STAFF_ROLES).exists()
        if user.is_staff != (user.is_superuser or has_staff_role):
            user.is_staff = not user.is_staff
            user.save(update_fields=["is_staff"])


def _set_one_time(request: HttpRequest, user: User, form: Any) -> None:
    password = form.cleaned_data["password1"]
    passwords.set_one_time(user, password, event(request, timezone.now()))


@admin.register(Group)
class RoleAdmin(ReadOnly, GroupAdmin):
    """Roles and their rights, read-only: the code says what a role may do."""


@admin.register(Clinic)
class ClinicAdmin(FoundBySwedishName):
    """Clinics."""

    list_display = ["name"]
    sortable_by = []  # the stored order is the Swedish one


@admin.register(Ward)
class WardAdmin(Kept):
    """Wards. A typed-in one gets a clinic and is confirmed, or refers to the right ward."""

    list_display = [
        "name",
        "clinic",
        "hsa_id",
        "telephone",
        "email",
        "confirmed",
        "same_as",
        "drill",
    ]
    list_filter = ["drill", "confirmed"]
    list_select_related = ["clinic", "same_as__clinic"]
    autocomplete_fields = ["same_as"]
    search_fields = ["searched"]
    sortable_by = []

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search as at the till, by any part. The key won't do: it has lengths before numbers."""
        folded = " ".join(words(search_term))
        return super().get_search_results(request, queryset, folded)
