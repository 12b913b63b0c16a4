"""A table of people: what is read, what is refused and why, and what loading it does."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import pytest

from befreg_reserv.people.models import User
from befreg_reserv.people.roles import Role
from befreg_reserv.people.signing_in import passwords
from befreg_reserv.people.staff import file, finding, keeping, loading
from befreg_reserv.people.staff.file import BadPeopleFile
from befreg_reserv.people.staff.refusals import PersonChanged
from tests import scenes
from tests.cast import Cast, ward

KEY = UUID(int=7)
WARD = frozenset({Role.WARD})


@pytest.mark.parametrize(
    ("text", "roles", "wards"),
    [
        ("vgr-id;roll;avdelning\nanna1;Avdelning;IVA", WARD, ("IVA",)),
        ("avdelning,vgrid,ort\nIVA,ANNA1,Borås", frozenset(), ("IVA",)),
        ("vgr-id\tbehörighet\nanna1\tavdelning, kassan", WARD | {Role.TILL}, ()),
        ("vgr-id;klinik;avdelning\nanna1;Kirurgen;2", frozenset(), ("Kirurgen / 2",)),
        ("vgr-id;avd\nanna1;IVA\nAnna1;Postop\n", frozenset(), ("IVA", "Postop")),
        ('vgr-id;roll;avd\nanna1;ward;"IVA;Postop"', WARD, ("IVA", "Postop")),
        ("\ufeffsep=;\nvgr-id;roll\nanna1;ward", WARD, ()),
    ],
)
def test_what_is_read(text: str, roles: frozenset[Role], wards: tuple[str, ...]) -> None:
    (row,) = file.read(text.encode()).rows
    assert (row.vgr_id, row.roles, row.wards) == ("anna1", roles, wards)


def test_every_fault_is_named_with_its_line() -> None:
    text = "vgr-id;roll;e-post\n;ward;\na b!;ward;\nanna1;chef;x\nbo123;;a@b.se\nbo123;;c@d.se\n"
    with pytest.raises(BadPeopleFile) as refused:
        file.read(text.encode())
    assert [(f.line, f.text) for f in refused.value.faults] == [
        (2, ""), (3, "a b!"), (4, "chef"), (4, "x"), (6, "c@d.se"),
    ]  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"roll;avd\nward;IVA\n", b"\x00\x01", b"x" * (1024**2 + 1)])
def test_what_is_no_table_of_people_is_refused_whole(data: bytes) -> None:
    with pytest.raises(BadPeopleFile):
        file.read(data)


def foreseen(text: str) -> loading.Foreseen:
    return loading.preview(file.read(text.encode()).rows)


def load(cast: Cast, text: str, seen: str = "") -> loading.Foreseen:
    rows = file.read(text.encode()).rows
    fresh: Mapping[str, passwords.OneTime] = {
        new.vgr_id: passwords.one_time(KEY, new.vgr_id) for new in foreseen(text).new
    }
    return loading.load(rows, scenes.now(cast.adele), passwords=fresh, seen=seen).row


TEXT = "vgr-id;roll;avdelning\nanna1;ward;IVA\nvidar;till;IVA\nnoone;;\nwilma;ward;IVA\n"


def test_new_people_are_added_and_known_ones_lose_nothing(cast: Cast) -> None:
    keeping.deactivate([cast.noone.pk], scenes.now(cast.adele))
    found = load(cast, TEXT, foreseen(TEXT).mark)
    assert ([new.vgr_id for new in found.new], found.left) == (["anna1"], [cast.noone])
    vidar = finding.shown(User.objects.get(username="vidar"))
    assert (set(vidar.roles), set(vidar.wards)) == ({Role.TILL, Role.WARD}, {cast.iva, cast.eye})
    assert found.same == [cast.wilma]
    assert User.objects.get(username="anna1").check_password(passwords.derived(KEY, "anna1"))
    assert not load(cast, TEXT).new


def test_a_preview_that_is_old_loads_nothing(cast: Cast) -> None:
    old = foreseen(TEXT).mark
    keeping.move(cast.vidar, (), [cast.iva], scenes.now(cast.adele))
    with pytest.raises(loading.PeopleChanged):
        load(cast, TEXT, old)
    assert not User.objects.filter(username="anna1").exists()


def test_a_role_that_is_taken_away_at_the_same_moment_is_not_given_back(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looks_and_waits(rows: Iterable[file.PersonRow]) -> loading.Foreseen:
        found = preview(rows)
        keeping.change(cast.vidar, frozenset({Role.AUDITOR}), "", scenes.now(cast.adele))
        return found

    rows, preview = file.read(b"vgr-id;roll\nvidar;till\n").rows, loading.preview
    monkeypatch.setattr(loading, "preview", looks_and_waits)
    with pytest.raises(PersonChanged):
        loading.load(rows, scenes.now(cast.adele), passwords={})


def test_people_are_locked_in_the_order_of_all_acts(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []
    turn, locked = keeping._administrators_turn, keeping._locked

    def take_turn() -> None:
        waited.append(0)
        turn()

    def lock(key: int) -> finding.Person:
        waited.append(key)
        return locked(key)

    monkeypatch.setattr(keeping, "_administrators_turn", take_turn)
    monkeypatch.setattr(keeping, "_locked", lock)
    people = sorted((cast.wilma, cast.adele, cast.tilda), key=lambda user: -user.pk)
    load(cast, "vgr-id;roll\n" + "".join(f"{user.username};auditor\n" for user in people))
    assert list(dict.fromkeys(waited)) == [0, *(user.pk for user in reversed(people))]


def test_a_ward_must_be_clear(cast: Cast) -> None:
    ward("Kirurgkliniken", "IVA")
    ward("Kirurgkliniken", "Hud, hår")
    text = 'vgr-id;avd\nanna1;IVA\nbo123;Nowhere\ncia12;"Hud, hår"\ndag12;"Ögonmottagning, Nix"\n'
    found = foreseen(text)
    assert [(f.line, f.text) for f in found.faults] == [(2, "IVA"), (3, "Nowhere"), (5, "Nix")]
    with pytest.raises(BadPeopleFile):
        load(cast, text)
    assert not User.objects.filter(username="cia12").exists()


def test_too_many_are_refused(cast: Cast) -> None:
    text = "vgr-id\n" + "".join(f"p{number}\n" for number in range(file.MOST_PEOPLE + 1))
    assert foreseen(text).faults
