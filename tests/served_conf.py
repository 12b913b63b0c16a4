"""How the tests' servers are served: as in production, but they leave at once.

Python takes half a second to take an application apart, in the master and in each worker; a run of
the tests starts some twenty servers.
"""

import os

from befreg_reserv.serving.gunicorn_conf import *  # noqa: F403
from tests.ground.night_clock import NightClock

# Before the models are loaded, which keep the function for their defaults.
if clock := NightClock.of_this_server():
    clock.follow()


def on_starting(_server: object) -> None:  # type: ignore[no-redef]  # in its place
    """Take any option: some tests show what happens with gunicorn's own worker."""


def worker_exit(_server: object, _worker: object) -> None:
    """Leave after the last answer."""
    os._exit(0)


def on_exit(_server: object) -> None:
    """Leave after the last worker."""
    os._exit(0)
