"""Which wards a planned outage concerns: ticked in a list, whole clinics too, or written."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

from django import forms
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from befreg_reserv import tables
from befreg_reserv.people.models import Clinic, Named, Ward
from befreg_reserv.people.wards import register
from befreg_reserv.people.wards.changes import chain as chains
from befreg_reserv.people.wards.clinics.changing import wards_when_closed
from befreg_reserv.text import clean_line

# Each costs a look-up. Anybody who means more than these ticks clinics.
MOST_WARDS = 200
LINE_LENGTH = 250  # "Clinic / Ward"
MOST_FAULTS = 20
LONGEST_KEY = 18  # digits
OF_CLINIC, OF_WARD = "clinic-", "ward-"  # how the names of the boxes begin


@dataclass(frozen=True)
class Box:
    """A ward or a whole clinic in the list: its value, and whether it is ticked."""

    named: Named
    value: str
    ticked: bool


@dataclass(frozen=True)
class ClinicRow(Box):
    """A clinic in the list, with its wards."""

    wards: list[Box]

    @property
    def opened(self) -> bool:
        """Tell whether one of its wards is ticked."""
        return any(row.ticked for row in self.wards)


class Ticks(forms.Widget):
    """Boxes with names of their own: a browser puts ticks of one name back by their place."""

    input_type = "hidden"

    def value_from_datadict(self, data: Mapping[str, Any], _files: Any, _name: str) -> list[str]:
        """Return the values that are ticked."""
        return [key for key in data if key.startswith((OF_CLINIC, OF_WARD))]

    def value_omitted_from_data(self, *_args: Any) -> bool:
        """Return False: a box that isn't ticked isn't sent."""
        return False

    def render(self, name: str, value: Any, *_args: Any, **_kwargs: Any) -> SafeString:
        """Return the ticks as fields that nobody sees."""
        ticks = ((str(tick),) for tick in value or ())
        return format_html_join("", '<input type="hidden" name="{}" value="on">', ticks)


class TickedWardsField(forms.Field):
    """Ticks in the list of the register's clinics and wards; a clinic stands for all its wards."""

    widget = hidden_widget = Ticks

    def clean(self, value: Any) -> list[Ward]:
        """Return the wards that are ticked, each once. Raises ValidationError for what is none."""
        ticks = _followed(str(tick) for tick in value or ())
        known = _register()
        values = {_value(row) for row in chain(known, *known.values())}
        if ticks - values:
            raise forms.ValidationError(_("The list of wards has changed. Tick them again."))
        return [
            ward
            for clinic, wards in known.items()
            for ward in wards
            if ticks & {_value(clinic), _value(ward)}
        ]


def rows(ticks: Collection[str]) -> list[ClinicRow]:
    """Return the list: the register's clinics and wards, those of ``ticks`` ticked."""
    ticks = _followed(ticks)

    def row(named: Named) -> tuple[Named, str, bool]:
        return named, _value(named), _value(named) in ticks

    return [
        ClinicRow(*row(clinic), [Box(*row(ward)) for ward in wards])
        for clinic, wards in _register().items()
    ]


def ticks_for(wards: Iterable[Ward]) -> list[str]:
    """Return the values of the list that stand for these wards; of many, by whole clinics.

    A form with more than DATA_UPLOAD_MAX_NUMBER_FIELDS ticks would be refused.
    """
    ticks = dict.fromkeys(map(_value, wards))
    if len(ticks) > MOST_WARDS:
        for clinic, own in _register().items():
            values = list(map(_value, own))
            if ticks.keys() >= set(values):
                ticks = {tick: None for tick in ticks if tick not in values}
                ticks[_value(clinic)] = None
    return list(ticks)


