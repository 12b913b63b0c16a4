"""What an administrator types when a ward opens, is renamed, merged, split or closed."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from befreg_reserv import tables
from befreg_reserv.people.models import Clinic, Ward, WardChange
from befreg_reserv.people.wards import clinic_names, file, register
from befreg_reserv.people.wards.changes import changing, following, refusals
from befreg_reserv.people.wards.changes.changing import Kind, Placed, Terms
from befreg_reserv.people.wards.changes.following import Left, Thing
from befreg_reserv.people.wards.forms import KnownWardForm, NewWardForm
from befreg_reserv.text import FreeTextField, LineField, clean_line
from befreg_reserv.times import DayField

MOST_PLACED = 40  # of one kind, each with a list of its own; the rest goes one way
ALL = "all"  # the choice of every successor
MOST_NAMES = 9


class ChangeForm(forms.Form):
    """When, and why. ``seen``: the mark of what a preview showed."""

    kind = Kind.CLOSED
    # As the pages show them, and so as what is wrong is listed: what becomes of it comes first.
    field_order = (
        *("ward", "ward_choice", "ward_asked"),
        *("names", "clinic", "new_clinic", "name", "into"),
    )

    day = DayField(label=_("From which day"), initial=timezone.localdate)
    reason = FreeTextField(
        label=_("Why"),
        help_text=_("As what was decided, and where. It stays in the record."),
        max_length=WardChange.REASON_LENGTH,
        error_messages={"required": _("Write why, in a few words.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def successors(self, ward: Ward) -> tuple[Ward, ...]:
        """Return the wards that take over; those to be opened aren't saved."""
        return ()

    def terms(self, ward: Ward) -> Terms:
        """Return what is to become of the ward."""
        day: date = self.cleaned_data["day"]
        return Terms(self.kind, day, self.cleaned_data["reason"], self.successors(ward))


class MergeForm(KnownWardForm, ChangeForm):
    """The ward that takes over."""

    kind = Kind.MERGED

    def successors(self, ward: Ward) -> tuple[Ward, ...]:
        """Return the ward that was named."""
        return (self.cleaned_data["ward"],)


class OpenForm(NewWardForm, ChangeForm):
    """A ward that opens."""

    kind = Kind.OPENED

    def proposed(self) -> Ward:
        """Return the ward to be opened."""
        clinic = clinic_names.named(self.cleaned_data["clinic_name"])
        return changing.proposed(clinic, self.cleaned_data["name"])


class RenameForm(OpenForm):
    """The new name, and the clinic if that is another one."""

    kind = Kind.RENAMED
    again = None  # type: ignore[assignment]  # what a closed ward was called doesn't matter

    def successors(self, ward: Ward) -> tuple[Ward, ...]:
        """Return the ward under its new name."""
        return (self.proposed(),)


class SplitForm(ChangeForm):
    """The wards that it is split into, one a line."""

    kind = Kind.SPLIT

    names = forms.CharField(
        label=_("The wards after it"),
        help_text=_(
            "One a line. One that the register has is named as there; a new name is opened in the"
            " same clinic."
        ),
        max_length=MOST_NAMES * 300,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Write the wards that come after it, one a line.")},
    )

    def clean_names(self) -> list[str]:
        """Return the names, each once. Raises ValidationError for too many, and for too long."""
        lines = (clean_line(line) for _number, line in tables.lines(self.cleaned_data["names"]))
        found = list(dict.fromkeys(filter(None, lines)))
        if len(found) > MOST_NAMES:
            text = _("A ward can be split into %(most)d at most.")
            raise forms.ValidationError(text % {"most": MOST_NAMES})
        if any(len(name) > register.NAME_LENGTH for name in found):
            text = _("A name has at most %(most)d characters.")
            raise forms.ValidationError(text % {"most": register.NAME_LENGTH})
        return found

    def successors(self, ward: Ward) -> tuple[Ward, ...]:
        """Return the wards named: the register's, and new ones in the ward's clinic.

        One that is named twice, spelled differently, is one. Raises CouldBeSeveral.
        """
        clinic = ward.clinic
        found: dict[str, Ward] = {}
        for each in (_named(name, clinic) for name in self.cleaned_data["names"] if clinic):
            found.setdefault(changing.label(each), each)
        return tuple(found.values())


