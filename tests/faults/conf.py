"""How the servers of the faults are served: as in production, but for a protection that a run takes
away (FAULTS_WITHOUT) to show what happens then, and for a clock that is wrong.
"""

import os
from typing import Any

from befreg_reserv.serving import gunicorn_conf
from befreg_reserv.serving.gunicorn_conf import *  # noqa: F403
from tests.faults import taken_away

WITHOUT = os.environ.get("FAULTS_WITHOUT", "")
if WITHOUT == "our worker":
    worker_class, threads = "sync", 1
if WITHOUT == "places for passwords":
    taken_away.threads_of_sign_ins()
taken_away.follow_clock()


def on_starting(_server: Any) -> None:  # type: ignore[no-redef]  # in its place
    """Take any worker."""


def post_fork(server: Any, worker: Any) -> None:  # type: ignore[no-redef]  # in its place
    """Take the protection away in the new process."""
    gunicorn_conf.post_fork(server, worker)
    if WITHOUT in taken_away.BY_NAME:
        taken_away.BY_NAME[WITHOUT]()
