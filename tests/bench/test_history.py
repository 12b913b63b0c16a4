"""The history that pages are measured against is one that the acts could have written."""

from custody.checks import consistency
from custody.models import Handout
from tests.bench.history import History
from tests.cast import Cast


def test_nothing_is_wrong_with_it(cast: Cast) -> None:
    history = History(cast.tilda, [cast.iva, cast.eye])
    for size in (20, 150):
        history.grow(size)
    assert Handout.objects.count() == 150
    found = [line for line in consistency.findings() if not line.startswith("journal: it lacks")]
    assert found == []