def _named(name: str, clinic: Clinic) -> Ward:
    own = Ward.objects.filter(clinic=clinic, key=changing.proposed(clinic, name).key)
    if there := own.filter(closed_on=None).select_related("clinic").first():
        return there
    try:
        labelled = register.find(name) if "/" in name else None
    except register.Ambiguous as several:
        raise refusals.CouldBeSeveral(name, several.wards) from several
    return labelled or changing.proposed(clinic, name)


FORMS: dict[str, type[ChangeForm]] = {
    "close": ChangeForm,
    "merge": MergeForm,
    "rename": RenameForm,
    "split": SplitForm,
}


class PlacesForm(forms.Form):
    """Where each open thing of a ward that is split goes on: a list of its own for each."""

    def __init__(self, left: list[Left], successors: tuple[Ward, ...], *args: Any) -> None:
        super().__init__(*args)
        self.left = left = following.going_on(left)
        each = [(str(place), str(ward)) for place, ward in enumerate(successors)]
        for kind in left:
            choices = [(ALL, _("All of them")), *each] if kind.kind.shared else each
            first = ALL if kind.kind.shared else ""
            for name, label in _fields(kind):
                self.fields[name] = forms.ChoiceField(
                    label=label,
                    choices=choices if first else [("", _("Choose a ward")), *choices],
                    initial=first,
                    error_messages={
                        "required": _("Choose a ward."),
                        "invalid_choice": _("Choose a ward."),
                    },
                    widget=forms.Select(attrs={"class": "ds-input", "autocomplete": "off"}),
                )
        self.several = range(len(successors))

    def placed(self) -> Placed:
        """Return where each thing goes on."""
        return {
            (kind.kind.name, thing.key): self._place(kind, thing)
            for kind in self.left
            for thing in kind.things
        }

    def _place(self, left: Left, thing: Thing) -> list[int]:
        rest = f"{left.kind.name}-rest"
        chosen = self.cleaned_data.get(f"{left.kind.name}-{thing.key}") or self.cleaned_data[rest]
        return list(self.several) if chosen == ALL else [int(chosen)]


def _fields(left: Left) -> Iterator[tuple[str, Any]]:
    for thing in left.things[:MOST_PLACED]:
        yield f"{left.kind.name}-{thing.key}", left.words_of(thing)
    more = len(left.things) - MOST_PLACED
    if more > 0:
        label = _("And %(count)s more") % {"count": left.kind.counted(more)}
        yield f"{left.kind.name}-rest", label


class DetailsForm(forms.Form):
    """What the register says of a ward beside its name, and how that is spelled."""

    name = LineField(
        label=_("How the name is spelled"),
        max_length=register.NAME_LENGTH,
        error_messages={"required": _("Write the ward's name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    hsa_id = LineField(
        label=_("HSA-id (optional)"),
        required=False,
        max_length=file.HSA_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    telephone = LineField(
        label=_("Telephone (optional)"),
        required=False,
        max_length=file.TELEPHONE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=_("E-mail for reminders (optional)"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": _("This is no e-mail address. Write one as name@example.org.")},
    )
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def clean_hsa_id(self) -> str:
        """Return the HSA-id in capitals. Raises ValidationError for what is none."""
        hsa_id = str(self.cleaned_data["hsa_id"]).upper()
        if hsa_id and not file.HSA_ID.fullmatch(hsa_id):
            raise forms.ValidationError(
                _("An HSA-id is SE, ten digits, a hyphen, and letters and digits.")
            )
        return hsa_id


class MoveOnForm(KnownWardForm):
    """The ward that gets what a closed one left, and why."""

    reason = FreeTextField(
        label=_("Why"),
        max_length=WardChange.REASON_LENGTH,
        error_messages={"required": _("Write why, in a few words.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