def _followed(ticks: Iterable[str]) -> set[str]:
    """Return the ticks, those of a closed clinic or ward as ticks of what came after it."""
    found = set(ticks)
    clinics = Clinic.objects.filter(pk__in=_keys(found, OF_CLINIC), closed_on__isnull=False)
    then: dict[Named, Iterable[Named]] = {clinic: _came_from(clinic) for clinic in clinics}
    wards = Ward.objects.filter(pk__in=_keys(found, OF_WARD), closed_on__isnull=False)
    then |= {ward: chains.heirs(ward) for ward in wards}
    for former, successors in then.items():
        if values := set(map(_value, successors)):
            found = (found - {_value(former)}) | values
    return found


def _came_from(clinic: Clinic) -> list[Named]:
    """Return the open wards that a closed clinic's wards became; a whole clinic of them as itself.

    The clinic that has them now may have others too, and those nobody has ticked.
    """
    heirs = Ward.objects.filter(heir_of__ward__in=wards_when_closed(clinic))
    wards = set(heirs.values_list("pk", flat=True))
    found: list[Named] = []
    for now, every in _register().items():
        own = [ward for ward in every if ward.pk in wards]
        found += [now] if own == every else own
    return found


def _keys(ticks: Iterable[str], kind: str) -> list[int]:
    ends = (tick.removeprefix(kind) for tick in ticks if tick.startswith(kind))
    return [int(end) for end in ends if end.isascii() and end.isdigit() and len(end) < LONGEST_KEY]


def _value(named: Named) -> str:
    """Return what stands for a clinic or a ward in the form; a mistyped ward is the one meant."""
    if isinstance(named, Ward):
        return f"{OF_WARD}{named.same_as_id or named.pk}"
    return f"{OF_CLINIC}{named.pk}"


def _register() -> dict[Clinic, list[Ward]]:
    """Return each clinic with the wards that a plan can concern, in Swedish order. One query."""
    wards = Ward.objects.filter(same_as=None, drill=False, confirmed=True, closed_on=None)
    wards = wards.exclude(clinic=None)
    found: dict[Clinic, list[Ward]] = {}
    for ward in wards.select_related("clinic").order_by("clinic__key", "key", "pk"):
        found.setdefault(cast("Clinic", ward.clinic), []).append(ward)
    return found


class WrittenWardsField(forms.CharField):
    """Wards of the register, one on each line. All lines that name none are reported together."""

    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"})
        most = MOST_WARDS * (LINE_LENGTH + 2)
        super().__init__(widget=widget, required=False, max_length=most, **options)

    def clean(self, value: Any) -> list[Ward]:
        """Return the wards, each once, in the order they were written in."""
        lines = tables.lines(str(super().clean(value)))
        written = {number: text for number, line in lines if (text := clean_line(line))}
        if len(written) > MOST_WARDS:
            raise forms.ValidationError(
                _("At most %(most)d wards can be written. Tick whole clinics in the list instead.")
                % {"most": MOST_WARDS}
            )
        found: dict[Ward, None] = {}
        faults: list[str] = []
        for number, text in written.items():
            try:
                found[_named(text)] = None
            except forms.ValidationError as fault:
                row = {"line": number, "fault": fault.messages[0]}
                faults.append(_("Line %(line)d: %(fault)s") % row)
        if faults:
            raise forms.ValidationError(faults[:MOST_FAULTS])
        return list(found)


def _named(text: str) -> Ward:
    """Return the ward of the register that ``text`` names. Raises ValidationError."""
    try:
        ward = register.find(text)
    except register.Ambiguous as several:
        raise forms.ValidationError(_which(text, several.wards)) from several
    meant = (ward.same_as or ward) if ward else None
    if meant and meant.confirmed and meant.is_open:
        return meant
    raise forms.ValidationError(_which(text, register.search(text, confirmed_only=True)))


def _which(text: str, candidates: list[Ward]) -> str:
    shown = {"text": text[:LINE_LENGTH], "wards": "; ".join(map(str, candidates))}
    if len(candidates) > 1:
        return _("“%(text)s” could be %(wards)s. Write one of them in full.") % shown
    if candidates:
        return _("The register has no ward “%(text)s”. Is it %(wards)s? Write that.") % shown
    return _("The register has no ward “%(text)s”.") % shown
