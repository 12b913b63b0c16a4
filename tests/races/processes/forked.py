"""Several processes at the same moment, each with an act of its own.

They are forked from one process that has loaded the application and opened no connection: to start
Django costs a second each time, and a fork of the tests' own process would share its connections.
"""

import multiprocessing
import os
from collections.abc import Callable
from functools import partial
from multiprocessing import forkserver
from multiprocessing.synchronize import Barrier
from threading import Thread
from typing import TypeVar
from unittest.mock import patch

from django.db import connection, connections

from tests.races.processes.job import PATIENCE_SECONDS
from tests.served import ROOT, child_environment

Job = TypeVar("Job")
Result = TypeVar("Result")

FORKSERVER = multiprocessing.get_context("forkserver")
FORKSERVER.set_forkserver_preload(
    [
        f"{__package__}.{name}"
        for name in ("loaded", "crowd", "mailing", "moving_crowd", "paper_crowd", "waiting_crowd")
    ]
)
PATIENCE_OF_A_COMMAND = {"ANSWER_SECONDS": "0"}  # see manage.py

_all: list[Barrier] = []  # in a forked process: where all of them meet


def in_processes(work: Callable[[Job], Result], jobs: list[Job]) -> list[Result]:
    """Do each job in a process of its own, all released together; return the results in order.

    ``work`` is a module's function. What it patches is gone with its process.
    """
    environment = child_environment(PYTHONPATH=str(ROOT), **PATIENCE_OF_A_COMMAND)
    with patch.dict(os.environ, environment, clear=True):
        forkserver.ensure_running()  # in the first call only: it keeps this test database
    meeting = FORKSERVER.Barrier(len(jobs), timeout=PATIENCE_SECONDS)
    with FORKSERVER.Pool(len(jobs), _join, (meeting,)) as processes:
        released = processes.map_async(partial(_released, work), jobs, chunksize=1)
        return released.get(PATIENCE_SECONDS)


def _join(meeting: Barrier) -> None:
    _all.append(meeting)
    Thread(target=_end_with_the_tests, daemon=True).start()


def _end_with_the_tests() -> None:
    tests = multiprocessing.parent_process()
    assert tests is not None
    tests.join()  # they were killed: nobody else would end us
    os._exit(1)


def meet() -> None:
    """Wait until all processes that were released together have come as far as this one."""
    _all[0].wait()


def _released(work: Callable[[Job], Result], job: Job) -> Result:
    connection.ensure_connection()
    meet()
    try:
        return work(job)
    finally:
        connections.close_all()
