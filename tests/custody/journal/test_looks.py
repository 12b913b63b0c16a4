"""/ready reads of a journal that was well only what came since, and the whole where it must."""

from pathlib import Path

import pytest
from django.conf import settings

from custody.checks import readiness
from custody.handouts import closing
from custody.journal import chain, departures, lines, looks
from custody.models import Handout, JournalDoubt, JournalMark
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.scenes import now

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database("files")]


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    cast = casting.assemble()
    scenes.lay_in("Pärm AKM", scenes.many_numbers(12), training=False)
    scenes.begin(cast.tilda)
    scenes.handed_out(cast)
    looks._well.clear()
    assert readiness.journal() == ""
    return cast


@pytest.fixture
def wholes(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the journals that are read whole from now on."""
    read: list[Path] = []
    real = chain.read_unbounded

    def noted(path: Path) -> chain.Journal:
        read.append(path)
        return real(path)

    monkeypatch.setattr(chain, "read_unbounded", noted)
    return read


def test_what_was_well_is_read_on(cast: Cast, wholes: list[Path]) -> None:
    closing.void(scenes.handed_out(cast).pk, now(cast.adele), reason="not needed")
    assert [readiness.journal() for _look in range(3)] == [""] * 3
    assert JournalMark.objects.get().lines == 3
    assert wholes == []


def test_a_server_that_starts_goes_on_from_the_mark(cast: Cast, wholes: list[Path]) -> None:
    for _start in range(3):
        scenes.handed_out(cast)
        looks._well.clear()
        assert readiness.journal() == ""
    assert JournalMark.objects.get().lines == 4
    assert wholes == []


def test_also_where_the_marked_line_is_in_an_older_file(
    cast: Cast, wholes: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "LARGE_BYTES", 200)
    for _handout in range(3):
        scenes.handed_out(cast)
    looks._well.clear()
    assert readiness.journal() == ""
    assert JournalMark.objects.get().lines == len(chain.read(settings.CUSTODY_JOURNAL).lines) > 4
    assert len(wholes) == 1  # by the line before


def test_without_a_mark_each_start_reads_all(cast: Cast, wholes: list[Path]) -> None:
    for _look in range(3):
        looks._well.clear()
        JournalMark.objects.update(lines=0, last_hash="")
        readiness.journal()
    assert len(wholes) >= 3


@pytest.mark.both_databases
def test_and_adds_a_step_that_a_later_one_hid(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(departures, "_append_steps", lambda *_arguments: None)
        hidden, later = scenes.handed_out(cast), scenes.handed_out(cast)
    chain.append(settings.CUSTODY_JOURNAL, lambda _kept: [lines.line_of(later.steps.get())])
    assert readiness.journal() == ""  # its last line is the last step's
    looks._well.clear()
    assert readiness.journal() == ""
    written = chain.read(settings.CUSTODY_JOURNAL).lines
    assert written[-1]["key"] == str(hidden.request_key)


def torn(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b'{"kind": "handed')


def another(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b'{"kind": "handed_out", "former": "x"}\n')


def changed(path: Path) -> None:
    path.write_text(path.read_text().replace("wilma", "vidar"))


@pytest.mark.parametrize("starts", [False, True])
@pytest.mark.parametrize("how", [torn, another, changed, Path.unlink])
def test_what_did_not_only_grow_is_looked_at_whole(
    cast: Cast, wholes: list[Path], how: object, starts: bool
) -> None:
    scenes.handed_out(cast)
    readiness.journal()
    if starts:
        looks._well.clear()
    how(settings.CUSTODY_JOURNAL)  # type: ignore[operator]
    assert readiness.journal()
    assert JournalDoubt.objects.exists()
    assert wholes


def test_so_is_one_that_lacks_what_no_step_says(
    cast: Cast, wholes: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(chain, "append", lambda *_arguments, **_options: None)
        scenes.miscounted(cast, scenes.shown(Handout.objects.get()))
    assert readiness.journal() == ""
    assert [line["kind"] for line in chain.read(settings.CUSTODY_JOURNAL).lines][1:] == [
        "set_aside"
    ]


def test_a_number_that_is_set_aside_is_a_line_without_the_whole(
    cast: Cast, wholes: list[Path]
) -> None:
    scenes.miscounted(cast, scenes.shown(Handout.objects.get()))
    written = chain.latest(settings.CUSTODY_JOURNAL)
    assert [line["kind"] for line in written.lines] == ["handed_out", "set_aside"]
    looks._well.clear()
    assert wholes == []
    assert readiness.journal() == ""
