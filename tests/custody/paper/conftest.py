"""Where paper is entered: after an outage."""

from datetime import timedelta

from django.utils import timezone

from befreg_reserv.acts.event import Event
from custody.models import Binder
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.ground.scenery import scene


@scene
def over(cast: Cast, real_binder: Binder) -> Outage:
    """A real outage of two hours that ended an hour ago."""
    outage = scenes.begin(cast.tilda, ago=timedelta(hours=3))
    lifecycle.end(outage, Event.now(cast.tilda, timezone.now() - timedelta(hours=1)))
    outage.refresh_from_db()
    return outage
