"""The pages of the three questions to the log, and their files. Guarded in ``befreg_reserv.urls``.

A question is answered for one number, one person or one unit: where what was typed could be
several, the page asks which.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv import tables
from befreg_reserv.audit.acts import Logged
from befreg_reserv.audit.review import answers, pages, periods
from befreg_reserv.audit.review.answers import Answer, Line
from befreg_reserv.audit.review.forms import (
    NumberQuestion,
    PersonQuestion,
    SearchForm,
    UnitQuestion,
)
from befreg_reserv.audit.review.meaning import MOST_OFFERED, FieldMeaning, meaning, units
from befreg_reserv.audit.review.pages import Search
from befreg_reserv.audit.review.recording import record
from befreg_reserv.audit.review.shown import Explained, explained
from befreg_reserv.times import moment, with_offset

PAGE_SIZE = 50
CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True)
class Question:
    """One of the questions: its words, its form, and the heads of its table."""

    name: str  # of the field that is filled in
    words: str | Promise
    form: type[SearchForm]
    heads: tuple[str | Promise, ...]
    file: str | Promise

    @property
    def by_person(self) -> bool:
        """Tell whether each line is one person's."""
        return self.name == "number"

    @property
    def row(self) -> str:
        """Return the piece of the page that shows what a line is grouped by."""
        return f"audit/answer/{self.name}.html"

    @property
    def page(self) -> str:
        """Return the name of its page's address."""
        return f"audit:{self.name}"

    @property
    def file_page(self) -> str:
        """Return the name of its file's address."""
        return f"audit:{self.name}-file"


QUESTIONS = {
    "number": Question(
        "number",
        gettext_lazy("Who has seen this number?"),
        NumberQuestion,
        (
            gettext_lazy("vgr-id"),
            gettext_lazy("From which unit"),
            gettext_lazy("In which role"),
            gettext_lazy("Looked"),
            gettext_lazy("Acted"),
            gettext_lazy("First"),
            gettext_lazy("Latest"),
            gettext_lazy("What"),
        ),
        gettext_lazy("who-has-seen"),
    ),
    "person": Question(
        "person",
        gettext_lazy("What did this person do?"),
        PersonQuestion,
        (
            gettext_lazy("Reserve number"),
            gettext_lazy("The number's ward"),
            gettext_lazy("Looked"),
            gettext_lazy("Acted"),
            gettext_lazy("First"),
            gettext_lazy("Latest"),
            gettext_lazy("What"),
        ),
        gettext_lazy("what-a-person-did"),
    ),
    "unit": Question(
        "unit",
        gettext_lazy("What did this ward get?"),
        UnitQuestion,
        (
            gettext_lazy("Reserve number"),
            gettext_lazy("People"),
            gettext_lazy("Looked"),
            gettext_lazy("Acted"),
            gettext_lazy("First"),
            gettext_lazy("Latest"),
            gettext_lazy("What"),
        ),
        gettext_lazy("what-a-ward-got"),
    ),
}


@dataclass(frozen=True)
class Asked:
    """A question as it was sent: its form, what the text means, and the answer if it is one."""

    kind: Question
    form: SearchForm
    part: FieldMeaning | None = None  # None: nothing was asked
    answer: Answer | None = None

    @property
    def about(self) -> str:
        """Return the one number, vgr-id or unit that is answered for, or ""."""
        return next(iter(self.part.asked)) if self.part and self.answer else ""

    @property
    def offered_numbers(self) -> set[str]:
        """Return the numbers that the page offers as choices."""
        if self.part is None or self.kind.name != "number":
            return set()
        return {*self.part.holding[:MOST_OFFERED]} - {self.about}


