"""A clinic is opened, renamed and closed: its wards go on, and history keeps the names."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from befreg_reserv.acts.refused import ReasonMissing, Refused
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Clinic, ClinicChange, Ward
from befreg_reserv.people.wards import clinic_names, register
from befreg_reserv.people.wards.changes import chain, listing
from befreg_reserv.people.wards.changes import changing as wards
from befreg_reserv.people.wards.changes import refusals as of_wards
from befreg_reserv.people.wards.clinics import changing, refusals
from befreg_reserv.people.wards.clinics.changing import ClinicTerms
from tests import cast as casting
from tests import scenes
from tests.cast import Cast

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def home(ward: Ward) -> Clinic:
    return Clinic.objects.get(wards=ward)


def become(cast: Cast, ward: Ward, **terms: Any) -> ClinicChange:
    terms = dict[str, Any](day=TODAY, reason="decided") | terms
    return changing.change(home(ward), ClinicTerms(**terms), scenes.now(cast.adele)).row


def opened(cast: Cast, name: str, **options: Any) -> Clinic:
    said = {"reason": "decided"} | options
    return changing.open_clinic(
        changing.proposed(name), said.pop("day", TODAY), scenes.now(cast.adele), **said
    ).row


def told(ward: Ward) -> tuple[str, bool]:
    ward = Ward.objects.select_related("clinic").get(pk=ward.pk)
    return str(ward), ward.is_open


def test_a_renamed_clinic_is_another_with_the_same_wards(cast: Cast) -> None:
    casting.ward("Anestesikliniken", "Post-op")
    old = home(cast.iva)
    change = become(cast, cast.iva, name="Operationskliniken")
    (new,) = change.successors.all()
    old.refresh_from_db()
    assert (old.name, old.closed_on, new.opened_on) == ("Anestesikliniken", TODAY, TODAY)
    assert told(cast.iva) == ("Anestesikliniken / IVA", False)
    assert [str(ward) for ward in changing.wards_of(new)] == [
        "Operationskliniken / IVA",
        "Operationskliniken / Post-op",
    ]
    assert [str(ward) for ward in cast.wilma.wards.all()] == ["Operationskliniken / IVA"]
    # On the telephone, the old name still means it.
    assert register.find("Anestesikliniken / IVA") == cast.wilma.wards.get()
    assert cast.wilma.wards.get() in register.search("anestesi iva")
    assert cast.wilma.wards.get() in listing.search("anestesi iva")
    acts = set(LogEntry.objects.filter(actor=cast.adele).values_list("act", flat=True))
    assert {"clinic_opened", "clinic_renamed", "ward_renamed"} <= acts
    assert list(chain.differences()) == []


def test_a_clinics_wards_go_to_another_or_close(cast: Cast) -> None:
    other = casting.ward("Anestesikliniken", "Post-op")
    change = become(cast, cast.iva, into=home(cast.eye), others={other.pk: None})
    assert (change.kind, list(change.successors.all())) == ("merged", [home(cast.eye)])
    assert told(cast.iva) == ("Anestesikliniken / IVA", False)
    assert chain.heirs(other) == []
    assert [str(ward) for ward in chain.heirs(cast.iva)] == ["Ögonkliniken / IVA"]


def test_a_clinic_that_gets_none_of_the_wards_doesnt_come_after(cast: Cast) -> None:
    clinic, skin = home(cast.iva), home(casting.ward("Hud", "Hud"))
    terms = ClinicTerms(TODAY, "r", into=home(cast.eye), others={cast.iva.pk: skin})
    event = scenes.now(cast.adele)
    done = changing.change(clinic, terms, event)
    assert (done.row.kind, list(done.row.successors.all())) == ("merged", [skin])
    assert not changing.change(clinic, terms, event).new


def test_a_clinic_divided_among_several_and_one_that_closes(cast: Cast) -> None:
    other, skin = casting.ward("Anestesikliniken", "Post-op"), casting.ward("Hud", "Hud")
    change = become(cast, cast.iva, into=home(cast.eye), others={other.pk: home(skin)})
    assert (change.kind, change.successors.count()) == ("split", 2)
    closed = become(cast, skin)
    assert (closed.kind, closed.successors.count()) == ("closed", 0)
    # Of the first, what goes on is the eye clinic alone.
    first = Clinic.objects.get(name="Anestesikliniken")
    assert clinic_names.after([first])[first.pk] == [home(cast.eye)]


def test_a_clinic_without_wards_is_renamed_and_closed(cast: Cast) -> None:
    empty = opened(cast, "Hud")
    event = scenes.now(cast.adele)
    change = changing.change(empty, ClinicTerms(TODAY, "r", "Hud 2"), event).row
    closed = changing.change(change.successors.get(), ClinicTerms(TODAY, "r"), event).row
    assert closed.kind == "closed"
    assert clinic_names.after([empty]) == {empty.pk: []}


def test_the_same_form_twice_changes_nothing(cast: Cast) -> None:
    clinic, event = home(cast.iva), scenes.now(cast.adele)
    for terms in (ClinicTerms(TODAY, "r", "Op"), ClinicTerms(TODAY, "r", into=home(cast.eye))):
        assert changing.change(clinic, terms, event).new
        entries = LogEntry.objects.count()
        assert not changing.change(clinic, terms, event).new
        assert LogEntry.objects.count() == entries
        clinic = Clinic.objects.get(name="Op")
    assert opened(cast, "Hud") == opened(cast, "Hud")


def test_a_closed_clinics_name_leads_to_what_came_after(cast: Cast) -> None:
    become(cast, cast.iva, name="Op 1")
    become(cast, chain.heirs(cast.iva)[0], name="Op 2")
    with pytest.raises(clinic_names.ClinicHasClosed, match="Op 2"):
        clinic_names.named("anestesikliniken")
    again = opened(cast, "Anestesikliniken", again=True)
    assert clinic_names.named("anestesikliniken") == again


def test_only_the_spelling_is_put_right_in_place(cast: Cast) -> None:
    clinic, event = home(cast.iva), scenes.now(cast.adele)
    changing.correct(clinic, "ANESTESIKLINIKEN", event, shown=changing.spelled(clinic))
    assert told(cast.iva) == ("ANESTESIKLINIKEN / IVA", True)
    with pytest.raises(refusals.AnotherClinicName):
        changing.correct(clinic, "Narkoskliniken", event)


REFUSED: dict[str, tuple[type[Refused], Any]] = {
    "a day to come": (
        of_wards.BadDay,
        lambda cast: become(cast, cast.iva, day=TODAY + timedelta(1)),
    ),
    "before a ward opened": (
        of_wards.BadDay,
        lambda cast: (
            wards.open_ward(wards.proposed(home(cast.iva), "B"), TODAY, scenes.now(cast.adele)),
            become(cast, cast.iva, day=TODAY - timedelta(1)),
        ),
    ),
    "without a reason": (ReasonMissing, lambda cast: become(cast, cast.iva, reason="")),
    "to its own name": (
        refusals.SameClinicName,
        lambda cast: become(cast, cast.iva, name="anestesikliniken "),
    ),
    "to another's name": (
        refusals.ClinicNameTaken,
        lambda cast: become(cast, cast.iva, name="ögonkliniken"),
    ),
    "into itself": (
        refusals.NoClinic,
        lambda cast: become(cast, cast.iva, into=home(cast.iva)),
    ),
    "where a ward has the name": (
        of_wards.NameOfAnother,
        lambda cast: (
            casting.ward("Ögonkliniken", "iva"),
            become(cast, cast.iva, into=home(cast.eye)),
        ),
    ),
    "closed twice": (
        refusals.ClinicClosed,
        lambda cast: [
            changing.change(clinic, ClinicTerms(TODAY, why), scenes.now(cast.adele))
            for clinic in [home(cast.iva)]
            for why in "ab"
        ],
    ),
    "seen when it was otherwise": (
        of_wards.MovesMeanwhile,
        lambda cast: changing.change(
            home(cast.iva), ClinicTerms(TODAY, "r"), scenes.now(cast.adele), preview="another"
        ),
    ),
    "opened under a name that is taken": (
        refusals.ClinicNameTaken,
        lambda cast: opened(cast, "ögonkliniken"),
    ),
    "opened under a closed clinic's name": (
        refusals.NameOfClosedClinic,
        lambda cast: (become(cast, cast.iva), opened(cast, "Anestesikliniken")),
    ),
    "opened on a day to come": (
        of_wards.BadDay,
        lambda cast: opened(cast, "Hud", day=TODAY + timedelta(1)),
    ),
}


@pytest.mark.parametrize("attempt", REFUSED)
def test_refused(cast: Cast, attempt: str) -> None:
    kind, act = REFUSED[attempt]
    with pytest.raises(kind):
        act(cast)


def test_nothing_is_written_if_one_ward_is_refused(cast: Cast) -> None:
    casting.ward("Ögonkliniken", "Post-op")
    casting.ward("Anestesikliniken", "Post-op")
    before = LogEntry.objects.count(), Ward.objects.count()
    with pytest.raises(of_wards.NameOfAnother):
        become(cast, cast.iva, into=home(cast.eye))
    assert (LogEntry.objects.count(), Ward.objects.count()) == before
