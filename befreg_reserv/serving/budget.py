"""Gives each request its time: all its waits end soon enough for an answer that says so.

The time runs from when the whole request had arrived, so the wait for a free thread counts too.
"""

from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse

from befreg_reserv import deadline, waits

View = TypeVar("View", bound=Callable[..., Any])

LONG_WORK = "long_work"
_places = [BoundedSemaphore(waits.LONG_AT_ONCE)]


def all_may_be_long() -> None:
    """Let each thread of this process do long work: it does nothing else."""
    _places[0] = BoundedSemaphore(waits.THREADS)


def long_work(view: View) -> View:
    """Mark a view that may take LONG_SECONDS: the helper answers it (``beside``).

    In a process of the till's it may, if no other such view is at work there; otherwise it must do
    with a request's ordinary time.
    """
    setattr(view, LONG_WORK, True)
    return view


class BudgetMiddleware:
    """Sets the deadline of each request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer within the request's time."""
        with deadline.of_request(waits.REQUEST_SECONDS):
            try:
                return self.get_response(request)
            finally:
                if vars(request).pop(LONG_WORK, False):
                    _places[0].release()

    def process_view(self, request: HttpRequest, view: Any, *_arguments: Any) -> None:
        """Give a view that is marked its longer time, if there is a place for it."""
        if getattr(view, LONG_WORK, False) and _places[0].acquire(blocking=False):
            vars(request)[LONG_WORK] = True
            deadline.extend(waits.LONG_SECONDS - waits.REQUEST_SECONDS)
