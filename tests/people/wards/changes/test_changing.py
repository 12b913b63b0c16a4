"""A ward is opened, renamed, merged, split and closed: what follows, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from befreg_reserv.acts.refused import ReasonMissing, Refused
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.access import held_by
from befreg_reserv.people.models import Clinic, Heir, Membership, User, Ward, WardChange
from befreg_reserv.people.wards import aliases, clinic_names, register
from befreg_reserv.people.wards.changes import chain, changing, following, refusals
from befreg_reserv.people.wards.changes.changing import Kind, Terms
from befreg_reserv.text import sort_key
from tests import cast as casting
from tests import scenes
from tests.cast import Cast

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def become(cast: Cast, ward: Ward, kind: Kind, *after: Ward, **options: Any) -> WardChange:
    terms = Terms(kind, options.pop("day", TODAY), options.pop("reason", "decided"), after)
    return changing.change(ward, terms, scenes.now(cast.adele), **options).row


def rename(cast: Cast, ward: Ward, name: str) -> Ward:
    assert ward.clinic
    change = become(cast, ward, Kind.RENAMED, changing.proposed(ward.clinic, name))
    return change.successors.get()


def wards_of(user: User) -> list[str]:
    return sorted(ward.name for ward in user.wards.all())


def test_a_renamed_ward_is_another_row(cast: Cast) -> None:
    Ward.objects.filter(pk=cast.iva.pk).update(hsa_id="SE2321000131-E1", telephone="2102")
    new = rename(cast, Ward.objects.get(pk=cast.iva.pk), "Intensivvård")
    old = Ward.objects.get(pk=cast.iva.pk)
    assert (str(old), old.closed_on) == ("Anestesikliniken / IVA", TODAY)
    assert (new.hsa_id, new.telephone, new.opened_on) == ("SE2321000131-E1", "2102", TODAY)
    assert wards_of(cast.wilma) == ["Intensivvård"]
    assert set(held_by(cast.wilma).values_list("ward", flat=True)) == {old.pk, new.pk}
    acts = LogEntry.objects.filter(actor=cast.adele).values_list("act", flat=True)
    assert {"ward_opened", "ward_renamed"} <= set(acts)


def test_the_chain_is_followed_to_its_ends(cast: Cast) -> None:
    first = cast.iva
    second = rename(cast, first, "IVA 2")
    third = rename(cast, second, "IVA 3")
    one, two = (changing.proposed(Clinic.objects.get(wards=third), f"IVA {n}") for n in "45")
    become(cast, third, Kind.SPLIT, one, two)
    ends = {"IVA 4", "IVA 5"}
    assert {ward.name for ward in chain.heirs(first)} == ends
    assert wards_of(cast.wilma) == sorted(ends)
    four = Ward.objects.get(name="IVA 4")
    become(cast, four, Kind.MERGED, Ward.objects.get(name="IVA 5"))
    assert [ward.name for ward in chain.heirs(first)] == ["IVA 5"]
    become(cast, Ward.objects.get(name="IVA 5"), Kind.CLOSED)
    assert chain.heirs(first) == []
    assert not Membership.objects.filter(user=cast.wilma).exists()
    assert list(chain.differences()) == []


def test_a_wrong_end_of_a_chain_is_found(cast: Cast) -> None:
    become(cast, cast.iva, Kind.MERGED, cast.eye)
    Heir.objects.all().delete()
    assert len(list(chain.differences())) == 1


@pytest.mark.parametrize("typed", ["IVA", "Anestesikliniken / IVA", "akv", "iva gamla"])
def test_the_till_finds_the_successor(cast: Cast, typed: str) -> None:
    aliases.add(cast.iva, "akv", scenes.now(cast.adele))
    mistyped = register.keep_typed_in(register.typed_in("iva gamla"))
    register.merge(mistyped, cast.iva, scenes.now(cast.adele))
    new = rename(cast, cast.iva, "Intensivvård")
    assert register.find(typed) == new
    assert new in register.search("iva")
    assert cast.iva not in register.search("iva")


def test_the_till_is_asked_which_of_several(cast: Cast) -> None:
    aliases.add(cast.iva, "akv", scenes.now(cast.adele))
    become(cast, cast.iva, Kind.SPLIT, cast.eye, casting.ward("Hud", "Hudmottagning"))
    for typed in ("IVA", "akv"):
        with pytest.raises(register.Ambiguous) as several:
            register.find(typed)
        assert len(several.value.wards) == 2


def test_a_name_that_another_clinic_has_too_is_asked_about(cast: Cast) -> None:
    other = casting.ward("Medicinkliniken", "IVA")
    new = rename(cast, cast.iva, "Intensivvård")
    with pytest.raises(register.Ambiguous) as several:
        register.find("IVA")
    assert {ward.pk for ward in several.value.wards} == {other.pk, new.pk}


def test_a_ward_that_closed_for_good_is_found_no_more(cast: Cast) -> None:
    become(cast, cast.iva, Kind.CLOSED)
    assert register.find("IVA") is None
    assert register.search("IVA") == []
    assert cast.wilma in register.people_without()


def test_the_same_form_twice_changes_nothing(cast: Cast) -> None:
    terms = Terms(Kind.MERGED, TODAY, "one ward", (cast.eye,))
    event = scenes.now(cast.adele)
    assert changing.change(cast.iva, terms, event).new
    entries = LogEntry.objects.count()
    assert not changing.change(cast.iva, terms, event).new
    assert LogEntry.objects.count() == entries


def reopen(cast: Cast, *, again: bool = True) -> Ward:
    ward = changing.proposed(clinic_names.named("anestesikliniken"), "iva")
    return changing.open_ward(ward, TODAY, scenes.now(cast.adele), again=again).row


def test_the_same_ward_opened_twice_by_the_same_form_is_one(cast: Cast) -> None:
    become(cast, cast.iva, Kind.MERGED, cast.eye)
    first = reopen(cast)
    entries = LogEntry.objects.count()
    assert reopen(cast) == first
    assert LogEntry.objects.count() == entries


def test_a_name_that_is_open_again_is_meant_before_the_closed_wards_successor(cast: Cast) -> None:
    become(cast, cast.iva, Kind.MERGED, cast.eye)
    anew = reopen(cast)
    assert register.find("iva") == register.find("Anestesikliniken / IVA") == anew


def test_a_clinic_that_opened_at_the_same_moment(cast: Cast) -> None:
    """As two forms that were read before either was written."""
    event = scenes.now(cast.adele)

    def read(name: str) -> Ward:
        return changing.proposed(Clinic(name="Hud", key=sort_key("Hud")), name)

    one, same, other, renamed = read("Hud 1"), read("Hud 1"), read("Hud 2"), read("IVA")
    opened = changing.open_ward(one, TODAY, event).row
    assert changing.open_ward(same, TODAY, event) == (opened, False)
    with pytest.raises(refusals.OpenedMeanwhile):
        changing.open_ward(other, TODAY, event)
    with pytest.raises(refusals.OpenedMeanwhile):
        become(cast, cast.iva, Kind.RENAMED, renamed)
    assert Clinic.objects.filter(name="Hud").count() == 1


REFUSED: dict[str, tuple[type[Refused], Any]] = {
    "a day to come": (
        refusals.BadDay,
        lambda cast: become(cast, cast.iva, Kind.CLOSED, day=TODAY + timedelta(1)),
    ),
    "before it opened": (
        refusals.BadDay,
        lambda cast: become(
            cast, rename(cast, cast.iva, "B"), Kind.CLOSED, day=TODAY - timedelta(1)
        ),
    ),
    "closed twice": (
        refusals.AlreadyClosed,
        lambda cast: [become(cast, cast.iva, Kind.CLOSED, reason=why) for why in "ab"],
    ),
    "into itself": (
        refusals.IntoItself,
        lambda cast: become(cast, cast.iva, Kind.MERGED, cast.iva),
    ),
    "a circle": (
        refusals.NoSuccessor,
        lambda cast: (
            become(cast, cast.iva, Kind.MERGED, cast.eye),
            become(cast, cast.eye, Kind.MERGED, cast.iva),
        ),
    ),
    "into a name that nobody settled": (
        refusals.NoSuccessor,
        lambda cast: become(
            cast, cast.iva, Kind.MERGED, register.keep_typed_in(register.typed_in("x"))
        ),
    ),
    "split into one": (
        refusals.WrongNumber,
        lambda cast: become(cast, cast.iva, Kind.SPLIT, cast.eye),
    ),
    "split into one, named twice": (
        refusals.WrongNumber,
        lambda cast: become(cast, cast.iva, Kind.SPLIT, cast.eye, cast.eye),
    ),
    "closed with a successor": (
        refusals.WrongNumber,
        lambda cast: become(cast, cast.iva, Kind.CLOSED, cast.eye),
    ),
    "renamed to its own name": (refusals.SameName, lambda cast: rename(cast, cast.iva, "iva ")),
    "renamed to another's name": (
        refusals.NameOfAnother,
        lambda cast: (casting.ward("Anestesikliniken", "AVD"), rename(cast, cast.iva, "Avd")),
    ),
    "without a reason": (
        ReasonMissing,
        lambda cast: become(cast, cast.iva, Kind.CLOSED, reason=""),
    ),
    "seen when it was otherwise": (
        refusals.MovesMeanwhile,
        lambda cast: become(cast, cast.iva, Kind.CLOSED, seen="another"),
    ),
    "opened twice": (
        refusals.NameOfAnother,
        lambda cast: [
            changing.open_ward(
                changing.proposed(clinic_names.named("Hud"), "Hud"),
                TODAY,
                scenes.now(cast.adele),
                reason=why,
            )
            for why in "ab"
        ],
    ),
    "opened under a closed ward's name": (
        refusals.NameOfClosed,
        lambda cast: (
            become(cast, cast.iva, Kind.MERGED, cast.eye),
            reopen(cast, again=False),
        ),
    ),
    "opened on a day to come": (
        refusals.BadDay,
        lambda cast: changing.open_ward(
            changing.proposed(clinic_names.named("Hud"), "Hud"),
            TODAY + timedelta(1),
            scenes.now(cast.adele),
        ),
    ),
}


@pytest.mark.parametrize("attempt", REFUSED)
def test_refused(cast: Cast, attempt: str) -> None:
    kind, act = REFUSED[attempt]
    with pytest.raises(kind):
        act(cast)


def test_what_the_preview_counts_is_what_moves(cast: Cast) -> None:
    (people,) = following.left_at(cast.iva)
    assert (people.words, [thing.words for thing in people.things]) == ("1 person", ["wilma"])
    become(cast, cast.iva, Kind.MERGED, cast.eye, seen=following.mark([people]))
    assert following.left_at(cast.iva) == []
