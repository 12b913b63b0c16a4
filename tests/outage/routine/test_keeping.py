"""Versions of the routine: decided on as a whole, never changed, and which one holds."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from befreg_reserv.audit.models import LogEntry
from outage.calling import contacts
from outage.models import Contact, Routine, RoutineStep
from outage.refusals import RoutineChanged, RoutineNotWhole
from outage.routine import keeping, text
from outage.routine.worries import worries
from tests import scenes
from tests.cast import Cast
from tests.outage.routine.drafts import decide, draft, today


def test_the_first_version_came_with_the_installation(db: None) -> None:
    first = text.in_force(today())
    assert (first.routine.version, first.routine.is_undecided) == (1, True)
    assert [step.text_en for step in first.points][1:] == [
        "Look in the IT news on the intranet.",
        "Nothing there? Call the support.",
    ]
    assert all(first.at[moment.value] for moment in text.Moment)


def test_the_first_version_holds_on_every_day(db: None) -> None:
    assert text.in_force(date(2000, 1, 1)).routine.version == 1


def test_a_version_holds_from_its_first_day_until_the_next_begins(cast: Cast) -> None:
    decide(cast, begins=-30, days=10)
    decide(cast, begins=5)
    in_force = [text.in_force(today() + timedelta(days=days)).routine for days in (0, 4, 5)]
    assert [each.version for each in in_force] == [2, 2, 3]
    assert [each.is_past(today()) for each in in_force] == [True, True, False]


def test_all_that_a_version_says_can_be_read_later(cast: Cast) -> None:
    decide(cast, local="Ring IT.")
    decide(cast, local="Ring ingen.")
    assert text.of_version(2).lines("local") == [("Ring IT.", "local!")]
    assert text.of_version(3).lines("local") == [("Ring ingen.", "local!")]
    with pytest.raises(Routine.DoesNotExist):
        text.of_version(4)


def test_the_log_says_who_decided_and_what_differs(cast: Cast) -> None:
    decide(cast)
    version = decide(cast, news="Fråga en kollega.")
    entry = LogEntry.objects.get(act="decide_routine", object_id=version.pk)
    assert entry.actor == cast.adele
    assert entry.changes == {"news": ["news på svenska / news!", "Fråga en kollega. / news!"]}


def test_a_double_press_decides_once(cast: Cast) -> None:
    twice = [keeping.decide(draft(), scenes.now(cast.adele)) for _press in range(2)]
    assert [done.new for done in twice] == [True, False]
    assert Routine.objects.count() == 2


def test_a_draft_never_undoes_what_somebody_else_has_decided_meanwhile(cast: Cast) -> None:
    decide(cast)
    with pytest.raises(RoutineChanged):
        keeping.decide(draft(news="Något annat."), scenes.now(cast.adele))
    assert Routine.objects.count() == 2


def test_a_version_that_leaves_a_moment_out_is_refused(cast: Cast) -> None:
    with pytest.raises(RoutineNotWhole):
        keeping.decide(draft(say=""), scenes.now(cast.adele))


# --- what the database refuses --------------------------------------------------------------------


def refuses(sql: str) -> None:
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE outage_routine SET responsible = 'x'",
        "UPDATE outage_routinestep SET text = 'x'",
        "DELETE FROM outage_routine",
        "DELETE FROM outage_routinestep",
    ],
)
def test_no_version_changes_and_none_goes(db: None, sql: str) -> None:
    refuses(sql)


def test_no_step_is_added_to_a_version(db: None) -> None:
    refuses(
        "INSERT INTO outage_routinestep (routine_id, moment, position, text, text_en)"
        " VALUES (1, 'say', 9, 'x', 'x')"
    )


def store(written: text.Text) -> None:
    """Store a draft past its act."""
    with transaction.atomic():
        RoutineStep.objects.bulk_create(written.steps)
        written.routine.recorded_at, written.routine.recorded_by = "2026-11-29T00:00Z", None
        Routine.objects.bulk_create([written.routine])


@pytest.mark.parametrize("after", [0, 2])
def test_versions_follow_each_other(db: None, after: int) -> None:
    with pytest.raises(IntegrityError):
        store(draft(after))


def test_a_version_without_a_step_for_each_moment_is_refused(db: None) -> None:
    with pytest.raises(IntegrityError, match="has a step for each moment"):
        store(draft(say=""))


def test_a_version_says_who_decided(db: None) -> None:
    with pytest.raises(IntegrityError, match="routine_says_who_decided"):
        store(draft())


def test_a_point_of_the_checklist_is_one_step(db: None) -> None:
    refuses(
        "INSERT INTO outage_routinestep (routine_id, moment, position, text, text_en)"
        " VALUES (2, 'news', 2, 'x', 'x')"
    )


# --- what the overview warns of -------------------------------------------------------------------


def worried(days: int = 0) -> tuple[bool, bool, list[str]]:
    found = worries(today() + timedelta(days=days), contacts.calls(timezone.now()))
    return found.undecided, found.past, [*found.silent]


def test_what_is_wrong_with_the_routine(cast: Cast) -> None:
    assert worried() == (True, False, ["admin"])
    Contact.objects.create(purpose="admin", position=1, name="Adele", number="4711")
    decide(cast, days=10)
    assert worried(days=10) == (False, False, [])
    assert worried(days=11) == (False, True, [])
    Contact.objects.filter(purpose="till").update(active=False)
    assert worried() == (False, False, ["till"])
