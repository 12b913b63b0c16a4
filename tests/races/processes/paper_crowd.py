"""One of two processes that enter the same paper log line by line, and answer calls too."""

from dataclasses import dataclass
from uuid import uuid4

from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import User, Ward
from custody.handouts.refusals import NoneLeft
from custody.paper import one_line
from custody.paper.one_line import Entry
from custody.paper.refusals import GivenAlready
from outage.models import Outage
from tests import scenes
from tests.races.processes.crowd import call_of

ENTERED, GIVEN, LIVE = "entered", "given", "live"


@dataclass(frozen=True)
class Paper:
    """The numbers of a paper log of this outage, from a ward, entered by one person."""

    outage: int
    ward: int
    user: int
    numbers: list[str]


def enter_all(paper: Paper) -> list[tuple[str, str]]:
    """Enter the numbers and answer a call after each; return what each was told."""
    outage, ward = Outage.objects.get(pk=paper.outage), Ward.objects.get(pk=paper.ward)
    user = User.objects.get(pk=paper.user)
    return [
        answer
        for number in paper.numbers
        for answer in (_enter(number, outage, ward, user), _hand_out(ward, user))
    ]


def _enter(number: str, outage: Outage, ward: Ward, user: User) -> tuple[str, str]:
    entry = Entry(outage.started_at, "tilda", number, ward, "wilma", "", uuid4())
    try:
        one_line.enter(entry, outage.pk, Event.now(user, timezone.now()))
    except GivenAlready:
        return GIVEN, number
    except Exception as error:  # noqa: BLE001  counted: there must be none
        return repr(error), number
    return ENTERED, number


def _hand_out(ward: Ward, user: User) -> tuple[str, str]:
    try:
        call = call_of(ward)
        handout = scenes.hand_out(call, Event.now(user, timezone.now()))
    except NoneLeft:
        return "", ""
    except Exception as error:  # noqa: BLE001  as above
        return repr(error), ""
    return LIVE, handout.number.value
