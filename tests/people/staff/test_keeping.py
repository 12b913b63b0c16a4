"""People are added, changed, moved, deactivated: what the database holds afterwards."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from befreg_reserv.acts.refused import Refused
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.people.signing_in import passwords
from befreg_reserv.people.staff import finding, keeping
from befreg_reserv.people.staff.keeping import NewPerson
from befreg_reserv.people.staff.refusals import (
    AboveAdministrators,
    IsDeactivated,
    KnownPerson,
    LastAdministrator,
    OwnAccount,
    PersonChanged,
)
from befreg_reserv.people.wards import register
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn

KEY = UUID(int=7)
TILL, ADMIN = frozenset({Role.TILL}), frozenset({Role.ADMINISTRATOR})


def seen(user: User) -> finding.Person:
    return finding.shown(finding.whole(User.objects.filter(pk=user.pk)).get())


def added(cast: Cast, *wards: Ward, roles: frozenset[Role] = TILL) -> User:
    new = NewPerson("nyare1", roles, wards, "n@example.org")
    event = scenes.now(cast.adele)
    return keeping.add(new, event, password=passwords.one_time(KEY, "nyare1")).row


def entries(act: str) -> list[LogEntry]:
    return list(LogEntry.objects.filter(act=act))


def test_somebody_new_has_roles_wards_and_a_one_time_password(cast: Cast) -> None:
    user = added(cast, cast.iva, roles=frozenset({Role.WARD, Role.AUDITOR}))
    now = seen(user)
    assert (set(now.roles), now.wards) == ({Role.WARD, Role.AUDITOR}, (cast.iva,))
    assert (user.is_staff, user.email, user.one_time_by) == (True, "n@example.org", "adele")
    assert user.check_password(passwords.derived(KEY, "nyare1"))
    (entry,) = entries("person_added")
    assert (entry.actor, entry.changes["groups"]) == (cast.adele, ["None", "ward, auditor"])
    assert passwords.derived(KEY, "nyare1") not in str([*LogEntry.objects.values()])


def test_a_form_sent_twice_adds_one_and_gives_the_same_answer(cast: Cast) -> None:
    assert added(cast) == added(cast)
    assert len(entries("person_added")) == 1


def test_a_known_vgr_id_is_refused_and_keeps_its_password(cast: Cast) -> None:
    before = cast.tilda.password
    for new in ("tilda", "TILDA"):
        password = passwords.one_time(uuid4(), new)
        with pytest.raises(KnownPerson):
            keeping.add(NewPerson(new), scenes.now(cast.adele), password=password)
    assert User.objects.get(username="tilda").password == before


def test_a_ward_that_nobody_confirmed_is_refused(cast: Cast) -> None:
    typed_in = register.keep_typed_in(register.typed_in("Tältet"))
    with pytest.raises(register.NotConfirmed):
        added(cast, typed_in)
    assert not User.objects.filter(username="nyare1").exists()


def test_roles_are_given_and_taken_in_one_step(cast: Cast) -> None:
    roles = frozenset({Role.WARD, Role.ADMINISTRATOR})
    user = keeping.change(cast.tilda, roles, "t@example.org", scenes.now(cast.adele)).row
    assert (frozenset(seen(user).roles), user.is_staff) == (roles, True)
    (entry,) = entries("person_changed")
    assert entry.changes["groups"] == ["till", "ward, administrator"]
    again = keeping.change(cast.tilda, roles, "t@example.org", scenes.now(cast.adele))
    assert not again.new
    keeping.change(cast.tilda, TILL, "", scenes.now(cast.adele))
    assert not User.objects.get(username="tilda").is_staff


def test_wards_are_left_and_joined_in_one_step(cast: Cast) -> None:
    user = keeping.move(cast.wilma, [cast.iva.pk], [cast.eye], scenes.now(cast.adele)).row
    assert seen(user).wards == (cast.eye,)
    (entry,) = entries("person_moved")
    assert entry.changes["wards"] == [str(cast.iva), str(cast.eye)]
    again = keeping.move(cast.wilma, [cast.iva.pk], [cast.eye], scenes.now(cast.adele))
    assert not again.new


def test_an_old_page_writes_over_nothing(cast: Cast) -> None:
    old = seen(cast.wilma).mark
    keeping.move(cast.wilma, (), [cast.eye], scenes.now(cast.adele))
    acts: list[Callable[[], object]] = [
        lambda: keeping.change(cast.wilma, TILL, "", scenes.now(cast.adele), seen=old),
        lambda: keeping.move(cast.wilma, [cast.iva.pk], (), scenes.now(cast.adele), seen=old),
    ]
    for act in acts:
        with pytest.raises(PersonChanged):
            act()
    assert set(seen(cast.wilma).wards) == {cast.iva, cast.eye}


# --- deactivated ------------------------------------------------------------------------------


def test_a_deactivated_persons_sessions_end_for_good(cast: Cast, sign_in: SignIn) -> None:
    tilda = sign_in(cast.tilda)
    assert tilda.get("/till/").status_code == 200
    keeping.deactivate([cast.tilda.pk], scenes.now(cast.adele))
    assert "/sign-in/" in tilda.get("/till/").headers["Location"]
    new = {cast.tilda.pk: passwords.one_time(KEY, "tilda")}
    keeping.reactivate([cast.tilda.pk], scenes.now(cast.adele), new=new)
    assert "/sign-in/" in tilda.get("/till/").headers["Location"]
    now = User.objects.get(username="tilda")
    assert (now.is_active, now.check_password(passwords.derived(KEY, "tilda"))) == (True, True)
    assert seen(now).roles == (Role.TILL,)


def test_several_are_deactivated_all_or_none(cast: Cast) -> None:
    both = [cast.tilda.pk, cast.wilma.pk]
    with pytest.raises(OwnAccount):
        keeping.deactivate([*both, cast.adele.pk], scenes.now(cast.adele))
    assert User.objects.filter(pk__in=both, is_active=True).count() == len(both)
    assert keeping.deactivate(both, scenes.now(cast.adele)).new
    assert not keeping.deactivate(both, scenes.now(cast.adele)).new
    assert len(entries("person_deactivated")) == len(both)


def test_the_last_active_administrator_stays(cast: Cast) -> None:
    gone = casting.person("astri", Role.ADMINISTRATOR)
    keeping.deactivate([gone.pk], scenes.now(cast.adele))
    event = scenes.now(gone)
    with pytest.raises(LastAdministrator):
        keeping.deactivate([cast.adele.pk], event)
    with pytest.raises(LastAdministrator):
        keeping.change(cast.adele, TILL, "", event)
    assert seen(cast.adele).roles == (Role.ADMINISTRATOR,)


def test_two_administrators_are_not_taken_at_once(cast: Cast) -> None:
    other = casting.person("astri", Role.ADMINISTRATOR)
    with pytest.raises(LastAdministrator):
        keeping.deactivate([cast.adele.pk, other.pk], scenes.now(cast.gunde))
    assert User.objects.filter(is_active=True, groups__name="administrator").count() == 2


def test_the_database_keeps_the_last_administrator_too(cast: Cast) -> None:
    rows = User.groups.through.objects.filter(user=cast.adele)
    ward = Group.objects.get(name="ward")
    for change in (
        lambda: User.objects.filter(pk=cast.adele.pk).update(is_active=False),
        rows.delete,
        lambda: rows.update(group=ward),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    casting.person("astri", Role.ADMINISTRATOR)
    User.objects.filter(pk=cast.adele.pk).update(is_active=False)
    rows.delete()


def test_a_vgr_id_never_changes(cast: Cast) -> None:
    with pytest.raises(IntegrityError, match="never change"):
        User.objects.filter(pk=cast.tilda.pk).update(username="other1")


def test_who_is_above_administrators_is_changed_by_none_of_them(cast: Cast) -> None:
    root = casting.person("root1")
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    event, new = scenes.now(cast.adele), {root.pk: passwords.one_time(KEY, "root1")}
    acts: list[Callable[[], object]] = [
        lambda: keeping.change(root, TILL, "", event),
        lambda: keeping.move(root, (), [cast.iva], event),
        lambda: keeping.deactivate([root.pk], event),
        lambda: keeping.give_passwords([root.pk], event, new=new),
    ]
    for act in acts:
        with pytest.raises(AboveAdministrators):
            act()
    assert keeping.change(root, TILL, "", scenes.now(User.objects.get(pk=root.pk))).new


# --- one-time passwords -----------------------------------------------------------------------


def given(cast: Cast, *people: User, key: UUID = KEY) -> bool:
    new = {user.pk: passwords.one_time(key, user.username) for user in people}
    return keeping.give_passwords([*new], scenes.now(cast.adele), new=new).new


def test_a_one_time_password_is_given_once_by_one_form(cast: Cast) -> None:
    assert given(cast, cast.tilda, cast.wilma)
    assert not given(cast, cast.tilda, cast.wilma)
    assert len(entries("one_time_password")) == 2
    assert User.objects.get(username="tilda").one_time_by == "adele"


@pytest.mark.parametrize(("who", "refusal"), [("adele", OwnAccount), ("noone", IsDeactivated)])
def test_who_gets_none(cast: Cast, who: str, refusal: type[Refused]) -> None:
    keeping.deactivate([cast.noone.pk], scenes.now(cast.adele))
    with pytest.raises(refusal):
        given(cast, cast.tilda, getattr(cast, who))
    assert not User.objects.get(username="tilda").must_change_password


def test_a_form_sent_again_after_the_person_chose_sets_nothing(cast: Cast) -> None:
    mark = seen(cast.tilda).mark
    given(cast, cast.tilda)
    tilda = User.objects.get(username="tilda")
    passwords.choose(tilda, "Korrekt häst, batteri", scenes.now(tilda))
    new = {tilda.pk: passwords.one_time(KEY, "tilda")}
    with pytest.raises(PersonChanged):
        keeping.give_passwords([tilda.pk], scenes.now(cast.adele), new=new, seen={tilda.pk: mark})
    assert User.objects.get(username="tilda").check_password("Korrekt häst, batteri")


def test_several_join_a_ward(cast: Cast) -> None:
    keeping.join_all([cast.tilda.pk, cast.wilma.pk], cast.eye, scenes.now(cast.adele))
    assert set(cast.eye.people.all()) == {cast.tilda, cast.wilma, cast.vidar}
    keeping.deactivate([cast.noone.pk], scenes.now(cast.adele))
    with pytest.raises(IsDeactivated):
        keeping.join_all([cast.noone.pk], cast.eye, scenes.now(cast.adele))
