"""A database with an object for every address, and clients of people in every role."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.people.disposal import agreeing
from befreg_reserv.people.models import Clinic, User
from befreg_reserv.people.roles import Role
from befreg_reserv.people.wards import aliases, register
from custody.afterwards import sign_off
from custody.calls import taking
from custody.handouts import missing_sheet, notices
from custody.models import Reminder, SwitchItem
from custody.planned import late_registration, prepared
from outage import doubt, lifecycle
from outage.calling import keeping
from outage.models import Contact, NewsItem, Outage, Reading
from outage.plans import needs
from tests import scenes
from tests.addresses import every_path
from tests.audit.entries import entry
from tests.cast import Cast, person
from tests.people.break_glass import scenes as glass
from tests.people.sso import scenes as sign_on

STRANGER, ROOT = "", "root1"
WHO = [STRANGER, "tilda", "wilma", "adele", "gunde", "noone"]


def laid_out(cast: Cast) -> dict[str, Any]:
    """Create an object for every address; return their keys by name."""
    root = person(ROOT)
    User.objects.filter(pk=root.pk).update(is_superuser=True, is_staff=True)
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    now = timezone.now()
    # A drill without a binder: once it has ended nothing is left to do, and it can be signed off.
    signed_off, done = (_over(cast) for _ in range(2))
    sign_off.sign_off(signed_off.pk, Event.now(cast.adele, now))
    opened = doubt.tick(["local"], Event.now(cast.tilda, now), drill=True).row
    outage = scenes.begin(cast.tilda)
    plan = scenes.planned(cast)
    needs.state_need(
        plan.pk, cast.iva, Event.now(cast.wilma, now), women=2, men=1, registers_late=True
    )
    keys = {"outage": outage.pk, "done": done.pk, "doubt": opened.pk, "plan": plan.pk}
    keys["file"] = 1  # of another process: files lie in memory, each for one session
    keys |= {
        "ward": cast.iva.pk,
        "clinic": Clinic.objects.latest("pk").pk,
        "unknown_ward": register.keep_typed_in(register.typed_in("Tältet")).pk,
    }
    keys |= {"routine": 1}
    day = keeping.add_day(
        Contact.objects.get(purpose="till"),
        now.date() + timedelta(days=30),
        None,
        "utbildning",
        Event.now(cast.adele, now),
    ).row
    keys |= {"contact": day.contact_id, "contact_day": day.pk}
    keys |= {"switch_item": SwitchItem.objects.latest("pk").pk}
    lisa = person("lisa", Role.WARD)
    keys |= {"workstation": scenes.enrolled(cast).pk}
    keys |= {"lisa": lisa.pk, **glass.laid_out(cast), **sign_on.laid_out(cast, lisa)}
    keys |= {"alias": aliases.add(cast.iva, "akv", Event.now(cast.adele, now)).row.pk}
    _number_by_number(cast, keys)
    late = scenes.treated_without(cast, outage)
    registered = scenes.treated_without(cast, outage, place="Sal 4")
    late_registration.register(registered.pk, "191212121212", scenes.now(cast.wilma))
    entered = prepared.enter(plan, cast.iva, scenes.REAL_MAN, Event.now(cast.adele, now)).row
    Reminder.objects.create(
        outage=outage, ward=cast.iva, sequence=1, day=now.date(), handouts=1, claimed_at=now
    )
    Reading.objects.create(target="befreg", at=now, result="timeout", milliseconds=10)
    NewsItem.objects.create(uid="1", title="Befreg", first_seen_at=now, last_seen_at=now)
    entry(begin=datetime(2015, 6, 1, tzinfo=UTC))
    proposal = agreeing.propose(2015, Event.now(cast.adele, now), reason="Gammalt").row
    keys |= {"proposal": proposal.pk}
    return keys | {"late": late.pk, "prepared": entered[0].pk}


def _over(cast: Cast) -> Outage:
    drill = scenes.begin(cast.tilda, drill=True)
    return lifecycle.end(drill, scenes.now(cast.tilda)).row


def _number_by_number(cast: Cast, keys: dict[str, Any]) -> None:
    """Hand out numbers, replace two, close one, miss a sheet and count; add the keys."""
    first, second, third, away = (scenes.handed_out(cast) for _ in range(4))
    for number, handout in ((scenes.REAL_WOMAN, second), (scenes.REAL_WOMAN_2, third)):
        scenes.replaced(handout.pk, number, scenes.now(cast.wilma))
    notices.file_notice(third.pk, scenes.now(cast.wilma))
    missing_sheet.give_next(away.pk, scenes.now(cast.tilda))
    surplus = scenes.miscounted(cast, third, "K999")
    waits = taking.take(scenes.call(cast, sex="MX"), scenes.now(cast.tilda)).row.call
    keys |= {"patient": waits.patients.get(sex="X").pk, "call": waits.pk}
    keys |= {"handed_out": first.pk, "number": first.number_id}
    keys |= {"quarantine": away.number.quarantines.get().pk}
    keys |= {"surplus": surplus.pk, "count": surplus.count_id, "binder": first.number.binder_id}
    keys |= {"foreign": surplus.count.foreign_sheets.get().pk}
    keys |= {"doubled": scenes.doubled(cast, first).alarm.pk}


def client_of(name: str) -> Client:
    """Return a client signed in as that person, or a stranger's."""
    client = Client()
    if name:
        client.force_login(User.objects.get(username=name))
    return client


def paths_of(places: dict[str, Any], urlconf: str | None = None) -> list[str]:
    """Return a path for every address; an outage's twice, ongoing and ended."""
    ongoing, ended = places, places | {"outage": places["done"]}
    return sorted(
        {path for keys in (ongoing, ended) for path in every_path(keys, urlconf).values()}
    )