def question(request: HttpRequest, kind: str) -> HttpResponse:
    """Answer one of the questions, or ask which one is meant."""
    asked = _asked(request, QUESTIONS[kind], answers.MOST_COUNTED)
    _record(request, asked, Logged.REVIEW)
    lines: list[Line] = asked.answer.lines if asked.answer else []
    context: dict[str, Any] = {
        "asked": asked,
        "form": asked.form,
        "kinds": QUESTIONS.values(),
        "page": Paginator(lines, PAGE_SIZE).get_page(request.GET.get("page")),
        "meant": _explained(asked, request),
        "units": units() if kind == "unit" else [],
        "periods": periods.offered(request.GET, timezone.now()),
        "most": answers.MOST_COUNTED,
    }
    status = HTTPStatus.BAD_REQUEST if asked.form.errors else HTTPStatus.OK
    return render(request, "audit/question.html", context, status=status)


def as_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Return the whole answer as a file; without one, lead to the page that says why."""
    asked = _asked(request, QUESTIONS[kind], answers.MOST_IN_FILE)
    if asked.answer is None:
        return redirect(f"{reverse(asked.kind.page)}?{request.GET.urlencode()}")
    _record(request, asked, Logged.REVIEW_FILE)
    name = f"{asked.kind.file}-{timezone.localdate().isoformat()}.csv"
    headers = {"Content-Disposition": content_disposition_header(True, name) or ""}  # noqa: FBT003
    return StreamingHttpResponse([*_file(asked, asked.answer)], content_type=CSV, headers=headers)


def _asked(request: HttpRequest, kind: Question, most: int) -> Asked:
    """Return the question of a request with its answer."""
    form = kind.form(request.GET)
    if not form.is_valid():
        return Asked(kind, form)
    search = form.search()
    parts = meaning(**search.texts).parts
    if not parts:
        return Asked(kind, form)
    (part,) = parts
    return Asked(kind, form, part, _answered(kind, part, search, most))


def _record(request: HttpRequest, asked: Asked, act: Logged) -> None:
    """Write that an answer, or choices, were looked at; nothing where nothing was asked."""
    if asked.part:
        record(request, asked.form.search(), _about(asked), asked.offered_numbers, act)


def _answered(kind: Question, part: FieldMeaning, search: Search, most: int) -> Answer | None:
    """Return the answer if the text means one thing, else None."""
    values = list(part.asked.values())
    if len(values) != 1:
        return None
    return answers.answer(kind.name, values[0], *pages.bounds(search), most)


def _about(asked: Asked) -> list[tuple[str, str]]:
    """Return which number and unit the look is about, for the log."""
    about = {"number": (asked.about, ""), "unit": ("", asked.about)}
    return [about[asked.kind.name]] if asked.about and asked.kind.name in about else []


def _explained(asked: Asked, request: HttpRequest) -> Explained | None:
    """Return how what was typed was understood, if that isn't plain."""
    if asked.part is None:
        return None
    return explained(asked.part, request.GET, None if asked.answer else asked.part)


# --- the file -----------------------------------------------------------------------------------


def _file(asked: Asked, answer: Answer) -> Iterator[str]:
    """Yield the lines of the file: what was asked, of which time, heads, and the answer."""
    yield tables.BOM + tables.line([str(asked.kind.words), asked.about])
    yield tables.line([_("As it stood"), moment(timezone.now())])
    for limit in (asked.form["since"], asked.form["until"]):
        if limit.value():
            yield tables.line([str(limit.label), str(limit.value())])
    if answer.more:
        yield tables.line([_incomplete()])
    yield tables.line([str(head) for head in asked.kind.heads])
    for line in answer.lines:
        yield tables.line([*_own(asked.kind.name, line), *_counted(line)])


def _incomplete() -> str:
    most = answers.MOST_IN_FILE
    return _("Only the newest %(most)s entries are counted: ask for a shorter time.") % {
        "most": most
    }


def _own(kind: str, line: Line) -> list[str]:
    """Return the cells by which a kind of answer is grouped."""
    if kind == "number":
        unit = line.row.actor_unit if line.is_known else _("not kept then")
        return [line.who or _("Nobody signed in"), unit, line.roles]
    if kind == "person":
        return [line.number, line.unit]
    return [line.number, str(line.people)]


def _counted(line: Line) -> list[str]:
    times = [with_offset(line.first), with_offset(line.last)]
    return [str(line.looks), str(line.done), *times, line.ways]
